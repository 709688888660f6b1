#include "driver/gsdc_fix.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "frontend/edits.h"

namespace gsd {

namespace {

constexpr int kMostRounds = 16;

bool Overlaps(const Edit& a, const Edit& b) {
  if (a.span.file != b.span.file) return false;
  const bool insertion = a.span.size() == 0 || b.span.size() == 0;
  // Two insertions at one place would depend on their order.
  return insertion ? a.span.begin <= b.span.end && b.span.begin <= a.span.end
                   : a.span.begin < b.span.end && b.span.begin < a.span.end;
}

// Edits of one round. They never overlap, so the neighbours of a new one decide.
class TakenEdits {
 public:
  bool Clashes(const Edit& edit) const {
    const auto next = edits_.upper_bound(Key(edit));
    return (next != edits_.end() && Overlaps(edit, *next->second)) ||
           (next != edits_.begin() && Overlaps(edit, *std::prev(next)->second));
  }
  void Add(const Edit& edit) { edits_.emplace(Key(edit), &edit); }

 private:
  static std::pair<uint32_t, uint32_t> Key(const Edit& edit) {
    return {edit.span.file.value, edit.span.begin};
  }

  std::map<std::pair<uint32_t, uint32_t>, const Edit*> edits_;
};

}  // namespace

FixedPlans FixPlans(const std::vector<PlanInput>& inputs, bool unsafe, const AnalysisOptions& analysis,
                    const RuleSelection& rules, const Workspace& workspace) {
  FixedPlans fixed;
  std::vector<PlanInput> current = inputs;
  for (int round = 0; round < kMostRounds; ++round) {
    const Compilation compilation = Compile(current, analysis, rules, workspace);
    std::vector<std::vector<Edit>> edits(current.size());  // by file
    TakenEdits taken;
    bool any = false;
    for (const Diagnostic& diagnostic : compilation.diagnostics) {
      if (!diagnostic.fix || diagnostic.suppressed || (!diagnostic.fix->safe && !unsafe)) continue;
      const auto& wanted = diagnostic.fix->edits;
      const bool clash =
          std::any_of(wanted.begin(), wanted.end(), [&](const Edit& edit) { return taken.Clashes(edit); });
      if (clash) continue;  // in the next round
      for (const Edit& edit : wanted) {
        taken.Add(edit);
        edits[edit.span.file.value].push_back(edit);
      }
      any = true;
      ++fixed.applied;
    }
    if (!any) break;
    for (uint32_t file = 0; file < current.size(); ++file) {
      if (!edits[file].empty()) current[file].text = ApplyEdits(current[file].text, std::move(edits[file]));
    }
  }
  for (PlanInput& plan : current) fixed.texts.push_back(std::move(plan.text));
  return fixed;
}

namespace {

std::vector<std::string_view> Lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

void Append(std::string& out, char sign, std::string_view line) {
  out += sign;
  out += line;
  if (!line.ends_with('\n')) out += "\n\\ No newline at end of file\n";
}

// A stretch of lines that differ.
struct Change {
  size_t before_begin, before_end, after_begin, after_end;
};

// Fixes are small and far apart: after a difference, the nearest pair of equal lines within a window ends it.
std::vector<Change> FindChanges(const std::vector<std::string_view>& a,
                                const std::vector<std::string_view>& b) {
  constexpr size_t kWindow = 200;
  std::vector<Change> changes;
  size_t i = 0;
  size_t k = 0;
  while (i < a.size() || k < b.size()) {
    if (i < a.size() && k < b.size() && a[i] == b[k]) {
      ++i, ++k;
      continue;
    }
    const Change start{i, 0, k, 0};
    bool found = false;
    for (size_t distance = 1; distance <= 2 * kWindow && !found; ++distance) {
      for (size_t in_a = 0; in_a <= distance && !found; ++in_a) {
        const size_t x = start.before_begin + in_a;
        const size_t y = start.after_begin + distance - in_a;
        const bool both_end = x == a.size() && y == b.size();
        if (both_end || (x < a.size() && y < b.size() && a[x] == b[y])) i = x, k = y, found = true;
      }
    }
    if (!found) i = a.size(), k = b.size();
    changes.push_back({start.before_begin, i, start.after_begin, k});
  }
  return changes;
}

}  // namespace

std::string UnifiedDiff(const std::string& path, std::string_view before, std::string_view after) {
  if (before == after) return {};
  constexpr size_t kContext = 3;
  const auto a = Lines(before);
  const auto b = Lines(after);
  const auto changes = FindChanges(a, b);
  std::string out = fmt::format("--- {0}\n+++ {0}\n", path);
  for (size_t c = 0; c < changes.size();) {
    // Changes whose context touches share a hunk.
    size_t last = c;
    while (last + 1 < changes.size() &&
           changes[last + 1].before_begin <= changes[last].before_end + 2 * kContext)
      ++last;
    const size_t lead = std::min(kContext, changes[c].before_begin);
    const size_t tail = std::min(kContext, a.size() - changes[last].before_end);
    const size_t a_begin = changes[c].before_begin - lead;
    const size_t a_count = changes[last].before_end + tail - a_begin;
    const size_t b_begin = changes[c].after_begin - lead;
    const size_t b_count = changes[last].after_end + tail - b_begin;
    out += fmt::format("@@ -{},{} +{},{} @@\n", a_begin + (a_count > 0 ? 1 : 0), a_count,
                       b_begin + (b_count > 0 ? 1 : 0), b_count);
    size_t i = a_begin;
    for (; c <= last; ++c) {
      for (; i < changes[c].before_begin; ++i) Append(out, ' ', a[i]);
      for (; i < changes[c].before_end; ++i) Append(out, '-', a[i]);
      for (size_t k = changes[c].after_begin; k < changes[c].after_end; ++k) Append(out, '+', b[k]);
    }
    for (size_t n = 0; n < tail; ++n, ++i) Append(out, ' ', a[i]);
  }
  return out;
}

}  // namespace gsd
