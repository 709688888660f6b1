#include "backends/commit_message.h"

#include <algorithm>
#include <array>

#include "backends/graph_view.h"

namespace gsd {
namespace {

constexpr std::array<std::string_view, 10> kTypes = {"feat", "fix",   "docs",  "refactor", "test",
                                                     "perf", "style", "chore", "ci",       "build"};

// The first word of a name, and the commit type that it says.
struct Verb {
  std::string_view word, type;
};
constexpr std::array kVerbs = std::to_array<Verb>({
    {"fix", "fix"},
    {"fixes", "fix"},
    {"bugfix", "fix"},
    {"hotfix", "fix"},
    {"repair", "fix"},
    {"resolve", "fix"},
    {"correct", "fix"},
    {"document", "docs"},
    {"docs", "docs"},
    {"refactor", "refactor"},
    {"rename", "refactor"},
    {"extract", "refactor"},
    {"restructure", "refactor"},
    {"reorganize", "refactor"},
    {"simplify", "refactor"},
    {"deduplicate", "refactor"},
    {"optimize", "perf"},
    {"optimise", "perf"},
    {"bump", "chore"},
    {"upgrade", "chore"},
    {"install", "chore"},
    {"chore", "chore"},
    {"format", "style"},
});

bool Has(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

bool IsTestPath(std::string_view path) {
  const std::string lower = ToLower(path);
  const std::string_view file = std::string_view(lower).substr(lower.rfind('/') + 1);
  const auto in_folder = [&](std::string_view folder) {
    return lower.starts_with(folder) || Has(lower, "/" + std::string(folder));
  };
  return in_folder("test/") || in_folder("tests/") || in_folder("__tests__/") || in_folder("spec/") ||
         in_folder("e2e/") || Has(file, ".test.") || Has(file, ".spec.") || Has(file, "_test.") ||
         Has(file, "_spec.") || file.starts_with("test_") || file == "conftest.py";
}
// Not every .md is documentation: prompts and skills are Markdown, too.
bool IsDocumentPath(std::string_view path) {
  const std::string lower = ToLower(path);
  const std::string_view file = std::string_view(lower).substr(lower.rfind('/') + 1);
  return lower.starts_with("docs/") || lower.starts_with("doc/") || lower.starts_with(".planning/") ||
         file.starts_with("readme") || file.starts_with("changelog") || file.ends_with(".rst") ||
         (file.ends_with(".md") && file == lower);
}
bool IsCiPath(std::string_view path) {
  return path.starts_with(".github/workflows/") || path.starts_with(".circleci/") || path == ".gitlab-ci.yml";
}

bool All(const std::vector<PathEntry>& files, bool (*is)(std::string_view)) {
  return !files.empty() &&
         std::all_of(files.begin(), files.end(), [&](const PathEntry& f) { return is(f.path); });
}

// On one line, without a full stop at the end. Control characters would end up in somebody's terminal.
std::string SubjectOf(std::string_view name) {
  std::string subject;
  for (const std::string& line : WrapName(name, SIZE_MAX, 1)) subject += line;
  while (subject.ends_with('.')) subject.pop_back();
  return std::string(Trim(subject));
}

}  // namespace

ManifestCommit CommitOf(const Task& task, std::string_view plan_type, std::string_view scope) {
  std::string_view name = NameWithoutNumber(task.name.value);
  ManifestCommit commit{"feat", std::string(scope), {}};
  size_t letters = 0;
  while (letters < name.size() && IsAlpha(name[letters])) ++letters;
  const std::string first = ToLower(name.substr(0, letters));

  // A name that is a commit message already: "fix(auth): reject expired tokens".
  size_t after = letters;
  if (name.substr(after).starts_with('(')) after = std::min(name.size(), name.find(')', after)) + 1;
  const bool conventional = after < name.size() && name[after] == ':' &&
                            std::find(kTypes.begin(), kTypes.end(), first) != kTypes.end();
  if (conventional) {
    commit.type = first;
    name = Trim(name.substr(after + 1));
  } else if (All(task.files, IsTestPath)) {
    commit.type = "test";
  } else if (const auto verb =
                 std::find_if(kVerbs.begin(), kVerbs.end(), [&](const Verb& v) { return v.word == first; });
             verb != kVerbs.end()) {
    commit.type = verb->type;
  } else if (All(task.files, IsDocumentPath)) {
    commit.type = "docs";
  } else if (All(task.files, IsCiPath)) {
    commit.type = "ci";
  } else if (task.files.empty() &&
             (task.type == TaskType::kTdd || plan_type == "tdd" || first == "test" || first == "tests")) {
    commit.type = "test";
  }
  commit.subject = SubjectOf(name);
  if (commit.subject.empty()) commit.subject = "task " + std::to_string(task.number);
  return commit;
}

}  // namespace gsd
