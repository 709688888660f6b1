#include "driver/gsdc_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <sstream>

#include "backends/backend.h"
#include "backends/diagnostic_formats.h"
#include "driver/gsdc_config.h"

namespace gsd {

namespace {

const CLI::Validator kAboveZero(
    [](const std::string& text) {
      const auto value = ParseDouble(text);
      const bool good = value && std::isfinite(*value) && *value > 0;
      return good ? std::string() : fmt::format("{} is not a number above 0", text);
    },
    "POSITIVE");

// "annotated" or "annotated=FILE".
Result<EmitRequest> ReadEmit(const std::string& text) {
  const size_t equals = text.find('=');
  EmitRequest request{text.substr(0, equals), equals == std::string::npos ? "" : text.substr(equals + 1)};
  if (request.file == "-") request.file.clear();  // standard output, as everywhere
  if (request.kind == "cost" && request.file.ends_with(".json")) request.kind = "cost-json";
  std::vector<std::string_view> names;
  for (const Backend& backend : AllBackends()) names.push_back(backend.name);
  if (std::find(names.begin(), names.end(), request.kind) != names.end()) return request;
  const std::string_view close = ClosestMatch(request.kind, names);
  return Error{fmt::format("--emit={}: no such kind{}; there are {}", request.kind,
                           close.empty() ? "" : fmt::format(" (did you mean {}?)", close),
                           fmt::join(names, ", "))};
}

// The kind that a file name asks for by its extension.
Result<EmitRequest> ReadOutput(const std::string& file) {
  // ".ast.json" before ".json".
  const Backend* best = nullptr;
  for (const Backend& backend : AllBackends()) {
    const bool longer = best == nullptr || backend.extension.size() > best->extension.size();
    if (file.ends_with(backend.extension) && longer) best = &backend;
  }
  if (best != nullptr) return EmitRequest{std::string(best->name), file};
  return Error{fmt::format(
      "-o {}: cannot tell the kind of output from the extension; say it with --emit=KIND=FILE", file)};
}

// -W RULE, -W no-RULE, -W error=RULE, -Werror.
Result<RuleSelection::Setting> ReadWarning(std::string text) {
  RuleSelection::Setting setting;
  if (text.starts_with("error=")) {
    setting.severity = Severity::kError;
    text = text.substr(6);
  } else if (text.starts_with("no-") && FindRule(text) == nullptr) {
    setting.on = false;
    text = text.substr(3);
  }
  setting.rule = text;
  if (Status status = CheckRuleName(text); !status)
    return Error{fmt::format("-W {}: {}", text, status.error())};
  return setting;
}

std::string EmitHelp() {
  std::string help = "Write an output: KIND or KIND=FILE; to standard output without FILE. Kinds:";
  for (const Backend& backend : AllBackends())
    help += fmt::format("\n  {:<10} {}", backend.name, backend.summary);
  return help;
}

std::vector<std::string> FormatNames() {
  std::vector<std::string> names;
  for (const DiagnosticFormat& format : AllDiagnosticFormats()) names.emplace_back(format.name);
  return names;
}

std::string FormatHelp() {
  std::string help = "Form of the diagnostics; all but text go to standard output. Forms:";
  for (const DiagnosticFormat& format : AllDiagnosticFormats())
    help += fmt::format("\n  {:<10} {}", format.name, format.summary);
  return help;
}

}  // namespace

ParsedOptions ParseGsdcOptions(const std::vector<std::string>& args) {
  ParsedOptions parsed;
  GsdcOptions options;
  std::vector<std::string> emits, warnings;
  std::string output, color = "auto";
  int64_t budget_tokens = 0, window = 0;
  double budget_usd = 0;

  CLI::App app{
      "gsdc compiles agent plans: it checks them, annotates them, draws them, and makes the manifest that "
      "gsd-run executes.",
      "gsdc"};
  app.set_version_flag("--version", std::string("gsdc ") + GSD_VERSION);
  app.footer(
      "Exit code: 0 no error, 1 at least one error in a plan, 2 wrong usage or a file that cannot be read or "
      "written.\n"
      "Example: gsdc .planning/phases/08-features -o manifest.json\n"
      "`gsdc init` writes a configuration and a pre-commit hook.");
  app.add_option("PATH", options.paths,
                 "A plan, a folder (walked for plans, honouring .gitignore), or - for standard input");
  app.add_option("-o,--output", output, "Write the output to FILE; the kind follows from its extension")
      ->type_name("FILE");
  app.add_option("--emit", emits, EmitHelp())->type_name("KIND[=FILE]")->take_all()->allow_extra_args(false);
  app.add_flag("--in-place", options.in_place, "Annotate the given files themselves");
  app.add_flag("--refresh", options.refresh,
               "When annotating, replace models and complexities that are already written");
  app.add_flag("--force", options.force, "Write a manifest in spite of errors");
  app.add_option("--format", options.format, FormatHelp())
      ->type_name("FORM")
      ->check(CLI::IsMember(FormatNames()));
  app.add_option("--report", options.report,
                 "Write the --format diagnostics to FILE, and text to the terminal")
      ->type_name("FILE");
  app.add_flag("--fix", options.fix, "Apply the safe fixes to the files");
  app.add_flag("--unsafe-fixes", options.unsafe_fixes,
               "Apply all fixes, also those that may change what the plan means");
  app.add_flag("--diff", options.diff, "Print what --fix would change, and change nothing");
  app.add_option("-W", warnings, "RULE, no-RULE, error=RULE; -Werror makes errors of all warnings")
      ->type_name("RULE")
      ->take_all()
      ->allow_extra_args(false);
  app.add_option("--rule-set", options.rule_set,
                 fmt::format("The rules to begin with: {} (over the configuration)", kRuleSets))
      ->type_name("NAME");
  app.add_option(
         "--config", options.config,
         "Read this configuration instead of the nearest .gsdc.yaml above the first path; none for none")
      ->type_name("FILE");
  app.add_flag("--print-config", options.print_config,
               "Print the configuration that holds, and do nothing else");
  auto* tokens =
      app.add_option("--budget-tokens", budget_tokens, "Token budget of the manifest (default 200000)")
          ->check(kAboveZero);
  auto* usd =
      app.add_option("--budget-usd", budget_usd, "Budget of the manifest in US dollars")->check(kAboveZero);
  auto* window_option =
      app.add_option("--window", window, "Context window of the models, in tokens")->check(kAboveZero);
  std::string objective;
  auto* optimize =
      app.add_option("--optimize", objective,
                     "Choose models for the least cost, time or risk (quality), within the budget; "
                     "else by complexity. Models that plans name stay, but with --refresh")
          ->check(CLI::IsMember({"cost", "time", "quality"}));
  double deadline = 0, min_success = 0;
  auto* deadline_option =
      app.add_option("--deadline", deadline, "With --optimize: minutes that the schedule may take")
          ->check(kAboveZero);
  auto* success_option =
      app.add_option("--min-success", min_success,
                     "With --optimize: every task's first attempt succeeds at least so often, 0 to 1")
          ->check(CLI::Range(0.0, 1.0));
  app.add_option("--max-parallel", options.max_parallel,
                 "Tasks that run at once, for the estimates (default 5)")
      ->check(CLI::Range(1, 1000));
  app.add_option(
         "--root", options.root,
         "Project root of all plans, where @ references and <files> are looked up; else each plan's nearest "
         "folder with .planning or .git")
      ->type_name("DIR");
  app.add_option("--explain", options.explain, "Explain a rule")->type_name("RULE");
  app.add_flag("--list-rules", options.list_rules, "List all rules");
  app.add_flag("--explain-routing", options.explain_routing, "Say for every task why it gets its model");
  app.add_flag("--explain-deps", options.explain_deps, "Say for every dependency where it comes from");
  app.add_flag("--explain-waves", options.explain_waves,
               "Say for every phase which plans may run at the same time, and why not the others");
  app.add_option("--stdin-filename", options.stdin_filename, "The path that standard input stands for")
      ->type_name("PATH");
  app.add_option("-j,--jobs", options.jobs, "Threads to read and parse with (default: one per processor)")
      ->check(CLI::Range(1, 256));
  app.add_option("--baseline", options.baseline,
                 "Findings that this file knows are marked, not shown; those that are gone are reported")
      ->type_name("FILE");
  app.add_flag("--write-baseline", options.write_baseline,
               "Write what is found now into the baseline (default: .gsdc-baseline.json)");
  app.add_flag("!--no-cache", options.cache, "Check everything anew, and keep nothing");
  app.add_option("--cache-dir", options.cache_folder,
                 "Where findings of unchanged projects are kept (default: the user's cache folder)")
      ->type_name("DIR");
  app.add_option("--color", color, "auto, always, never")->check(CLI::IsMember({"auto", "always", "never"}));
  app.add_flag("-q,--quiet", options.quiet, "One line per finding, no excerpts");
  app.add_flag("--timings", options.timings, "Print how long each step took");

  std::vector<std::string> reversed(args.rbegin(), args.rend());
  try {
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out, err;
    parsed.exit_code = app.exit(error, out, err) == 0 ? 0 : 2;
    parsed.out = out.str();
    parsed.err = err.str();
    return parsed;
  }

  const auto fail = [&](const std::string& message) {
    parsed.exit_code = 2;
    parsed.err = fmt::format("gsdc: {}\n", message);
    return parsed;
  };
  for (const std::string& text : emits) {
    auto request = ReadEmit(text);
    if (!request) return fail(request.error());
    options.emits.push_back(*request);
  }
  if (options.report == "-") options.report.clear();
  if (output == "-") {
    if (emits.size() != 1) return fail("-o -: say with --emit=KIND what goes to standard output");
  } else if (!output.empty()) {
    if (emits.size() == 1 && options.emits[0].file.empty()) {
      options.emits[0].file = output;  // --emit=dot -o graph.txt
    } else {
      auto request = ReadOutput(output);
      if (!request) return fail(request.error());
      options.emits.push_back(*request);
    }
  }
  for (const std::string& text : warnings) {
    if (text == "error") {
      options.rules.warnings_are_errors = true;
      continue;
    }
    auto setting = ReadWarning(text);
    if (!setting) return fail(setting.error());
    options.rules.overriding_settings.push_back(*setting);
  }
  options.color = color == "always"  ? ColorMode::kAlways
                  : color == "never" ? ColorMode::kNever
                                     : ColorMode::kAuto;
  if (*tokens) {
    options.analysis.budget_tokens = budget_tokens;
    options.analysis.budget_given = true;
  }
  if (*usd) options.analysis.budget_usd = budget_usd;
  if (*window_option) options.analysis.window = window;
  RoutingGoals& goals = options.analysis.goals;
  if (*optimize) goals.objective = ObjectiveFromName(objective);
  if (*deadline_option) goals.deadline_minutes = deadline;
  if (*success_option) {
    if (!(min_success >= 0)) return fail("--min-success: not a number");
    goals.min_success = min_success;
  }
  if (!options.rule_set.empty() && !RuleSetSettings(options.rule_set))
    return fail(fmt::format("--rule-set={}: there are {}", options.rule_set, kRuleSets));
  const bool only_information = options.list_rules || !options.explain.empty() || options.print_config;
  if (options.paths.empty() && !only_information) return fail("no plan given; try gsdc --help");
  const auto to_stdout =
      std::count_if(options.emits.begin(), options.emits.end(), [](const auto& e) { return e.file.empty(); });
  const bool report_to_stdout = options.format != "text" && options.report.empty();
  if (to_stdout + (report_to_stdout ? 1 : 0) > 1 && !only_information) {
    return fail(
        "several outputs would go to standard output; give all but one a file (--emit=KIND=FILE, "
        "--report=FILE)");
  }
  if (!options.report.empty() && options.format == "text")
    return fail("--report needs a --format other than text");
  if (options.diff && (to_stdout > 0 || report_to_stdout)) {
    return fail("--diff prints a patch to standard output; give other outputs a file");
  }
  if (std::count(options.paths.begin(), options.paths.end(), "-") > 1)
    return fail("standard input (-) can be given once");
  options.arguments = args;
  parsed.options = std::move(options);
  return parsed;
}

}  // namespace gsd
