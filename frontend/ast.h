// The AST of a plan: plain data, every leaf with its span. Made by ParsePlan, changed by nobody after it.
// Views point into the SourceFile or into Plan::decoded; both must outlive the Plan's readers.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/source_file.h"
#include "frontend/tags.h"
#include "frontend/yaml.h"

namespace gsd {

struct TaskTag {};
using TaskId = Id<TaskTag>;  // the task's ordinal in its plan, from 0

// name="value" in an open tag.
struct Attribute {
  std::string_view name;       // as written
  std::string_view value;      // without quotes, entities decoded
  Span name_span, value_span;  // the value's span is inside the quotes; empty for a bare word
  Span span;                   // from the name to the closing quote
  char quote = 0;              // '"', '\'' or 0 (unquoted, or a bare word)
  bool has_value = false;
};

// <tag …>body</tag>. The body's bytes are exact. When the close tag is missing, `close` is empty at the
// body's end.
struct Element {
  Tag tag = Tag::kUnknown;
  Span open, body, close;
  uint32_t first_attribute = 0, attribute_count = 0;  // in the owner's `attributes`

  Span span() const { return {open.file, open.begin, close.end}; }
  bool closed() const { return close.begin != close.end; }
};

enum class TaskType : uint8_t { kAuto, kTdd, kTracer, kCheckpoint, kOther };

// How one entry of <files>, files_modified or read_first is spelled.
enum class PathKind : uint8_t { kFile, kDirectory, kGlob, kAbsolute, kWindows, kHome, kProse };

// A path that a plan names, cleaned of bullets, backticks, leading @ and remarks.
struct PathEntry {
  std::string_view path;
  Span span;  // of `path`
  PathKind kind = PathKind::kFile;
};

// `value`, `low-high`, `~value`, `<value`; k and M suffixes. low == high for a single number.
struct Range {
  int64_t low = 0, high = 0;
  Span span;
  int64_t Midpoint() const { return low + (high - low) / 2; }
};

// <metrics>, or the same elements directly under the task. A span without a value: written, but not a number.
struct Metrics {
  std::optional<Range> tokens;                       // <estimated-tokens>, in tokens
  std::optional<Range> duration;                     // <estimated-duration>, in seconds
  std::optional<Range> budget;                       // <token-budget>, in tokens
  std::vector<Range> breakdown;                      // the parts of <complexity-breakdown>, in tokens
  std::vector<Located<std::string_view>> malformed;  // values that are no number, range or duration
};

// One word of a depends-on list, e.g. "2", "Task 2", "33-01-T1".
using DependencyRef = Located<std::string_view>;

// How a task got its number: id=/number=, "Task N:" in its name, or its place in the plan (the next free
// number if another task carries that one).
enum class NumberSource : uint8_t { kAttribute, kName, kOrdinal };

struct Task {
  Span span;  // from <task to the end of </task>, or to where an unclosed task ends
  Span open;  // the open tag
  Span body;
  bool closed = true;
  bool from_feature = false;  // a TDD plan's <feature> seen as its one task
  TaskType type = TaskType::kAuto;
  Located<std::string_view> type_text;  // as written, "" when absent
  int number = 0;
  NumberSource number_source = NumberSource::kOrdinal;
  Located<std::string_view> label;    // id= when it is no number
  Located<std::string_view> name;     // trimmed; "" when there is none
  std::vector<Attribute> attributes;  // the task's own first, then those of its elements
  uint32_t own_attributes = 0;        // how many of `attributes` are the task's own
  std::vector<Element> elements;      // its children, and theirs, in document order
  std::vector<PathEntry> files;       // <files>
  std::vector<PathEntry> read_first;  // <read_first>
  // Absent: unknown, to be inferred. Present and empty: none.
  std::optional<std::vector<DependencyRef>> depends_on;
  std::shared_ptr<const Metrics> metrics;  // null when the task has none; MetricsOf reads it
};

// A top-level block such as <objective>.
struct Section {
  Tag tag = Tag::kUnknown;
  Span open, body, close;
};

// `@path` in <context>, <execution_context> or a task's <read_first>.
struct Reference {
  PathEntry path;
  bool in_execution_context = false;
};

// must_haves of the front matter.
struct Artifact {
  Span span;
  Located<std::string_view> path, provides, contains;
  std::optional<int64_t> min_lines;
  std::vector<Located<std::string_view>> exports;
};
struct KeyLink {
  Span span;
  Located<std::string_view> from, to, via, pattern;
};
struct MustHaves {
  Span span;
  std::vector<Located<std::string_view>> truths;
  std::vector<Artifact> artifacts;
  std::vector<KeyLink> key_links;
};

// The front matter, typed. A field that is absent has an empty span.
struct Header {
  bool present = false;
  Span span;             // with both `---` lines
  Span region;           // the lines between
  bool closed = true;    // the second `---` exists
  bool at_start = true;  // nothing but blank lines or a BOM before it
  YamlDocument yaml;
  Located<std::string_view> phase, plan, type, wave, autonomous, status;
  std::optional<bool> autonomous_value;  // true/yes/on …, any case
  std::optional<int64_t> wave_value;
  Span depends_on_span;  // the whole value
  bool has_depends_on = false;
  std::vector<Located<std::string_view>> depends_on;
  Span files_modified_span;
  bool has_files_modified = false;
  std::vector<PathEntry> files_modified;
  std::optional<MustHaves> must_haves;
};

// What the parser noticed beside the tree. Rules turn these into diagnostics.
enum class SyntaxFactKind : uint8_t {
  kUnclosedElement,     // span: the open tag; related: where it was taken to end
  kUnclosedAttribute,   // span: from the quote
  kStrayCloseTag,       // span: the close tag
  kDuplicateAttribute,  // span: the second one; related: the first
  kTaskOutsideTasks,    // span: the open tag; related: <tasks>, when there is one
  kFencedTasks,         // the <tasks> region stands inside a code fence; span: the fence's first line
  kStrayFence,          // a fence that never closes before the tasks begin; span: its line
  kTagCase,             // <Task>; span: the name
  kInvalidEncoding,     // span: the first bad byte; detail: "NUL" or "UTF-8"
  kByteOrderMark,
  kMixedLineEndings,      // span: the first line ending that differs from the first of the file
  kUnfinishedWrite,       // <!-- gsd:write-continue --> and the like
  kTruncated,             // the file ends inside an element; span: the open tag
  kMalformedFrontMatter,  // detail: what is wrong
};

struct SyntaxFact {
  SyntaxFactKind kind;
  Span span, related;
  std::string detail;
};

// A comment that takes findings back: `<!-- gsdc-disable-next-line RULE: reason -->`, or the same behind # in
// the front matter. It stands alone on its line.
struct Directive {
  enum class Kind : uint8_t { kNextLine, kBegin, kEnd, kFile } kind = Kind::kNextLine;
  Span span;                                     // the comment, with its marks
  std::vector<Located<std::string_view>> rules;  // as written; "all" is every rule
  std::string_view reason;
};

struct Plan {
  FileId file;
  Header header;
  std::vector<Section> sections;
  Span tasks_open;    // <tasks>, empty when there is none
  Span tasks_region;  // between <tasks> and </tasks>
  IdVector<TaskId, Task> tasks;
  std::vector<Reference> references;
  Span generated_graph;  // a <task_dependency_graph> that gsdc wrote, with its tags
  std::vector<int>
      inferred_before;          // task numbers whose depends-on gsdc wrote itself (from the generated graph)
  std::string_view eol = "\n";  // the file's prevailing line ending
  std::vector<SyntaxFact> syntax;     // in document order
  std::vector<Directive> directives;  // in document order
  std::deque<std::string> decoded;
};

// The task's own attribute of that name (aliases such as depends_on for depends-on count), or nullptr.
const Attribute* FindAttribute(const Task& task, std::string_view name);
// The value, trimmed, with its place; "" without an attribute.
Located<std::string_view> ValueOf(const Attribute* attribute);
// The first element with that tag, or nullptr.
const Element* FindElement(const Task& task, Tag tag);
// The body of the first element with that tag, trimmed; "" when there is none.
std::string_view ElementText(const SourceFile& file, const Task& task, Tag tag);
// The task's metrics; empty ones when it has none.
const Metrics& MetricsOf(const Task& task);
// The first section with that tag, or nullptr.
const Section* FindSection(const Plan& plan, Tag tag);

}  // namespace gsd
