// From paths on the command line to plans in memory.
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <unordered_map>
#include <unordered_set>

#include "analysis/plan_id.h"
#include "analysis/token_stats_json.h"
#include "driver/gsdc_compile.h"
#include "driver/gsdc_gitignore.h"
#include "driver/user_stats.h"
#include "frontend/files.h"
#include "frontend/parser.h"

namespace gsd {

namespace fs = std::filesystem;

namespace {

bool IsRoot(const fs::path& folder) {
  std::error_code ignored;
  return fs::exists(folder / ".planning", ignored) || fs::exists(folder / ".git", ignored);
}

// The folder that holds the innermost .planning of a path, "" without one. Below it nothing else is a
// project: not when .planning has a .git of its own.
std::string HolderOfPlanning(std::string_view path) {
  constexpr std::string_view kName = "/.planning";
  for (size_t at = path.rfind(kName); at != std::string_view::npos; at = path.rfind(kName, at - 1)) {
    const std::string_view behind = path.substr(at + kName.size());
    if (behind.empty() || behind[0] == '/') return std::string(path.substr(0, std::max<size_t>(at, 1)));
    if (at == 0) break;
  }
  return {};
}

// Finds the nearest folder at or above another that looks like a project; "" when there is none. Looks into
// every folder once.
class RootFinder {
 public:
  const std::string& Find(const fs::path& folder) {
    const auto known = roots_.find(folder.native());
    if (known != roots_.end()) return known->second;
    std::string root = HolderOfPlanning(folder.native());
    if (root.empty() && IsRoot(folder)) root = folder.native();
    if (root.empty() && folder != folder.parent_path()) root = Find(folder.parent_path());
    return roots_[folder.native()] = std::move(root);
  }

 private:
  std::unordered_map<std::string, std::string> roots_;
};

// "packages/app/", where the repository's top folder holds .git; "" without one.
std::string PrefixInRepository(const fs::path& root) {
  std::error_code ignored;
  for (fs::path top = root;; top = top.parent_path()) {
    if (fs::exists(top / ".git", ignored)) {
      const std::string prefix = root.lexically_relative(top).generic_string();
      return prefix == "." ? "" : prefix + "/";
    }
    if (top == top.parent_path()) return {};
  }
}

// Sorts plans into their projects, in the order in which the projects appear.
class ProjectSorter {
 public:
  // `first`: the absolute path, of a file or a folder, that the run begins with. `root` as for FindPlans,
  // absolute.
  ProjectSorter(const fs::path& first, const std::string& root) : given_(root) {
    std::error_code error;
    const fs::path start = fs::is_directory(first, error) ? first : first.parent_path();
    base_ = !root.empty() ? root : finder_.Find(start);
    if (base_.empty()) base_ = start.native();
  }

  const std::string& base() const { return base_; }

  // Relative to the root of its project.
  std::string RootPath(const fs::path& full) {
    const std::string& found = RootOf(full);
    return RelativeTo(full, found.empty() ? base_ : found);
  }

  void Add(const fs::path& full, PlanInput input) {
    const std::string& found = RootOf(full);
    const std::string& root = found.empty() ? base_ : found;
    const auto [place, is_new] = by_root_.try_emplace(root, projects_.size());
    if (is_new) {
      projects_.push_back({root, !found.empty(), PrefixInRepository(root), {}});
    }
    Project& project = projects_[place->second];
    if (!given_.empty() && outside_.empty() && full.lexically_relative(root).native().starts_with(".."))
      outside_ = input.path;
    input.root_path = RelativeTo(full, root);
    project.inputs.push_back(std::move(input));
  }

  std::vector<Project> Take() { return std::move(projects_); }
  // The first plan that is not below the given root; "" when all are.
  const std::string& outside() const { return outside_; }

 private:
  // "" when there is none.
  const std::string& RootOf(const fs::path& full) {
    return !given_.empty() ? given_ : finder_.Find(full.parent_path());
  }

  static std::string RelativeTo(const fs::path& path, const fs::path& root) {
    const std::string relative = path.lexically_relative(root).generic_string();
    return relative.empty() || relative.starts_with("..") ? path.filename().generic_string() : relative;
  }

