#include "driver/gsdc_rule_docs.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "backends/json_writer.h"

namespace gsd {

namespace {

std::string_view FixName(Fixable fixable) {
  switch (fixable) {
    case Fixable::kNo:
      return "none";
    case Fixable::kSafe:
      return "safe";
    case Fixable::kUnsafe:
      return "unsafe";
  }
  return "";
}

// The properties of a rule in words: "warning · fixed by `--fix` · off by default".
std::string Properties(const RuleInfo& rule) {
  std::string text(SeverityName(rule.severity));
  if (rule.fixable == Fixable::kSafe) text += " · some findings are fixed by `--fix`";
  if (rule.fixable == Fixable::kUnsafe) text += " · some findings are fixed by `--unsafe-fixes`";
  if (!rule.on_by_default) text += fmt::format(" · off by default, `-W {}` turns it on", rule.name);
  return text;
}

// The categories in the order of the rule catalogue; one that is not in it goes to the end.
constexpr std::string_view kCategories[] = {"syntax",     "structure", "task-graph", "plan-graph",
                                            "references", "routing",   "budget",     "verification",
                                            "must-haves", "meta"};

size_t CategoryRank(std::string_view category) {
  return static_cast<size_t>(std::find(std::begin(kCategories), std::end(kCategories), category) -
                             std::begin(kCategories));
}

std::vector<const Rule*> ByCategory(std::span<const Rule* const> rules) {
  std::vector<const Rule*> sorted(rules.begin(), rules.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const Rule* a, const Rule* b) {
    return CategoryRank(a->info.category) < CategoryRank(b->info.category);
  });
  return sorted;
}

// A code fence that is longer than any run of backticks in `text`.
std::string FenceFor(std::string_view text) {
  size_t longest = 2, run = 0;
  for (char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return std::string(longest + 1, '`');
}

}  // namespace

std::string RuleToMarkdown(const RuleInfo& rule, std::string_view example) {
  std::string out =
      fmt::format("### {}\n\n*{}*\n\n{}\n\n{}\n", rule.name, Properties(rule), rule.summary, rule.rationale);
  if (example.empty()) return out;
  const std::string fence = FenceFor(example);
  fmt::format_to(std::back_inserter(out), "\n{}text\n{}{}{}\n", fence, example,
                 example.ends_with('\n') ? "" : "\n", fence);
  return out;
}

std::string RulesToMarkdown(std::span<const Rule* const> rules,
                            const std::function<std::string(std::string_view rule)>& example) {
  std::string out =
      "# Rules\n\n"
      "What `gsdc` checks. This file is made from the rules themselves (`GSD_UPDATE_GOLDENS=1 ctest -R "
      "RulesCoverage`); do not edit it. `gsdc --explain=RULE` prints a rule's section, `-W no-RULE` turns it "
      "off, "
      "`-W error=RULE` makes it an error, and a comment `<!-- gsdc-disable-next-line RULE: reason -->` "
      "accepts one "
      "finding.\n\n"
      "| rule | severity | fix | what is wrong |\n|---|---|---|---|\n";
  const std::vector<const Rule*> sorted = ByCategory(rules);
  auto to = std::back_inserter(out);
  for (const Rule* rule : sorted) {
    const RuleInfo& info = rule->info;
    fmt::format_to(to, "| [{}](#{}) | {}{} | {} | {} |\n", info.name, info.name, SeverityName(info.severity),
                   info.on_by_default ? "" : ", off",
                   info.fixable == Fixable::kNo ? "" : FixName(info.fixable), info.summary);
  }
  std::string_view category;
  for (const Rule* rule : sorted) {
    if (rule->info.category != category) {
      category = rule->info.category;
      fmt::format_to(to, "\n## {}\n", category);
    }
    fmt::format_to(to, "\n{}", RuleToMarkdown(rule->info, example(rule->info.name)));
  }
  return out;
}

std::string RulesToText(std::span<const Rule* const> rules) {
  size_t width = 0;
  for (const Rule* rule : rules) width = std::max(width, rule->info.name.size());
  std::string out;
  for (const Rule* rule : rules) {
    const RuleInfo& info = rule->info;
    fmt::format_to(std::back_inserter(out), "{:<{}}  {:<7}  {:<3}  {:<6}  {}\n", info.name, width,
                   SeverityName(info.severity), info.on_by_default ? "" : "off",
                   info.fixable == Fixable::kNo ? "" : FixName(info.fixable), info.summary);
  }
  return out;
}

std::string RulesToJson(std::span<const Rule* const> rules) {
  std::string out;
  JsonWriter json(out);
  json.BeginObject();
  json.Member("version", 1);
  json.Key("rules");
  json.BeginArray();
  for (const Rule* rule : rules) {
    const RuleInfo& info = rule->info;
    json.BeginObject();
    json.Member("name", info.name);
    json.Member("category", info.category);
    json.Member("severity", SeverityName(info.severity));
    json.Member("fix", FixName(info.fixable));
    json.Member("on_by_default", info.on_by_default);
    json.Member("summary", info.summary);
    json.Member("rationale", info.rationale);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  out += '\n';
  return out;
}

}  // namespace gsd
