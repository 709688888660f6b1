// HTML pages that stand alone: everything is in the one file, and nothing in a text of a plan or of an agent
// is markup.
#pragma once

#include <string>
#include <string_view>

namespace gsd {

// Text for an element or a quoted attribute: line feeds and tabs stay, all else that does not print, or
// reorders what does, is written out as \x1b or \u{202e}. `limit`: bytes of a line that are kept.
std::string Html(std::string_view text, size_t limit = std::string_view::npos);

struct HtmlPage {
  std::string title;        // plain text
  std::string body;         // HTML
  std::string_view style;   // beside what all pages share
  std::string_view script;  // "" for none
  std::string data;         // JSON that the script reads from #data; "" for none
};

// The whole file. Its Content-Security-Policy lets no byte in from elsewhere and runs this script only.
std::string WriteHtmlPage(const HtmlPage& page);

// The files in html_page/, compiled in by embed.cmake.
std::string_view PageCss();
std::string_view PlanCss();
std::string_view PlanJs();

}  // namespace gsd
