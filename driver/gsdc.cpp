// gsdc from end to end. Read it from Main down: options → load → parse, analyse, run the rules → diagnostics
// → outputs.
#include "driver/gsdc.h"

#include <fmt/format.h>
#include <algorithm>
#include <filesystem>

#include "analysis/token_stats_json.h"
#include "backends/backend.h"
#include "backends/diagnostic_formats.h"
#include "backends/findings.h"
#include "backends/graph_view.h"
#include "backends/manifest_paths.h"
#include "backends/wave_report.h"
#include "driver/gsdc_baseline.h"
#include "driver/gsdc_cache.h"
#include "driver/gsdc_compile.h"
#include "driver/gsdc_config.h"
#include "driver/gsdc_fix.h"
#include "driver/gsdc_init.h"
#include "driver/gsdc_options.h"
#include "driver/gsdc_projects.h"
#include "driver/gsdc_rule_docs.h"
#include "driver/terminal.h"
#include "frontend/files.h"

namespace gsd {

namespace {

constexpr int kExitOk = 0, kExitFindings = 1, kExitFailure = 2;

int Fail(std::FILE* err, std::string_view message) {
  Print(err, fmt::format("gsdc: {}\n", EscapeControls(message)));
  return kExitFailure;
}

Result<std::string> ReadStream(std::FILE* in) {
  std::string bytes;
  char buffer[65536];
  size_t count;
  while ((count = std::fread(buffer, 1, sizeof buffer, in)) > 0) {
    bytes.append(buffer, count);
    if (bytes.size() > kMostPlanBytes) return Error{"standard input is too large for a plan"};
  }
  if (std::ferror(in) != 0) return Error{"cannot read standard input"};
  return bytes;
}

// A device or a pipe is written to as it is; everything else is a file that is replaced as a whole.
bool IsDevice(const std::string& file) {
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  return !error && std::filesystem::exists(status) && !std::filesystem::is_regular_file(status) &&
         !std::filesystem::is_directory(status);
}

Status WriteToDevice(const std::string& file, std::string_view bytes) {
  std::FILE* stream = std::fopen(file.c_str(), "wb");
  if (stream == nullptr) return Error{fmt::format("cannot write {}", file)};
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), stream) == bytes.size();
  const bool closed = std::fclose(stream) == 0;
  return written && closed ? Ok() : Status(Error{fmt::format("cannot write {}", file)});
}

// Through a symbolic link, the file that it names is replaced, not the link.
Result<std::filesystem::path> FileToReplace(const std::string& file) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error))
    return Error{fmt::format("cannot write {}: it is a folder", file)};
  auto target = std::filesystem::weakly_canonical(file, error);
  return error ? std::filesystem::path(file) : std::move(target);
}

Status WriteOutput(const std::string& file, std::string_view bytes) {
  if (IsDevice(file)) return WriteToDevice(file, bytes);
  const auto target = FileToReplace(file);
  return target ? WriteFileAtomically(*target, bytes) : Status(Error{target.error()});
}

Status WriteOutput(const std::string& file, const Backend& backend, const CompileResult& result) {
  if (backend.stream != nullptr && !IsDevice(file)) {
    const auto target = FileToReplace(file);
    if (!target) return Error{target.error()};
    AtomicFile output(*target);
    backend.stream(result, [&](std::string piece) { output.Append(std::move(piece)); });
    return output.Commit(AtomicFile::Durability::kReproducible);
  }
  std::string bytes;
  if (Status status = backend.emit(result, bytes); !status) return status;
  return WriteOutput(file, bytes);
}

// The project root as seen from where the manifest goes.
std::string RootSeenFrom(const std::string& manifest_file, const std::string& root) {
  std::error_code error;
  const auto here = std::filesystem::current_path(error);
  const auto folder = manifest_file.empty()
                          ? here
                          : std::filesystem::weakly_canonical(here / manifest_file, error).parent_path();
  const std::string relative = std::filesystem::path(root).lexically_relative(folder).generic_string();
  return relative.empty() ? root : relative;
}

constexpr size_t kMostConfigBytes = size_t{1} << 20, kMostBaselineBytes = size_t{1} << 28;

// The folder, absolute, that a path is or stands in.
std::string FolderToStartFrom(const std::string& path) {
  std::error_code error;
  const auto full = std::filesystem::weakly_canonical(std::filesystem::absolute(path, error), error);
  return (std::filesystem::is_directory(full, error) ? full : full.parent_path()).string();
}

