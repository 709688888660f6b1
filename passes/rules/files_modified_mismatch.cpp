#include <algorithm>
#include <array>
#include <set>

#include "passes/plan_text.h"
#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

// One entry of either list, comparable.
struct File {
  const PathEntry* entry;
  std::string path;
};

// What stands before the first wildcard.
std::string_view LiteralPart(std::string_view pattern) {
  return pattern.substr(0, pattern.find_first_of("*{"));
}

std::optional<File> Read(const PathEntry& entry) {
  if (entry.kind == PathKind::kProse || entry.kind == PathKind::kHome) return std::nullopt;
  if (entry.kind == PathKind::kGlob) return File{&entry, NormalizePath(LiteralPart(entry.path))};
  std::string path = NormalizePath(entry.path);
  // A word in another language, with neither slash nor dot, is prose.
  const bool ascii = std::ranges::all_of(path, [](char c) { return static_cast<signed char>(c) > 0; });
  if (path.empty() || (!ascii && path.find_first_of("/.") == std::string::npos)) return std::nullopt;
  return File{&entry, std::move(path)};
}

// "app/src/a.ts" and "src/a.ts" are one file to a plan that says both.
bool EndsWithPath(std::string_view path, std::string_view end) {
  return path.ends_with(end) && (path.size() == end.size() || path[path.size() - end.size() - 1] == '/');
}

bool Covers(const File& list, const File& file) {
  if (list.entry->kind == PathKind::kGlob) return file.path.starts_with(list.path);
  return EndsWithPath(list.path, file.path) || EndsWithPath(file.path, list.path) ||
         file.path.starts_with(list.path + "/");  // a folder, with or without its slash
}

// Either one stands for the other.
bool Contains(const std::vector<File>& files, const File& wanted) {
  return std::ranges::any_of(files,
                             [&](const File& file) { return Covers(file, wanted) || Covers(wanted, file); });
}

// Written by whatever installs packages, on the way.
bool IsLockFile(std::string_view path) {
  static constexpr std::array<std::string_view, 9> kNames = {
      "package-lock.json", "pnpm-lock.yaml", "yarn.lock",   "bun.lockb", "Cargo.lock", "go.sum",
      "uv.lock",           "poetry.lock",    "Gemfile.lock"};
  return std::ranges::find(kNames, FileNameOf(path)) != kNames.end();
}

// Needs no quotes in YAML, in a list of either style.
bool IsPlainScalar(std::string_view text) {
  return !text.empty() && (IsWordChar(text[0]) || text[0] == '.') &&
         text.find_first_of("./") != std::string_view::npos && std::ranges::any_of(text, IsAlpha) &&
         std::ranges::all_of(text, [](char c) { return IsWordChar(c) || c == '.' || c == '/' || c == '-'; });
}

class PlanCheck {
 public:
  explicit PlanCheck(const PlanUnit& unit) : unit_(unit) {
    for (const PathEntry& entry : unit.plan.header.files_modified) {
      if (auto file = Read(entry)) listed_.push_back(std::move(*file));
    }
    for (const Task& task : unit.plan.tasks) {
      if (IsCheckpoint(task)) continue;
      all_named_ = all_named_ && !task.files.empty();
      for (const PathEntry& entry : task.files) {
        if (auto file = Read(entry)) {
          written_.push_back(std::move(*file));
        } else {
          all_named_ = false;
        }
      }
    }
  }

  void Run(Reporter& report) const {
    // Every file is held against every other one; a plan of thousands of files is no plan that anybody wrote.
    constexpr size_t kMostComparisons = 4'000'000;
    if (listed_.size() * written_.size() > kMostComparisons) return;
    const std::vector<const File*> missing = Missing();
    const std::vector<const File*> extra = Extra();
    if (!missing.empty()) {
      auto finding = report.At(missing.front()->entry->span,
                               "plan {} writes {}, which its files_modified does not list{}", PlanName(unit_),
                               Names(missing), AndLists(extra));
      const std::string_view advice =
          missing.size() == 1 ? "add it to files_modified" : "add them to files_modified";
      if (auto edit = ListThem(missing)) {
        finding.SafeFix(std::string(advice), {std::move(*edit)});
      } else {
        finding.Help("{}", advice);
      }
    } else if (!extra.empty()) {
      report
          .At(extra.front()->entry->span, "plan {} lists {} in files_modified, but none of its tasks {}",
              PlanName(unit_), Names(extra), extra.size() == 1 ? "writes it" : "writes them")
          .Help("add {} to the `<files>` of the task that does, or take {} off the list",
                extra.size() == 1 ? "it" : "them", extra.size() == 1 ? "it" : "them");
    }
  }

