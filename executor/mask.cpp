// A text is looked at byte by byte; where a secret can begin, Find… says how far it reaches. Each of them
// looks at a bounded stretch, and what it has passed over without success is not looked at again by the same
// one.
#include "executor/mask.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "backends/json_writer.h"
#include "frontend/files.h"

namespace gsd {

// A secret at the beginning of a text.
struct SecretStretch {
  bool undecided = false;  // more of the text has to be known
  size_t skip = 0;         // bytes in front that stay: "Bearer "
  size_t end = 0;          // 0: there is none
};

namespace {

using Stretch = SecretStretch;

constexpr size_t kLongestToken = 16'384;
constexpr size_t kLongestPem = 32'768;
constexpr size_t kLongestAddress = 512;  // user:password@
constexpr size_t kRandomLooking = 20;    // letters and digits in a row that are no word,
constexpr size_t kNoWord = 32;           // or letters alone
constexpr size_t kSurely = 256;          // bytes of a longer value that are proof enough

constexpr bool IsAlnum(char c) { return IsAlpha(c) || IsDigit(c); }
constexpr bool IsTokenChar(char c) { return IsWordChar(c) || c == '-'; }
constexpr bool IsBearerChar(char c) { return IsTokenChar(c) || CharSet(".~+/=").Has(c); }

// Behind these stands something random.
constexpr std::array<std::string_view, 18> kPrefixes = {
    "sk-",         "sk_live_", "sk_test_", "rk_live_", "ghp_",  "gho_",  "ghu_",  "ghs_",  "ghr_",
    "github_pat_", "glpat-",   "npm_",     "hf_",      "xoxa-", "xoxb-", "xoxp-", "xoxr-", "xoxs-"};
// How all tokens begin, these and the others: most words need no closer look.
constexpr std::array<std::string_view, 12> kPairs = {"sk", "rk", "gh", "gi", "gl", "np",
                                                     "hf", "xo", "ey", "AI", "AK", "AS"};
constexpr CharSet kShapeBegins("srgnhxeAbB:-");

// A run of token characters, as far as it matters for what begins in it.
struct Run {
  size_t end = 0;
  size_t last_random = 0;  // where the last random-looking stretch in it begins, + 1; 0: there is none
  bool no_jwt = false;     // what follows it is no second part of one
};

Run ReadRun(std::string_view text, size_t begin) {
  Run run;
  const size_t most = std::min(text.size(), begin + kLongestToken);
  size_t stretch = begin;
  bool digit = false;
  for (run.end = begin; run.end < most && IsTokenChar(text[run.end]); ++run.end) {
    if (!IsAlnum(text[run.end])) {
      stretch = run.end + 1;
      digit = false;
      continue;
    }
    digit = digit || IsDigit(text[run.end]);
    if (run.end + 1 - stretch >= (digit ? kRandomLooking : kNoWord)) run.last_random = stretch + 1;
  }
  return run;
}

bool ReachesTheEnd(std::string_view text, size_t begin, size_t end, bool last) {
  return !last && end == text.size() && end - begin < kLongestToken;
}

size_t EndOfToken(std::string_view text, size_t begin) {
  const size_t most = std::min(text.size(), begin + kLongestToken);
  while (begin < most && IsTokenChar(text[begin])) ++begin;
  return begin;
}

}  // namespace

std::vector<std::string> SecretsIn(const std::vector<std::string>& environment) {
  constexpr std::array<std::string_view, 11> kWords = {"KEY",        "KEYS",       "TOKEN",      "SECRET",
                                                       "SECRETS",    "PASSWORD",   "PASSWORDS",  "PASSWD",
                                                       "PASSPHRASE", "CREDENTIAL", "CREDENTIALS"};
  std::vector<std::string> secrets;
  for (const std::string& entry : environment) {
    const size_t equals = entry.find('=');
    if (equals == std::string::npos) continue;
    std::string name = entry.substr(0, equals);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    const auto words = Split(name, '_');
    const bool secret = std::any_of(words.begin(), words.end(), [&](std::string_view word) {
      return word == "PASS" || std::any_of(kWords.begin(), kWords.end(),
                                           [&](std::string_view ending) { return word.ends_with(ending); });
    });
    if (secret) secrets.emplace_back(Trim(std::string_view(entry).substr(equals + 1)));
  }
  return secrets;
}

Masker::Masker(const std::vector<std::string>& values) {
  for (const std::string& value : values) {
    if (value.size() < kShortestSecret) continue;
    values_.push_back(value);
    std::string json;
    AppendJsonString(json, value);
    json = json.substr(1, json.size() - 2);
    if (json != value) values_.push_back(std::move(json));
  }
  for (size_t i = 0; i < values_.size(); ++i) {
    uint64_t beginning;
    std::memcpy(&beginning, values_[i].data(), sizeof beginning);
    by_beginning_[beginning].push_back(i);
    begins_[static_cast<unsigned char>(values_[i][0])] = true;
  }
}

SecretStretch Masker::FindValue(std::string_view text, bool last) const {
  Stretch found;
  const auto consider = [&](const std::string& value) {
    const size_t most = std::min(value.size(), text.size());
    const auto same = static_cast<size_t>(
        std::mismatch(value.begin(), value.begin() + static_cast<ptrdiff_t>(most), text.begin()).first -
        value.begin());
    const bool cut = same == text.size() && same < value.size();
    if (cut && !last) found.undecided = true;
    if (same >= std::min(value.size(), kSurely) || (cut && same >= kShortestSecret))
      found.end = std::max(found.end, same);
  };
  if (text.size() < kShortestSecret) {
    if (!last) std::for_each(values_.begin(), values_.end(), consider);
    return found;
  }
  uint64_t beginning;
  std::memcpy(&beginning, text.data(), sizeof beginning);
  const auto same = by_beginning_.find(beginning);
  if (same == by_beginning_.end()) return found;
  for (const size_t i : same->second) consider(values_[i]);
  return found;
}

namespace {

// -----BEGIN … PRIVATE KEY----- up to its end, or as far as it looks like one; also as JSON writes it.
Stretch FindPem(std::string_view text, bool last) {
  constexpr std::string_view kBegin = "-----BEGIN ", kEnd = "-----END ", kDashes = "-----";
  constexpr size_t kLongestHeader = 80;
  if (!text.starts_with(kBegin)) return {!last && kBegin.starts_with(text), 0, 0};
  if (!last && text.size() < kLongestHeader) return {true, 0, 0};
  const std::string_view head = text.substr(0, kLongestHeader);
  const size_t dashes = head.find(kDashes, kBegin.size());
  if (dashes == std::string_view::npos ||
      head.substr(0, dashes).find("PRIVATE KEY") == std::string_view::npos)
    return {};
  size_t end = dashes + kDashes.size();
  const bool line = text.substr(end).starts_with('\n') || text.substr(end).starts_with('\r') ||
                    text.substr(end).starts_with("\\n") || text.substr(end).starts_with("\\r");
  if (!line) return {};
  constexpr CharSet kBody("+/=:, \t\r\n\\.-");
  while (end < std::min(text.size(), kLongestPem) && (IsAlnum(text[end]) || kBody.Has(text[end]))) {
    if (text[end] == '-' && text.substr(end).starts_with(kEnd)) {
      const size_t close = text.substr(0, end + kLongestHeader).find(kDashes, end + kEnd.size());
      if (close != std::string_view::npos) return {false, 0, close + kDashes.size()};
      if (!last && text.size() < end + kLongestHeader) return {true, 0, 0};
    }
    ++end;
  }
  if (!last && end == text.size() && end < kLongestPem) return {true, 0, 0};
  return {false, 0, end};
}

// "Bearer " and what stands behind it.
Stretch FindBearer(std::string_view text, bool last) {
  constexpr std::string_view kBearer = "bearer";
  constexpr size_t kMostSpaces = 8, kShortest = 16;
  const std::string_view word = text.substr(0, kBearer.size());
  if (!EqualsIgnoreCase(word, kBearer.substr(0, word.size()))) return {};
  size_t begin = word.size();
  while (begin < text.size() && begin < kBearer.size() + kMostSpaces && text[begin] == ' ') ++begin;
  size_t end = begin;
  bool digit = false;
  if (begin > kBearer.size()) {
    for (; end < std::min(text.size(), begin + kLongestToken) && IsBearerChar(text[end]); ++end)
      digit = digit || IsDigit(text[end]);
  }
  if (ReachesTheEnd(text, begin, end, last)) return {true, 0, 0};
  if (end - begin < kShortest || !digit) return {};
  return {false, begin, end};
}

// The password in ://user:password@
Stretch FindPassword(std::string_view text, bool last) {
  constexpr std::string_view kStart = "://";
  if (!text.starts_with(kStart)) return {!last && kStart.starts_with(text), 0, 0};
  constexpr CharSet kStop("/?#\"'<>`\\ \t\r\n");
  const std::string_view head = text.substr(0, kLongestAddress);
  const size_t stop = kStop.FindIn(head, kStart.size());
  if (!last && stop == std::string_view::npos && text.size() < kLongestAddress) return {true, 0, 0};
  const std::string_view authority = head.substr(0, stop);
  const size_t colon = authority.find(':', kStart.size()), at = authority.rfind('@');
  if (colon == std::string_view::npos || at == std::string_view::npos || at <= colon + 1) return {};
  return {false, colon + 1, at};
}

// Do its first bytes fit a token?
bool MayBeToken(std::string_view text, bool last) {
  if (text.size() < 2) return !last;
  return std::find(kPairs.begin(), kPairs.end(), text.substr(0, 2)) != kPairs.end();
}

// A token whose shape is known, at the beginning of a word of `run`.
Stretch FindToken(std::string_view text, size_t at, Run& run, bool last) {
  const std::string_view rest = text.substr(at, run.end - at);
  const bool random = run.last_random > at;
  if (rest.starts_with("sk-ant-") && rest.size() >= 15) return {false, 0, rest.size()};
  for (const std::string_view prefix : kPrefixes)
    if (rest.starts_with(prefix) && random) return {false, 0, rest.size()};
  if (rest.starts_with("AIza") && rest.size() >= 39) return {false, 0, rest.size()};
  if ((rest.starts_with("AKIA") || rest.starts_with("ASIA")) && rest.size() == 20 &&
      std::all_of(rest.begin(), rest.end(), [](char c) { return IsDigit(c) || (c >= 'A' && c <= 'Z'); }))
    return {false, 0, rest.size()};
  // header.payload.signature, of which the header and mostly the payload begin with {" in base64.
  constexpr size_t kShortestPart = 10;
  if (run.no_jwt || !rest.starts_with("eyJ") || rest.size() < kShortestPart) return {};
  size_t end = run.end, parts = 1;
  for (; parts < 3 && end < text.size() && text[end] == '.'; ++parts) {
    const size_t next = EndOfToken(text, end + 1);
    if (ReachesTheEnd(text, end, next, last)) return {true, 0, 0};
    if (next - end <= kShortestPart) break;
    end = next;
  }
  run.no_jwt = parts == 1;
  return parts > 1 ? Stretch{false, 0, end - at} : Stretch{};
}

}  // namespace

size_t Masker::MaskPart(std::string_view text, char before, bool last, std::string& out, bool& found) const {
  Run run;           // the one that was read last
  size_t plain = 0;  // what is not in `out` yet begins here
  const auto stop_at = [&](size_t at) {
    out += text.substr(plain, at - plain);
    return at;
  };
  for (size_t i = 0; i < text.size();) {
    const bool word_begins = IsAlnum(text[i]) && !IsAlnum(i == 0 ? before : text[i - 1]);
    const bool value_begins = begins_[static_cast<unsigned char>(text[i])];
    if (!value_begins && !(kShapeBegins.Has(text[i]) && (word_begins || !IsAlnum(text[i])))) {
      ++i;
      continue;
    }
    const std::string_view rest = text.substr(i);
    Stretch stretch = value_begins ? FindValue(rest, last) : Stretch{};
    if (stretch.undecided) return stop_at(i);
    if (stretch.end == 0 && text[i] == '-') stretch = FindPem(rest, last);
    if (stretch.end == 0 && text[i] == ':') stretch = FindPassword(rest, last);
    if (stretch.end == 0 && word_begins && (text[i] == 'b' || text[i] == 'B'))
      stretch = FindBearer(rest, last);
    if (stretch.end == 0 && !stretch.undecided && word_begins && MayBeToken(rest, last)) {
      if (i >= run.end) run = ReadRun(text, i);
      if (ReachesTheEnd(text, i, run.end, last)) return stop_at(i);
      stretch = FindToken(text, i, run, last);
    }
    if (stretch.undecided) return stop_at(i);
    if (stretch.end == 0) {
      ++i;
      continue;
    }
    out += text.substr(plain, i + stretch.skip - plain);
    out += kMasked;
    found = true;
    plain = i = i + stretch.end;
  }
  return stop_at(text.size());
}

std::string Masker::Mask(std::string_view text) const {
  std::string masked;
  bool found = false;
  MaskPart(text, 0, true, masked, found);
  return masked;
}

namespace {

// Hands on the masked contents piece by piece. Whether something was masked.
template <typename Take>
Result<bool> MaskContents(const Masker& masker, int fd, Take take) {
  constexpr size_t kPiece = size_t{1} << 18;
  std::string text, masked;
  char before = 0;
  bool found = false, last = false;
  if (lseek(fd, 0, SEEK_SET) < 0) return Error{std::strerror(errno)};
  while (!last) {
    const size_t kept = text.size();
    text.resize(kept + kPiece);
    const ssize_t count = read(fd, text.data() + kept, kPiece);
    if (count < 0 && errno != EINTR) return Error{std::strerror(errno)};
    text.resize(kept + static_cast<size_t>(std::max<ssize_t>(count, 0)));
    if (count < 0) continue;
    last = count == 0;
    masked.clear();
    const size_t used = masker.MaskPart(text, before, last, masked, found);
    if (used > 0) before = text[used - 1];
    text.erase(0, used);
    if (!take(std::move(masked), found)) break;
  }
  return found;
}

}  // namespace

Status MaskFile(const Masker& masker, const std::filesystem::path& path) {
  const auto failure = [&](const std::string& why) {
    return Error{fmt::format("cannot mask secrets in {}: {}", path.string(), why)};
  };
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
  if (fd < 0) return errno == ENOENT || errno == ELOOP ? Ok() : Status(failure(std::strerror(errno)));
  struct stat info = {};
  Result<bool> found = false;
  if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode))
    found = MaskContents(masker, fd, [](const std::string&, bool any) { return !any; });
  Status status = Ok();
  if (found.ok() && *found) {
    AtomicFile file(path);
    found = MaskContents(masker, fd, [&](std::string piece, bool) {
      file.Append(std::move(piece));
      return true;
    });
    if (found.ok()) status = file.Commit(AtomicFile::Durability::kReproducible);
  }
  close(fd);
  return found.ok() ? status : Status(failure(found.error()));
}

}  // namespace gsd
