#include "driver/gsd_run_report.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <variant>

#include "driver/gsd_run_commands.h"
#include "driver/gsd_run_execute.h"
#include "driver/gsd_run_exit.h"
#include "driver/terminal.h"
#include "executor/run_options.h"
#include "executor/run_page.h"
#include "frontend/files.h"

namespace gsd {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostEventBytes = size_t{16} << 20;
constexpr size_t kMostRuns = 500;  // on the index: each costs a look into its manifest
constexpr size_t kColumns = 100;   // of what is no terminal

struct CommandLine {
  std::string root, run;  // "": the project that we stand in, its newest run
  std::string output;     // "": in .gsd; "-": standard output
  bool text = false, index = false;
};

std::variant<CommandLine, GsdRunExit> Parse(std::vector<std::string> args) {
  CommandLine line;
  CLI::App app(
      "Writes a page that shows a run: its attempts over time, spending, tokens, estimates, failures.",
      "gsd-run report");
  auto* run = app.add_option("RUN", line.run, "the run [the newest]");
  app.add_option("--root", line.root, "the project [from here upwards the folder with .gsd/journal.db]")
      ->type_name("DIR");
  auto* output =
      app.add_option("-o", line.output,
                     "write there, - for standard output [.gsd/runs/RUN/report.html, or .gsd/report.html]")
          ->type_name("FILE");
  auto* text = app.add_flag("--text", line.text, "print the run as text, with a Gantt chart of characters")
                   ->excludes(output);
  app.add_flag("--index", line.index, "a page of all runs, with trends")->excludes(run)->excludes(text);
  if (auto end = ParseArguments(app, std::move(args), "gsd-run report")) return *end;
  return line;
}

// As the C library would decide, which is not asked: nothing else here depends on the locale.
bool IsUtf8Locale() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    const std::string locale = ToLower(value);
    return locale.find("utf-8") != locale.npos || locale.find("utf8") != locale.npos;
  }
  return false;
}

// The folder of a run, below the root and nowhere else.
Result<fs::path> RunFolderOf(const fs::path& root, const std::string& run) {
  if (!IsRunId(run)) return Error{fmt::format("\"{}\" is no run's name", run)};
  const fs::path folder = root / ".gsd" / "runs" / run;
  std::error_code error;
  const fs::path real = fs::canonical(folder, error);
  if (error) return Error{fmt::format("cannot open {}: {}", folder.string(), error.message())};
  if (real != folder) return Error{fmt::format("{} is a link to another place", folder.string())};
  return folder;
}

Ceilings CeilingsOfRun(const ProjectStatus& status) {
  if (!status.manifest) return {};
  std::vector<std::string> args = ReadRunCommandLine(status.runs[status.chosen].options).arguments;
  args.insert(args.end(), {"--dry-run", "manifest.json"});
  const auto parsed = ParseGsdRunOptions(std::move(args));
  const auto* options = std::get_if<GsdRunOptions>(&parsed);
  return CeilingsOf(options != nullptr ? *options : GsdRunOptions(), *status.manifest);
}

Result<RunToReport> ReadRun(const CommandLine& line, const fs::path& root, std::FILE* err) {
  auto status = ReadProjectStatus(root, line.run, err);
  if (!status.ok()) return Error{status.error()};
  RunToReport run;
  run.status = std::move(*status);
  run.ceilings = CeilingsOfRun(run.status);
  const auto folder = RunFolderOf(root, run.status.runs[run.status.chosen].id);
  if (!folder.ok()) return run;  // its rows are there all the same
  if (const auto events = ReadFileHead(*folder / "events.jsonl", kMostEventBytes); events.ok())
    run.moments = ReadMoments(*events);
  return run;
}

Result<std::string> Index(const CommandLine& line, const fs::path& root, std::FILE* err) {
  auto newest = ReadProjectStatus(root, "", err);
  if (!newest.ok()) return Error{newest.error()};
  std::vector<RunTrend> trends;
  for (const RunRow& row : newest->runs) {
    if (trends.size() == kMostRuns) break;
    const auto status = ReadProjectStatus(root, row.id, err);
    if (!status.ok()) continue;  // removed meanwhile
    trends.push_back(TrendOf(*status));
    const auto folder = RunFolderOf(root, row.id);
    std::error_code error;
    // Links only from where the page stands by default.
    if (line.output.empty() && folder.ok() && fs::exists(*folder / "report.html", error))
      trends.back().page = fmt::format("runs/{}/report.html", row.id);
  }
  return RunIndexPage(trends);
}

// Writes the page, and returns what is to be printed.
Result<std::string> Deliver(const std::string& page, const std::string& output,
                            const Result<fs::path>& by_default) {
  if (output == "-") return page;
  if (output.empty() && !by_default.ok()) return Error{by_default.error()};
  const fs::path target = output.empty() ? *by_default : fs::path(output);
  if (auto written = WriteFileAtomically(target, page); !written.ok()) return Error{written.error()};
  return EscapeControls(target.string()) + '\n';
}

Result<std::string> Report(const CommandLine& line, std::FILE* out, std::FILE* err) {
  const auto root = FindJournalRoot(line.root);
  if (!root.ok()) return Error{root.error()};
  if (line.index) {
    const auto page = Index(line, *root, err);
    if (!page.ok()) return Error{page.error()};
    return Deliver(*page, line.output, *root / ".gsd" / "report.html");
  }
  const auto run = ReadRun(line, *root, err);
  if (!run.ok()) return Error{run.error()};
  if (line.text) {
    const int columns = TerminalColumns(out);
    return RunText(*run, {columns > 0 ? static_cast<size_t>(columns) : kColumns, IsUtf8Locale(),
                          UseColor(ColorMode::kAuto, out)});
  }
  auto file = RunFolderOf(*root, run->status.runs[run->status.chosen].id);
  if (file.ok()) file = *file / "report.html";
  return Deliver(RunPage(*run), line.output, file);
}

}  // namespace

int GsdRunReportMain(std::vector<std::string> args, std::FILE* out, std::FILE* err) {
  const auto parsed = Parse(std::move(args));
  if (const auto* end = std::get_if<GsdRunExit>(&parsed)) return End(*end, out, err);
  return End(Report(std::get<CommandLine>(parsed), out, err), out, err);
}

}  // namespace gsd
