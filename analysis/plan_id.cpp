#include "analysis/plan_id.h"

#include <algorithm>
#include <iterator>

#include "analysis/paths.h"

namespace gsd {

namespace {

std::string_view ParentName(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : FileNameOf(path.substr(0, slash));
}

bool EndsWithIgnoreCase(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && EqualsIgnoreCase(text.substr(text.size() - end.size()), end);
}

// The number that a name begins with: "08-features" → "08", "02.1-x" → "02.1", "3A-x" → "3A". "" when there
// is none.
std::string_view LeadingNumber(std::string_view name) {
  size_t i = 0;
  while (i < name.size() && IsDigit(name[i])) ++i;
  if (i == 0) return {};
  while (i + 1 < name.size() && name[i] == '.' && IsDigit(name[i + 1])) {
    ++i;
    while (i < name.size() && IsDigit(name[i])) ++i;
  }
  if (i < name.size() && IsAlpha(name[i]) && (i + 1 == name.size() || !IsWordChar(name[i + 1]))) ++i;
  if (i < name.size() && IsWordChar(name[i])) return {};
  return name.substr(0, i);
}

// Without ".md" and without "-PLAN" behind or "PLAN-" in front.
std::string_view Stem(std::string_view file_name) {
  if (EndsWithIgnoreCase(file_name, ".md")) file_name.remove_suffix(3);
  if (EndsWithIgnoreCase(file_name, "-PLAN") || EndsWithIgnoreCase(file_name, "_PLAN")) {
    file_name.remove_suffix(5);
  } else if (file_name.size() > 5 && EqualsIgnoreCase(file_name.substr(0, 5), "PLAN-")) {
    file_name.remove_prefix(5);
  }
  return file_name;
}

}  // namespace

std::optional<PlanId> PlanIdFromFileName(std::string_view file_name) {
  std::string_view stem = Stem(file_name);
  // A project code may stand in front: CK-03-01.
  size_t code = 0;
  while (code < stem.size() && stem[code] >= 'A' && stem[code] <= 'Z') ++code;
  if (code >= 1 && code <= 4 && code < stem.size() && stem[code] == '-') stem.remove_prefix(code + 1);
  const std::string_view first = LeadingNumber(stem);
  if (first.empty()) return std::nullopt;
  PlanId id;
  std::string_view rest = stem.substr(first.size());
  if (!rest.empty() && rest[0] == '-') {
    const std::string_view second = LeadingNumber(rest.substr(1));
    if (!second.empty()) {
      id.phase_number = first;
      id.plan = second;
      rest = rest.substr(1 + second.size());
      if (!rest.empty() && rest[0] == '-') id.slug = rest.substr(1);
      id.id = id.phase_number + "-" + id.plan;
      return id;
    }
  }
  id.plan = first;  // "001-PLAN.md": the phase is the folder's
  if (!rest.empty() && rest[0] == '-') id.slug = rest.substr(1);
  return id;
}

bool LooksLikePlanFile(std::string_view file_name) {
  if (!EndsWithIgnoreCase(file_name, ".md")) return false;
  const std::string_view name = file_name.substr(0, file_name.size() - 3);
  if (EndsWithIgnoreCase(name, "-PLAN") || EqualsIgnoreCase(name, "PLAN")) return true;
  return name.size() > 5 && (name.starts_with("PLAN-") || name.starts_with("PLAN_")) && IsDigit(name[5]) &&
         !EndsWithIgnoreCase(name, "-SUMMARY") && !EndsWithIgnoreCase(name, "-OUTLINE") &&
         !EndsWithIgnoreCase(name, "-REVIEW") && !EndsWithIgnoreCase(name, "-CHECK");
}

bool HasPlanField(const Header& header, std::string_view field) {
  if (field == "files_modified") return header.has_files_modified;
  if (field == "depends_on") return header.has_depends_on;
  return !header.yaml.nodes.empty() && header.yaml.Find(header.yaml.root(), field) != nullptr;
}

namespace {

// The plans of gsd-2, which has another format: `…/slices/S01/S01-PLAN.md`, `…/slices/S01/tasks/T01-PLAN.md`.
bool IsCalledAsInGsd2(std::string_view name) {
  const std::string_view number = name.substr(0, name.find('-'));
  return number.size() > 1 && (number[0] == 'S' || number[0] == 'T') &&
         std::all_of(number.begin() + 1, number.end(), IsDigit);
}

}  // namespace

bool MayBeForeign(std::string_view root_path) {
  const std::string_view name = FileNameOf(root_path);
  if (EqualsIgnoreCase(name, "PLAN.md")) return false;
  return std::none_of(name.begin(), name.end(), IsDigit) || IsCalledAsInGsd2(name);
}

FileContent ContentOf(const Plan& plan, std::string_view root_path) {
  const bool has_field =
      std::any_of(std::begin(kPlanFields), std::end(kPlanFields),
                  [&](std::string_view field) { return HasPlanField(plan.header, field); });
  // Quick tasks, which stand outside any phase, have an id instead.
  if (!plan.tasks.empty() || has_field || HasPlanField(plan.header, "quick_id")) return FileContent::kPlan;
  return MayBeForeign(root_path) ? FileContent::kForeign : FileContent::kNothing;
}

PlanId IdentifyPlan(const Plan& plan, std::string_view path) {
  const std::string_view file_name = FileNameOf(path);
  const std::string_view folder = ParentName(path);
  const auto from_name = PlanIdFromFileName(file_name);
  PlanId id;
  id.phase = plan.header.phase.value.empty() ? std::string(folder) : std::string(plan.header.phase.value);
  // The file's name is what other plans refer to, so it wins over the front matter where both have numbers.
  if (from_name) {
    id = {from_name->id, false, id.phase, from_name->phase_number, from_name->plan, from_name->slug};
  }
  if (id.phase_number.empty()) id.phase_number = LeadingNumber(id.phase);
  if (id.phase_number.empty()) id.phase_number = LeadingNumber(folder);
  if (id.plan.empty()) {
    const std::string_view written = plan.header.plan.value;
    if (const auto in_field = PlanIdFromFileName(written)) {
      id.plan = in_field->plan;
      if (id.phase_number.empty()) id.phase_number = in_field->phase_number;
    } else {
      id.plan = written;
    }
  }
  const bool sane = id.plan.size() <= 32 && id.plan.find_first_of(" \t:/\n") == std::string::npos;
  if (!id.phase_number.empty() && !id.plan.empty() && sane) {
    id.id = id.phase_number + "-" + id.plan;
  } else {
    const std::string_view stem = Stem(file_name);
    const bool generic = EqualsIgnoreCase(stem, "PLAN") || stem.empty();
    id.id = generic && !folder.empty() ? std::string(folder) : std::string(stem.empty() ? "plan" : stem);
    if (!id.plan.empty() && sane && id.plan != id.id) id.id += "-" + id.plan;
    for (char& c : id.id) {
      if (IsSpace(c) || c == ':') c = '-';
    }
  }
  return id;
}

std::optional<std::string> SummaryPathOf(std::string_view plan_path) {
  constexpr std::string_view kPlan = "PLAN.md";
  if (!plan_path.ends_with(kPlan)) return std::nullopt;
  return std::string(plan_path.substr(0, plan_path.size() - kPlan.size())) + "SUMMARY.md";
}

std::string NormalizePlanName(std::string_view name) {
  std::string out;
  for (size_t i = 0; i < name.size();) {
    if (!IsDigit(name[i])) {
      out += name[i] == '_' ? '-' : ToLower(name[i]);
      ++i;
      continue;
    }
    while (i + 1 < name.size() && name[i] == '0' && IsDigit(name[i + 1])) ++i;
    while (i < name.size() && IsDigit(name[i])) out += name[i++];
  }
  return out;
}

}  // namespace gsd
