// codex (recorded: 0.169.0). It reports neither cost nor model, and denials only as an English line on
// stderr.
#include <csignal>

#include "executor/agents/reading.h"

namespace gsd {

Invocation BuildCodex(const AgentRun& run) {
  Invocation call;
  call.argv = {run.program.empty() ? "codex" : run.program, "exec"};
  if (!run.session.empty()) call.argv.push_back("resume");
  // Outside of a git repository it refuses (not-a-git-repo); with analytics it takes 5 s more to end when
  // their host cannot be found.
  call.argv.insert(call.argv.end(), {"--json", "--skip-git-repo-check", "-c", "analytics.enabled=false"});
  if (run.access == AgentAccess::kEverything) {
    call.argv.push_back("--dangerously-bypass-approvals-and-sandbox");
  } else {
    // Files may be written but not .git: the runner has to commit (tool-workspace-write). As a setting, since
    // `exec resume` is not known to take --sandbox.
    call.argv.insert(call.argv.end(), {"-c", "sandbox_mode=\"workspace-write\""});
  }
  // One model, thinking less or more: it has no family of three.
  const auto effort = [&](const char* level) {
    call.argv.insert(call.argv.end(),
                     {"-m", "gpt-5.5", "-c", std::string("model_reasoning_effort=") + level});
  };
  if (!run.agent_model.empty()) {
    call.argv.insert(call.argv.end(), {"-m", run.agent_model});
  } else if (run.model == "haiku") {
    effort("\"low\"");
  } else if (run.model == "sonnet") {
    effort("\"medium\"");
  } else if (run.model == "opus") {
    effort("\"high\"");
  } else if (!run.model.empty()) {
    // A name it does not know is tried all the same, with a warning (unknown-model).
    call.argv.insert(call.argv.end(), {"-m", run.model});
  }
  call.argv.insert(call.argv.end(), run.more_arguments.begin(), run.more_arguments.end());
  if (!run.session.empty()) call.argv.push_back(run.session);
  call.argv.push_back("-");    // the prompt is on the standard input (stdin-prompt-dash)
  call.stop_signal = SIGTERM;  // ends it and its tool commands (hang-bash-sigterm)
  if (run.max_turns) call.not_limited.push_back("turns");
  if (run.budget_usd) call.not_limited.push_back("budget");
  // Its 5 retries end within half a minute (e529), but a refused connection is retried without end
  // (connection-refused): only the caller's own time limit helps.
  return call;
}

AgentReport ReadCodex(const AgentOutput& output) {
  AgentReport report;
  Ending ending;
  for (JsonLines lines(output.out); lines.Next();) {
    const JsonView event = lines.value();
    if (!event.exists()) {
      ending.kind = Ending::Kind::kDamaged;
      continue;
    }
    const std::string_view type = event["type"].Text();
    if (type == "thread.started") {
      TakeSession(event["thread_id"].Text(), report);
    } else if (type == "turn.started" || type == "item.started") {
      ending = {};
    } else if (type == "item.completed") {
      // An item of type "error" is a warning, a top-level "error" one of several tries (unknown-model, e429).
      const JsonView item = event["item"];
      if (item["type"].Text() == "agent_message") report.text = Bounded(item["text"].Text());
      ending = {};
    } else if (type == "turn.completed") {
      const JsonView usage = event["usage"];
      if (!usage.is_object()) {
        ending.kind = Ending::Kind::kDamaged;
        continue;
      }
      // The input includes what came from and went to the cache (success-json-usage), and the output what was
      // thought. After a resume all of it is of the whole thread (session-resume).
      TokenCounts counts;
      counts.cache_read = usage["cached_input_tokens"].Count();
      counts.cache_creation = usage["cache_write_input_tokens"].Count();
      counts.output = usage["output_tokens"].Count();
      const int64_t input = usage["input_tokens"].Count() - counts.cache_read - counts.cache_creation;
      counts.input = input > 0 ? input : 0;
      report.tokens = counts;
      report.counting = Counting::kSession;
      ending = {};
      ending.kind = Ending::Kind::kSuccess;
    } else if (type == "turn.failed") {
      ending = Failure(0, event["error"]["message"].Text(), report);
    }
  }
  Conclude(output, ending, report);
  return report;
}

}  // namespace gsd
