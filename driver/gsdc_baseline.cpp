#include "driver/gsdc_baseline.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "backends/findings.h"
#include "backends/json_writer.h"

namespace gsd {

namespace {

std::vector<std::string> PathsFrom(const std::string& folder, const Findings& findings) {
  std::vector<std::string> paths;
  for (const std::string& full : findings.full_paths)
    paths.push_back(std::filesystem::path(full).lexically_relative(folder).generic_string());
  return paths;
}

}  // namespace

Result<std::vector<BaselineEntry>> ReadBaseline(const std::string& file, std::string_view json) {
  const auto fail = [&](std::string_view what) { return Error{fmt::format("{}: {}", file, what)}; };
  const auto root = nlohmann::json::parse(json, nullptr, false);
  if (root.is_discarded()) return fail("not JSON; --write-baseline writes it anew");
  const bool version_one =
      root.is_object() && root.contains("version") && root["version"].is_number() && root["version"] == 1;
  if (!version_one || !root.contains("findings") || !root["findings"].is_array())
    return fail("not a baseline of version 1");
  std::vector<BaselineEntry> entries;
  for (const auto& item : root["findings"]) {
    const auto text = [&](const char* name) {
      const auto member = item.is_object() ? item.find(name) : item.end();
      return member != item.end() && member->is_string() ? member->get<std::string>() : std::string();
    };
    BaselineEntry entry{text("path"), text("rule"), text("message"), text("fingerprint")};
    if (entry.fingerprint.empty())
      return fail(fmt::format("finding {} has no fingerprint", entries.size() + 1));
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::string WriteBaseline(const std::vector<BaselineEntry>& entries) {
  std::string out;
  JsonWriter json(out, 2);
  json.BeginObject();
  json.Member("version", 1);
  json.Key("findings");
  json.BeginArray();
  for (const BaselineEntry& entry : entries) {
    json.BeginObject();
    json.Member("path", entry.path);
    json.Member("rule", entry.rule);
    json.Member("message", entry.message);
    json.Member("fingerprint", entry.fingerprint);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return out + "\n";
}

std::vector<BaselineEntry> ApplyBaseline(const std::vector<BaselineEntry>& baseline,
                                         const std::string& folder, Findings& findings) {
  std::map<std::string_view, bool> found;
  for (const BaselineEntry& entry : baseline) found.emplace(entry.fingerprint, false);
  const std::vector<std::string> paths = PathsFrom(folder, findings);
  Fingerprinter fingerprinter(findings.files, paths);
  for (Diagnostic& finding : findings.diagnostics) {
    const auto known = found.find(fingerprinter.Next(finding));
    if (known == found.end()) continue;
    known->second = true;
    if (!finding.suppressed) finding.suppressed = Suppression{Suppression::Kind::kBaseline, {}};
  }
  const std::set<std::string_view> looked_at(paths.begin(), paths.end());
  std::vector<BaselineEntry> stale;
  for (const BaselineEntry& entry : baseline) {
    if (!found[entry.fingerprint] && looked_at.count(entry.path) > 0) stale.push_back(entry);
  }
  return stale;
}

std::vector<BaselineEntry> RenewBaseline(const std::vector<BaselineEntry>& before, const std::string& folder,
                                         const Findings& findings) {
  const std::vector<std::string> paths = PathsFrom(folder, findings);
  const std::set<std::string_view> looked_at(paths.begin(), paths.end());
  std::vector<BaselineEntry> entries;
  for (const BaselineEntry& entry : before) {
    if (looked_at.count(entry.path) == 0) entries.push_back(entry);
  }
  Fingerprinter fingerprinter(findings.files, paths);
  for (const Diagnostic& finding : findings.diagnostics) {
    std::string fingerprint = fingerprinter.Next(finding);
    if (finding.suppressed && finding.suppressed->kind == Suppression::Kind::kInSource) continue;
    entries.push_back(
        {paths[finding.span.file.value], std::string(finding.rule), finding.message, std::move(fingerprint)});
  }
  std::stable_sort(entries.begin(), entries.end(),
                   [](const BaselineEntry& a, const BaselineEntry& b) { return a.path < b.path; });
  return entries;
}

}  // namespace gsd
