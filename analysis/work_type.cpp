#include "analysis/work_type.h"

#include <algorithm>
#include <array>

#include "frontend/support.h"

namespace gsd {

namespace {

using namespace std::string_view_literals;

constexpr std::array kTests = {"test"sv, "tests"sv, "testing"sv, "spec"sv, "specs"sv, "e2e"sv};
constexpr std::array kReading = {"read"sv,     "review"sv, "understand"sv,  "explore"sv,
                                 "research"sv, "survey"sv, "investigate"sv, "analyze"sv,
                                 "analyse"sv,  "audit"sv,  "inspect"sv,     "study"sv};
constexpr std::array kRefactoring = {"refactor"sv,    "refactors"sv,   "refactoring"sv, "rewrite"sv,
                                     "restructure"sv, "reorganize"sv,  "reorganise"sv,  "migrate"sv,
                                     "migration"sv,   "consolidate"sv, "decompose"sv};
constexpr std::array kApi = {"api"sv,         "apis"sv,      "endpoint"sv, "endpoints"sv, "route"sv,
                             "routes"sv,      "router"sv,    "handler"sv,  "handlers"sv,  "controller"sv,
                             "controllers"sv, "graphql"sv,   "grpc"sv,     "rest"sv,      "webhook"sv,
                             "webhooks"sv,    "middleware"sv};
constexpr std::array kDesigning = {"design"sv, "architect"sv};

template <size_t N>
bool Has(const std::array<std::string_view, N>& list, std::string_view word) {
  return std::any_of(list.begin(), list.end(), [&](std::string_view w) {
    return w.size() == word.size() && w[0] == ToLower(word[0]) && EqualsIgnoreCase(w, word);
  });
}

// Runs of letters and digits, from `from` on; "" at the end.
std::string_view NextWord(std::string_view text, size_t& from) {
  const auto in_word = [](char c) { return IsAlpha(c) || IsDigit(c); };
  while (from < text.size() && !in_word(text[from])) ++from;
  const size_t begin = from;
  while (from < text.size() && in_word(text[from])) ++from;
  return text.substr(begin, from - begin);
}

template <size_t N>
bool HasWordOf(const std::array<std::string_view, N>& list, std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    if (Has(list, NextWord(text, at))) return true;
  }
  return false;
}

bool IsDocument(std::string_view path) {
  const std::string lower = ToLower(path);
  return lower.ends_with(".md") || lower.ends_with(".mdx") || lower.ends_with(".txt");
}

// "Task 3: Explore the code" begins with "Explore".
std::string_view FirstWord(std::string_view name) {
  if (const size_t colon = name.find(": "); colon != std::string_view::npos && colon < 16)
    name.remove_prefix(colon);
  size_t at = 0;
  return NextWord(name, at);
}

}  // namespace

std::string_view WorkTypeOf(const WorkText& text) {
  const auto& files = text.files;
  const auto fired = [&](std::string_view signal) {
    return std::find(text.signals.begin(), text.signals.end(), signal) != text.signals.end();
  };
  const bool only_tests =
      std::all_of(files.begin(), files.end(), [](std::string_view path) { return HasWordOf(kTests, path); });
  if (files.empty() ? HasWordOf(kTests, text.name) : only_tests) return "test-write";
  if (std::all_of(files.begin(), files.end(), IsDocument) &&
      (Has(kReading, FirstWord(text.name)) || fired("file-read")))
    return "file-read";
  if (fired("complex-refactoring") || HasWordOf(kRefactoring, text.name)) return "complex-refactor";
  if (fired("architecture") || Has(kDesigning, FirstWord(text.name))) return "architecture";
  const auto is_api = [](std::string_view words) { return HasWordOf(kApi, words); };
  if (is_api(text.name) || std::any_of(files.begin(), files.end(), is_api)) return "api-impl";
  return "simple-impl";
}

}  // namespace gsd
