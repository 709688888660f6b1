// Path lists as people write them. The order of the steps matters: an entry loses its bullet, its verb, its
// quotes, its leading @ and its remark, in this order, before anybody asks whether it is a path at all.
#include <algorithm>
#include <array>

#include "frontend/values.h"

namespace gsd {

namespace {

constexpr CharSet kBlanks(" \t");
constexpr CharSet kNeverInPaths("<>|\"");

bool HasExtension(std::string_view word) {
  const size_t slash = word.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? word : word.substr(slash + 1);
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot + 1 >= name.size() || name.size() - dot > 12) return false;
  return std::all_of(name.begin() + static_cast<ptrdiff_t>(dot) + 1, name.end(),
                     [](char c) { return IsWordChar(c) || c == '-' || c == '*' || c == '}' || c == ','; });
}

bool LooksLikePath(std::string_view word) {
  return word.find('/') != std::string_view::npos || word.find('\\') != std::string_view::npos ||
         HasExtension(word);
}

std::string_view StripBullet(std::string_view item) {
  item = Trim(item);
  if (item.starts_with("- ") || item.starts_with("* ") || item.starts_with("+ ")) item = Trim(item.substr(2));
  if (item.starts_with("•")) item = Trim(item.substr(3));
  size_t digits = 0;
  while (digits < item.size() && IsDigit(item[digits])) ++digits;
  if (digits > 0 && digits < 4 && item.substr(digits).starts_with(". ")) item = Trim(item.substr(digits + 2));
  if (item.starts_with("[ ] ") || item.starts_with("[x] ")) item = Trim(item.substr(4));
  return item;
}

// "Create: src/a.ts", "modify `src/a.ts`", "NEW: …". A verb alone introduces the lines below it.
std::string_view StripVerb(std::string_view item) {
  static constexpr std::array<std::string_view, 17> kVerbs = {
      "create", "created", "creates", "modify", "modified", "modifies", "update", "updated", "new",
      "delete", "deleted", "edit",    "add",    "extend",   "read",     "remove", "rename"};
  size_t end = 0;
  while (end < item.size() && IsAlpha(item[end])) ++end;
  const std::string_view word = item.substr(0, end);
  if (std::none_of(kVerbs.begin(), kVerbs.end(),
                   [&](std::string_view v) { return EqualsIgnoreCase(v, word); })) {
    return item;
  }
  std::string_view rest = item.substr(end);
  const bool colon = rest.starts_with(":");
  if (colon) rest.remove_prefix(1);
  rest = Trim(rest);
  if (rest.empty()) return colon ? rest : item;
  const std::string_view next = rest.substr(0, kBlanks.FindIn(rest));
  return colon || LooksLikePath(next) || rest.starts_with("`") ? rest : item;
}

// Cuts a remark off: " (new)", " — why", " -> new name", " # note", ": what".
std::string_view StripRemark(std::string_view item) {
  size_t cut = item.size();
  const bool has_blank = kBlanks.IsIn(item);  // every remark begins with one
  for (const std::string_view sign :
       {" (", "\t(", " — ", " – ", " - ", " -> ", " → ", " # ", " // ", " | "}) {
    if (has_blank) cut = std::min(cut, item.find(sign));
  }
  const size_t colon = has_blank ? item.find(": ") : std::string_view::npos;
  if (colon != std::string_view::npos && LooksLikePath(item.substr(0, colon))) cut = std::min(cut, colon);
  item = Trim(item.substr(0, cut));
  while (!item.empty() && (item.back() == ',' || item.back() == ';' || item.back() == ':'))
    item.remove_suffix(1);
  if (item.size() > 1 && item.back() == '.' && item[item.size() - 2] != '.' && item[item.size() - 2] != '/') {
    item.remove_suffix(1);
  }
  return Trim(item);
}

// "**src/a.ts**" → "src/a.ts"; also one side alone, but not the `**/` of a pattern.
std::string_view StripBold(std::string_view item) {
  while (item.size() >= 4 && item.starts_with("**") && item.ends_with("**") && item[item.size() - 3] != '/') {
    item.remove_prefix(2);
    item.remove_suffix(2);
  }
  if (item.starts_with("**") && !item.starts_with("**/")) item.remove_prefix(2);
  if (item.ends_with("**") && !item.ends_with("/**")) item.remove_suffix(2);
  return item;
}

// "src/a.ts:30", "src/a.ts:10-20", "src/a.ts:10:5" → "src/a.ts"
std::string_view StripLines(std::string_view path) {
  std::string_view rest = path;
  for (int numbers = 0; numbers < 2; ++numbers) {
    size_t digits = rest.size();
    while (digits > 0 && IsDigit(rest[digits - 1])) --digits;
    if (digits == rest.size() || digits == 0) return path;
    const char sign = rest[digits - 1];
    rest = rest.substr(0, digits - 1);
    if (sign != ':' && (sign != '-' || numbers > 0)) return path;
    if (sign == ':') path = rest;
  }
  return path;
}

bool IsUrl(std::string_view word) {
  size_t scheme = 0;
  while (scheme < word.size() && (IsAlpha(word[scheme]) || IsDigit(word[scheme]) || word[scheme] == '+'))
    ++scheme;
  return scheme > 1 && word.substr(scheme).starts_with("://");
}

// What stands where nobody knows the file yet.
bool IsPlaceholder(std::string_view path) {
  return EqualsIgnoreCase(path, "tbd") || EqualsIgnoreCase(path, "todo") || path == "?" || path == "???";
}

bool MeansNoFiles(std::string_view item) {
  const char first = ToLower(item[0]);
  if (first != 'n' && first != '-' && first != '(' && !item.starts_with("—")) return false;
  for (const std::string_view word : {"none", "n/a", "na", "-", "—", "nothing"}) {
    if (EqualsIgnoreCase(item, word)) return true;
  }
  const std::string lower = ToLower(item.substr(0, 8));
  const std::string_view start = lower;
  for (const std::string_view word :
       {"none ", "none,", "none.", "none;", "n/a ", "n/a,", "n/a.", "n/a;", "(none", "no files", "no file"}) {
    if (start.starts_with(word)) return true;
  }
  return start.starts_with("none") && item.size() > 4 && !IsWordChar(item[4]) && item[4] != '/' &&
         item[4] != '.';
}

void AddPath(const SourceFile& file, std::string_view path, std::vector<PathEntry>& out) {
  if (path.starts_with('@') && path.size() > 1 && path.find('/') != 1) path.remove_prefix(1);
  if (!IsUrl(path)) path = StripLines(path);
  if (path.empty() || IsPlaceholder(path)) return;
  out.push_back({path, file.SpanOf(path), ClassifyPath(path)});
}

// Words between blanks: several paths, a path with blanks in it, or prose.
void AddWords(const SourceFile& file, std::string_view item, std::vector<PathEntry>& out) {
  std::vector<std::string_view> words;
  for (size_t at = 0; at < item.size();) {
    while (at < item.size() && IsSpace(item[at])) ++at;
    const size_t begin = at;
    while (at < item.size() && !IsSpace(item[at])) ++at;
    if (at > begin) words.push_back(item.substr(begin, at - begin));
  }
  if (words.size() == 1) return AddPath(file, words[0], out);
  if (std::all_of(words.begin(), words.end(), [](auto w) { return LooksLikePath(w) && HasExtension(w); })) {
    for (const std::string_view word : words) AddPath(file, word, out);
    return;
  }
  const bool blank_in_path = words[0].find('/') != std::string_view::npos && !HasExtension(words[0]) &&
                             (words.back().find('/') != std::string_view::npos || HasExtension(words.back()));
  if (blank_in_path && words.size() <= 4) return AddPath(file, item, out);
  if (LooksLikePath(words[0]) && (HasExtension(words[0]) || words[0].ends_with('/'))) {
    return AddPath(file, words[0], out);  // "src/bindings.ts or equivalent"
  }
  out.push_back({item, file.SpanOf(item), PathKind::kProse});
}

// Do the brackets and backticks of a line close? Only then do they protect the commas between them.
bool IsBalanced(std::string_view line) {
  int depth = 0;
  bool code = false;
  for (const char c : line) {
    if (c == '`') code = !code;
    if (code) continue;
    if (c == '(' || c == '[' || c == '{') ++depth;
    if ((c == ')' || c == ']' || c == '}') && --depth < 0) return false;
  }
  return depth == 0 && !code;
}

// Where the piece that begins at `begin` ends: at the next comma, outside brackets and backticks if `nested`.
size_t PieceEnd(std::string_view line, size_t begin, bool nested) {
  int depth = 0;
  bool code = false;
  for (size_t i = begin; i < line.size(); ++i) {
    const char c = line[i];
    if (c == ',' && depth == 0 && !code) return i;
    if (!nested) continue;
    if (c == '`') code = !code;
    if (code) continue;
    if (c == '(' || c == '[' || c == '{') ++depth;
    if (c == ')' || c == ']' || c == '}') --depth;
  }
  return line.size();
}

// Splits a line at tags of the vocabulary such as <file> and <create>.
void ParseLine(const SourceFile& file, std::string_view line, std::vector<PathEntry>& out) {
  while (true) {
    const size_t open = line.find('<');
    const size_t close = open == std::string_view::npos ? open : line.find('>', open);
    const bool tag = close != std::string_view::npos && open + 1 < line.size() &&
                     TagOf(line.substr(open + 1 + (line[open + 1] == '/' ? 1 : 0),
                                       close - open - 1 - (line[open + 1] == '/' ? 1 : 0))) == Tag::kFile;
    const std::string_view piece = tag ? line.substr(0, open) : line;
    const bool nested = IsBalanced(piece);
    for (size_t at = 0; at < piece.size();) {
      const size_t end = PieceEnd(piece, at, nested);
      ParsePathItem(file, piece.substr(at, end - at), out);
      at = end + 1;
    }
    if (!tag) return;
    line.remove_prefix(close + 1);
  }
}

}  // namespace

