#include "backends/html_document.h"

#include <fmt/format.h>

#include "backends/escaped_text.h"
#include "frontend/support.h"

namespace gsd {
namespace {

void AppendEntities(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\'') {
      out += "&#39;";
    } else {
      AppendEntity(c, out);
    }
  }
}

unsigned Nibble(char hex) { return static_cast<unsigned>(hex <= '9' ? hex - '0' : hex - 'a' + 10); }

// 'sha256-…' as a policy names an inline text.
std::string PolicyHash(std::string_view text) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::string hex = Sha256Hex(text);
  std::string out = "'sha256-";
  // Three digits are twelve bits are two letters; 64 digits leave one, which the padding completes.
  for (size_t i = 0; i < hex.size(); i += 3) {
    const auto digit = [&](size_t at) { return at < hex.size() ? Nibble(hex[at]) : 0U; };
    const unsigned bits = digit(i) << 8U | digit(i + 1) << 4U | digit(i + 2);
    out += kAlphabet[bits >> 6U];
    if (i + 1 < hex.size()) out += kAlphabet[bits & 63U];
  }
  return out + "='";
}

}  // namespace

std::string Html(std::string_view text, size_t limit) {
  std::string out;
  while (true) {
    const size_t end = std::min(text.find_first_of("\n\t"), text.size());
    std::string_view piece = text.substr(0, end);
    if (end < text.size() && text[end] == '\n' && piece.ends_with('\r')) piece.remove_suffix(1);
    AppendEntities(out, EscapedLine(piece, limit));
    if (end == text.size()) return out;
    out += text[end];
    text.remove_prefix(end + 1);
  }
}

std::string WriteHtmlPage(const HtmlPage& page) {
  const std::string style = std::string(PageCss()) + std::string(page.style);
  std::string out = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src &#39;none&#39;; style-src {}; "
      "script-src {}; base-uri &#39;none&#39;; form-action &#39;none&#39;\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n<style>{}</style>\n</head>\n"
      "<body>\n",
      Html(PolicyHash(style)), page.script.empty() ? "&#39;none&#39;" : Html(PolicyHash(page.script)),
      Html(page.title), style);
  out += page.body;
  if (!page.data.empty()) {
    out += "<script type=\"application/json\" id=\"data\">";
    for (const char c : page.data) c == '<' ? out += "\\u003c" : out += c;
    out += "</script>\n";
  }
  if (!page.script.empty()) out += fmt::format("<script>{}</script>\n", page.script);
  out += "</body>\n</html>\n";
  return out;
}

}  // namespace gsd
