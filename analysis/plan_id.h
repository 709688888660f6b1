// What a plan is called, and which plan a dependency means, in every spelling that people use.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/ast.h"

namespace gsd {

// Identity of a plan. From the front matter; what is missing there comes from the file's name, then from its
// folders.
struct PlanId {
  std::string
      id;  // "<phase number>-<plan>", e.g. "08-02", as spelled; or the file's stem when there is no number
  bool counted = false;      // `id` is only told from another plan's by a count, which nobody has written
  std::string phase;         // "08-features" as written, or the folder's name
  std::string phase_number;  // "08", "02.1", "3A"; "" when unknown
  std::string plan;          // "02"
  std::string slug;          // of the file name after the number: "auth-hardening"; may be ""
};
PlanId IdentifyPlan(const Plan& plan, std::string_view path);

// "08-02-auth-PLAN.md" → 08, 02, auth. Nothing when the name has no plan number in it.
std::optional<PlanId> PlanIdFromFileName(std::string_view file_name);

// Is this a file that plan tools take for a plan? NN-MM-PLAN.md, PLAN.md, NN-MM-slug-PLAN.md, PLAN-01.md …;
// not *-OUTLINE.md, *-PLAN-REVIEW.md, *-PLAN-CHECK.md, *.pre-bounce.md, SUMMARYs.
bool LooksLikePlanFile(std::string_view file_name);

// The fields of which a plan's front matter has some.
inline constexpr std::string_view kPlanFields[] = {
    "phase", "plan", "type", "wave", "depends_on", "files_modified", "autonomous", "must_haves"};
bool HasPlanField(const Header& header, std::string_view field);

// What a file holds that is called like a plan.
enum class FileContent : uint8_t {
  kPlan,     // a task, one of kPlanFields, or a quick task's `quick_id`
  kNothing,  // neither, but its name says that a plan is to be in it
  kForeign,  // neither, and its name is another program's, or says only "plan", as that of a note may
};
FileContent ContentOf(const Plan& plan, std::string_view root_path);
// Can ContentOf be kForeign, going by the name? Only then is it worth a look inside.
bool MayBeForeign(std::string_view root_path);

// "…/08-02-auth-PLAN.md" → "…/08-02-auth-SUMMARY.md": the summary of the same name. Nothing for a plan that
// is not called so.
std::optional<std::string> SummaryPathOf(std::string_view plan_path);
// Comparable form: lower case, numbers without leading zeros ("08-02" → "8-2", "02.1-01" → "2.1-1").
std::string NormalizePlanName(std::string_view name);

}  // namespace gsd
