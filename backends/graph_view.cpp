#include "backends/graph_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "backends/terminal_text.h"

namespace gsd {
namespace {

// U+FFFE and U+FFFF: UTF-8, but no characters of XML 1.0, not even as references.
bool IsNoXml(std::string_view character) {
  return character == "\xEF\xBF\xBE" || character == "\xEF\xBF\xBF";
}

}  // namespace

EdgeOrigins::EdgeOrigins(const PlanSet& plans)
    : plans_(plans), union_edges_(plans.union_edges), conflicts_(plans.conflicts) {
  std::sort(union_edges_.begin(), union_edges_.end(), [](const UnionEdge& a, const UnionEdge& b) {
    return std::tuple(a.to, a.from, a.source) < std::tuple(b.to, b.from, b.source);
  });
  std::sort(conflicts_.begin(), conflicts_.end(), [](const WriteConflict& a, const WriteConflict& b) {
    return std::tuple(a.first, a.second, a.path) < std::tuple(b.first, b.second, b.path);
  });
}

EdgeOrigin EdgeOrigins::Find(uint32_t from, uint32_t to) const {
  const TaskRef source = plans_.tasks[from], target = plans_.tasks[to];
  if (source.plan == target.plan) {
    const PlanUnit& unit = plans_.units[target.plan.value];
    const auto edges = unit.graph.Into(target.task);
    const auto found = std::lower_bound(edges.begin(), edges.end(), source.task,
                                        [](const TaskEdge& e, TaskId id) { return e.from < id; });
    if (found != edges.end() && found->from == source.task) {
      return {found->source, DescribeReason(*found, unit.plan)};
    }
  }
  const auto edge = std::lower_bound(union_edges_.begin(), union_edges_.end(), std::pair(to, from),
                                     [](const UnionEdge& e, const std::pair<uint32_t, uint32_t>& key) {
                                       return std::pair(e.to, e.from) < key;
                                     });
  if (edge == union_edges_.end() || edge->to != to || edge->from != from) return {};
  if (edge->source != EdgeSource::kConflict) {
    const uint32_t waiting = plans_.tasks[to].plan.value;
    const auto before = plans_.graph.digraph.Predecessors(waiting);
    const std::string& first = plans_.units[source.plan.value].id.id;
    const bool declared = std::binary_search(before.begin(), before.end(), source.plan.value);
    return {edge->source, declared ? fmt::format("plan {} comes first", first)
                                   : fmt::format("plan {} is of an earlier phase", first)};
  }
  const std::pair<uint32_t, uint32_t> pair = std::minmax(from, to);
  const auto conflict =
      std::lower_bound(conflicts_.begin(), conflicts_.end(), pair,
                       [](const WriteConflict& c, const std::pair<uint32_t, uint32_t>& key) {
                         return std::pair(c.first, c.second) < key;
                       });
  if (conflict == conflicts_.end() || conflict->first != pair.first || conflict->second != pair.second) {
    return {edge->source, "both write the same file"};
  }
  return {edge->source, fmt::format("both write `{}`", plans_.paths[conflict->path])};
}

GraphView ViewGraph(const PlanSet& plans) {
  GraphView view;
  for (uint32_t i = 0; i < plans.units.size(); ++i) {
    if (!plans.units[i].superseded && !plans.units[i].plan.tasks.empty()) view.plans.push_back({i});
  }
  const auto count = static_cast<uint32_t>(plans.tasks.size());
  view.critical.resize(count);
  std::vector<std::pair<uint32_t, uint32_t>> critical_edges;
  const std::vector<uint32_t>& path = plans.critical_path.tasks;
  for (size_t i = 0; i < path.size(); ++i) {
    view.critical[path[i]] = true;
    if (i > 0) critical_edges.emplace_back(path[i - 1], path[i]);
  }
  std::sort(critical_edges.begin(), critical_edges.end());
  std::vector<std::pair<uint32_t, uint32_t>> redundant = RedundantEdges(plans.execution_graph);
  std::sort(redundant.begin(), redundant.end());
  const EdgeOrigins origins(plans);
  for (uint32_t to = 0; to < plans.execution_graph.size(); ++to) {
    if (!IsScheduled(plans, to)) continue;
    for (const uint32_t from : plans.execution_graph.Predecessors(to)) {
      const std::pair edge(from, to);
      const bool critical = std::binary_search(critical_edges.begin(), critical_edges.end(), edge);
      if (!IsScheduled(plans, from)) continue;
      if (!critical && std::binary_search(redundant.begin(), redundant.end(), edge)) continue;
      view.edges.push_back({from, to, origins.Find(from, to), critical});
    }
  }
  return view;
}

// Every task stands as high as it can, but right above what waits for it when more does than it waits for:
// about what Graphviz arrives at.
size_t CrossedRanks(const PlanSet& plans, const GraphView& view) {
  constexpr uint32_t kNone = UINT32_MAX;
  std::vector<uint32_t> row_of(plans.tasks.size(), kNone);  // rows: in the order of batches, so topological
  uint32_t rows = 0;
  for (const Batch& batch : plans.batches) {
    for (const uint32_t task : batch.tasks) {
      if (!batch.can_parallelize || task == batch.tasks.front()) ++rows;
      row_of[task] = rows - 1;
    }
  }
  std::vector<std::vector<uint32_t>> before(rows), after(rows);
  size_t crossed = 0;
  const auto without = static_cast<size_t>(std::count(row_of.begin(), row_of.end(), kNone));
  for (const GraphEdge& edge : view.edges) {
    const uint32_t from = row_of[edge.from], to = row_of[edge.to];
    if (from == kNone || to == kNone) {
      crossed += without;  // on or behind a cycle: as far as it can be
    } else if (from != to) {
      before[to].push_back(from);
      after[from].push_back(to);
    }
  }
  std::vector<size_t> rank(rows);
  for (uint32_t row = 0; row < rows; ++row)
    for (const uint32_t from : before[row]) rank[row] = std::max(rank[row], rank[from] + 1);
  for (uint32_t row = rows; row-- > 0;) {
    if (after[row].size() <= before[row].size()) continue;
    size_t nearest = SIZE_MAX;
    for (const uint32_t to : after[row]) nearest = std::min(nearest, rank[to]);
    rank[row] = nearest - 1;
  }
  for (uint32_t row = 0; row < rows; ++row)
    for (const uint32_t from : before[row]) crossed += rank[row] - rank[from] - 1;
  return crossed;
}

std::string_view NameWithoutNumber(std::string_view name) {
  std::string_view rest = Trim(name);
  if (rest.size() > 4 && EqualsIgnoreCase(rest.substr(0, 4), "task") && IsBlank(rest[4])) {
    rest.remove_prefix(4);
    rest = Trim(rest);
  }
  size_t digits = 0;
  while (digits < rest.size() && (IsDigit(rest[digits]) || (digits > 0 && rest[digits] == '.'))) ++digits;
  if (digits == 0 || digits == rest.size()) return Trim(name);
  const std::string_view after = Trim(rest.substr(digits));
  constexpr std::array<std::string_view, 5> kSeparators = {":", "—", "–", "-", ")"};
  for (const std::string_view separator : kSeparators) {
    if (after.starts_with(separator)) return Trim(after.substr(separator.size()));
  }
  // "Task 3 (checkpoint): Look"
  if (const size_t remark = after.find("):"); after.starts_with('(') && remark != after.npos) {
    return Trim(after.substr(remark + 2));
  }
  // "1. Do it": the full stop was read with the digits; "3 retries" is no number of a task.
  const bool numbered = rest[digits - 1] == '.' || rest.data() != Trim(name).data();
  return numbered && !after.empty() ? after : Trim(name);
}

std::vector<std::string> WrapName(std::string_view name, size_t columns, size_t lines) {
  std::vector<std::string> wrapped;
  std::string line;
  size_t used = 0;  // columns of `line`
  size_t at = 0;
  while (at < name.size()) {
    while (at < name.size() && IsSpace(name[at])) ++at;
    std::string word;
    size_t length = 0;  // columns of `word`, which is cut when it is longer than a line
    while (at < name.size() && !IsSpace(name[at])) {
      ShownChar shown;
      ReadShownChar(name.substr(at), shown);
      const bool control = shown.text.data() == shown.buffer || IsNoXml(shown.text);
      const size_t width = control ? 1 : static_cast<size_t>(shown.width);
      if (length > 0 && length + width > columns) break;
      word += control ? "\xEF\xBF\xBD" : shown.text;
      at += shown.bytes;
      length += width;
    }
    if (word.empty()) break;
    if (used > 0 && used + 1 + length > columns) {
      wrapped.push_back(std::move(line));
      line.clear();
      used = 0;
      if (wrapped.size() == lines) {
        wrapped.back() += " …";
        return wrapped;
      }
    }
    if (used > 0) line += ' ', ++used;
    line += word;
    used += length;
  }
  if (!line.empty()) wrapped.push_back(std::move(line));
  return wrapped;
}

std::string DescribeRun(const Task& task, const TaskFacts& facts) {
  if (facts.checkpoint) {
    const std::string_view type = task.type_text.value;
    const size_t colon = type.find(':');
    return colon == type.npos ? "checkpoint" : fmt::format("checkpoint: {}", Trim(type.substr(colon + 1)));
  }
  const Model model = facts.routed.model;
  return fmt::format("{} · {} tok", InfoOf(model).name, TokensOn(model, facts.estimate).expected);
}

std::string DescribeSeconds(int64_t seconds) {
  if (seconds < 90) return fmt::format("{} s", seconds);
  const int64_t minutes = (seconds + 30) / 60;
  if (minutes < 120) return fmt::format("{} min", minutes);
  return fmt::format("{} h {} min", minutes / 60, minutes % 60);
}

std::string DescribeSchedule(const PlanSet& plans) {
  size_t tasks = 0, shown_plans = 0;
  for (const PlanUnit& unit : plans.units) {
    if (unit.superseded) continue;
    tasks += unit.plan.tasks.size();
    ++shown_plans;
  }
  const auto counted = [](size_t n, std::string_view one, std::string_view many) {
    return fmt::format("{} {}", n, n == 1 ? one : many);
  };
  std::string text;
  if (shown_plans != 1) text += counted(shown_plans, "plan", "plans") + " · ";
  text += counted(tasks, "task", "tasks") + " · " + counted(plans.batches.size(), "batch", "batches");
  if (!plans.critical_path.tasks.empty()) {
    text += fmt::format(" · critical path {}", DescribeSeconds(plans.critical_path.seconds));
  }
  return text;
}

}  // namespace gsd
