#include "driver/gsd_run_stats.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <optional>
#include <variant>
#include <vector>

#include "driver/gsd_run_exit.h"
#include "driver/terminal.h"
#include "driver/user_stats.h"
#include "executor/stats_json.h"
#include "executor/stats_report.h"
#include "executor/stats_store.h"

namespace gsd {
namespace {

namespace fs = std::filesystem;

struct CommandLine {
  bool merge = false, json = false, to_user = false;
  std::string file;                 // "": the project's
  std::vector<std::string> inputs;  // of merge
  std::string output;               // of merge; "": standard output
};

std::variant<CommandLine, GsdRunExit> Parse(std::vector<std::string> args) {
  CommandLine line;
  CLI::App app("Shows what tasks have needed in earlier runs, by type, complexity and model.",
               "gsd-run stats");
  app.add_option("--file", line.file, "the statistics [.planning/.token-stats.json, from here upwards]")
      ->type_name("FILE");
  app.add_flag("--json", line.json, "as JSON");
  CLI::App* merge = app.add_subcommand(
      "merge",
      "Puts the statistics of several projects together. What the result replaces is gone unless it "
      "is one of the inputs, too.");
  merge->add_option("FILE", line.inputs, "statistics, or the folders of projects that have some")->required();
  auto* output = merge->add_option("-o", line.output, "write there [standard output]")->type_name("FILE");
  merge
      ->add_flag("--user", line.to_user,
                 "write to the user-level file, which is what gsdc falls back on in every project")
      ->excludes(output);
  if (auto end = ParseArguments(app, std::move(args), "gsd-run stats")) return *end;
  line.merge = merge->parsed();
  return line;
}

Result<fs::path> FindStats() {
  std::error_code error;
  for (fs::path folder = fs::current_path(error); !error; folder = folder.parent_path()) {
    const auto file = ProjectStatsPath(folder, false);
    if (file.ok() && fs::exists(file->parent_path(), error)) return file;
    if (folder == folder.root_path()) break;
  }
  return Error{
      "no project here: neither this folder nor one above it has a .planning; --file names the statistics"};
}

// What the user names: a file, or the folder of a project.
Result<fs::path> Named(const std::string& name) {
  std::error_code error;
  if (fs::is_directory(name, error)) return ProjectStatsPath(name, false);
  if (fs::path(name).extension() != ".json")
    return Error{fmt::format("{}: statistics are in a .json file", name)};
  return fs::path(name);
}

// … to read it.
Result<fs::path> NamedInput(const std::string& name) {
  std::error_code error;
  if (fs::path(name).extension() != ".json" && !fs::exists(name, error))
    return Error{fmt::format("{}: there is no such file or folder", name)};
  return Named(name);
}

// As the disk knows it: links in its folders resolved, not the file's own, which a store does not follow.
fs::path Resolved(const fs::path& file) {
  std::error_code error;
  const fs::path folder =
      fs::weakly_canonical(file.has_parent_path() ? file.parent_path() : fs::path("."), error);
  return error ? file : folder / file.filename();
}

// A project's statistics and the user's own are written by many at once, and have a log beside them. A file
// of any other name is nothing but itself.
bool IsStore(const fs::path& file) {
  const fs::path resolved = Resolved(file), of_project(kTokenStatsPath);
  const bool project = resolved.filename() == of_project.filename() &&
                       resolved.parent_path().filename() == of_project.parent_path();
  return project || resolved == Resolved(UserStatsPath());
}

Result<TokenStats> ReadNamed(const fs::path& file) {
  const StatsStore store(file);
  std::error_code error;
  const bool is_store = IsStore(file);
  if (is_store ? !store.Exists() : !fs::exists(file, error))
    return Error{fmt::format("{}: there is no such file", file.string())};
  return is_store ? store.Read() : ReadStatsFile(file);
}

// The user's own file is no reason to fail: without it there is only less to go by.
TokenStats ReadUser() {
  const fs::path file = UserStatsPath();
  if (file.empty()) return {};
  auto stats = StatsStore(file).Read();
  return stats.ok() ? std::move(*stats) : TokenStats();
}

Result<std::string> Show(const CommandLine& line) {
  const auto file = line.file.empty() ? FindStats() : NamedInput(line.file);
  if (!file.ok()) return Error{file.error()};
  auto stats = line.file.empty() ? StatsStore(*file).Read() : ReadNamed(*file);
  if (!stats.ok()) return Error{stats.error()};
  const TokenStats user = ReadUser();
  return line.json ? StatsJson(*stats, user, file->string()) : StatsText(*stats, user, file->string());
}

struct Input {
  fs::path file;
  std::optional<TokenStats> stats;  // nothing: it is what the result replaces, and read under its lock
};

bool AreSame(const fs::path& a, const fs::path& b) {
  std::error_code error;
  return Resolved(a) == Resolved(b) || fs::equivalent(a, b, error);
}

// Before anything is locked, so that two merges into each other's inputs do not wait for one another.
Result<std::vector<Input>> ReadInputs(const CommandLine& line, const fs::path& target) {
  std::vector<Input> inputs;
  for (const std::string& name : line.inputs) {
    const auto file = NamedInput(name);
    if (!file.ok()) return Error{file.error()};
    for (const Input& earlier : inputs) {
      if (AreSame(earlier.file, *file))
        return Error{fmt::format("{} is given twice; its records would count twice", file->string())};
    }
    auto stats = ReadNamed(*file);
    if (!stats.ok()) return Error{stats.error()};
    Input& input = inputs.emplace_back(Input{*file, {}});
    if (target.empty() || !AreSame(*file, target)) input.stats = std::move(*stats);
  }
  return inputs;
}

// "": standard output. Through a link, what it names is replaced, and not the link, unless that is a store's.
Result<fs::path> TargetOf(const CommandLine& line) {
  if (line.to_user) {
    const fs::path file = UserStatsPath();
    if (file.empty()) return Error{"--user: neither XDG_DATA_HOME nor HOME is set to an absolute path"};
    std::error_code error;
    fs::create_directories(file.parent_path(), error);
    if (error) return Error{fmt::format("cannot make {}: {}", file.parent_path().string(), error.message())};
    return file;
  }
  if (line.output.empty()) return fs::path();
  const auto named = Named(line.output);
  if (!named.ok() || IsStore(*named)) return named;
  std::error_code error;
  const fs::path followed = fs::weakly_canonical(*named, error);
  return error ? named : followed;
}

Result<std::string> Merge(const CommandLine& line, std::FILE* err) {
  const auto target = TargetOf(line);
  if (!target.ok()) return Error{target.error()};
  const auto inputs = ReadInputs(line, *target);
  if (!inputs.ok()) return Error{inputs.error()};
  size_t kinds = 0;
  const auto merge = [&](const Result<TokenStats>& content) -> Result<TokenStats> {
    TokenStats merged;
    for (const Input& input : *inputs) {
      if (!input.stats && !content.ok()) return Error{content.error()};
      AddStats(merged, input.stats ? *input.stats : *content);
    }
    kinds = merged.entries.size();
    return merged;
  };
  if (target->empty()) {
    std::string text;
    WriteTokenStats(*merge(TokenStats()), text);
    return text;
  }
  StatsStore store(*target);
  const Status replaced = IsStore(*target) ? store.Replace(merge) : ReplaceStatsFile(*target, merge);
  if (!replaced.ok()) return Error{replaced.error()};
  if (const std::string note = store.TakeNote(); !note.empty())
    Print(err, fmt::format("gsd-run: warning: {}\n", EscapeControls(note)));
  return fmt::format("{}: {} kinds of task from {} {}\n",
                     EscapeControls(line.to_user ? target->string() : line.output), kinds, inputs->size(),
                     inputs->size() == 1 ? "file" : "files");
}

}  // namespace

int GsdRunStatsMain(std::vector<std::string> args, std::FILE* out, std::FILE* err) {
  const auto parsed = Parse(std::move(args));
  if (const auto* end = std::get_if<GsdRunExit>(&parsed)) return End(*end, out, err);
  const auto& line = std::get<CommandLine>(parsed);
  return End(line.merge ? Merge(line, err) : Show(line), out, err);
}

}  // namespace gsd