 private:
  std::vector<const File*> Missing() const {
    std::vector<const File*> missing = Lacking(written_, listed_);
    // A placeholder that keeps a folder in git is nobody's work.
    std::erase_if(missing, [](const File* file) {
      return file->entry->kind != PathKind::kFile || FileNameOf(file->path) == ".gitkeep";
    });
    return missing;
  }

  // Only when the tasks say all their files; and what a task names anywhere, it may well write.
  std::vector<const File*> Extra() const {
    if (!all_named_ || written_.empty()) return {};
    std::vector<const File*> extra = Lacking(listed_, written_);
    constexpr size_t kMostSearchedBytes = 100'000'000;  // the text is searched for each of them
    if (extra.size() * unit_.source->text().size() > kMostSearchedBytes) return {};
    std::erase_if(extra, [&](const File* file) {
      return file->entry->kind != PathKind::kFile || IsLockFile(file->path) || IsNamedInTasks(file->path);
    });
    return extra;
  }

  static std::vector<const File*> Lacking(const std::vector<File>& files, const std::vector<File>& in) {
    std::vector<const File*> lacking;
    std::set<std::string_view> seen;
    for (const File& file : files) {
      // Documents of the planning itself are written by whoever runs the plan.
      if (file.path.starts_with(".planning/") || Contains(in, file)) continue;
      if (seen.insert(file.path).second) lacking.push_back(&file);
    }
    return lacking;
  }

  bool IsNamedInTasks(std::string_view path) const {
    return std::ranges::any_of(unit_.plan.tasks, [&](const Task& task) {
      return unit_.source->Slice(task.body).find(FileNameOf(path)) != std::string_view::npos;
    });
  }

  // One more line, or one more item between the brackets, in the style of the last one.
  std::optional<Edit> ListThem(const std::vector<const File*>& files) const {
    const YamlDocument& yaml = unit_.plan.header.yaml;
    const YamlNode* list = yaml.Find(yaml.root(), "files_modified");
    if (list == nullptr || list->kind != YamlKind::kSequence) return std::nullopt;
    if (!std::ranges::all_of(files, [](const File* file) { return IsPlainScalar(file->path); }))
      return std::nullopt;
    const SourceFile& source = *unit_.source;
    const std::vector<const YamlNode*> items = yaml.Children(*list);
    if (!items.empty() && items.back()->kind != YamlKind::kScalar) return std::nullopt;
    std::string text;
    if (list->style == YamlStyle::kFlow) {
      for (const File* file : files) text += (text.empty() && items.empty() ? "" : ", ") + file->path;
      const uint32_t at = items.empty() ? list->span.begin + 1 : items.back()->span.end;
      return Edit{source.SpanFrom(at, at), text};
    }
    if (items.empty()) return std::nullopt;
    const Span last = items.back()->span;
    const std::string_view line = source.Line(source.PositionOf(last.begin).line);
    const size_t dash = line.find("- ");
    if (dash == std::string_view::npos || line.find_first_not_of(" ") != dash) return std::nullopt;
    for (const File* file : files)
      text += std::string(unit_.plan.eol) + std::string(line.substr(0, dash + 2)) + file->path;
    const size_t end = std::min(source.text().find_first_of("\r\n", last.end), source.text().size());
    return Edit{source.SpanFrom(end, end), text};
  }

  static std::string Names(const std::vector<const File*>& files) {
    std::vector<std::string> names;
    for (const File* file : files) names.push_back(Quoted(file->entry->path));
    return ListOf(names);
  }

  static std::string AndLists(const std::vector<const File*>& extra) {
    if (extra.empty()) return {};
    return fmt::format("; it lists {}, which no task writes", Names(extra));
  }

  const PlanUnit& unit_;
  std::vector<File> listed_, written_;
  bool all_named_ = true;  // every task names its files, and nothing but files
};

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (!unit.open() || !unit.plan.header.has_files_modified) continue;
    PlanCheck(unit).Run(report);
  }
}

}  // namespace

extern constinit const Rule files_modified_mismatch = {
    {.name = "files-modified-mismatch",
     .category = "plan-graph",
     .severity = Severity::kWarning,
     .fixable = Fixable::kSafe,
     .summary = "A plan's files_modified is not what its tasks write.",
     .rationale =
         "Whoever runs plans side by side looks at files_modified to see which of them would write the same "
         "file; a file that only a task names is not seen, and the work of one plan is lost. Entries are "
         "compared after `./` and the like are resolved; a folder or a pattern stands for what is in it, "
         "and `app/src/a.ts` for `src/a.ts`. What files_modified lists beyond that is only reported when "
         "every task says its files and none of them names the file at all. Documents under `.planning/`, "
         "lock files that are only listed, and plans that have been executed are left out."},
    Check};

}  // namespace gsd::rules