// Where a rule's section of docs/rules.md is published; empty when this build was not told.
std::string RuleUri(std::string_view rule) {
  constexpr std::string_view kDocs = GSD_DOCS_URL;
  return kDocs.empty() ? std::string() : fmt::format("{}/rules.md#{}", kDocs, rule);
}

std::vector<RuleSummary> SummariesOfRules() {
  std::vector<RuleSummary> summaries;
  for (const Rule* rule : AllRules()) {
    const RuleInfo& info = rule->info;
    summaries.push_back({info.name, info.category, info.summary, info.rationale, info.severity,
                         info.on_by_default, RuleUri(info.name)});
  }
  return summaries;
}

class Session {
 public:
  Session(GsdcOptions options, std::FILE* in, std::FILE* out, std::FILE* err)
      : options_(std::move(options)), in_(in), out_(out), err_(err) {}

  int Run() {
    if (!options_.explain.empty()) return Explain();
    if (options_.list_rules) return ListRules();
    if (Status status = LoadConfig(); !status) return Fail(err_, status.error());
    if (options_.print_config) {
      Print(out_, ConfigToYaml(config_, options_.rules));
      return kExitOk;
    }
    if (Status status = Load(); !status) return Fail(err_, status.error());
    if (options_.fix || options_.unsafe_fixes || options_.diff) {
      if (Status status = Fix(); !status) return Fail(err_, status.error());
    }
    auto compiled = CompileProjects(jobs_, options_.jobs, CacheFolder(), timings_);
    if (!compiled) return Fail(err_, compiled.error());
    compilations_ = std::move(*compiled);
    watch_.Restart();
    Findings findings = GatherFindings(jobs_, compilations_);
    if (Status status = UseBaseline(findings); !status) return Fail(err_, status.error());
    // From here on nothing changes but what is written.
    if (Status status = WriteDiagnostics(findings); !status) return Fail(err_, status.error());
    watch_.Step("write the diagnostics");
    for (size_t i = 0; i < jobs_.size(); ++i) {
      const PlanSet& plans = compilations_[i].plans;
      if (Explains() && jobs_.size() > 1)
        Print(out_, EscapeControls(fmt::format("{}:\n", jobs_[i].project.root)));
      if (options_.explain_deps) Print(out_, ExplainDependencies(plans));
      if (options_.explain_waves) Print(out_, EscapeControls(ExplainWaves(plans)));
      if (options_.explain_routing) Print(out_, ExplainRouting(plans));
    }
    const bool errors = HasErrors(findings);
    if (Status status = Annotate(compilations_); !status) return Fail(err_, status.error());
    if (!options_.emits.empty()) {
      if (Status status = WriteOutputs(compilations_[0].plans, findings, errors); !status)
        return Fail(err_, status.error());
    }
    watch_.Step("write the outputs");
    if (options_.timings) Print(err_, timings_.Text());
    return errors ? kExitFindings : kExitOk;
  }

 private:
  // Marks what the baseline knows, or writes it anew.
  Status UseBaseline(Findings& findings) {
    std::string file = options_.baseline;
    if (file.empty() && !config_.baseline.empty()) file = config_.folder + "/" + config_.baseline;
    if (file.empty() && options_.write_baseline) file = ".gsdc-baseline.json";
    if (file.empty()) return Ok();
    std::vector<BaselineEntry> known;
    std::error_code error;
    if (!options_.write_baseline || std::filesystem::exists(file, error)) {
      auto text = ReadWholeFile(file, kMostBaselineBytes);
      if (!text) return Error{text.error()};
      auto entries = ReadBaseline(file, *text);
      if (!entries) return Error{entries.error()};
      known = std::move(*entries);
    }
    if (options_.write_baseline) {
      known = RenewBaseline(known, FolderToStartFrom(file), findings);
      if (Status status = WriteOutput(file, WriteBaseline(known)); !status) return status;
      Print(err_, fmt::format("{}: {} finding{}\n", file, known.size(), known.size() == 1 ? "" : "s"));
    }
    const std::vector<BaselineEntry> stale = ApplyBaseline(known, FolderToStartFrom(file), findings);
    for (const BaselineEntry& entry : stale)
      Print(err_, EscapeControls(fmt::format("{}: {} no longer has: {} [{}]\n", file, entry.path,
                                             entry.message, entry.rule)));
    if (!stale.empty()) {
      Print(err_, fmt::format("{}: {} stale; --write-baseline drops {}\n", file,
                              stale.size() == 1 ? "1 entry is" : fmt::format("{} entries are", stale.size()),
                              stale.size() == 1 ? "it" : "them"));
    }
    return Ok();
  }

