#include <algorithm>
#include <array>

#include "passes/plan_text.h"
#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

// The same on every machine of its kind: a plan that sets one up means them.
bool IsSystemPath(std::string_view path) {
  static constexpr std::array<std::string_view, 12> kFolders = {"/etc/",  "/usr/", "/var/",  "/opt/",
                                                                "/srv/",  "/lib/", "/boot/", "/dev/",
                                                                "/proc/", "/sys/", "/run/",  "/tmp/"};
  return std::ranges::any_of(kFolders, [&](std::string_view folder) { return path.starts_with(folder); });
}

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (!unit.open()) continue;
    std::vector<const PathEntry*> paths = WrittenPaths(unit, PathKind::kAbsolute);
    std::erase_if(paths, [](const PathEntry* entry) { return IsSystemPath(entry->path); });
    if (paths.empty()) continue;
    // One finding a plan: where one path is absolute, they mostly all are.
    report
        .At(paths.front()->span, "plan {} writes {} by an absolute path", PlanName(unit),
            ListOf(QuotedPaths(paths)))
        .Help("write the path as it counts from the project's root: a work tree is in another place");
  }
}

}  // namespace

extern constinit const Rule absolute_path = {
    {.name = "absolute-path",
     .category = "references",
     .severity = Severity::kWarning,
     .summary = "A plan writes a file under an absolute path.",
     .rationale =
         "`/home/ana/shop/src/app.ts` is on one machine only, and even there a task in a work tree of its "
         "own writes past it, into somebody's checkout. It is also another file than `src/app.ts` to "
         "everything that compares paths, so conflicts go unseen. Paths under `/etc`, `/usr`, `/var` and "
         "the like are not reported: plans that set up a machine mean them. Neither are plans that have "
         "been executed."},
    Check};

}  // namespace gsd::rules
