// gemini (recorded: 0.61.0). Called for one JSON object, which says more of the tokens than the stream; what
// went wrong is a JSON object, too, but at the end of the standard error. Streams are understood as well.
#include <fmt/format.h>

#include <csignal>

#include "executor/agents/reading.h"

namespace gsd {

Invocation BuildGemini(const AgentRun& run) {
  Invocation call;
  call.argv = {run.program.empty() ? "gemini" : run.program, "--skip-trust", "--output-format", "json"};
  // --skip-trust: exit code 55 otherwise (untrusted-directory).
  std::string model = run.agent_model;
  if (model.empty()) {
    model = run.model == "haiku"    ? "gemini-2.5-flash-lite"
            : run.model == "sonnet" ? "gemini-2.5-flash"
            : run.model == "opus"   ? "gemini-2.5-pro"
                                    : run.model;
  }
  if (!model.empty()) call.argv.insert(call.argv.end(), {"-m", model});
  // By default neither files nor commands are offered to the model; auto_edit has no commands (tool-default,
  // tool-auto-edit, tool-yolo). It has no confinement of its own to choose.
  call.argv.insert(call.argv.end(), {"--approval-mode", "yolo"});
  if (!run.session.empty()) call.argv.insert(call.argv.end(), {"--resume", run.session});
  call.argv.insert(call.argv.end(), run.more_arguments.begin(), run.more_arguments.end());
  // A 429 is retried for more than a minute by default and can only be bounded in a settings file (e429,
  // e429-max-attempts-1). The system's settings are the layer that needs no file in the user's home or in the
  // work tree and leaves the user's other settings alone.
  const std::filesystem::path settings = run.folder / "gemini-settings.json";
  call.files.push_back(
      {settings,
       fmt::format(
           "{{\"general\":{{\"maxAttempts\":{}}},\"privacy\":{{\"usageStatisticsEnabled\":false}}{}}}\n",
           (run.api_retries > 0 ? run.api_retries : 0) + 1,
           run.max_turns ? fmt::format(",\"model\":{{\"maxSessionTurns\":{}}}", *run.max_turns) : "")});
  call.environment = {
      {"GEMINI_CLI_SYSTEM_SETTINGS_PATH", settings.string()},
      // Otherwise there are two processes, the first of which does not pass a SIGTERM on and takes 140 MiB
      // (hang-sigterm, hang-sigterm-no-relaunch, success-no-relaunch).
      {"GEMINI_CLI_NO_RELAUNCH", "true"},
  };
  call.stop_signal = SIGTERM;  // exits with 0 and says nothing (hang-sigterm-no-relaunch)
  if (run.budget_usd) call.not_limited.push_back("budget");
  return call;
}

namespace {

// `code` is an HTTP status or one of the program's own exit codes; many network errors have a plain 1.
Ending ErrorEnding(JsonView error, AgentReport& report) {
  const int64_t code = error["code"].Count();
  Ending ending = Failure(code, error["message"].Text(), report);
  constexpr int64_t kNoKey = 41, kTurnLimit = 53;
  if (code == kNoKey) ending.outcome = Outcome::kAuthentication;
  if (code == kTurnLimit || error["type"].Text() == "FatalTurnLimitedError") ending.outcome = Outcome::kTurns;
  return ending;
}

// The single object of --output-format json.
Ending TakeObject(JsonView object, AgentReport& report) {
  TakeSession(object["session_id"].Text(), report);
  if (object["error"].exists()) return ErrorEnding(object["error"], report);
  Ending ending;
  const JsonView stats = object["stats"];
  const auto response = object["response"].String();
  if (!response || !stats.is_object()) {
    ending.kind = Ending::Kind::kDamaged;
    return ending;
  }
  report.text = Bounded(*response);
  TokenCounts counts;
  stats["models"].Members([&](std::string_view name, JsonView model) {
    // `prompt` is input + cached; thoughts are paid like the answer but counted beside it.
    const JsonView tokens = model["tokens"];
    AddCount(counts.input, tokens["input"].Count());
    AddCount(counts.output, tokens["candidates"].Count());
    AddCount(counts.output, tokens["thoughts"].Count());
    AddCount(counts.cache_read, tokens["cached"].Count());
    AddModel(name, report);
  });
  report.tokens = counts;
  stats["tools"]["byName"].Members([&](std::string_view name, JsonView tool) {
    if (tool["decisions"]["reject"].Count() > 0) AddDenial(name, "", report);
  });
  ending.kind = Ending::Kind::kSuccess;
  return ending;
}

// The last event of a stream.
Ending TakeResult(JsonView result, AgentReport& report) {
  const JsonView stats = result["stats"];
  if (stats.is_object()) {
    TokenCounts counts;
    counts.input = stats["input"].Count();
    counts.output = stats["output_tokens"].Count();
    counts.cache_read = stats["cached"].Count();
    report.tokens = counts;
    report.models.clear();
    stats["models"].Members([&](std::string_view name, JsonView) { AddModel(name, report); });
  }
  if (result["status"].Text() != "success") return ErrorEnding(result["error"], report);
  Ending ending;
  ending.kind = Ending::Kind::kSuccess;
  return ending;
}

Ending ReadStream(std::string_view out, AgentReport& report) {
  Ending ending;
  for (JsonLines lines(out); lines.Next();) {
    const JsonView event = lines.value();
    if (!event.exists()) {
      ending.kind = Ending::Kind::kDamaged;
      continue;
    }
    TakeSession(event["session_id"].Text(), report);
    const std::string_view type = event["type"].Text();
    if (type == "message" && event["role"].Text() == "assistant") {
      // The answer comes in pieces.
      constexpr size_t kMost = size_t{16} << 20;
      if (report.text.size() < kMost)
        report.text += Bounded(event["content"].Text(), kMost - report.text.size());
      ending = {};
    } else if (type == "message" || type == "tool_use" || type == "tool_result") {
      report.text.clear();
      ending = {};
    } else if (type == "result") {
      ending = TakeResult(event, report);
    }
  }
  return ending;
}

}  // namespace

AgentReport ReadGemini(const AgentOutput& output) {
  AgentReport report;
  JsonSource source;
  const std::string_view block = LastBlock(output.out);
  const JsonView object = block.empty() ? JsonView() : source.Parse(block);
  Ending ending = object.exists() ? TakeObject(object, report) : ReadStream(output.out, report);
  if (ending.kind == Ending::Kind::kNone) {
    // Stack traces come first, and may be long.
    constexpr size_t kTail = size_t{1} << 20;
    const size_t begin = output.err.size() > kTail ? output.err.size() - kTail : 0;
    const JsonView error = source.Parse(LastBlock(output.err.substr(begin)));
    if (error["error"].exists()) ending = TakeObject(error, report);
  }
  Conclude(output, ending, report);
  return report;
}

}  // namespace gsd
