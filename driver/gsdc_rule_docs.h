// The documentation of the rules, from the rules themselves: for --explain, --list-rules and docs/rules.md.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "passes/rule.h"

namespace gsd {

// What gsdc prints for the first bad input in testdata/rules/<rule>/, or "". Compiled in by
// rule_examples.cmake.
std::string_view RuleExample(std::string_view rule);

// One rule: heading, severity, what is wrong, why it matters, and an example (may be empty). What --explain
// prints, and a section of docs/rules.md.
std::string RuleToMarkdown(const RuleInfo& rule, std::string_view example = {});

// docs/rules.md: a table, then every rule by category.
std::string RulesToMarkdown(std::span<const Rule* const> rules,
                            const std::function<std::string(std::string_view rule)>& example);

// One line per rule, in columns: for --list-rules.
std::string RulesToText(std::span<const Rule* const> rules);

// {"version":1,"rules":[{"name","category","severity","fix","on_by_default","summary","rationale"}]}
std::string RulesToJson(std::span<const Rule* const> rules);

}  // namespace gsd
