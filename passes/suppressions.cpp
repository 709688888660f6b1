#include "passes/suppressions.h"

#include <algorithm>
#include <unordered_map>

namespace gsd {

namespace {

// Where one rule of one directive holds.
struct Scope {
  uint32_t begin = 0, end = 0;
  uint32_t directive = 0, rule = 0;
};

// The ranges of one rule name in one plan. Those of a kind do not overlap and come in order.
struct ScopesOfRule {
  std::vector<Scope> files, regions, lines;
};

class PlanSuppressions {
 public:
  explicit PlanSuppressions(const PlanUnit& unit) : unit_(unit), text_(unit.source->text()) {
    const auto size = static_cast<uint32_t>(text_.size()) + 1;
    for (uint32_t d = 0; d < unit.plan.directives.size(); ++d) {
      const Directive& directive = unit.plan.directives[d];
      for (uint32_t r = 0; r < directive.rules.size(); ++r) {
        ScopesOfRule& ranges = by_rule_[directive.rules[r].value];
        switch (directive.kind) {
          case Directive::Kind::kFile:
            if (ranges.files.empty()) ranges.files.push_back({0, size, d, r});
            break;
          case Directive::Kind::kBegin:
            if (ranges.regions.empty() || ranges.regions.back().end != size)
              ranges.regions.push_back({directive.span.end, size, d, r});
            break;
          case Directive::Kind::kEnd:
            if (ranges.regions.empty() || ranges.regions.back().end != size) break;
            ranges.regions.back().end = directive.span.begin;
            ends_.push_back({0, 0, d, r});
            break;
          case Directive::Kind::kNextLine:
            ranges.lines.push_back(NextLine(d, r));
            break;
        }
      }
    }
  }

  bool empty() const { return by_rule_.empty(); }
  const std::vector<Scope>& ends() const { return ends_; }

  const Scope* Find(std::string_view rule, uint32_t offset) const {
    for (const std::string_view name : {rule, std::string_view("all")}) {
      const auto found = by_rule_.find(name);
      if (found == by_rule_.end()) continue;
      // The narrowest one, so that a wider one that is not needed shows as unused.
      for (const auto* ranges : {&found->second.lines, &found->second.regions, &found->second.files}) {
        const auto after = std::upper_bound(ranges->begin(), ranges->end(), offset,
                                            [](uint32_t at, const Scope& range) { return at < range.begin; });
        if (after != ranges->begin() && offset < std::prev(after)->end) return &*std::prev(after);
      }
    }
    return nullptr;
  }

 private:
  // The line behind the comment, or behind the directives that follow it directly.
  Scope NextLine(uint32_t directive, uint32_t rule) const {
    const auto& all = unit_.plan.directives;
    uint32_t last = directive;
    while (last + 1 < all.size() && LineAfter(all[last].span.end) == LineOf(all[last + 1].span.begin)) ++last;
    const uint32_t begin = LineAfter(all[last].span.end);
    return {begin, LineAfter(begin), directive, rule};
  }

  uint32_t LineOf(uint32_t offset) const {
    const size_t newline = offset == 0 ? std::string_view::npos : text_.rfind('\n', offset - 1);
    return newline == std::string_view::npos ? 0 : static_cast<uint32_t>(newline + 1);
  }
  // Behind the end of the text for its last line, so that a finding at its end is in it.
  uint32_t LineAfter(uint32_t offset) const {
    const size_t newline = text_.find('\n', offset);
    return static_cast<uint32_t>(newline == std::string_view::npos ? text_.size() + 1 : newline + 1);
  }

  const PlanUnit& unit_;
  std::string_view text_;
  std::unordered_map<std::string_view, ScopesOfRule> by_rule_;
  std::vector<Scope> ends_;  // "enable" comments that end something
};

}  // namespace

void MarkSuppressed(const PlanSet& plans, std::vector<Diagnostic>& findings, SuppressionUse& use) {
  std::vector<PlanSuppressions> suppressions;
  std::vector<uint32_t> plan_of_file(plans.sources.size(), UINT32_MAX);
  use.used.resize(plans.units.size());
  suppressions.reserve(plans.units.size());
  for (uint32_t p = 0; p < plans.units.size(); ++p) {
    const PlanUnit& unit = plans.units[p];
    plan_of_file[unit.plan.file.value] = p;
    suppressions.emplace_back(unit);
    for (const Directive& directive : unit.plan.directives) use.used[p].emplace_back(directive.rules.size());
    for (const Scope& end : suppressions.back().ends()) use.used[p][end.directive][end.rule] = true;
  }
  for (Diagnostic& finding : findings) {
    const uint32_t p = plan_of_file[finding.span.file.value];
    if (p == UINT32_MAX || suppressions[p].empty()) continue;
    const Scope* range = suppressions[p].Find(finding.rule, finding.span.begin);
    if (range == nullptr) continue;
    use.used[p][range->directive][range->rule] = true;
    const std::string_view reason = plans.units[p].plan.directives[range->directive].reason;
    finding.suppressed = Suppression{Suppression::Kind::kInSource, std::string(reason)};
  }
}

}  // namespace gsd
