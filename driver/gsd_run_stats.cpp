#include "driver/gsd_run_stats.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <variant>

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

Result<TokenStats> ReadNamed(const fs::path& file) {
  std::error_code error;
  if (!fs::exists(file, error)) return Error{fmt::format("{}: there is no such file", file.string())};
  return StatsStore(file).Read();
}

// The user's own file is no reason to fail: without it there is only less to go by.
TokenStats ReadUser() {
  const fs::path file = UserStatsPath();
  if (file.empty()) return {};
  auto stats = StatsStore(file).Read();
  return stats.ok() ? std::move(*stats) : TokenStats();
}

Result<std::string> Show(const CommandLine& line) {
  const auto file = line.file.empty() ? FindStats() : Named(line.file);
  if (!file.ok()) return Error{file.error()};
  auto stats = line.file.empty() ? StatsStore(*file).Read() : ReadNamed(*file);
  if (!stats.ok()) return Error{stats.error()};
  const TokenStats user = ReadUser();
  return line.json ? StatsJson(*stats, user, file->string()) : StatsText(*stats, user, file->string());
}

Result<std::string> Merge(const CommandLine& line, std::FILE* err) {
  TokenStats merged;
  std::vector<fs::path> files;
  for (const std::string& input : line.inputs) {
    const auto file = Named(input);
    if (!file.ok()) return Error{file.error()};
    std::error_code error;
    for (const fs::path& earlier : files) {
      if (fs::equivalent(earlier, *file, error))
        return Error{fmt::format("{} is given twice; its records would count twice", file->string())};
    }
    const auto stats = ReadNamed(*file);
    if (!stats.ok()) return Error{stats.error()};
    AddStats(merged, *stats);
    files.push_back(*file);
  }
  if (line.output.empty() && !line.to_user) {
    std::string text;
    WriteTokenStats(merged, text);
    return text;
  }
  const auto target = line.to_user ? Result<fs::path>(UserStatsPath()) : Named(line.output);
  if (!target.ok()) return Error{target.error()};
  if (target->empty()) return Error{"--user: neither XDG_DATA_HOME nor HOME is set to an absolute path"};
  std::error_code error;
  if (line.to_user) fs::create_directories(target->parent_path(), error);
  if (error) return Error{fmt::format("cannot make {}: {}", target->parent_path().string(), error.message())};
  StatsStore store(*target);
  if (auto replaced = store.Replace(merged); !replaced.ok()) return Error{replaced.error()};
  if (const std::string note = store.TakeNote(); !note.empty())
    Print(err, fmt::format("gsd-run: warning: {}\n", EscapeControls(note)));
  return fmt::format("{}: {} kinds of task from {} {}\n", EscapeControls(target->string()),
                     merged.entries.size(), files.size(), files.size() == 1 ? "file" : "files");
}

}  // namespace

int GsdRunStatsMain(std::vector<std::string> args, std::FILE* out, std::FILE* err) {
  const auto parsed = Parse(std::move(args));
  if (const auto* end = std::get_if<GsdRunExit>(&parsed)) return End(*end, out, err);
  const auto& line = std::get<CommandLine>(parsed);
  return End(line.merge ? Merge(line, err) : Show(line), out, err);
}

}  // namespace gsd