  std::string given_, base_, outside_;
  RootFinder finder_;
  std::vector<Project> projects_;
  std::unordered_map<std::string, size_t> by_root_;
};

// Collects the plan files below a folder, in natural order of names, skipping what git ignores.
class Walker {
 public:
  Walker(const fs::path& root, const ExcludedPaths& excluded, std::vector<fs::path>& out)
      : root_(root), out_(out) {
    if (!excluded.globs.empty())
      excluded_ = Rules{excluded.folder, GitIgnore(fmt::format("{}", fmt::join(excluded.globs, "\n")))};
  }

  Status Walk(const fs::path& folder) {
    // Rules from the project's root down to here hold too.
    std::vector<fs::path> above;
    for (fs::path at = folder; at != root_ && at != at.parent_path(); at = at.parent_path())
      above.push_back(at.parent_path());
    for (size_t i = above.size(); i-- > 0;) Enter(above[i]);
    stack_.push_back(folder);
    while (!stack_.empty()) {
      const fs::path next = stack_.back();
      stack_.pop_back();
      if (Status status = Visit(next); !status) return status;
    }
    std::sort(out_.begin(), out_.end(),
              [](const fs::path& a, const fs::path& b) { return NaturalLess(a.native(), b.native()); });
    return Ok();
  }

 private:
  struct Rules {
    fs::path folder;
    GitIgnore ignore;
  };

  void Enter(const fs::path& folder) {
    auto text = ReadWholeFile(folder / ".gitignore", size_t{1} << 20);
    if (text) rules_.push_back({folder, GitIgnore(*text)});
  }

  bool Ignored(const fs::path& path, bool is_directory) const {
    if (excluded_) {
      const auto relative = path.lexically_relative(excluded_->folder).generic_string();
      if (excluded_->ignore.Judge(relative, is_directory) == GitIgnore::Verdict::kIgnored) return true;
    }
    for (size_t i = rules_.size(); i-- > 0;) {
      const auto relative = path.lexically_relative(rules_[i].folder).generic_string();
      if (relative.empty() || relative.starts_with("..")) continue;
      const auto verdict = rules_[i].ignore.Judge(relative, is_directory);
      if (verdict != GitIgnore::Verdict::kNone) return verdict == GitIgnore::Verdict::kIgnored;
    }
    return false;
  }

  Status Visit(const fs::path& folder) {
    std::error_code error;
    fs::directory_iterator entries(folder, error);
    if (error) return Error{fmt::format("cannot read {}: {}", folder.string(), error.message())};
    Enter(folder);
    for (const fs::directory_entry& entry : entries) {
      const std::string name = entry.path().filename().string();
      const bool is_directory = entry.is_directory(error) && !entry.is_symlink(error);
      if (is_directory) {
        if (name != ".git" && name != "node_modules" && !Ignored(entry.path(), true))
          stack_.push_back(entry.path());
      } else if (LooksLikePlanFile(name) && entry.is_regular_file(error) && !Ignored(entry.path(), false)) {
        out_.push_back(entry.path());
      }
    }
    return Ok();
  }

  fs::path root_;
  std::vector<fs::path>& out_;
  std::vector<fs::path> stack_;
  std::vector<Rules> rules_;
  std::optional<Rules> excluded_;  // by the configuration; no .gitignore takes it back
};

// Called like a plan, but of another format, or a note. Only a few names leave that open: those are looked
// into.
bool IsForeign(const fs::path& file, std::string_view root_path) {
  if (!MayBeForeign(root_path)) return false;
  auto text = ReadWholeFile(file, kMostPlanBytes);
  if (!text) return false;  // whoever compiles it says why
  const SourceFile source(FileId{0}, file.string(), std::move(*text));
  return ContentOf(ParsePlan(source), root_path) == FileContent::kForeign;
}

// Absolute paths without symbolic links. Every folder is resolved once: a run over a thousand plans would
// otherwise ask the system for each part of each path.
class Resolver {
 public:
  // As far as it exists; what does not is appended as it is.
  fs::path Canonical(const fs::path& path) {
    std::error_code error;
    fs::path full = fs::weakly_canonical(path, error);
    return error ? (here_ / path).lexically_normal() : full;
  }

  // Of a file, its folder is resolved, and not the file itself.
  fs::path Absolute(const fs::path& file) {
    return Folder(file.has_parent_path() ? file.parent_path() : here_) / file.filename();
  }

