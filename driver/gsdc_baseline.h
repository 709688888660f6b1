// Findings that a project has decided to live with for now: marked, not shown, and missed when they are gone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "driver/gsdc_projects.h"
#include "frontend/support.h"

namespace gsd {

// One known finding. The fingerprint is made of the rule, the plan's path and the words of the line, so that
// it survives moved lines; path and message are for people.
struct BaselineEntry {
  std::string path;  // relative to the folder of the baseline, whatever gsdc was asked to look at
  std::string rule, message, fingerprint;
};

// {"version":1,"findings":[…]}, one finding a line. The error names the file and what is wrong with it.
Result<std::vector<BaselineEntry>> ReadBaseline(const std::string& file, std::string_view json);
std::string WriteBaseline(const std::vector<BaselineEntry>& entries);

// Marks what the baseline in `folder`, an absolute path, knows. Returns the entries that belong to the plans
// of this run and were not found any more.
std::vector<BaselineEntry> ApplyBaseline(const std::vector<BaselineEntry>& baseline,
                                         const std::string& folder, Findings& findings);

// The baseline after this run: what is found now, and what `before` says of plans that were not looked at.
// Findings that a comment suppresses are not in it.
std::vector<BaselineEntry> RenewBaseline(const std::vector<BaselineEntry>& before, const std::string& folder,
                                         const Findings& findings);

}  // namespace gsd
