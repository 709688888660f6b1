#include <map>
#include <set>

#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

// Where `task` says that it writes `path`; its head when the spelling is not found.
Span EntryOf(const Task& task, std::string_view path) {
  for (const PathEntry& entry : task.files) {
    if (NormalizePath(entry.path) == path) return entry.span;
  }
  return TaskHead(task);
}

// One task, and the earlier ones that may run beside it and write the same files.
struct Clash {
  std::map<uint32_t, std::vector<uint32_t>> files;  // by the earlier task (of the union): the paths
};

// What to insert into the list of dependencies of `task` so that it waits for the tasks called `words`, or
// nothing when there is no list: a first declared dependency would replace all inferred ones.
std::optional<Edit> AddToList(const SourceFile& source, const Task& task,
                              const std::vector<std::string>& words) {
  if (!task.depends_on) return std::nullopt;
  const std::vector<DependencyRef>& list = *task.depends_on;
  const Attribute* attribute = FindAttribute(task, "depends-on");
  const Element* element = FindElement(task, Tag::kDepends);
  std::string separator = ",";
  Span at;
  if (!list.empty()) {
    at = {list.back().span.file, list.back().span.end, list.back().span.end};
    if (list.size() > 1 && list[list.size() - 2].span.end <= list.back().span.begin) {
      separator = source.text().substr(list[list.size() - 2].span.end,
                                       list.back().span.begin - list[list.size() - 2].span.end);
    } else if (element && !attribute) {
      separator = ", ";
    }
  } else if (attribute && attribute->quote != 0) {
    // Inside the brackets of an empty "[]".
    const std::string_view value = source.Slice(attribute->value_span);
    const size_t bracket = value.find(']');
    const uint32_t offset =
        bracket == std::string_view::npos ? attribute->value_span.size() : static_cast<uint32_t>(bracket);
    at = {attribute->value_span.file, attribute->value_span.begin + offset,
          attribute->value_span.begin + offset};
  } else if (element && Trim(source.Slice(element->body)).empty()) {
    at = {element->body.file, element->body.begin, element->body.begin};
  } else {
    return std::nullopt;
  }
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty() || !list.empty()) text += separator;
    text += word;
  }
  return Edit{at, text};
}

// The word for `task` in the style of a list: its label where the list uses labels.
std::string WordFor(const Task& task, const std::vector<DependencyRef>& list) {
  if (list.empty()) return TaskWord(task);
  const std::string_view sample = list.back().value;
  if (ParseInt(sample)) return std::to_string(task.number);
  if (!task.label.value.empty()) return std::string(task.label.value);
  return TaskNoun(task);
}

void ReportClash(const PlanSet& plans, uint32_t later, const Clash& clash, Reporter& report) {
  const PlanUnit& unit = plans.units[plans.tasks[later].plan.value];
  const Task& task = plans.TaskAt(later);
  std::vector<TaskId> earlier;
  std::set<uint32_t> paths;
  std::map<uint32_t, uint32_t> last_writer;  // by path: enough to wait for; its own findings chain the others
  for (const auto& [other, shared] : clash.files) {
    earlier.push_back(plans.tasks[other].task);
    for (const uint32_t path : shared) {
      paths.insert(path);
      last_writer[path] = other;
    }
  }
  std::vector<std::string> names;
  for (const uint32_t path : paths) names.push_back(Quoted(plans.paths[path]));

  auto finding =
      report.At(EntryOf(task, plans.paths[*paths.begin()]), "{} may run at the same time as {}, and {} {}",
                TaskNoun(task), TaskNouns(unit.plan, earlier),
                earlier.size() == 1 ? "both write" : "all of them write to", ListOf(names));
  std::set<uint32_t> wanted;
  for (const auto& [path, other] : last_writer) {
    finding.Label(EntryOf(plans.TaskAt(other), plans.paths[path]), "{} writes it too",
                  TaskNoun(plans.TaskAt(other)));
    wanted.insert(other);
  }
  std::vector<TaskId> awaited;
  std::vector<std::string> words;
  for (const uint32_t other : wanted) {
    awaited.push_back(plans.tasks[other].task);
    words.push_back(
        WordFor(plans.TaskAt(other), task.depends_on ? *task.depends_on : std::vector<DependencyRef>{}));
  }
  const std::string advice =
      fmt::format("let {} depend on {}", TaskNoun(task), TaskNouns(unit.plan, awaited));
  if (auto edit = AddToList(*unit.source, task, words)) {
    finding.UnsafeFix(advice, {*edit});
  } else {
    finding.Help("{}", advice);
  }
}

void Check(const PlanSet& plans, Reporter& report) {
  // One finding per later task: ten tasks that write one file are nine findings, not forty-five.
  std::map<uint32_t, Clash> clashes;
  for (const WriteConflict& conflict : plans.conflicts) {
    const PlanIndex plan = plans.tasks[conflict.first].plan;
    if (plan != plans.tasks[conflict.second].plan || plans.units[plan.value].superseded) continue;
    clashes[conflict.second].files[conflict.first].push_back(conflict.path);
  }
  for (const auto& [later, clash] : clashes) ReportClash(plans, later, clash, report);
}

}  // namespace

extern constinit const Rule write_conflict = {
    {.name = "write-conflict",
     .category = "task-graph",
     .severity = Severity::kError,
     .fixable = Fixable::kUnsafe,
     .summary = "Two tasks that may run at the same time write the same file.",
     .rationale =
         "Nothing says which of them comes first, so with two agents at work one overwrites what the other "
         "wrote, or their changes cannot be merged. It does not matter whether they stand in the same "
         "batch: tasks that do not wait for each other, directly or through others, may overlap. Let one "
         "depend on the other, or give each a file of its own."},
    Check};

}  // namespace gsd::rules