  // Only findings are kept: whoever wants more needs the facts. One plan is quicker to check than to look up.
  std::string CacheFolder() const {
    const bool worthwhile =
        options_.cache && options_.emits.empty() && !options_.in_place && !Explains() && CountPlans() > 1;
    if (!worthwhile) return {};
    return options_.cache_folder.empty() ? LintCache::DefaultFolder() : options_.cache_folder;
  }
  size_t CountPlans() const {
    size_t count = 0;
    for (const CompileJob& job : jobs_) count += job.project.inputs.size();
    return count;
  }

  int Explain() {
    const Rule* rule = FindRule(options_.explain);
    if (rule == nullptr)
      return Fail(err_, fmt::format("--explain={}: no such rule; --list-rules lists them", options_.explain));
    Print(out_, RuleToMarkdown(rule->info, RuleExample(rule->info.name)));
    return kExitOk;
  }

  int ListRules() {
    Print(out_, options_.format == "json" ? RulesToJson(AllRules()) : RulesToText(AllRules()));
    return kExitOk;
  }

  // The configuration, and over it what the command line says.
  Status LoadConfig() {
    std::string path = options_.config;
    if (path.empty()) {
      const bool stdin_first = options_.paths.empty() || options_.paths[0] == "-";
      path = FindConfig(FolderToStartFrom(stdin_first ? options_.stdin_filename : options_.paths[0]));
    }
    if (!path.empty() && path != "none") {
      auto text = ReadWholeFile(path, kMostConfigBytes);
      if (!text) return Error{text.error()};
      auto config = ParseConfig(path, std::move(*text));
      if (!config) return Error{config.error()};
      config_ = std::move(*config);
      config_.folder = FolderToStartFrom(path);
    }
    if (!options_.rule_set.empty()) config_.rule_set = options_.rule_set;
    options_.rules.settings = *RuleSetSettings(config_.rule_set);
    options_.rules.settings.insert(options_.rules.settings.end(), config_.rules.begin(), config_.rules.end());
    AnalysisOptions& analysis = options_.analysis;
    if (!analysis.budget_given && config_.budget_tokens) {
      analysis.budget_tokens = *config_.budget_tokens;
      analysis.budget_given = true;
    }
    if (!analysis.budget_usd) analysis.budget_usd = config_.budget_usd;
    if (!analysis.window) analysis.window = config_.window;
    analysis.profile = config_.profile;
    if (config_.prices) analysis.prices = *config_.prices;
    if (Status status = SetGoals(); !status) return status;
    if (!options_.max_parallel) options_.max_parallel = config_.max_parallel;
    if (options_.max_parallel) analysis.max_parallel = *options_.max_parallel;
    analysis.user_token_stats = ReadUserTokenStats();
    return Ok();
  }

  // What the command line says of routing goes over what the configuration says.
  Status SetGoals() {
    RoutingGoals& goals = options_.analysis.goals;
    if (!goals.objective) goals.objective = config_.goals.objective;
    if (!goals.deadline_minutes) goals.deadline_minutes = config_.goals.deadline_minutes;
    if (!goals.min_success) goals.min_success = config_.goals.min_success;
    goals.over_declared = options_.refresh && goals.objective;
    if ((goals.deadline_minutes || goals.min_success) && !goals.objective)
      return Error{
          "--deadline and --min-success need --optimize=cost, time or quality (in .gsdc.yaml: "
          "routing.optimize)"};
    return Ok();
  }

  // A project with the options and the configuration; overrides are settings of single files, by FileId: the
  // place of a plan among the inputs.
  CompileJob JobOf(Project project) const {
    CompileJob job{std::move(project), options_.analysis, options_.rules, nullptr};
    job.workspace = OpenWorkspace(job.project.root);
    job.analysis.check_references = job.project.in_project;
    if (config_.overrides.empty()) return job;
    for (const PlanInput& input : job.project.inputs) {
      const std::filesystem::path full = job.project.root + "/" + input.root_path;
      job.rules.settings_of_file.push_back(
          SettingsFor(config_, full.lexically_relative(config_.folder).generic_string()));
    }
    return job;
  }

