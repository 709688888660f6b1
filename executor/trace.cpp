#include "executor/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "backends/json_writer.h"
#include "executor/pricing.h"
#include "executor/run_chart.h"
#include "executor/text.h"

namespace gsd {
namespace {

using Time = std::chrono::system_clock::time_point;

constexpr int kProcess = 1;
constexpr int kRunThread = 0;

// An attempt on the time axis, in microseconds.
struct Slice {
  const AttemptRecord* attempt;
  int64_t began, ended, decided;
  std::optional<int64_t> verifying;
  int slot = 0;  // 1-based
};

std::string MomentName(const Manifest& manifest, const RunEvent& event) {
  const auto of_task = [&](std::string_view what) {
    return fmt::format("{} {}", what, OneLine(manifest.tasks[event.task].id));
  };
  switch (event.kind) {
    case RunEventKind::kTaskRetried:
      return of_task("retry");
    case RunEventKind::kTaskSkipped:
      return of_task("skipped");
    case RunEventKind::kCheckpointWaiting:
      return of_task("checkpoint waits");
    case RunEventKind::kCheckpointApproved:
      return of_task("checkpoint passed");
    case RunEventKind::kCheckpointRejected:
      return of_task("checkpoint rejected");
    case RunEventKind::kBudgetReached:
      return of_task("over budget");
    case RunEventKind::kProviderPaused:
      return "provider paused";
    case RunEventKind::kProviderResumed:
      return "provider resumed";
    case RunEventKind::kDraining:
      return "interrupted";
    case RunEventKind::kStopping:
      return "interrupted again";
    default:
      return "";
  }
}

class TraceWriter {
 public:
  TraceWriter(const Manifest& manifest, const RunRecord& record, const std::vector<TraceMoment>& moments)
      : manifest_(manifest), moments_(moments), origin_(record.started_today) {
    for (const AttemptRecord& attempt : record.attempts) origin_ = std::min(origin_, attempt.started);
    for (const AttemptRecord& attempt : record.attempts) slices_.push_back(SliceOf(attempt));
    std::stable_sort(slices_.begin(), slices_.end(),
                     [](const Slice& a, const Slice& b) { return a.began < b.began; });
    ChooseSlots();
  }

  std::string Write() {
    json_.BeginObject();
    json_.Member("displayTimeUnit", "ms");
    json_.Key("traceEvents");
    json_.BeginArray();
    NameLanes();
    for (const Slice& slice : slices_) WriteSlice(slice);
    WriteArrows();
    WriteCounters();
    for (const TraceMoment& moment : moments_) WriteMoment(moment);
    json_.EndArray();
    json_.EndObject();
    out_ += '\n';
    return std::move(out_);
  }

 private:
  int64_t Micros(Time time) const {
    return std::chrono::duration_cast<std::chrono::microseconds>(time - origin_).count();
  }

  // The wall clock may have been set back meanwhile: nothing ends before it began.
  Slice SliceOf(const AttemptRecord& attempt) const {
    Slice slice{&attempt, Micros(attempt.started), 0, 0, {}};
    slice.ended = std::max(Micros(attempt.ended), slice.began);
    slice.decided = std::max(Micros(attempt.decided), slice.ended);
    if (attempt.verifying)
      slice.verifying = std::clamp(Micros(*attempt.verifying), slice.began, slice.decided);
    return slice;
  }

  void ChooseSlots() {
    std::vector<TimeSpan> spans;
    for (const Slice& slice : slices_) spans.push_back({slice.began, slice.decided});
    const std::vector<size_t> lanes = AssignLanes(spans);
    for (size_t i = 0; i < lanes.size(); ++i) {
      slices_[i].slot = static_cast<int>(lanes[i]) + 1;
      slots_ = std::max(slots_, slices_[i].slot);
    }
  }

  void Begin(const char* phase, std::string_view name, int thread, int64_t at) {
    json_.BeginObject();
    json_.Member("ph", phase);
    json_.Member("name", name);
    json_.Member("pid", kProcess);
    json_.Member("tid", thread);
    json_.Member("ts", at);
  }

  void NameLane(const char* what, int thread, std::string_view name) {
    Begin("M", what, thread, 0);
    json_.Key("args");
    json_.BeginObject();
    json_.Member("name", name);
    json_.EndObject();
    json_.EndObject();
  }

  void NameLanes() {
    NameLane("process_name", kRunThread, "gsd-run");
    NameLane("thread_name", kRunThread, "run");
    for (int slot = 1; slot <= slots_; ++slot) NameLane("thread_name", slot, fmt::format("slot {}", slot));
  }

