// The wrapper of libxml2: the only file that includes it.
#include "frontend/xml.h"

#include <libxml/HTMLparser.h>
#include <libxml/entities.h>
#include <libxml/parserInternals.h>

#include "frontend/support.h"

namespace gsd {

namespace {

void AppendUtf8(std::string& out, uint32_t code) {
  xmlChar buffer[8];
  const int length = xmlCopyCharMultiByte(buffer, static_cast<int>(code));
  out.append(reinterpret_cast<const char*>(buffer), static_cast<size_t>(length));
}

// The character that the entity without its & and ; stands for, or nothing.
bool DecodeOne(std::string_view name, std::string& out) {
  if (name.starts_with('#')) {
    const bool hex = name.size() > 1 && (name[1] == 'x' || name[1] == 'X');
    uint32_t code = 0;
    const std::string_view digits = name.substr(hex ? 2 : 1);
    if (digits.empty() || digits.size() > 7) return false;
    for (const char c : digits) {
      const char lower = ToLower(c);
      uint32_t digit;
      if (IsDigit(c)) {
        digit = static_cast<uint32_t>(c - '0');
      } else if (hex && lower >= 'a' && lower <= 'f') {
        digit = static_cast<uint32_t>(lower - 'a') + 10;
      } else {
        return false;
      }
      code = code * (hex ? 16 : 10) + digit;
    }
    if (!IS_CHAR(code)) return false;
    AppendUtf8(out, code);
    return true;
  }
  const std::string terminated(name);
  const auto* key = reinterpret_cast<const xmlChar*>(terminated.c_str());
  if (const xmlEntity* predefined = xmlGetPredefinedEntity(key)) {
    out += reinterpret_cast<const char*>(predefined->content);
    return true;
  }
  if (const htmlEntityDesc* html = htmlEntityLookup(key)) {
    AppendUtf8(out, html->value);
    return true;
  }
  return false;
}

}  // namespace

std::string DecodeEntities(std::string_view value) {
  constexpr size_t kLongestName = 12;
  std::string out;
  out.reserve(value.size());
  for (size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '&') {
      const size_t end = value.substr(0, i + 1 + kLongestName).find(';', i + 1);
      if (end != std::string_view::npos && DecodeOne(value.substr(i + 1, end - i - 1), out)) {
        i = end;
        continue;
      }
    }
    out += value[i];
  }
  return out;
}

}  // namespace gsd
