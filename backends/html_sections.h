// The parts of --emit=html: each writes one section of the page. Tasks have the ids task-N (N: the union
// task), nodes of the graph node-N, lines of a source src-F-L (F: the FileId, L: from 1).
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "backends/backend.h"

namespace gsd {

// A task of the manifest with its number in the union.
struct PageTask {
  uint32_t union_task = 0;
  const ManifestTask* task = nullptr;
  bool critical = false;
};

struct PlanPage {
  const CompileResult& result;
  Manifest manifest;
  std::vector<PageTask> tasks;                           // as in the manifest
  std::unordered_map<std::string_view, uint32_t> by_id;  // the union tasks of its ids
};

// `<a href="#task-3">03-02:4</a>`; only the id when the page has no such task.
std::string TaskLink(const PlanPage& page, const std::string& id);

// The picture with a link in every node, or why there is none.
void WriteGraphSection(const PlanPage& page, std::string& out);
// A card for each task.
void WriteTasksSection(const PlanPage& page, std::string& out);
// Batches, critical path, costs.
void WriteScheduleSections(const PlanPage& page, std::string& out);
// Findings with their excerpts, as on a terminal.
void WriteFindingsSection(const PlanPage& page, std::string& out);
// The plans with line numbers, what is found underlined.
void WriteSourceSection(const PlanPage& page, std::string& out);

}  // namespace gsd