  Status Load() {
    std::string stdin_text;
    for (const std::string& path : options_.paths) {
      if (path != "-") continue;
      auto text = ReadStream(in_);
      if (!text) return Error{text.error()};
      stdin_text = std::move(*text);
    }
    auto found = FindPlans(options_.paths, options_.root, {config_.folder, config_.exclude}, stdin_text,
                           options_.stdin_filename);
    if (!found) return Error{found.error()};
    if (found->projects.empty()) {
      // A folder without plans is no mistake: a hook must not stop the commit that begins a project.
      const std::string nothing = fmt::format(
          "no plan found in {}{}", fmt::join(options_.paths, ", "),
          found->foreign == 0 ? "" : fmt::format("; {} with such a name hold none", found->foreign));
      if (!options_.emits.empty()) return Error{nothing};
      Print(err_, EscapeControls(fmt::format("gsdc: {}\n", nothing)));
    }
    for (Project& project : found->projects) jobs_.push_back(JobOf(std::move(project)));
    for (const CompileJob& job : jobs_) WarnOfDamage(*job.workspace, job.project.root);
    watch_.Step("find the plans");
    return CheckOutputs();
  }

  // Statistics that cannot be read change every estimate without a word. Nobody's plan is wrong because of
  // them, so this is no finding.
  void WarnOfDamage(const Workspace& workspace, const std::string& root) {
    const auto json = workspace.ReadHead(kTokenStatsPath, kLargestTokenStats);
    const std::string mistake = json ? ParseTokenStats(*json).mistake : "";
    if (mistake.empty()) return;
    Print(err_, EscapeControls(
                    fmt::format("gsdc: warning: {}/{} is damaged ({}): only what can be read of it is used\n",
                                root, kTokenStatsPath, mistake)));
  }

  // An output must not destroy a plan, nor another output. Annotating a plan onto itself is what --in-place
  // does.
  Status CheckOutputs() const {
    if (!options_.emits.empty() && jobs_.size() > 1) {
      return Error{fmt::format(
          "the plans belong to {} projects, {} and {}{}; an output is of one: name its plans, or "
          "give a --root that they share",
          jobs_.size(), jobs_[0].project.root, jobs_[1].project.root, jobs_.size() > 2 ? " …" : "")};
    }
    std::error_code error;
    const auto same_file = [&](const std::string& a, const std::string& b) {
      return std::filesystem::weakly_canonical(a, error) == std::filesystem::weakly_canonical(b, error);
    };
    std::vector<std::string> files;
    const auto check = [&](const std::string& file, bool may_be_input) -> Status {
      if (file.empty() ||
          (std::filesystem::exists(file, error) && !std::filesystem::is_regular_file(file, error)))
        return Ok();
      for (const std::string& other : files) {
        if (same_file(file, other)) return Error{fmt::format("two outputs would go to {}", file)};
      }
      for (const CompileJob& job : jobs_) {
        for (const PlanInput& input : job.project.inputs) {
          if (!may_be_input && same_file(file, input.path))
            return Error{fmt::format("the output would overwrite the plan {}", file)};
        }
      }
      files.push_back(file);
      return Ok();
    };
    for (const EmitRequest& request : options_.emits) {
      if (Status status = check(request.file, request.kind == "annotated"); !status) return status;
    }
    return check(options_.report, false);
  }

  Status Fix() {
    size_t applied = 0;
    for (CompileJob& job : jobs_) {
      std::vector<PlanInput>& inputs = job.project.inputs;
      if (Status status = ReadTexts(inputs, options_.jobs); !status) return status;
      FixedPlans fixed = FixPlans(inputs, options_.unsafe_fixes, job.analysis, job.rules, *job.workspace);
      applied += fixed.applied;
      for (size_t i = 0; i < inputs.size(); ++i) {
        if (fixed.texts[i] == inputs[i].text) continue;
        if (options_.diff) {
          Print(out_, UnifiedDiff(inputs[i].path, inputs[i].text, fixed.texts[i]));
          continue;
        }
        if (IsStdin(inputs[i].path)) {
          Print(out_, fixed.texts[i]);
        } else if (Status status = WriteOutput(inputs[i].path, fixed.texts[i]); !status) {
          return status;
        }
        inputs[i].text = std::move(fixed.texts[i]);
      }
    }
    if (!options_.diff) Print(err_, fmt::format("fixed {} finding{}\n", applied, applied == 1 ? "" : "s"));
    watch_.Step("fix");
    return Ok();
  }

