#include "executor/agents/agent_program.h"

#include <algorithm>
#include <array>

namespace gsd {

std::span<const AgentProgram> AgentPrograms() {
  static constexpr std::array<AgentProgram, 4> kPrograms = {{
      {"claude", BuildClaude, ReadClaude},
      {"codex", BuildCodex, ReadCodex},
      {"gemini", BuildGemini, ReadGemini},
      {"opencode", BuildOpencode, ReadOpencode},
  }};
  return kPrograms;
}

const AgentProgram* FindAgentProgram(std::string_view name) {
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
