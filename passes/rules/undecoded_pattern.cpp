#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

void CheckPattern(const SourceFile& file, const YamlNode& pattern, Reporter& report) {
  if (pattern.kind != YamlKind::kScalar || pattern.style != YamlStyle::kDoubleQuoted) return;
  const std::string_view raw = file.Slice(pattern.span);
  if (raw.size() < 2 || raw.substr(1, raw.size() - 2) == pattern.text) return;
  auto finding =
      report.At(pattern.span, "tools that do not decode escapes search for `{}`, backslashes and all",
                raw.substr(1, raw.size() - 2));
  if (pattern.text.find_first_of("'\r\n\t") == std::string_view::npos) {
    finding.SafeFix("use single quotes", {{pattern.span, fmt::format("'{}'", pattern.text)}});
  } else {
    finding.Help("write a pattern that needs no escapes in double quotes");
  }
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    const YamlDocument& yaml = unit.plan.header.yaml;
    if (!unit.open() || yaml.nodes.empty()) continue;
    const YamlNode* must = yaml.Find(yaml.root(), "must_haves");
    const YamlNode* links = must == nullptr ? nullptr : yaml.Find(*must, "key_links");
    if (links == nullptr) continue;
    for (const YamlNode* link : yaml.Children(*links)) {
      if (link->kind != YamlKind::kMapping) continue;
      if (const YamlNode* pattern = yaml.Find(*link, "pattern")) CheckPattern(*unit.source, *pattern, report);
    }
  }
}

}  // namespace

extern constinit const Rule undecoded_pattern = {
    {.name = "undecoded-pattern",
     .category = "must-haves",
     .severity = Severity::kNote,
     .fixable = Fixable::kSafe,
     .on_by_default = false,
     .summary =
         "The pattern of a key link has escapes in double quotes, which the older tool does not decode.",
     .rationale =
         "In YAML, `\"prisma\\\\.message\"` is the pattern `prisma\\.message`, and gsdc reads it so. The "
         "format's "
         "older tool takes the text between the quotes as it stands, looks for a backslash, and reports the "
         "link "
         "as broken. In single quotes, `'prisma\\.message'`, both read the same. Off by default, because one "
         "pattern in four is written so and not everybody runs that tool; turn it on, with `--fix`, if you "
         "do."},
    Check};

}  // namespace gsd::rules