  bool Explains() const {
    return options_.explain_deps || options_.explain_waves || options_.explain_routing;
  }

  bool IsStdin(const std::string& path) const {
    return path == options_.stdin_filename &&
           std::find(options_.paths.begin(), options_.paths.end(), "-") != options_.paths.end();
  }

  static bool HasErrors(const Findings& findings) {
    return CountDiagnostics(findings.diagnostics).errors > 0;
  }

  Status WriteDiagnostics(const Findings& findings) {
    const std::vector<RuleSummary> rules = SummariesOfRules();
    const DiagnosticReport report{
        .files = findings.files,
        .diagnostics = findings.diagnostics,
        .rules = rules,
        .version = GSD_VERSION,
        .arguments = options_.arguments,
        .exit_code = HasErrors(findings) ? kExitFindings : kExitOk,
        .text = {UseColor(options_.color, err_), options_.quiet, TerminalColumns(err_)},
    };
    const auto write = [&](std::string_view format, const Drain& drain) {
      FindDiagnosticFormat(format)->write(report, drain);
    };
    const bool machine = options_.format != "text";
    if (!machine || !options_.report.empty())
      write("text", [&](const std::string& piece) { Print(err_, piece); });
    if (!machine) return Ok();
    if (options_.report.empty()) {
      write(options_.format, [&](const std::string& piece) { Print(out_, piece); });
      return Ok();
    }
    std::string bytes;
    write(options_.format, [&](const std::string& piece) { bytes += piece; });
    return WriteOutput(options_.report, bytes);
  }

  // --in-place.
  Status Annotate(const std::vector<Compilation>& compilations) const {
    if (!options_.in_place) return Ok();
    Status refused = Ok();
    for (const Compilation& compilation : compilations) {
      for (uint32_t p = 0; p < compilation.plans.units.size(); ++p) {
        const SourceFile& source = *compilation.plans.units[p].source;
        if (IsStdin(source.path())) return Error{"--in-place cannot write to standard input"};
        const auto text = AnnotatePlan(compilation.plans, PlanIndex{p}, options_.refresh);
        if (!text) {
          refused = Error{text.error()};  // the others are written all the same
          continue;
        }
        if (*text == source.text()) continue;
        if (Status status = WriteOutput(source.path(), *text); !status) return status;
      }
    }
    return refused;
  }

  // Of the only project: CheckOutputs has seen to it.
  Status WriteOutputs(const PlanSet& plans, const Findings& findings, bool errors) {
    CompileResult result{
        plans, std::string("gsdc ") + GSD_VERSION, {}, options_.refresh, &findings.diagnostics};
    for (const EmitRequest& request : options_.emits) {
      if (request.kind == "manifest" && errors && !options_.force) {
        Print(err_,
              "gsdc: no manifest is written because of the errors above (--force writes it all the same)\n");
        continue;
      }
      if (request.kind == "manifest") {
        if (Status status = CheckPlanPaths(plans); !status) return status;
      }
      result.manifest_root = RootSeenFrom(request.file, jobs_[0].project.root);
      const auto all = AllBackends();
      const Backend& backend =
          *std::find_if(all.begin(), all.end(), [&](const Backend& b) { return b.name == request.kind; });
      if (!request.file.empty()) {
        if (Status status = WriteOutput(request.file, backend, result); !status) return status;
        continue;
      }
      std::string bytes;
      if (Status status = backend.emit(result, bytes); !status) return status;
      Print(out_, bytes);
    }
    return Ok();
  }

