// A command of the user's: success is exit code 0 and, when it leaves a result file, what that says.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include "executor/agent_result.h"
#include "executor/agents/reading.h"

namespace gsd {
namespace {

// All placeholders in one pass, so that a value that looks like a placeholder is not replaced again.
std::string Substitute(std::string_view text,
                       const std::vector<std::pair<std::string_view, std::string>>& values) {
  std::string out;
  while (!text.empty()) {
    const auto match = std::find_if(values.begin(), values.end(),
                                    [&](const auto& value) { return text.rfind(value.first, 0) == 0; });
    if (match != values.end()) {
      out += match->second;
      text.remove_prefix(match->first.size());
    } else {
      out += text.front();
      text.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace

Invocation BuildCommand(const AgentRun& run) {
  Invocation call;
  call.argv = {run.program};
  for (const std::string& argument : run.more_arguments) {
    call.argv.push_back(
        Substitute(argument, {{"{model}", run.agent_model.empty() ? run.model : run.agent_model},
                              {"{task}", run.task},
                              {"{workdir}", run.workdir.string()}}));
  }
  call.stop_signal = SIGTERM;
  if (run.max_turns) call.not_limited.push_back("turns");
  if (run.budget_usd) call.not_limited.push_back("budget");
  return call;
}

AgentReport ReadCommand(const AgentOutput& output) {
  AgentReport report;
  Ending ending;
  ending.kind = output.exit_code == 0 ? Ending::Kind::kSuccess : Ending::Kind::kFailure;
  ending.message = ExitWithComplaint(output);
  if (output.result != nullptr) {
    AttemptResult said;
    const Status understood =
        output.result->ok() ? ReadAgentResult(**output.result, said) : Status(Error{output.result->error()});
    report.text = said.text;
    report.tokens = said.tokens;
    report.usd = said.usd;
    TakeSession(said.session, report);
    if (output.exit_code == 0 && (!understood.ok() || said.outcome != Outcome::kOk)) {
      ending.kind = Ending::Kind::kFailure;
      ending.outcome = understood.ok() ? said.outcome : Outcome::kProtocol;
      ending.message = understood.ok()
                           ? said.message
                           : fmt::format("its result cannot be understood: {}", understood.error());
    }
  }
  Conclude(output, ending, report);
  return report;
}

}  // namespace gsd
