#include "frontend/task_fields.h"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "frontend/values.h"

namespace gsd {

namespace {

// Names that people write for the same attribute; the first is the canonical one.
constexpr std::array<std::array<std::string_view, 4>, 4> kAliases = {{
    {"depends-on", "depends_on", "dependsOn", "depends"},
    {"estimated-complexity", "estimated_complexity", "complexity", ""},
    {"context-mode", "context_mode", "", ""},
    {"name", "title", "", ""},
}};

}  // namespace

const Attribute* FindAttribute(const Task& task, std::string_view name) {
  const auto find = [&](std::string_view spelling) -> const Attribute* {
    for (uint32_t i = 0; i < task.own_attributes; ++i) {
      if (task.attributes[i].name == spelling) return &task.attributes[i];
    }
    return nullptr;
  };
  for (const auto& aliases : kAliases) {
    if (aliases[0] != name) continue;
    for (const std::string_view alias : aliases) {
      if (alias.empty()) break;
      if (const Attribute* found = find(alias)) return found;
    }
    return nullptr;
  }
  return find(name);
}

Located<std::string_view> ValueOf(const Attribute* attribute) {
  if (attribute == nullptr) return {};
  return {Trim(attribute->value), attribute->value_span};
}

const Element* FindElement(const Task& task, Tag tag) {
  for (const Element& element : task.elements) {
    if (element.tag == tag) return &element;
  }
  return nullptr;
}

std::string_view ElementText(const SourceFile& file, const Task& task, Tag tag) {
  const Element* element = FindElement(task, tag);
  return element == nullptr ? std::string_view() : Trim(file.Slice(element->body));
}

const Metrics& MetricsOf(const Task& task) {
  static const Metrics kNone;
  return task.metrics == nullptr ? kNone : *task.metrics;
}

const Section* FindSection(const Plan& plan, Tag tag) {
  for (const Section& section : plan.sections) {
    if (section.tag == tag) return &section;
  }
  return nullptr;
}

namespace {

TaskType TypeOf(std::string_view text) {
  if (text == "auto" || text.empty()) return TaskType::kAuto;
  if (text == "tdd") return TaskType::kTdd;
  if (text == "tracer") return TaskType::kTracer;
  if (text.starts_with("checkpoint")) return TaskType::kCheckpoint;
  return TaskType::kOther;
}

// "Task 3: Name", "task 3 — Name", "Task 3.": 3. "Task 3.1" and "Task 3b" are names of their own, not
// numbers.
std::optional<int> NumberInName(std::string_view name) {
  if (name.size() < 6 || !EqualsIgnoreCase(name.substr(0, 4), "task") || !IsBlank(name[4]))
    return std::nullopt;
  std::string_view rest = Trim(name.substr(4));
  if (rest.starts_with('#')) rest.remove_prefix(1);
  size_t digits = 0;
  while (digits < rest.size() && IsDigit(rest[digits])) ++digits;
  if (digits == 0 || digits > 6) return std::nullopt;
  if (digits < rest.size()) {
    const char next = rest[digits];
    const bool dotted = next == '.' && digits + 1 < rest.size() && IsDigit(rest[digits + 1]);
    if (IsWordChar(next) || next == '-' || dotted) return std::nullopt;
  }
  return static_cast<int>(*ParseInt(rest.substr(0, digits)));
}

void ReadNumber(Task& task, int ordinal) {
  task.number = ordinal;
  for (const std::string_view name : {"number", "id"}) {
    const Attribute* attribute = FindAttribute(task, name);
    if (attribute == nullptr || Trim(attribute->value).empty()) continue;
    const std::string_view value = Trim(attribute->value);
    const auto number = ParseInt(value);
    if (number && *number >= 0 && *number < 1'000'000) {
      task.number = static_cast<int>(*number);
      task.number_source = NumberSource::kAttribute;
    } else if (name == "id") {
      task.label = {value, attribute->value_span};
    }
  }
  if (task.number_source == NumberSource::kAttribute) return;
  if (const auto number = NumberInName(task.name.value)) {
    task.number = *number;
    task.number_source = NumberSource::kName;
  }
}

void ReadName(const SourceFile& file, Task& task) {
  // In <options>, each <option> has a <name>: only a direct child names the task.
  const Element* options = FindElement(task, Tag::kOptions);
  for (const Element& element : task.elements) {
    if (element.tag != Tag::kName) continue;
    if (options != nullptr && options->body.Contains(element.open.begin)) continue;
    const std::string_view name = Trim(file.Slice(element.body));
    task.name = {name, file.SpanOf(name)};
    return;
  }
  if (const Attribute* attribute = FindAttribute(task, "name")) {
    task.name = {Trim(attribute->value), attribute->value_span};
  }
}

void ReadDependsOn(const SourceFile& file, Task& task) {
  if (const Attribute* attribute = FindAttribute(task, "depends-on")) {
    task.depends_on = ParseDependencyList(file, file.Slice(attribute->value_span));
    return;
  }
  const Element* element = FindElement(task, Tag::kDepends);
  if (element != nullptr) task.depends_on = ParseDependencyList(file, file.Slice(element->body));
}

// The parts of <complexity-breakdown>: any tags, each with a number.
void ReadBreakdown(const SourceFile& file, std::string_view body, Metrics& metrics) {
  for (size_t at = 0; (at = body.find('<', at)) != std::string_view::npos;) {
    const size_t open_end = body.find('>', at);
    if (open_end == std::string_view::npos) return;
    if (at + 1 < body.size() && body[at + 1] != '/' && body[at + 1] != '!') {
      const size_t close = body.find('<', open_end);
      const std::string_view value =
          Trim(body.substr(open_end + 1, close == std::string_view::npos ? 0 : close - open_end - 1));
      if (const auto range = ParseTokenRange(file, value)) {
        metrics.breakdown.push_back(*range);
      } else if (!value.empty()) {
        metrics.malformed.push_back({value, file.SpanOf(value)});
      }
    }
    at = open_end;
  }
}

void ReadMetrics(const SourceFile& file, Task& task) {
  const auto has_some = [](const Element& element) {
    return element.tag == Tag::kEstimatedTokens || element.tag == Tag::kEstimatedDuration ||
           element.tag == Tag::kTokenBudget || element.tag == Tag::kComplexityBreakdown;
  };
  if (std::none_of(task.elements.begin(), task.elements.end(), has_some)) return;
  Metrics metrics;
  for (const Element& element : task.elements) {
    if (!has_some(element)) continue;
    const std::string_view body = Trim(file.Slice(element.body));
    std::optional<Range>* field = nullptr;
    if (element.tag == Tag::kEstimatedTokens) field = &metrics.tokens;
    if (element.tag == Tag::kTokenBudget) field = &metrics.budget;
    if (element.tag == Tag::kEstimatedDuration) field = &metrics.duration;
    if (element.tag == Tag::kComplexityBreakdown) ReadBreakdown(file, body, metrics);
    if (field == nullptr || field->has_value()) continue;
    *field =
        element.tag == Tag::kEstimatedDuration ? ParseDurationRange(file, body) : ParseTokenRange(file, body);
    if (!field->has_value()) metrics.malformed.push_back({body, file.SpanOf(body)});
  }
  task.metrics = std::make_shared<const Metrics>(std::move(metrics));
}

}  // namespace

void FinishTask(const SourceFile& file, Task& task, int ordinal) {
  if (const Attribute* type = FindAttribute(task, "type")) {
    task.type_text = {Trim(type->value), type->value_span};
    task.type = TypeOf(task.type_text.value);
  }
  ReadName(file, task);
  ReadNumber(task, ordinal);
  for (const Element& element : task.elements) {
    const bool files = element.tag == Tag::kFiles ||
                       (element.tag == Tag::kFile && FindElement(task, Tag::kFiles) == nullptr);
    if (!files && element.tag != Tag::kReadFirst) continue;
    auto entries = ParsePathList(file, file.Slice(element.body));
    auto& into = files ? task.files : task.read_first;
    into.insert(into.end(), entries.begin(), entries.end());
  }
  ReadDependsOn(file, task);
  ReadMetrics(file, task);
}

namespace {

constexpr CharSet kEnd(" \t`");
constexpr CharSet kCode("(){};'\"");
constexpr CharSet kPathLike("/.\\");

// `@path` at the start of a line or after a blank or bracket; decorators and e-mail addresses are none.
void FindReferences(const SourceFile& file, Span body, bool execution, std::vector<Reference>& out) {
  const std::string_view text = file.Slice(body);
  bool fenced = false;
  for (size_t line = 0; line < text.size();) {
    const size_t end = std::min(text.find('\n', line), text.size());
    std::string_view content = Trim(text.substr(line, end - line));
    line = end + 1;
    if (content.starts_with("```") || content.starts_with("~~~")) fenced = !fenced;
    if (fenced) continue;
    if (content.starts_with("- ") || content.starts_with("* ")) content = Trim(content.substr(2));
    const bool bare_path = execution && (content.starts_with('~') || content.starts_with("./"));
    if (!content.starts_with('@') && !content.starts_with("`@") && !bare_path) continue;
    if (content.starts_with('`')) content.remove_prefix(1);
    if (content.starts_with('@')) content.remove_prefix(1);
    // The path ends at a blank, unless the blank is part of it; remarks follow in many forms.
    std::vector<PathEntry> paths;
    const size_t stop = kEnd.FindIn(content);
    ParsePathItem(file, content.substr(0, stop), paths);
    for (const PathEntry& path : paths) {
      // @Get('x'), @default(now()), @media: code, not a path.
      const bool code = kCode.IsIn(path.path) && path.path.find('/') == std::string_view::npos;
      const bool path_like = kPathLike.IsIn(path.path);
      if (!code && path_like) out.push_back({path, execution});
    }
  }
}

// The comment by which gsdc recognises the <task_dependency_graph> that it wrote itself.
void FindGeneratedGraph(const SourceFile& file, Plan& plan) {
  const Section* graph = FindSection(plan, Tag::kTaskDependencyGraph);
  if (graph == nullptr || graph->close.size() == 0) return;
  const std::string_view body = Trim(file.Slice(graph->body));
  constexpr std::string_view kMarker = "<!-- generated by gsdc";
  if (!body.starts_with(kMarker)) return;
  plan.generated_graph = file.SpanFrom(graph->open.begin, graph->close.end);
  const std::string_view comment = body.substr(0, body.find(" -->"));
  constexpr std::string_view kInferred = "inferred:";
  const size_t at = comment.find(kInferred);
  if (at == std::string_view::npos) return;
  for (const std::string_view word : Split(comment.substr(at + kInferred.size()), ',')) {
    if (const auto number = ParseInt(Trim(word)); number && *number >= 0 && *number < 1'000'000) {
      plan.inferred_before.push_back(static_cast<int>(*number));
    }
  }
  std::sort(plan.inferred_before.begin(), plan.inferred_before.end());
}

void FindDuplicateAttributes(Plan& plan) {
  for (const Task& task : plan.tasks) {
    for (uint32_t i = 1; i < std::min<uint32_t>(task.own_attributes, 64); ++i) {
      for (uint32_t k = 0; k < i; ++k) {
        if (task.attributes[i].name != task.attributes[k].name) continue;
        plan.syntax.push_back(
            {SyntaxFactKind::kDuplicateAttribute, task.attributes[i].span, task.attributes[k].span, {}});
        break;
      }
    }
  }
}

// A task without a number of its own takes its place in the plan. Where somebody else carries that number
// already (an unnamed checkpoint between "Task 1" and "Task 2"), it takes the next free one, so that every
// task can be named.
void NumberUnnumbered(Plan& plan) {
  std::unordered_set<int> taken;
  int highest = static_cast<int>(plan.tasks.size());
  for (const Task& task : plan.tasks) {
    if (task.number_source == NumberSource::kOrdinal) continue;
    taken.insert(task.number);
    highest = std::max(highest, task.number);
  }
  for (Task& task : plan.tasks) {
    if (task.number_source == NumberSource::kOrdinal && taken.count(task.number) > 0) task.number = ++highest;
  }
}

void FindTasksOutside(Plan& plan) {
  for (const Task& task : plan.tasks) {
    if (task.from_feature) continue;
    if (plan.tasks_open.size() != 0 && plan.tasks_region.Contains(task.open.begin)) continue;
    plan.syntax.push_back({SyntaxFactKind::kTaskOutsideTasks, task.open, plan.tasks_open, {}});
  }
}

}  // namespace

void FinishPlan(const SourceFile& file, Plan& plan) {
  for (const Section& section : plan.sections) {
    if (section.tag == Tag::kContext) FindReferences(file, section.body, false, plan.references);
    if (section.tag == Tag::kExecutionContext) FindReferences(file, section.body, true, plan.references);
  }
  NumberUnnumbered(plan);
  FindGeneratedGraph(file, plan);
  FindDuplicateAttributes(plan);
  FindTasksOutside(plan);
}

}  // namespace gsd
