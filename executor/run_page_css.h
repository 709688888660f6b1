#pragma once

#include <string_view>

namespace gsd {

// run_page.css, compiled in.
std::string_view RunCss();

}  // namespace gsd
