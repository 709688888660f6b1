#include "executor/stats_record.h"

#include <algorithm>
#include <chrono>

#include "analysis/work_type.h"

namespace gsd {

namespace {

bool SaysSomething(Outcome outcome) {
  switch (outcome) {
    case Outcome::kOk:
    case Outcome::kFailed:
    case Outcome::kTimeout:
    case Outcome::kTurns:
    case Outcome::kBudget:
    case Outcome::kProtocol:
      return true;
    case Outcome::kQuota:
    case Outcome::kTransient:
    case Outcome::kAuthentication:
    case Outcome::kCancelled:
      return false;
  }
  return false;
}

}  // namespace

StatKey StatKeyOf(const ManifestTask& task, std::string_view model) {
  WorkText text{task.name, {task.files.begin(), task.files.end()}, {}};
  for (const ManifestSignal& signal : task.complexity.signals) text.signals.emplace_back(signal.name);
  return {std::string(WorkTypeOf(text)), std::clamp(task.complexity.score, 1, 10), std::string(model)};
}

std::optional<TokenRecord> TokenRecordOf(const ManifestTask& task, const AttemptRecord& attempt) {
  if (!attempt.accepted && !SaysSomething(attempt.outcome)) return std::nullopt;
  // A model of this name could not be told from its key.
  if (attempt.model.empty() || attempt.model.find('|') != std::string::npos) return std::nullopt;
  const std::chrono::duration<double> duration = attempt.ended - attempt.started;
  TokenRecord record{StatKeyOf(task, attempt.model), std::nullopt, std::max(duration.count(), 0.0),
                     attempt.accepted};
  if (const auto& tokens = attempt.tokens) {
    record.tokens = tokens->Total();
    record.usage = {tokens->input, tokens->output, tokens->cache_creation, tokens->cache_read};
  }
  return record;
}

}  // namespace gsd
