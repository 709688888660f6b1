// What libxml2 does for us: it decodes entities in short values. Plans are never read as XML documents, since
// most of them are not well-formed and recovery would edit their text (see
// docs/decisions/0002-tolerant-scanner.md).
#pragma once

#include <string>
#include <string_view>

namespace gsd {

// `&amp;`, `&lt;`, `&#44;` … replaced; anything that is no predefined or numeric entity stays as it is. No
// entity is ever expanded from a declaration, so there is no entity bomb and no external entity.
std::string DecodeEntities(std::string_view value);

}  // namespace gsd