 private:
  const fs::path& Folder(const fs::path& folder) {
    const auto [known, is_new] = folders_.try_emplace(folder.native());
    if (!is_new) return known->second;
    const std::string name = folder.filename().native();
    std::error_code error;
    const bool plain = !name.empty() && name != "." && name != ".." && folder.has_parent_path() &&
                       folder.parent_path() != folder && fs::is_directory(fs::symlink_status(folder, error));
    fs::path full = plain ? Folder(folder.parent_path()) / name : Canonical(folder);
    return folders_[folder.native()] = std::move(full);
  }

  std::error_code ignored_;
  const fs::path here_ = fs::current_path(ignored_);
  std::unordered_map<std::string, fs::path> folders_;
};

class DiskWorkspace final : public Workspace {
 public:
  explicit DiskWorkspace(std::string root) : root_(std::move(root)) {}

  std::optional<FileInfo> Stat(std::string_view path) const override {
    struct stat info = {};
    if (stat(Full(path).c_str(), &info) != 0) return std::nullopt;
    if (S_ISDIR(info.st_mode)) return FileInfo{true, 0};
    return FileInfo{false, info.st_size};
  }

  std::vector<std::string> List(std::string_view path) const override {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(Full(path), error)) {
      names.push_back(entry.path().filename().string() + (entry.is_directory(error) ? "/" : ""));
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  std::optional<std::string> ReadHead(std::string_view path, size_t limit) const override {
    auto bytes = ReadFileHead(Full(path), limit);
    return bytes ? std::optional(std::move(*bytes)) : std::nullopt;
  }

 private:
  std::string Full(std::string_view path) const {
    return path.empty() ? root_ : root_ + "/" + std::string(path);
  }

  std::string root_;
};

}  // namespace

std::string ReadUserTokenStats() {
  const fs::path file = UserStatsPath();
  if (file.empty()) return {};
  auto json = ReadWholeFile(file, kLargestTokenStats);
  return json ? std::move(*json) : std::string();
}

std::unique_ptr<Workspace> OpenWorkspace(const std::string& root) {
  return std::make_unique<DiskWorkspace>(root);
}

Result<FoundPlans> FindPlans(const std::vector<std::string>& paths, const std::string& root,
                             const ExcludedPaths& excluded, std::string_view stdin_text,
                             std::string_view stdin_name) {
  std::error_code error;
  Resolver resolver;
  if (!root.empty() && !fs::is_directory(root, error))
    return Error{fmt::format("--root={}: not a folder", root)};
  const fs::path first = paths.empty() || paths[0] == "-" ? fs::path(stdin_name) : fs::path(paths[0]);
  ProjectSorter sorter(resolver.Canonical(first), root.empty() ? "" : resolver.Canonical(root).string());

  size_t foreign = 0;
  std::unordered_set<std::string> seen;
  // Standard input stands for its file, which may be among the others: an editor's unsaved text.
  const fs::path stdin_path = resolver.Absolute(fs::path(stdin_name));
  if (std::ranges::find(paths, "-") != paths.end()) seen.insert(stdin_path.string());
  bool stdin_added = false;
  const auto add = [&](const fs::path& shown) {
    const fs::path full = resolver.Absolute(shown);
    if (seen.insert(full.string()).second) sorter.Add(full, {shown.generic_string(), {}, {}, true});
  };
  for (const std::string& path : paths) {
    if (path == "-") {
      if (!stdin_added) sorter.Add(stdin_path, {std::string(stdin_name), {}, std::string(stdin_text)});
      stdin_added = true;
      continue;
    }
    if (!fs::is_directory(path, error)) {
      add(path);
      continue;
    }
    std::vector<fs::path> found;
    const fs::path full = resolver.Canonical(path);
    if (Status status = Walker(sorter.base(), excluded, found).Walk(full); !status)
      return Error{status.error()};
    for (const fs::path& file : found) {
      if (IsForeign(file, sorter.RootPath(file))) {
        ++foreign;
        continue;
      }
      const std::string relative = file.lexically_relative(full).generic_string();
      const fs::path shown = path == "." ? fs::path(relative) : fs::path(path) / relative;
      add(shown);
    }
  }
  if (!sorter.outside().empty())
    return Error{fmt::format("{} is not below --root={}", sorter.outside(), root)};
  return FoundPlans{sorter.Take(), foreign};
}

}  // namespace gsd
