#include "executor/agents/agent_program.h"

#include <algorithm>
#include <array>

namespace gsd {

std::span<const AgentProgram> AgentPrograms() {
  static constexpr std::array<AgentProgram, 4> kPrograms = {{
      {"claude", BuildClaude, ReadClaude, "npm install -g @anthropic-ai/claude-code"},
      {"codex", BuildCodex, ReadCodex, "npm install -g @openai/codex"},
      {"gemini", BuildGemini, ReadGemini, "npm install -g @google/gemini-cli"},
      // Several that set up a fresh home at once get in each other's way (recorded: parallel.json).
      {"opencode", BuildOpencode, ReadOpencode, "npm install -g opencode-ai", true, true},
  }};
  return kPrograms;
}

const AgentProgram& CommandProgram() {
  static constexpr AgentProgram kProgram = {"command", BuildCommand, ReadCommand, "", false};
  return kProgram;
}

const AgentProgram* FindAgentProgram(std::string_view name) {
  if (name == CommandProgram().name) return &CommandProgram();
  const auto programs = AgentPrograms();
  const auto found = std::find_if(programs.begin(), programs.end(),
                                  [&](const AgentProgram& program) { return program.name == name; });
  return found == programs.end() ? nullptr : &*found;
}

void SubtractEarlierRuns(const AgentReport& before, AgentReport& report) {
  if (report.counting == Counting::kThisRun) return;
  report.counting = Counting::kThisRun;
  // Never below zero: a program that began to count anew would otherwise give tokens back.
  if (report.tokens && before.tokens) {
    const auto subtract = [](int64_t& from, int64_t amount) { from = std::max<int64_t>(0, from - amount); };
    subtract(report.tokens->input, before.tokens->input);
    subtract(report.tokens->output, before.tokens->output);
    subtract(report.tokens->cache_creation, before.tokens->cache_creation);
    subtract(report.tokens->cache_read, before.tokens->cache_read);
  }
  if (report.usd && before.usd) report.usd = std::max(0.0, *report.usd - *before.usd);
}

}  // namespace gsd
