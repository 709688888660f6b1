#include "passes/rule.h"

namespace gsd::rules {
namespace {

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    for (const Task& task : unit.plan.tasks) {
      for (const Attribute& attribute : task.attributes) {
        if (!attribute.has_value || attribute.quote != 0) continue;
        auto finding = report.At(attribute.span, "the value of `{}` has no quotes", attribute.name);
        const std::string_view value = unit.source->Slice(attribute.value_span);
        if (value.find('"') != std::string_view::npos) continue;
        finding.SafeFix("put the value in double quotes",
                        {{attribute.value_span, fmt::format("\"{}\"", value)}});
      }
    }
  }
}

}  // namespace

extern constinit const Rule unquoted_attribute = {
    {.name = "unquoted-attribute",
     .category = "syntax",
     .severity = Severity::kNote,
     .fixable = Fixable::kSafe,
     .summary = "The value of an attribute has no quotes.",
     .rationale =
         "gsdc reads `wave=2`, but other tools look for `wave=\"2\"` and see no wave at all. Quote every "
         "value."},
    Check};

}  // namespace gsd::rules
