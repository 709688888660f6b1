// opencode (recorded: 1.18.33). Events only, each complete in itself; there is no record of the whole.
#include <charconv>
#include <csignal>

#include "executor/agents/reading.h"

namespace gsd {

Invocation BuildOpencode(const AgentRun& run) {
  Invocation call;
  call.argv = {run.program.empty() ? "opencode" : run.program, "run", "--format", "json"};
  // Without a title a second request asks a model for one, and is not counted (success-json, -title).
  call.argv.insert(call.argv.end(), {"--title", run.title.empty() ? "gsd-run" : run.title});
  std::string model = run.agent_model;
  if (model.empty()) {
    // A provider belongs to the name; an unknown one ends in "Unexpected server error" (unknown-provider).
    model = run.model == "haiku"    ? "anthropic/claude-haiku-4-5"
            : run.model == "sonnet" ? "anthropic/claude-sonnet-4-5"
            : run.model == "opus"   ? "anthropic/claude-opus-4-5"
                                    : run.model;
  }
  if (!model.empty()) call.argv.insert(call.argv.end(), {"-m", model});
  if (!run.session.empty()) call.argv.insert(call.argv.end(), {"-s", run.session});
  // Files and commands are allowed by default (tool-default); --auto allows what a configuration asks for.
  if (run.access == AgentAccess::kEverything) call.argv.push_back("--auto");
  call.argv.insert(call.argv.end(), run.more_arguments.begin(), run.more_arguments.end());
  call.environment = {{"OPENCODE_DISABLE_AUTOUPDATE", "1"}, {"OPENCODE_DISABLE_MODELS_FETCH", "1"}};
  call.stop_signal = SIGTERM;  // tool commands live on whatever it is asked with (hang-bash-sigterm, -sigint)
  if (run.max_turns) call.not_limited.push_back("turns");
  if (run.budget_usd) call.not_limited.push_back("budget");
  // Nothing bounds its retries, and it prints nothing meanwhile (e529, connection-refused).
  return call;
}

namespace {

int64_t Number(std::string_view digits) {
  int64_t value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return read.ec == std::errc() && value > 0 ? value : 0;
}

// The headers of the answer are in the event, so the time to wait is known exactly (e429).
Ending ErrorEnding(JsonView error, AgentReport& report) {
  const JsonView data = error["data"], headers = data["responseHeaders"];
  constexpr int64_t kLongest = int64_t{400} * 86400;
  if (const int64_t seconds = Number(headers["retry-after"].Text()); seconds > 0 && seconds < kLongest)
    report.retry_after = Millis(seconds * 1000);
  if (headers["anthropic-ratelimit-unified-status"].Text() == "rejected")
    report.resets_at = PointInTime(Number(headers["anthropic-ratelimit-unified-reset"].Text()));
  return Failure(data["statusCode"].Count(), data["message"].Text(), report);
}

void TakeStep(JsonView part, AgentReport& report) {
  const JsonView tokens = part["tokens"];
  TokenCounts& counts = report.tokens ? *report.tokens : report.tokens.emplace();
  AddCount(counts.input, tokens["input"].Count());
  AddCount(counts.output, tokens["output"].Count());
  AddCount(counts.output, tokens["reasoning"].Count());  // counted beside the answer, paid like it
  AddCount(counts.cache_read, tokens["cache"]["read"].Count());
  AddCount(counts.cache_creation, tokens["cache"]["write"].Count());
  if (const auto cost = part["cost"].Usd()) report.usd = report.usd.value_or(0) + *cost;
}

}  // namespace

AgentReport ReadOpencode(const AgentOutput& output) {
  AgentReport report;
  Ending ending;
  bool refused = false;  // a tool was, in the last step
  for (JsonLines lines(output.out); lines.Next();) {
    const JsonView event = lines.value();
    if (!event.exists()) {
      ending.kind = Ending::Kind::kDamaged;
      continue;
    }
    TakeSession(event["sessionID"].Text(), report);
    const std::string_view type = event["type"].Text();
    const JsonView part = event["part"];
    if (type == "step_start") {
      ending = {};
      refused = false;
      report.text.clear();
    } else if (type == "text") {
      ending = {};
      constexpr size_t kMost = size_t{16} << 20;
      if (report.text.size() < kMost) report.text += Bounded(part["text"].Text(), kMost - report.text.size());
    } else if (type == "tool_use") {
      ending = {};
      const JsonView state = part["state"];
      if (state["status"].Text() != "error") continue;
      if (state["error"].Text().find("permission") == std::string_view::npos) continue;
      refused = true;
      const JsonView file = state["input"]["filePath"];
      AddDenial(part["tool"].Text(), (file.exists() ? file : state["input"]["command"]).Text(), report);
    } else if (type == "step_finish") {
      TakeStep(part, report);
      const std::string_view reason = part["reason"].Text();
      ending = {};
      if (reason == "stop") {
        ending.kind = Ending::Kind::kSuccess;
      } else if (reason == "tool-calls" && refused) {
        // It gives up after a refusal, with exit code 0 and no answer (tool-permission-ask).
        ending.kind = Ending::Kind::kFailure;
        ending.message = "it gave up because a tool was refused";
      } else if (reason != "tool-calls") {
        ending.kind = Ending::Kind::kFailure;
        ending.message = "its last step ended with \"" + Bounded(reason, 100) + "\"";
      }
    } else if (type == "error") {
      ending = ErrorEnding(event["error"], report);
    }
  }
  Conclude(output, ending, report);
  return report;
}

}  // namespace gsd
