// What the enumerations of the AST are called in its JSON form.
#pragma once

#include <string_view>

#include "frontend/ast.h"

namespace gsd {

std::string_view NameOf(TaskType type);
std::string_view NameOf(NumberSource source);
std::string_view NameOf(PathKind kind);
std::string_view NameOf(SyntaxFactKind kind);

}  // namespace gsd
