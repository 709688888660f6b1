// claude (recorded: 2.1.197 and 2.1.330). Called for its event stream, since only the stream names the
// session of a run that is killed, tells retries and limits, and has the counters of this run alone.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include "executor/agents/reading.h"

namespace gsd {

Invocation BuildClaude(const AgentRun& run) {
  Invocation call;
  const std::string& model = run.agent_model.empty() ? run.model : run.agent_model;
  // stream-json without --verbose is refused (recorded: usage-stream-json-without-verbose).
  call.argv = {run.program.empty() ? "claude" : run.program, "-p", "--output-format", "stream-json",
               "--verbose"};
  // haiku, sonnet and opus are aliases the program knows itself (recorded: success-json-sonnet, -opus). An
  // unknown name is sent as it is and answered with 404 (e404-model).
  if (!model.empty()) call.argv.insert(call.argv.end(), {"--model", model});
  if (!run.session.empty()) call.argv.insert(call.argv.end(), {"--resume", run.session});
  // Both are checked after a turn, so that the last one overshoots (max-turns, max-budget-success). The
  // budget counts this run only, also of a resumed session (resume-budget-2).
  if (run.max_turns) call.argv.insert(call.argv.end(), {"--max-turns", std::to_string(*run.max_turns)});
  if (run.budget_usd)
    call.argv.insert(call.argv.end(), {"--max-budget-usd", fmt::format("{:.6f}", *run.budget_usd)});
  if (run.access == AgentAccess::kEverything) {
    // Refused for root unless IS_SANDBOX=1 (tool-skip-root, tool-skip-root-is-sandbox).
    call.argv.push_back("--dangerously-skip-permissions");
  } else {
    // Without rules everything that changes something is denied, with exit code 0 (tool-default-mode). With
    // '=' since the flag swallows all arguments that follow it.
    call.argv.insert(call.argv.end(), {"--permission-mode", "acceptEdits",
                                       "--allowedTools=Bash,Edit,Write,Read,Glob,Grep,NotebookEdit"});
  }
  call.argv.insert(call.argv.end(), run.more_arguments.begin(), run.more_arguments.end());
  call.environment = {
      {"DISABLE_TELEMETRY", "1"},
      {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"},
      {"DISABLE_AUTOUPDATER", "1"},
      // Ten retries by default: three minutes, even for a wrong key (e401-default-retries). Not fewer than
      // one, because a 429 that is not retried is how a limit that lasts can be told (e429-limit).
      {"CLAUDE_CODE_MAX_RETRIES", std::to_string(std::max(1, run.api_retries))},
      // A silent API would be waited for otherwise (hang-api-timeout).
      {"API_TIMEOUT_MS", std::to_string(run.api_timeout.count())},
  };
  // SIGTERM leaves a running tool command alive in 2.1.197; SIGINT ends it, and may even bring a last record
  // (hang-bash-sigterm-stream, hang-bash-sigint-stream).
  call.stop_signal = SIGINT;
  return call;
}

namespace {

// What the stream has said so far.
struct Stream {
  bool begun = false;    // it is a stream, not the single object of --output-format json
  bool retried = false;  // the program asked again after an error
  bool limited = false;  // the subscription's limit is reached
  Ending ending;
};

TokenCounts CountsOf(JsonView usage, double& usd) {
  TokenCounts counts;
  usage.Members([&](std::string_view, JsonView model) {
    AddCount(counts.input, model["inputTokens"].Count());
    AddCount(counts.output, model["outputTokens"].Count());
    AddCount(counts.cache_creation, model["cacheCreationInputTokens"].Count());
    AddCount(counts.cache_read, model["cacheReadInputTokens"].Count());
    usd += model["costUSD"].Usd().value_or(0);
  });
  return counts;
}

// `modelUsage` is the whole run by model; `usage` leaves out the last turn when a budget ends the run
// (max-budget: all zero), and the assistant events tell what was known when a message began.
void TakeUsage(JsonView record, AgentReport& report) {
  report.models.clear();
  double usd = 0;
  report.usd = record["total_cost_usd"].Usd();
  const JsonView of_all = record["modelUsage"], of_this_run = record["model_usage_since_last_result"];
  if (of_this_run.is_object()) {
    // 2.1.330 counts a resumed session from its beginning, but says this run's share in a stream
    // (claude-2.1.330/session-resume-stream).
    report.tokens = CountsOf(of_this_run, usd);
    if (report.usd) report.usd = usd;
    report.counting = Counting::kThisRun;
  } else if (of_all.is_object()) {
    report.tokens = CountsOf(of_all, usd);
    // As a single object 2.1.330 has no such share (claude-2.1.330/session-resume); 2.1.197 counts the run
    // only. `result_index` is what the later one has and the earlier has not.
    report.counting = record["result_index"].exists() ? Counting::kSession : Counting::kThisRun;
  }
  (of_this_run.is_object() ? of_this_run : of_all).Members([&](std::string_view name, JsonView) {
    AddModel(name, report);
  });
}

// `subtype` is "success" also of what the API refused: `is_error` decides (e401-retries-2).
Ending EndingOf(JsonView record, const Stream& stream, AgentReport& report) {
  Ending ending;
  const std::string_view subtype = record["subtype"].Text();
  const auto text = record["result"].String();
  if (record["is_error"].Bool() == false && subtype == "success" && text) {
    ending.kind = Ending::Kind::kSuccess;
    report.text = Bounded(*text);
    return ending;
  }
  std::string why = Bounded(text.value_or(""), 4000);
  record["errors"].Elements([&](JsonView error) {
    if (why.size() < 4000 && !error.Text().empty())
      why += (why.empty() ? "" : "; ") + Bounded(error.Text(), 1000);
  });
  const int64_t status = record["api_error_status"].Count();
  ending = Failure(status, why, report);
  if (subtype == "error_max_turns") {
    ending.outcome = Outcome::kTurns;
  } else if (subtype == "error_max_budget_usd") {
    ending.outcome = Outcome::kBudget;
  } else if (subtype != "success") {
    ending.outcome = Outcome::kFailed;
  } else if (stream.limited || (status == 429 && stream.begun && !stream.retried)) {
    // The words are the same for "too many at once" and "no more until tonight"; the program itself knows
    // from headers and does not retry the latter (e429-limit, e429-retries-2-stream).
    ending.outcome = Outcome::kQuota;
  }
  return ending;
}

}  // namespace

AgentReport ReadClaude(const AgentOutput& output) {
  AgentReport report;
  Stream stream;
  for (JsonLines lines(output.out); lines.Next();) {
    const JsonView event = lines.value();
    if (!event.exists()) {
      stream.ending.kind = Ending::Kind::kDamaged;
      continue;
    }
    TakeSession(event["session_id"].Text(), report);
    // The order of the keys differs between releases; nothing may be told from how a line begins.
    const std::string_view type = event["type"].Text(), subtype = event["subtype"].Text();
    if (type == "system") {
      if (subtype == "init") stream.begun = true;
      if (subtype == "api_retry") stream.retried = true;
    } else if (type == "rate_limit_event") {
      const JsonView info = event["rate_limit_info"];
      stream.limited = info["status"].Text() == "rejected";
      report.resets_at = stream.limited ? PointInTime(info["resetsAt"].Count()) : std::nullopt;
    } else if (type == "assistant" || type == "user") {
      stream.ending = {};  // it goes on after a result
    } else if (type == "result") {
      report.text.clear();
      report.denials.clear();
      TakeUsage(event, report);
      stream.ending = EndingOf(event, stream, report);
      event["permission_denials"].Elements([&](JsonView denial) {
        const JsonView input = denial["tool_input"];
        const JsonView file = input["file_path"];
        AddDenial(denial["tool_name"].Text(), (file.exists() ? file : input["command"]).Text(), report);
      });
    }
  }
  Conclude(output, stream.ending, report);
  return report;
}

}  // namespace gsd
