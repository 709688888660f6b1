#include <array>
#include <iterator>

#include "passes/plan_text.h"
#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

// How the fields are written in a plan that has nothing special to say.
constexpr std::array<std::string_view, std::size(kPlanFields)> kExamples = {
    "phase: 01-foundation", "plan: \"01\"",       "type: execute",    "wave: 1",
    "depends_on: []",       "files_modified: []", "autonomous: true", "must_haves: {truths: []}"};
// Came to the format together with waves; plans from before them have none of these.
constexpr size_t kFirstSinceWaves = 3;

// Plans of the older format name their phase and plan, and leave the rest to be worked out, which gsdc does.
bool IsFromBeforeWaves(const Header& header) {
  for (size_t i = 0; i < std::size(kPlanFields); ++i) {
    if (HasPlanField(header, kPlanFields[i]) != (i < kFirstSinceWaves)) return false;
  }
  return true;
}

// Tasks outside any phase (`.planning/quick/`) are known by an id of their own, and need nothing else.
bool IsQuickTask(const Header& header) {
  const YamlNode* id = header.yaml.nodes.empty() ? nullptr : header.yaml.Find(header.yaml.root(), "quick_id");
  return id != nullptr && id->kind == YamlKind::kScalar && !Trim(id->text).empty();
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    const Header& header = unit.plan.header;
    if (!header.present || !unit.open() || unit.content != FileContent::kPlan) continue;
    if (IsQuickTask(header) || IsFromBeforeWaves(header)) continue;
    std::vector<std::string> missing, examples;
    for (size_t i = 0; i < std::size(kPlanFields); ++i) {
      if (HasPlanField(header, kPlanFields[i])) continue;
      missing.push_back(Quoted(kPlanFields[i]));
      examples.push_back(Quoted(kExamples[i]));
    }
    if (missing.empty()) continue;
    const bool all = missing.size() == std::size(kPlanFields);
    report
        .At(FirstLine(*unit.source, header.span), "the front matter lacks {}",
            all ? std::string("every field that a plan has") : ListOf(missing, missing.size()))
        .Help("add, for example, {}", ListOf(examples, examples.size()));
  }
}

}  // namespace

extern constinit const Rule missing_front_matter_field = {
    {.name = "missing-front-matter-field",
     .category = "syntax",
     .severity = Severity::kWarning,
     .summary = "The front matter lacks fields that every plan is expected to have.",
     .rationale =
         "`phase` and `plan` name the plan, `depends_on` and `wave` order it, `files_modified` keeps it "
         "apart from its neighbours, `autonomous` says whether a person is needed, `must_haves` says what "
         "to check at the end. The existing tool calls a plan without any of the eight invalid. A plan of "
         "the older format, with `phase`, `plan` and `type` and none of the others, is left alone, and so is "
         "a quick task, which has a `quick_id` instead. Write `depends_on: []` for none."},
    Check};

}  // namespace gsd::rules
