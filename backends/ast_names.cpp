#include "backends/ast_names.h"

namespace gsd {

std::string_view NameOf(TaskType type) {
  switch (type) {
    case TaskType::kAuto:
      return "auto";
    case TaskType::kTdd:
      return "tdd";
    case TaskType::kTracer:
      return "tracer";
    case TaskType::kCheckpoint:
      return "checkpoint";
    case TaskType::kOther:
      return "other";
  }
  return "";
}

std::string_view NameOf(NumberSource source) {
  switch (source) {
    case NumberSource::kAttribute:
      return "attribute";
    case NumberSource::kName:
      return "name";
    case NumberSource::kOrdinal:
      return "ordinal";
  }
  return "";
}

std::string_view NameOf(PathKind kind) {
  switch (kind) {
    case PathKind::kFile:
      return "file";
    case PathKind::kDirectory:
      return "directory";
    case PathKind::kGlob:
      return "glob";
    case PathKind::kAbsolute:
      return "absolute";
    case PathKind::kWindows:
      return "windows";
    case PathKind::kHome:
      return "home";
    case PathKind::kProse:
      return "prose";
  }
  return "";
}

std::string_view NameOf(SyntaxFactKind kind) {
  switch (kind) {
    case SyntaxFactKind::kUnclosedElement:
      return "unclosed-element";
    case SyntaxFactKind::kUnclosedAttribute:
      return "unclosed-attribute";
    case SyntaxFactKind::kStrayCloseTag:
      return "stray-close-tag";
    case SyntaxFactKind::kDuplicateAttribute:
      return "duplicate-attribute";
    case SyntaxFactKind::kTaskOutsideTasks:
      return "task-outside-tasks";
    case SyntaxFactKind::kFencedTasks:
      return "fenced-tasks";
    case SyntaxFactKind::kStrayFence:
      return "stray-fence";
    case SyntaxFactKind::kTagCase:
      return "tag-case";
    case SyntaxFactKind::kInvalidEncoding:
      return "invalid-encoding";
    case SyntaxFactKind::kByteOrderMark:
      return "byte-order-mark";
    case SyntaxFactKind::kMixedLineEndings:
      return "mixed-line-endings";
    case SyntaxFactKind::kUnfinishedWrite:
      return "unfinished-write";
    case SyntaxFactKind::kTruncated:
      return "truncated";
    case SyntaxFactKind::kMalformedFrontMatter:
      return "malformed-front-matter";
  }
  return "";
}

}  // namespace gsd