  // One line per dependency: who waits for whom, where that comes from, and where to look; and one per wait
  // that was dropped.
  static std::string ExplainDependencies(const PlanSet& plans) {
    std::string out;
    for (uint32_t p = 0; p < plans.units.size(); ++p) {
      const PlanUnit& unit = plans.units[p];
      auto dropped = unit.graph.dropped.begin();
      for (uint32_t t = 0; t < unit.plan.tasks.size(); ++t) {
        const int number = unit.plan.tasks[TaskId{t}].number;
        const auto into = unit.graph.Into(TaskId{t});
        if (into.empty()) out += fmt::format("{}:{} waits for nothing\n", unit.id.id, number);
        for (const TaskEdge& edge : into) {
          const Position at = unit.source->PositionOf(edge.span.begin);
          const std::string kind = edge.source == EdgeSource::kDeclared
                                       ? std::string("declared")
                                       : fmt::format("inferred, {}", EvidenceName(edge.evidence));
          out += fmt::format("{0}:{1} waits for {0}:{2}  ({3}: {4}; {5}:{6}:{7})\n", unit.id.id, number,
                             unit.plan.tasks[edge.from].number, kind, DescribeReason(edge, unit.plan),
                             unit.source->path(), at.line, at.column);
        }
        for (; dropped != unit.graph.dropped.end() && dropped->task.value == t; ++dropped) {
          const Position at = unit.source->PositionOf(dropped->span.begin);
          std::string others = fmt::format("{}:{}", unit.id.id, unit.plan.tasks[dropped->first].number);
          if (dropped->first != dropped->last)
            others += fmt::format(" to {}:{}", unit.id.id, unit.plan.tasks[dropped->last].number);
          out += fmt::format("{}:{} does not wait for {}, because {}  ({}; {}:{}:{})\n", unit.id.id, number,
                             others, DescribeReason(*dropped), IndependenceName(dropped->independence),
                             unit.source->path(), at.line, at.column);
        }
      }
    }
    for (const PlanEdge& edge : plans.graph.edges) {
      out += fmt::format("plan {} waits for plan {}  (depends_on: {})\n", plans.units[edge.to.value].id.id,
                         plans.units[edge.from.value].id.id, edge.ref.value);
    }
    const EdgeOrigins origins(plans);
    for (const UnionEdge& edge : plans.union_edges) {
      out += fmt::format("{} waits for {}  ({}: {})\n", plans.TaskName(edge.to), plans.TaskName(edge.from),
                         EdgeSourceName(edge.source), origins.Find(edge.from, edge.to).reason);
    }
    return EscapeControls(out);
  }

  static std::string ExplainRouting(const PlanSet& plans) {
    std::string out;
    for (uint32_t i = 0; i < plans.tasks.size(); ++i) {
      const TaskRef ref = plans.tasks[i];
      const TaskFacts& facts = plans.units[ref.plan.value].tasks[ref.task];
      out += fmt::format("{} → {}: {}\n", plans.TaskName(i),
                         facts.checkpoint ? "you" : InfoOf(facts.routed.model).name, DescribeRoute(facts));
      if (facts.checkpoint) continue;
      out += fmt::format("    {}\n", DescribeEstimate(facts));
      if (facts.complexity.signals.empty()) continue;
      out += fmt::format("    {} to begin with", facts.complexity.start);
      for (const ComplexitySignal& signal : facts.complexity.signals) {
        out += fmt::format(", {:+} {}", signal.weight, signal.name);
        for (size_t w = 0; w < signal.words.size(); ++w)
          out += fmt::format("{}\"{}\"", w == 0 ? " (" : ", ", signal.words[w].value);
        if (!signal.words.empty()) out += ")";
      }
      out += fmt::format(" = {}", facts.complexity.total());
      if (facts.complexity.total() != facts.complexity.computed)
        out += fmt::format(", which counts as {}", facts.complexity.computed);
      out += "\n";
    }
    return EscapeControls(out);
  }

  GsdcOptions options_;
  Config config_;
  std::FILE *in_, *out_, *err_;
  std::vector<CompileJob> jobs_;
  std::vector<Compilation> compilations_;
  Timings timings_;
  Stopwatch watch_{timings_};
};

}  // namespace

int GsdcMain(const std::vector<std::string>& args, std::FILE* in, std::FILE* out, std::FILE* err) {
  if (!args.empty() && args[0] == "init")
    return InitMain(std::vector<std::string>(args.begin() + 1, args.end()), out, err);
  ParsedOptions parsed = ParseGsdcOptions(args);
  Print(out, parsed.out);
  Print(err, EscapeControls(parsed.err));
  int code = parsed.exit_code;
  if (parsed.options) {
    // Never deleted: the process ends sooner than all the small pieces of memory are given back one by one.
    static Session* session = nullptr;  // static, so that leak checkers can reach it
    session = new Session(std::move(*parsed.options), in, out, err);
    code = session->Run();
  }
  return FlushOutput(out) ? code : Fail(err, "cannot write to standard output");
}

}  // namespace gsd