PathKind ClassifyPath(std::string_view path) {
  if (IsUrl(path)) return PathKind::kProse;
  if (path.size() > 2 && IsAlpha(path[0]) && path[1] == ':' && (path[2] == '/' || path[2] == '\\')) {
    return PathKind::kWindows;
  }
  if (path.starts_with('~') || path.starts_with('$')) return PathKind::kHome;
  if (path.starts_with('/')) return PathKind::kAbsolute;
  if (path.find('\\') != std::string_view::npos) return PathKind::kWindows;
  if (path.find('*') != std::string_view::npos) return PathKind::kGlob;
  const size_t brace = path.find('{');
  if (brace != std::string_view::npos && path.find(',', brace) != std::string_view::npos)
    return PathKind::kGlob;
  if (path.find("...") != std::string_view::npos && path.find("[...") == std::string_view::npos)
    return PathKind::kGlob;
  if (kNeverInPaths.IsIn(path)) return PathKind::kProse;
  if (path.ends_with('/')) return PathKind::kDirectory;
  return PathKind::kFile;
}

void ParsePathItem(const SourceFile& file, std::string_view item, std::vector<PathEntry>& out) {
  item = StripVerb(StripBullet(item));
  item = StripVerb(Trim(StripBold(item)));
  if (item.empty() || MeansNoFiles(item) || item.starts_with("```") || item.starts_with("<!--")) return;
  if (item.front() == '`' || item.front() == '"' || item.front() == '\'') {
    const size_t end = item.find(item.front(), 1);
    if (end != std::string_view::npos && end > 1) return AddWords(file, Trim(item.substr(1, end - 1)), out);
    item.remove_prefix(1);
  }
  item = StripRemark(item);
  if (item.empty() || item.front() == '(') return;
  AddWords(file, item, out);
}

std::vector<PathEntry> ParsePathList(const SourceFile& file, std::string_view body) {
  std::vector<PathEntry> out;
  for (size_t at = 0; at < body.size();) {
    const size_t end = std::min(body.find('\n', at), body.size());
    ParseLine(file, body.substr(at, end - at), out);
    at = end + 1;
  }
  return out;
}

}  // namespace gsd
