#include "frontend/directives.h"

namespace gsd {

namespace {

constexpr std::string_view kMark = "gsdc-";

struct Verb {
  std::string_view text;
  Directive::Kind kind;
};
// The longer ones first: `disable` begins them all.
constexpr Verb kVerbs[] = {{"disable-next-line", Directive::Kind::kNextLine},
                           {"disable-file", Directive::Kind::kFile},
                           {"disable", Directive::Kind::kBegin},
                           {"enable", Directive::Kind::kEnd}};

bool IsRuleChar(char c) { return IsWordChar(c) || c == '-'; }

// "disable RULE, RULE: reason", behind the mark.
bool ReadBody(const SourceFile& file, std::string_view body, Directive& directive) {
  for (const Verb& verb : kVerbs) {
    if (!body.starts_with(verb.text)) continue;
    std::string_view rest = body.substr(verb.text.size());
    if (!rest.empty() && !IsSpace(rest[0])) return false;
    directive.kind = verb.kind;
    size_t at = 0;
    while (at < rest.size() && rest[at] != ':') {
      const size_t begin = at;
      while (at < rest.size() && IsRuleChar(rest[at])) ++at;
      if (at > begin) {
        const std::string_view rule = rest.substr(begin, at - begin);
        // "disable RULE -- reason", as other linters have it.
        if (rule.find_first_not_of('-') == std::string_view::npos) break;
        directive.rules.push_back({rule, file.SpanOf(rule)});
      } else {
        ++at;
      }
    }
    if (at < rest.size()) directive.reason = Trim(rest.substr(at + 1));
    return !directive.rules.empty();
  }
  return false;
}

}  // namespace

std::vector<Directive> FindDirectives(const SourceFile& file, Span front_matter) {
  std::vector<Directive> directives;
  const std::string_view text = file.text();
  for (size_t at = FindWord(text, kMark); at != std::string_view::npos; at = FindWord(text, kMark, at + 1)) {
    const size_t line = text.rfind('\n', at) + 1;  // npos + 1 is 0
    const size_t line_end = std::min(text.find('\n', at), text.size());
    const std::string_view before = Trim(text.substr(line, at - line));
    std::string_view body = text.substr(at + kMark.size(), line_end - at - kMark.size());
    Directive directive;
    if (before == "<!--") {
      const size_t close = body.find("-->");
      if (close == std::string_view::npos || !Trim(body.substr(close + 3)).empty()) continue;
      const size_t begin = text.find('<', line);
      directive.span = file.SpanFrom(begin, at + kMark.size() + close + 3);
      body = body.substr(0, close);
    } else if (before == "#" && front_matter.Contains(static_cast<uint32_t>(at))) {
      directive.span = file.SpanFrom(text.find('#', line), line_end - (body.ends_with('\r') ? 1 : 0));
    } else {
      continue;
    }
    if (ReadBody(file, Trim(body), directive)) directives.push_back(std::move(directive));
  }
  return directives;
}

}  // namespace gsd
