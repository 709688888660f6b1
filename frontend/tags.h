// The closed vocabulary of the format. A `<` that does not begin one of these names is text.
#pragma once

#include <cstdint>
#include <string_view>

namespace gsd {

enum class Tag : uint8_t {
  kUnknown,
  // Sections: count at the start of a line, outside tasks.
  kObjective,
  kExecutionContext,
  kContext,
  kInterfaces,
  kTasks,
  kVerification,
  kSuccessCriteria,
  kOutput,
  kThreatModel,
  kFeature,
  kArtifacts,
  kTaskDependencyGraph,
  kPlanDependencies,
  kMustHavesSection,
  // The container.
  kTask,
  // Children of a task, or of <feature>.
  kName,
  kFiles,
  kAction,
  kVerify,
  kDone,
  kReadFirst,
  kAcceptanceCriteria,
  kBehavior,
  kImplementation,
  kPrecondition,
  kReversibility,
  kWhatBuilt,
  kHowToVerify,
  kResumeSignal,
  kDecision,
  kOptions,
  kInstructions,
  kMetrics,
  kDepends,
  kDescription,
  kFailsWhen,
  kWave,
  kActiveForm,
  kEstimatedLines,
  // Inside a child.
  kAutomated,
  kHumanCheck,
  kOption,
  kPros,
  kCons,
  kEstimatedTokens,
  kEstimatedDuration,
  kTokenBudget,
  kComplexityBreakdown,
  kFile,
  kManual,
};

enum class TagLevel : uint8_t { kNone, kSection, kContainer, kChild, kInner };

// The tag of an element name, in exact lower case; aliases (`n` for `name`, `acceptance-criteria`) included.
Tag TagOf(std::string_view name);
TagLevel LevelOf(Tag tag);
// The canonical spelling, e.g. "read_first".
std::string_view TagName(Tag tag);
// <context> and <verification> are a section outside a task and a child inside one.
bool MayBeChild(Tag tag);

}  // namespace gsd
