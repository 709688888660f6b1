// What must hold of every page that we write, as libxml2's HTML parser sees it.
#pragma once

#include <gtest/gtest.h>
#include <libxml/HTMLparser.h>
#include <libxml/xmlerror.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace gsd::test {

struct PageElement {
  std::string name, text;  // text: of the element and all in it
  std::map<std::string, std::string> attributes;
};

struct ParsedPage {
  std::vector<PageElement> elements;
  std::vector<std::string> complaints;
  size_t Count(const std::string& name) const {
    size_t count = 0;
    for (const PageElement& element : elements) count += element.name == name ? 1 : 0;
    return count;
  }
  // The text of the element with this id; "" when there is none.
  std::string TextOf(const std::string& id) const {
    for (const PageElement& element : elements)
      if (const auto found = element.attributes.find("id");
          found != element.attributes.end() && found->second == id)
        return element.text;
    return {};
  }
};

inline std::string Owned(xmlChar* text) {
  std::string owned = text == nullptr ? "" : reinterpret_cast<const char*>(text);
  xmlFree(text);
  return owned;
}

inline void Complain(void* into, xmlErrorPtr error) {
  // The parser's list of elements is that of HTML 4.
  if (error->code == XML_HTML_UNKNOWN_TAG) return;
  static_cast<std::vector<std::string>*>(into)->push_back(std::to_string(error->line) + ": " +
                                                          error->message);
}

inline ParsedPage ParsePage(const std::string& html) {
  ParsedPage page;
  xmlSetStructuredErrorFunc(&page.complaints, reinterpret_cast<xmlStructuredErrorFunc>(Complain));
  const std::unique_ptr<xmlDoc, decltype(&xmlFreeDoc)> document(
      htmlReadMemory(html.data(), static_cast<int>(html.size()), nullptr, "UTF-8", HTML_PARSE_NONET),
      xmlFreeDoc);
  xmlSetStructuredErrorFunc(nullptr, nullptr);
  std::vector<xmlNode*> open = {xmlDocGetRootElement(document.get())};
  while (!open.empty()) {
    xmlNode* node = open.back();
    open.pop_back();
    if (node == nullptr) continue;
    open.push_back(node->next);
    if (node->type != XML_ELEMENT_NODE) continue;
    open.push_back(node->children);
    PageElement element;
    element.name = reinterpret_cast<const char*>(node->name);
    if (element.name != "html" && element.name != "body" && element.name != "main")
      element.text = Owned(xmlNodeGetContent(node));
    for (const xmlAttr* attribute = node->properties; attribute != nullptr; attribute = attribute->next)
      element.attributes[reinterpret_cast<const char*>(attribute->name)] =
          Owned(xmlNodeListGetString(document.get(), attribute->children, 1));
    page.elements.push_back(std::move(element));
  }
  return page;
}

// Well-formed; nothing from elsewhere; no markup from a text; every link within the page leads somewhere; no
// id twice.
inline ParsedPage ExpectSoundPage(const std::string& html, size_t scripts) {
  ParsedPage page = ParsePage(html);
  EXPECT_TRUE(page.complaints.empty())
      << page.complaints.size() << " complaints, the first: " << page.complaints[0];
  EXPECT_EQ(page.Count("script"), scripts);
  EXPECT_EQ(page.Count("style"), 1U);
  std::set<std::string> ids;
  for (const PageElement& element : page.elements) {
    const auto id = element.attributes.find("id");
    if (id == element.attributes.end()) continue;
    EXPECT_TRUE(ids.insert(id->second).second) << id->second;
  }
  const std::set<std::string> never = {"img",  "iframe", "object", "embed", "link",
                                       "form", "base",   "image",  "use",   "foreignObject"};
  for (const PageElement& element : page.elements) {
    EXPECT_EQ(never.count(element.name), 0U) << element.name;
    for (const auto& [name, value] : element.attributes) {
      EXPECT_FALSE(name.starts_with("on")) << element.name << ' ' << name;
      EXPECT_NE(name, "style") << element.name;
      EXPECT_NE(name, "src") << element.name;
      if (name != "href" && name != "xlink:href") continue;
      const bool here = value.starts_with('#') && ids.contains(value.substr(1));
      EXPECT_TRUE(here || value.starts_with("runs/")) << value;
    }
  }
  // ESC, DEL, C1, and what reorders or hides text.
  for (const std::string_view hidden :
       {"\x1b", "\x07", "\x7f", "\xC2\x9B", "\xE2\x80\xAE", "\xE2\x81\xA6", "\xE2\x80\x8B", "\xEF\xBB\xBF"})
    EXPECT_EQ(html.find(hidden), std::string::npos) << "byte at " << html.find(hidden);
  return page;
}

}  // namespace gsd::test
