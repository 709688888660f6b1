#include <array>

#include "executor/agents/json_view.h"
#include "executor/run_page.h"

namespace gsd {
namespace {

struct Told {
  std::string_view event, what;
};
constexpr auto kTold = std::to_array<Told>({
    {"run_started", "run started"},
    {"task_retried", "tried again"},
    {"task_skipped", "skipped"},
    {"scope_warning", "changed other files"},
    {"checkpoint_waiting", "checkpoint waits"},
    {"checkpoint_approved", "checkpoint passed"},
    {"checkpoint_rejected", "checkpoint rejected"},
    {"provider_paused", "provider paused"},
    {"provider_resumed", "provider resumed"},
    {"budget_reached", "over budget"},
    {"draining", "interrupted"},
    {"stopping", "interrupted again"},
    {"suspended", "suspended"},
    {"continued", "continued"},
    {"note", "note"},
    {"run_finished", "run ended"},
});

}  // namespace

std::vector<RunMoment> ReadMoments(std::string_view events) {
  std::vector<RunMoment> moments;
  JsonSource source;
  for (const std::string_view line : Split(events, '\n')) {
    if (moments.size() == kMostMoments) break;
    const JsonView event = source.Parse(line);
    for (const Told& told : kTold) {
      if (event["event"].Text() != told.event) continue;
      std::string_view detail = event["detail"].Text();
      if (detail.empty()) detail = event["kind"].Text();
      moments.push_back({std::string(event["time"].Text()), std::string(told.what),
                         std::string(event["task"].Text()), std::string(detail)});
    }
  }
  return moments;
}

}  // namespace gsd
