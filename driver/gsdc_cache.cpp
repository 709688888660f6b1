#include "driver/gsdc_cache.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "frontend/files.h"

namespace gsd {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "gsdc cache 1\n";
constexpr size_t kDigest = 64;          // hexadecimal SHA-256
constexpr size_t kMostEntries = 64;     // beyond it, the oldest go
constexpr size_t kMostBytes = 1 << 28;  // of one entry

// ---- bytes: numbers of eight bytes, strings with their length before them

class Writer {
 public:
  void Number(uint64_t value) {
    char bytes[8];
    for (char& byte : bytes) byte = static_cast<char>(value & 0xFF), value >>= 8;
    out_.append(bytes, sizeof bytes);
  }
  void Text(std::string_view text) { Number(text.size()), out_.append(text); }
  void Place(Span span) { Number(span.file.value), Number(span.begin), Number(span.end); }
  const std::string& out() const { return out_; }

 private:
  std::string out_;
};

// Reads what Writer wrote; beyond the end, or where nonsense stands, it fails and stays failed.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}
  bool failed() const { return failed_; }
  uint64_t Number() {
    if (bytes_.size() < 8) return Fail();
    uint64_t value = 0;
    for (size_t i = 8; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes_[i]);
    bytes_.remove_prefix(8);
    return value;
  }
  std::string_view Text() {
    const uint64_t size = Number();
    if (size > bytes_.size()) return Fail(), std::string_view();
    const std::string_view text = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return text;
  }
  // How many items follow; every item takes at least eight bytes.
  size_t Count() {
    const uint64_t count = Number();
    return count > bytes_.size() / 8 ? Fail() : static_cast<size_t>(count);
  }
  Span Place() {
    Span span;
    span.file = FileId{static_cast<uint32_t>(Number())};
    span.begin = static_cast<uint32_t>(Number());
    span.end = static_cast<uint32_t>(Number());
    return span;
  }

 private:
  size_t Fail() { return failed_ = true, bytes_ = {}, 0; }

  std::string_view bytes_;
  bool failed_ = false;
};

void WriteFinding(Writer& out, const Diagnostic& finding) {
  out.Text(finding.rule);
  out.Number(static_cast<uint64_t>(finding.severity));
  out.Place(finding.span);
  out.Text(finding.message);
  out.Number(finding.labels.size());
  for (const Label& label : finding.labels) out.Place(label.span), out.Text(label.message);
  out.Text(finding.help);
  out.Number(finding.fix.has_value());
  if (finding.fix) {
    out.Text(finding.fix->description);
    out.Number(finding.fix->safe);
    out.Number(finding.fix->edits.size());
    for (const Edit& edit : finding.fix->edits) out.Place(edit.span), out.Text(edit.text);
  }
  out.Number(finding.suppressed.has_value());
  if (finding.suppressed) out.Text(finding.suppressed->reason);
}

std::optional<Diagnostic> ReadFinding(ByteReader& in) {
  Diagnostic finding;
  const Rule* rule = FindRule(in.Text());
  if (rule == nullptr) return std::nullopt;
  finding.rule = rule->info.name;
  finding.severity = static_cast<Severity>(std::min<uint64_t>(in.Number(), 2));
  finding.span = in.Place();
  finding.message = in.Text();
  for (size_t i = in.Count(); i-- > 0;) {
    const Span span = in.Place();
    finding.labels.push_back({span, std::string(in.Text())});
  }
  finding.help = in.Text();
  if (in.Number() != 0) {
    finding.fix.emplace();
    finding.fix->description = in.Text();
    finding.fix->safe = in.Number() != 0;
    for (size_t i = in.Count(); i-- > 0;) {
      const Span span = in.Place();
      finding.fix->edits.push_back({span, std::string(in.Text())});
    }
  }
  if (in.Number() != 0)
    finding.suppressed = Suppression{Suppression::Kind::kInSource, std::string(in.Text())};
  if (in.failed()) return std::nullopt;
  return finding;
}

// A new program may find other things, whatever its version says.
std::string ProgramIdentity() {
  struct stat info = {};
  if (stat("/proc/self/exe", &info) != 0) return GSD_VERSION;
  return fmt::format("{} {} {}.{}", GSD_VERSION, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
}

void DropOldEntries(const std::string& folder) {
  std::error_code error;
  std::vector<std::pair<fs::file_time_type, fs::path>> entries;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".lint") entries.emplace_back(entry.last_write_time(error), entry.path());
  }
  if (entries.size() <= kMostEntries) return;
  std::sort(entries.begin(), entries.end());
  for (size_t i = 0; i + kMostEntries < entries.size(); ++i) fs::remove(entries[i].second, error);
}

}  // namespace

namespace {

std::string Compact(const std::optional<FileInfo>& info) {
  return !info ? "" : info->is_directory ? "/" : fmt::format("{}", info->bytes);
}
std::string Compact(const std::vector<std::string>& names) {
  return Sha256Hex(fmt::format("{}", fmt::join(names, "\n")));
}
std::string Compact(const std::optional<std::string>& bytes) { return bytes ? Sha256Hex(*bytes) : ""; }

}  // namespace

std::string RecordingWorkspace::AnswerOf(const Workspace& disk, char kind, size_t limit,
                                         std::string_view path) {
  if (kind == 's') return Compact(disk.Stat(path));
  return kind == 'l' ? Compact(disk.List(path)) : Compact(disk.ReadHead(path, limit));
}

