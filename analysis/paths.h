// Paths as plans write them, made comparable. Internal to analysis/, but for NormalizePath and FileNameOf.
#pragma once

#include <string>
#include <string_view>

#include "frontend/ast.h"

namespace gsd {

// Names one file: no glob, no folder, no prose.
bool IsConcretePath(const PathEntry& entry);

// `path` without "./" in front: enough to compare most paths, without a copy.
std::string_view NormalizedView(std::string_view path);

// `path` with "." and ".." resolved lexically and backslashes turned; "" when it leaves the root.
std::string NormalizePath(std::string_view path);

// Would NormalizePath give back just `path`?
bool IsNormalPath(std::string_view path);

// What stands behind the last slash: "b.ts" of "a/b.ts".
std::string_view FileNameOf(std::string_view path);

// "8" < "08a" < "10": compares runs of digits as numbers, the rest byte by byte.
bool NaturalLess(std::string_view a, std::string_view b);

}  // namespace gsd
