#include "passes/plan_text.h"
#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

std::string_view KindName(YamlKind kind) { return kind == YamlKind::kMapping ? "a mapping" : "a list"; }

bool IsNested(const YamlNode& node) {
  return node.kind == YamlKind::kMapping || node.kind == YamlKind::kSequence;
}

class HeaderCheck {
 public:
  HeaderCheck(const PlanUnit& unit, Reporter& report)
      : file_(*unit.source), header_(unit.plan.header), report_(report) {}

  void Run() {
    for (std::string_view field : {"phase", "plan", "type", "wave", "autonomous", "status"})
      CheckSingle(field);
    CheckWave();
    CheckAutonomous();
    CheckDependsOn();
    CheckFilesModified();
  }

 private:
  const YamlNode* Find(std::string_view field) { return header_.yaml.Find(header_.yaml.root(), field); }

  void CheckSingle(std::string_view field) {
    const YamlNode* node = Find(field);
    if (node == nullptr || !IsNested(*node)) return;
    report_.At(FirstLine(file_, node->span), "`{}` is {}; it needs a single value", field,
               KindName(node->kind));
  }

  void CheckWave() {
    const YamlNode* node = Find("wave");
    if (node == nullptr || node->kind != YamlKind::kScalar) return;
    const std::string_view text = Trim(node->text);
    // A plan whose tasks say their own waves is `multi`.
    if (text.empty() || EqualsIgnoreCase(text, "multi")) return;
    const auto number = ParseInt(text);
    if (number && *number >= 0) return;
    report_.At(node->span, "`wave` is `{}`, which is not a whole number", text)
        .Help("write the number of the wave, counting from 1; 0 is for test scaffolding");
  }

  void CheckAutonomous() {
    const YamlNode* node = Find("autonomous");
    if (node == nullptr || node->kind != YamlKind::kScalar || Trim(node->text).empty()) return;
    if (header_.autonomous_value) return;
    report_.At(node->span, "`autonomous` is `{}`, which is neither true nor false", Trim(node->text))
        .Help("write `true`, or `false` when the plan waits for a person at a checkpoint");
  }

  void CheckDependsOn() {
    const YamlNode* node = Find("depends_on");
    if (node == nullptr) return;
    constexpr std::string_view kHelp = "write a list of plans, such as `[01-01, 01-02]`, or `[]` for none";
    if (node->kind == YamlKind::kMapping) {
      report_.At(FirstLine(file_, node->span), "`depends_on` is a mapping, not a list of plans")
          .Help("{}", kHelp);
      return;
    }
    if (node->kind != YamlKind::kSequence) return;
    for (const YamlNode* item : header_.yaml.Children(*node)) {
      // `- plan: "34-01"` is written in practice and understood.
      const bool understood = item->kind == YamlKind::kMapping && header_.yaml.Find(*item, "plan") != nullptr;
      if (!IsNested(*item) || understood) continue;
      report_
          .At(FirstLine(file_, item->span), "an entry of `depends_on` is {}, not the name of a plan",
              KindName(item->kind))
          .Help("{}", kHelp);
    }
  }

  void CheckFilesModified() {
    const YamlNode* node = Find("files_modified");
    if (node == nullptr || node->kind != YamlKind::kMapping) return;
    report_.At(FirstLine(file_, node->span), "`files_modified` is a mapping, not a list of paths")
        .Help("write one path per line, each after a dash");
  }

  const SourceFile& file_;
  const Header& header_;
  Reporter& report_;
};

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (unit.plan.header.present) HeaderCheck(unit, report).Run();
  }
}

}  // namespace

extern constinit const Rule invalid_front_matter_value = {
    {.name = "invalid-front-matter-value",
     .category = "syntax",
     .severity = Severity::kError,
     .summary = "A field of the front matter has a value that nobody can use.",
     .rationale =
         "A wave that is no number, an `autonomous` that is neither true nor false, or a `depends_on` that "
         "is not a list is passed over by tools that do not check it: the plan then runs in the wrong "
         "wave, or without a person where one is needed. A comment behind the value is fine."},
    Check};

}  // namespace gsd::rules