std::optional<FileInfo> RecordingWorkspace::Stat(std::string_view path) const {
  const auto info = disk_.Stat(path);
  questions_.push_back({'s', 0, std::string(path), Compact(info)});
  return info;
}

std::vector<std::string> RecordingWorkspace::List(std::string_view path) const {
  auto names = disk_.List(path);
  questions_.push_back({'l', 0, std::string(path), Compact(names)});
  return names;
}

std::optional<std::string> RecordingWorkspace::ReadHead(std::string_view path, size_t limit) const {
  auto bytes = disk_.ReadHead(path, limit);
  questions_.push_back({'r', limit, std::string(path), Compact(bytes)});
  return bytes;
}

std::string CacheKeyText(const std::vector<PlanInput>& inputs, const std::string& root, bool in_project,
                         const AnalysisOptions& analysis, const RuleSelection& rules) {
  Writer out;
  out.Text(ProgramIdentity());
  out.Text(root);
  out.Number(in_project);
  out.Text(fmt::format("{} {} {} {} {} {} {} {}", analysis.budget_tokens, analysis.budget_given,
                       analysis.budget_usd.value_or(0), analysis.window.value_or(0), analysis.max_parallel,
                       analysis.check_references, static_cast<int>(analysis.matching),
                       static_cast<int>(analysis.profile)));
  out.Text(analysis.user_token_stats);
  const RoutingGoals& goals = analysis.goals;
  out.Text(fmt::format("{} {} {} {}", goals.objective ? ObjectiveName(*goals.objective) : "",
                       goals.deadline_minutes.value_or(0), goals.min_success.value_or(0),
                       goals.over_declared));
  const auto counters = [&](const auto& of) {
    out.Text(fmt::format("{} {} {} {}", of.input, of.output, of.cache_write, of.cache_read));
  };
  for (const Prices& prices : analysis.prices.prices) counters(prices);
  counters(analysis.prices.mix);
  out.Text(MixSourceName(analysis.prices.mix_source));
  const auto settings = [&](const std::vector<RuleSelection::Setting>& list) {
    out.Number(list.size());
    for (const auto& setting : list) {
      out.Text(setting.rule);
      out.Number(setting.on);
      out.Number(setting.severity ? static_cast<uint64_t>(*setting.severity) + 1 : 0);
    }
  };
  settings(rules.settings);
  settings(rules.overriding_settings);
  out.Number(rules.settings_of_file.size());
  for (const auto& list : rules.settings_of_file) settings(list);
  out.Number(rules.warnings_are_errors);
  for (const PlanInput& input : inputs) out.Text(input.path), out.Text(input.root_path);
  return out.out();
}

LintCache::LintCache(std::string folder, std::string_view key_text)
    : folder_(std::move(folder)), file_(folder_ + "/" + Sha256Hex(key_text).substr(0, 32) + ".lint") {}

std::string LintCache::DefaultFolder() {
  for (const auto& [variable, below] : {std::pair("XDG_CACHE_HOME", "/gsdc"), {"HOME", "/.cache/gsdc"}}) {
    const char* value = std::getenv(variable);
    if (value != nullptr && value[0] == '/') return std::string(value) + below;
  }
  return {};
}

std::optional<std::vector<Diagnostic>> LintCache::Find(std::string_view content_digest,
                                                       const Workspace& disk) const {
  const auto bytes = ReadWholeFile(file_, kMostBytes);
  if (!bytes || !bytes->starts_with(kMagic) || bytes->size() < kMagic.size() + kDigest) return std::nullopt;
  const std::string_view digest = std::string_view(*bytes).substr(kMagic.size(), kDigest);
  const std::string_view body = std::string_view(*bytes).substr(kMagic.size() + kDigest);
  if (Sha256Hex(body) != digest) return std::nullopt;
  ByteReader in(body);
  if (in.Text() != content_digest) return std::nullopt;
  for (size_t i = in.Count(); i-- > 0;) {
    const auto kind = static_cast<char>(in.Number());
    const size_t limit = in.Number();
    const std::string_view path = in.Text();
    const std::string_view answer = in.Text();
    if (in.failed() || RecordingWorkspace::AnswerOf(disk, kind, limit, path) != answer) return std::nullopt;
  }
  std::vector<Diagnostic> findings;
  for (size_t i = in.Count(); i-- > 0;) {
    auto finding = ReadFinding(in);
    if (!finding) return std::nullopt;
    findings.push_back(std::move(*finding));
  }
  if (in.failed()) return std::nullopt;
  return findings;
}

void LintCache::Store(std::string_view content_digest,
                      const std::vector<RecordingWorkspace::Question>& questions,
                      const std::vector<Diagnostic>& findings) const {
  Writer out;
  out.Text(content_digest);
  out.Number(questions.size());
  for (const auto& question : questions) {
    out.Number(static_cast<uint64_t>(question.kind));
    out.Number(question.limit);
    out.Text(question.path);
    out.Text(question.answer);
  }
  out.Number(findings.size());
  for (const Diagnostic& finding : findings) WriteFinding(out, finding);
  std::error_code error;
  fs::create_directories(folder_, error);
  AtomicFile file(file_);
  file.Append(std::string(kMagic) + Sha256Hex(out.out()) + out.out());
  if (file.Commit(AtomicFile::Durability::kReproducible)) DropOldEntries(folder_);
}

}  // namespace gsd
