#include <algorithm>
#include <array>

#include "passes/plan_text.h"
#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

// A field, and how it is written in a plan that has nothing special to say.
struct Field {
  std::string_view name, example;
  bool since_waves =
      false;  // came to the format together with waves; plans from before them have none of these
};
constexpr std::array<Field, 8> kRequired = {{{"phase", "phase: 01-foundation"},
                                             {"plan", "plan: \"01\""},
                                             {"type", "type: execute"},
                                             {"wave", "wave: 1", true},
                                             {"depends_on", "depends_on: []", true},
                                             {"files_modified", "files_modified: []", true},
                                             {"autonomous", "autonomous: true", true},
                                             {"must_haves", "must_haves: {truths: []}", true}}};

bool IsGiven(const Header& header, std::string_view field) {
  if (field == "files_modified") return header.has_files_modified;
  if (field == "depends_on") return header.has_depends_on;
  return header.yaml.Find(header.yaml.root(), field) != nullptr;
}

// Plans of the older format name their phase and plan, and leave the rest to be worked out, which gsdc does.
bool IsFromBeforeWaves(const Header& header) {
  return IsGiven(header, "phase") && IsGiven(header, "plan") && IsGiven(header, "type") &&
         std::none_of(kRequired.begin(), kRequired.end(),
                      [&](const Field& field) { return field.since_waves && IsGiven(header, field.name); });
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    const Header& header = unit.plan.header;
    if (!header.present || unit.superseded) continue;
    std::vector<std::string> missing, examples;
    const bool before_waves = IsFromBeforeWaves(header);
    for (const Field& field : kRequired) {
      if (IsGiven(header, field.name) || (before_waves && field.since_waves)) continue;
      missing.push_back(Quoted(field.name));
      examples.push_back(Quoted(field.example));
    }
    if (missing.empty()) continue;
    const bool all = missing.size() == kRequired.size();
    report
        .At(FirstLine(*unit.source, header.span), "the front matter lacks {}",
            all ? std::string("every field that a plan has") : ListOf(missing, kRequired.size()))
        .Help("add, for example, {}", ListOf(examples, kRequired.size()));
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
         "the "
         "older format, with `phase`, `plan` and `type` and none of the others, is left alone. Write "
         "`depends_on: []` for none."},
    Check};

}  // namespace gsd::rules
