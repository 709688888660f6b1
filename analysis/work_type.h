// What kind of work a task is, by which token statistics are kept: the six types of part 6.2 of the design
// document. Both programs must say the same of a task, so this looks only at what the manifest has, too.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gsd {

struct WorkText {
  std::string_view name;
  std::vector<std::string_view> files;    // that it writes
  std::vector<std::string_view> signals;  // indicators of its complexity that fired (complexity.h)
};

// The first that holds:
//   test-write        all its files are tests; or it has none and its name has the word test
//   file-read         it writes nothing but documents, and its name begins with read, review, explore …, or
//                     the indicator file-read fired
//   complex-refactor  the indicator complex-refactoring fired, or its name has the word refactor, rewrite,
//                     restructure or migrate
//   architecture      the indicator architecture fired, or its name begins with design or architect
//   api-impl          its name or a path has the word api, endpoint, route, controller, handler, webhook,
//                     graphql …
//   simple-impl       everything else
std::string_view WorkTypeOf(const WorkText& text);

}  // namespace gsd
