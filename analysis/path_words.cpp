#include "analysis/path_words.h"

namespace gsd {

std::string_view StripPunctuation(std::string_view word) {
  while (!word.empty() && (word.back() == '.' || word.back() == '-')) word.remove_suffix(1);
  while (!word.empty() && word.back() == ')' && word.find('(') == std::string_view::npos)
    word.remove_suffix(1);
  while (!word.empty() && word.front() == '(' && word.find(')') == std::string_view::npos)
    word.remove_prefix(1);
  if (word.size() > 1 && word.front() == '(' && word.back() == ')') word = word.substr(1, word.size() - 2);
  while (!word.empty() && (word.back() == '.' || word.back() == ']')) {
    if (word.back() == ']' && word.find('[') != std::string_view::npos) break;
    word.remove_suffix(1);
  }
  if (word.starts_with('@')) word.remove_prefix(1);
  if (word.starts_with("./")) word.remove_prefix(2);
  return word;
}

}  // namespace gsd
