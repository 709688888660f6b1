#include "frontend/tags.h"

#include <array>
#include <cstddef>

namespace gsd {

namespace {

struct Row {
  std::string_view name;
  Tag tag;
  TagLevel level;
};

// The first row of a tag has its canonical spelling; further rows are aliases.
constexpr Row kRows[] = {
    {"objective", Tag::kObjective, TagLevel::kSection},
    {"execution_context", Tag::kExecutionContext, TagLevel::kSection},
    {"execution-context", Tag::kExecutionContext, TagLevel::kSection},
    {"context", Tag::kContext, TagLevel::kSection},
    {"interfaces", Tag::kInterfaces, TagLevel::kSection},
    {"tasks", Tag::kTasks, TagLevel::kSection},
    {"verification", Tag::kVerification, TagLevel::kSection},
    {"success_criteria", Tag::kSuccessCriteria, TagLevel::kSection},
    {"success-criteria", Tag::kSuccessCriteria, TagLevel::kSection},
    {"output", Tag::kOutput, TagLevel::kSection},
    {"threat_model", Tag::kThreatModel, TagLevel::kSection},
    {"feature", Tag::kFeature, TagLevel::kSection},
    {"artifacts_this_phase_produces", Tag::kArtifacts, TagLevel::kSection},
    {"artifacts_produced", Tag::kArtifacts, TagLevel::kSection},
    {"task_dependency_graph", Tag::kTaskDependencyGraph, TagLevel::kSection},
    {"plan_dependencies", Tag::kPlanDependencies, TagLevel::kSection},
    {"must_haves", Tag::kMustHavesSection, TagLevel::kSection},
    {"task", Tag::kTask, TagLevel::kContainer},
    {"name", Tag::kName, TagLevel::kChild},
    {"n", Tag::kName, TagLevel::kChild},
    {"title", Tag::kName, TagLevel::kChild},
    {"files", Tag::kFiles, TagLevel::kChild},
    {"action", Tag::kAction, TagLevel::kChild},
    {"verify", Tag::kVerify, TagLevel::kChild},
    {"done", Tag::kDone, TagLevel::kChild},
    {"read_first", Tag::kReadFirst, TagLevel::kChild},
    {"read-first", Tag::kReadFirst, TagLevel::kChild},
    {"acceptance_criteria", Tag::kAcceptanceCriteria, TagLevel::kChild},
    {"acceptance-criteria", Tag::kAcceptanceCriteria, TagLevel::kChild},
    {"behavior", Tag::kBehavior, TagLevel::kChild},
    {"behaviour", Tag::kBehavior, TagLevel::kChild},
    {"implementation", Tag::kImplementation, TagLevel::kChild},
    {"precondition", Tag::kPrecondition, TagLevel::kChild},
    {"reversibility", Tag::kReversibility, TagLevel::kChild},
    {"what-built", Tag::kWhatBuilt, TagLevel::kChild},
    {"what_built", Tag::kWhatBuilt, TagLevel::kChild},
    {"how-to-verify", Tag::kHowToVerify, TagLevel::kChild},
    {"how_to_verify", Tag::kHowToVerify, TagLevel::kChild},
    {"resume-signal", Tag::kResumeSignal, TagLevel::kChild},
    {"resume_signal", Tag::kResumeSignal, TagLevel::kChild},
    {"decision", Tag::kDecision, TagLevel::kChild},
    {"options", Tag::kOptions, TagLevel::kChild},
    {"instructions", Tag::kInstructions, TagLevel::kChild},
    {"metrics", Tag::kMetrics, TagLevel::kChild},
    {"depends", Tag::kDepends, TagLevel::kChild},
    {"depends-on", Tag::kDepends, TagLevel::kChild},
    {"depends_on", Tag::kDepends, TagLevel::kChild},
    {"description", Tag::kDescription, TagLevel::kChild},
    {"fails_when", Tag::kFailsWhen, TagLevel::kChild},
    {"wave", Tag::kWave, TagLevel::kChild},
    {"activeForm", Tag::kActiveForm, TagLevel::kChild},
    {"estimated_lines", Tag::kEstimatedLines, TagLevel::kChild},
    {"automated", Tag::kAutomated, TagLevel::kInner},
    {"human-check", Tag::kHumanCheck, TagLevel::kInner},
    {"manual", Tag::kManual, TagLevel::kInner},
    {"option", Tag::kOption, TagLevel::kInner},
    {"pros", Tag::kPros, TagLevel::kInner},
    {"cons", Tag::kCons, TagLevel::kInner},
    {"estimated-tokens", Tag::kEstimatedTokens, TagLevel::kInner},
    {"estimated_tokens", Tag::kEstimatedTokens, TagLevel::kInner},
    {"estimated-duration", Tag::kEstimatedDuration, TagLevel::kInner},
    {"estimated_duration", Tag::kEstimatedDuration, TagLevel::kInner},
    {"token-budget", Tag::kTokenBudget, TagLevel::kInner},
    {"token_budget", Tag::kTokenBudget, TagLevel::kInner},
    {"complexity-breakdown", Tag::kComplexityBreakdown, TagLevel::kInner},
    {"complexity_breakdown", Tag::kComplexityBreakdown, TagLevel::kInner},
    {"file", Tag::kFile, TagLevel::kInner},
    {"create", Tag::kFile, TagLevel::kInner},
    {"modify", Tag::kFile, TagLevel::kInner},
    {"delete", Tag::kFile, TagLevel::kInner},
};
constexpr size_t kRowCount = std::size(kRows);
constexpr size_t kLongestName = 29;

// Row numbers grouped by the length of the name, so that a lookup compares few strings.
struct Buckets {
  std::array<uint8_t, kLongestName + 2> begin{};
  std::array<uint8_t, kRowCount> rows{};
};

constexpr Buckets MakeBuckets() {
  Buckets buckets;
  size_t next = 0;
  for (size_t length = 0; length <= kLongestName; ++length) {
    buckets.begin[length] = static_cast<uint8_t>(next);
    for (size_t i = 0; i < kRowCount; ++i) {
      if (kRows[i].name.size() == length) buckets.rows[next++] = static_cast<uint8_t>(i);
    }
  }
  buckets.begin[kLongestName + 1] = static_cast<uint8_t>(next);
  return buckets;
}
constexpr Buckets kBuckets = MakeBuckets();
static_assert(kBuckets.begin[kLongestName + 1] == kRowCount, "a tag name is longer than kLongestName");

constexpr size_t kTagCount = static_cast<size_t>(Tag::kManual) + 1;

// By tag: its first row.
constexpr std::array<uint8_t, kTagCount> MakeFirstRows() {
  std::array<uint8_t, kTagCount> first{};
  for (size_t i = kRowCount; i-- > 0;) first[static_cast<size_t>(kRows[i].tag)] = static_cast<uint8_t>(i);
  return first;
}
constexpr auto kFirstRows = MakeFirstRows();

const Row& FirstRow(Tag tag) { return kRows[kFirstRows[static_cast<size_t>(tag)]]; }

}  // namespace

Tag TagOf(std::string_view name) {
  if (name.empty() || name.size() > kLongestName) return Tag::kUnknown;
  for (size_t i = kBuckets.begin[name.size()]; i < kBuckets.begin[name.size() + 1]; ++i) {
    const Row& row = kRows[kBuckets.rows[i]];
    if (row.name == name) return row.tag;
  }
  return Tag::kUnknown;
}

TagLevel LevelOf(Tag tag) { return tag == Tag::kUnknown ? TagLevel::kNone : FirstRow(tag).level; }

std::string_view TagName(Tag tag) { return tag == Tag::kUnknown ? std::string_view() : FirstRow(tag).name; }

bool MayBeChild(Tag tag) {
  return LevelOf(tag) == TagLevel::kChild || tag == Tag::kContext || tag == Tag::kVerification ||
         tag == Tag::kEstimatedTokens || tag == Tag::kEstimatedDuration || tag == Tag::kTokenBudget;
}

}  // namespace gsd
