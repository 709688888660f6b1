// The Graphviz library, loaded when a picture is asked for: it and what it needs cost more to load than gsdc.
#pragma once

#include <string>

#include "frontend/support.h"

namespace gsd {

// Lays out DOT source and renders it as SVG.
Result<std::string> RenderSvg(const std::string& dot);

}  // namespace gsd
