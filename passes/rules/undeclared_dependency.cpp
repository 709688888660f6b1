#include <algorithm>
#include <array>
#include <map>

#include "analysis/inference.h"
#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

// The text of the line before `span`, at most `most` bytes of it.
std::string_view LineBefore(const SourceFile& file, Span span, uint32_t most) {
  const uint32_t begin = span.begin > most ? span.begin - most : 0;
  std::string_view text = file.Slice({span.file, begin, span.begin});
  const size_t line = text.find_last_of("\r\n");
  return line == std::string_view::npos ? text : text.substr(line + 1);
}

// The sentence's part before `span`: what would deny or turn round what is said of it.
std::string SentenceBefore(const SourceFile& file, Span span) {
  std::string_view text = LineBefore(file, span, 120);
  for (const std::string_view stop : {". ", "; ", ": ", "— ", "("}) {
    const size_t at = text.rfind(stop);
    if (at != std::string_view::npos) text = text.substr(at + stop.size());
  }
  return ToLower(text);
}

template <size_t N>
bool HasWord(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::ranges::any_of(words, [&](std::string_view word) {
    for (size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
      const size_t end = at + word.size();
      const bool begins = at == 0 || !IsAlpha(text[at - 1]);
      if (begins && (end == text.size() || !IsAlpha(text[end]))) return true;
    }
    return false;
  });
}

// "do not touch src/a.ts", "a later task adds src/b.ts": named, but nothing to wait for.
bool IsDenied(std::string_view before) {
  static constexpr std::array<std::string_view, 14> kDenials = {
      "not", "never", "don't", "doesn't", "without", "avoid",   "unlike",
      "no",  "later", "will",  "before",  "outside", "exclude", "leave"};
  return HasWord(before, kDenials);
}

// "from Task 2", "created in Task 2", "after Task 2": words that make it something that came before.
bool ComesBefore(std::string_view before) {
  static constexpr std::array<std::string_view, 4> kSimple = {"from", "after", "since", "via"};
  static constexpr std::array<std::string_view, 4> kBehindVerb = {"in", "during", "by", "of"};
  static constexpr std::array<std::string_view, 4> kMade = {"built", "made", "written", "done"};
  std::vector<std::string_view> words = Split(Trim(before), ' ');
  while (!words.empty() && (words.back().empty() || words.back() == "the" || words.back() == "plan"))
    words.pop_back();
  if (words.empty()) return false;
  const std::string_view last = words.back();
  const std::string_view verb = words.size() > 1 ? words[words.size() - 2] : std::string_view();
  if (std::ranges::count(kSimple, last) > 0) return true;
  return std::ranges::count(kBehindVerb, last) > 0 &&
         (verb.ends_with("ed") || std::ranges::count(kMade, verb) > 0);
}

bool Writes(const Task& task, std::string_view path) {
  return std::ranges::any_of(task.files, [&](const PathEntry& entry) {
    return IsConcretePath(entry) && NormalizedView(entry.path) == path;
  });
}

// Does the text plainly speak of something that the other task has done?
bool IsPlain(const PlanUnit& unit, const TaskEdge& named) {
  const std::string before = SentenceBefore(*unit.source, named.span);
  if (IsDenied(before)) return false;
  if (named.evidence == Evidence::kTaskMention) return ComesBefore(before);
  // The whole path: a file's name alone may be another file's. What both write is a write conflict.
  return Writes(unit.plan.tasks[named.from], named.detail) &&
         !Writes(unit.plan.tasks[named.to], named.detail);
}

// `wave` on both tasks: whoever runs them wave by wave has finished the earlier one.
bool IsOfEarlierWave(const Task& earlier, const Task& later) {
  const auto before = ParseInt(ValueOf(FindAttribute(earlier, "wave")).value);
  const auto after = ParseInt(ValueOf(FindAttribute(later, "wave")).value);
  return before && after && *before < *after;
}

// What one task should wait for: the earlier task, and where the text says so.
using Missing = std::map<TaskId, const TaskEdge*>;

void ReportTask(const PlanUnit& unit, TaskId id, const Missing& missing, Reachability& reach,
                Reporter& report) {
  const Task& task = unit.plan.tasks[id];
  // Who is waited for anyway, through another of them, need not be named.
  std::vector<TaskId> wanted;
  for (const auto& [from, edge] : missing) {
    const bool implied = std::ranges::any_of(missing, [&](const auto& other) {
      return other.first != from &&
             reach.Reaches(from.value, other.first.value) == Reachability::Answer::kYes;
    });
    if (!implied) wanted.push_back(from);
  }
  const TaskEdge& first = *missing.at(wanted.front());
  auto finding = first.evidence == Evidence::kNamedPath
                     ? report.At(first.span, "{} uses `{}`, which {} writes, but does not wait for it",
                                 TaskNoun(task), first.detail, TaskNoun(unit.plan.tasks[first.from]))
                     : report.At(first.span, "{} speaks of what {} has done, but does not wait for it",
                                 TaskNoun(task), TaskNoun(unit.plan.tasks[first.from]));
  for (size_t i = 1; i < wanted.size(); ++i) {
    finding.Label(missing.at(wanted[i])->span, "nor for {}", TaskNoun(unit.plan.tasks[wanted[i]]));
  }
  const std::string advice = fmt::format("let {} depend on {}", TaskNoun(task), TaskNouns(unit.plan, wanted));
  if (auto edit = AddDependencies(unit, task, wanted)) {
    finding.UnsafeFix(advice, {*edit});
  } else {
    finding.Help("{}", advice);
  }
}

void Check(const PlanSet& plans, Reporter& report) {
  constexpr size_t kMostMissing = 64;  // of one task; they are compared with each other
  for (const PlanUnit& unit : plans.units) {
    const bool declares =
        std::ranges::any_of(unit.plan.tasks, [](const Task& task) { return task.depends_on.has_value(); });
    if (!unit.open() || !declares) continue;
    const std::vector<TaskEdge> named = NamedTasks(*unit.source, unit.plan);
    Reachability reach(unit.graph.digraph);
    std::map<TaskId, Missing> missing;
    for (const TaskEdge& edge : named) {
      const Task& later = unit.plan.tasks[edge.to];
      if (!later.depends_on || IsOfEarlierWave(unit.plan.tasks[edge.from], later)) continue;
      Missing& known = missing[edge.to];
      if (known.size() >= kMostMissing || known.count(edge.from) > 0) continue;
      if (reach.Comparable(edge.from.value, edge.to.value) != Reachability::Answer::kNo) continue;
      if (IsPlain(unit, edge)) known.emplace(edge.from, &edge);
    }
    for (const auto& [task, tasks] : missing) {
      if (!tasks.empty()) ReportTask(unit, task, tasks, reach, report);
    }
  }
}

}  // namespace

extern constinit const Rule undeclared_dependency = {
    {.name = "undeclared-dependency",
     .category = "task-graph",
     .severity = Severity::kWarning,
     .fixable = Fixable::kUnsafe,
     .summary = "A task's text needs an earlier task that its depends-on does not lead to.",
     .rationale =
         "A declared depends-on is believed as it stands, so the task may start before what it needs is "
         "there. Reported is a task that names a file which an earlier task writes, or that says \"from "
         "Task 2\", \"created in Task 2\" and the like, when neither task waits for the other, directly or "
         "through others. Tasks without depends-on are not concerned: there, the same words make the "
         "dependency. Nor are tasks of a later `wave` than what they name, which their author has put in "
         "order."},
    Check};

}  // namespace gsd::rules