  void WriteSlice(const Slice& slice) {
    const AttemptRecord& attempt = *slice.attempt;
    Begin("X", TaskTitle(manifest_.tasks[attempt.task]), slice.slot, slice.began);
    json_.Member("dur", slice.decided - slice.began);
    json_.Member("cat", OutcomeName(attempt.outcome));
    json_.Key("args");
    json_.BeginObject();
    json_.Member("task", manifest_.tasks[attempt.task].id);
    json_.Member("attempt", attempt.attempt);
    json_.Member("model", attempt.model);
    json_.Member("accepted", attempt.accepted);
    json_.Member("message", attempt.message);
    if (attempt.tokens) {
      json_.Member("tokens_input", attempt.tokens->input);
      json_.Member("tokens_output", attempt.tokens->output);
      json_.Member("tokens_cache_creation", attempt.tokens->cache_creation);
      json_.Member("tokens_cache_read", attempt.tokens->cache_read);
    }
    if (attempt.usd) json_.Member("usd", *attempt.usd);
    json_.EndObject();
    json_.EndObject();
    if (!slice.verifying) return;
    Begin("X", "verify", slice.slot, *slice.verifying);
    json_.Member("dur", slice.decided - *slice.verifying);
    json_.Member("cat", "verify");
    json_.EndObject();
  }

  // An arrow begins and ends inside the slices that it joins, or a viewer would not know which they are.
  void WriteArrows() {
    std::map<TaskIndex, const Slice*> before;
    int id = 0;
    for (const Slice& slice : slices_) {
      const Slice*& last = before[slice.attempt->task];
      if (last != nullptr) {
        ++id;
        WriteArrow("s", *last, std::max(last->began, last->decided - 1), id);
        WriteArrow("f", slice, slice.began, id);
      }
      last = &slice;
    }
  }

  void WriteArrow(const char* phase, const Slice& slice, int64_t at, int id) {
    Begin(phase, "retry", slice.slot, at);
    json_.Member("cat", "retry");
    json_.Member("id", id);
    if (*phase == 'f') json_.Member("bp", "e");
    json_.EndObject();
  }

  void WriteCounters() {
    struct Change {
      int running = 0;
      double tokens = 0, usd = 0;
    };
    std::map<int64_t, Change> changes;
    for (const Slice& slice : slices_) {
      ++changes[slice.began].running;
      --changes[slice.decided].running;
      AttemptResult result;
      result.tokens = slice.attempt->tokens;
      result.usd = slice.attempt->usd;
      const Amount spent = ActualAmount(manifest_, slice.attempt->model, result);
      changes[slice.ended].tokens += spent.tokens;
      changes[slice.ended].usd += spent.usd;
    }
    Change sum;
    for (const auto& [at, change] : changes) {
      sum.running += change.running;
      sum.tokens += change.tokens;
      sum.usd += change.usd;
      WriteCounter("running", at, sum.running);
      WriteCounter("tokens", at, sum.tokens);
      WriteCounter("usd", at, sum.usd);
    }
  }

  void WriteCounter(const char* name, int64_t at, double value) {
    Begin("C", name, kRunThread, at);
    json_.Key("args");
    json_.BeginObject();
    json_.Member(name, value);
    json_.EndObject();
    json_.EndObject();
  }

  void WriteMoment(const TraceMoment& moment) {
    Begin("i", moment.name, kRunThread, std::max<int64_t>(Micros(moment.at), 0));
    json_.Member("s", "p");
    json_.Key("args");
    json_.BeginObject();
    json_.Member("detail", moment.detail);
    json_.EndObject();
    json_.EndObject();
  }

  const Manifest& manifest_;
  const std::vector<TraceMoment>& moments_;
  Time origin_;
  std::vector<Slice> slices_;  // by their beginning
  int slots_ = 0;
  std::string out_;
  JsonWriter json_{out_};
};

}  // namespace

std::optional<TraceMoment> TraceMomentOf(const Manifest& manifest, const RunEvent& event) {
  std::string name = MomentName(manifest, event);
  if (name.empty()) return std::nullopt;
  return TraceMoment{event.today, std::move(name), std::string(event.detail)};
}

std::string TraceJson(const Manifest& manifest, const RunRecord& record,
                      const std::vector<TraceMoment>& moments) {
  return TraceWriter(manifest, record, moments).Write();
}

}  // namespace gsd
