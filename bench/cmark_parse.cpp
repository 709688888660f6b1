// The yardstick: cmark-gfm with its extensions parses the files that are named, one after the other, and
// nothing else.
//     cmark_parse FILE…        or, with the names one a line on standard input:  cmark_parse -
#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm-extension_api.h>
#include <cmark-gfm.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  std::vector<std::string> files(argv + 1, argv + argc);
  if (files.size() == 1 && files[0] == "-") {
    files.clear();
    for (std::string line; std::getline(std::cin, line);) files.push_back(line);
  }
  cmark_gfm_core_extensions_ensure_registered();
  size_t bytes = 0;
  for (const std::string& file : files) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    const std::string content = std::move(text).str();
    bytes += content.size();
    cmark_parser* parser = cmark_parser_new(CMARK_OPT_DEFAULT);
    for (const char* name : {"table", "strikethrough", "autolink", "tagfilter", "tasklist"}) {
      cmark_parser_attach_syntax_extension(parser, cmark_find_syntax_extension(name));
    }
    cmark_parser_feed(parser, content.data(), content.size());
    cmark_node* document = cmark_parser_finish(parser);
    cmark_node_free(document);
    cmark_parser_free(parser);
  }
  std::printf("%zu files, %zu bytes\n", files.size(), bytes);
}
