// Where the time of a run goes, for --timings.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gsd {

// Wall-clock time by step. Projects that are compiled at the same time add to the same steps.
class Timings {
 public:
  using Clock = std::chrono::steady_clock;

  void Add(std::string_view step, Clock::duration time) {
    const std::lock_guard lock(mutex_);
    for (auto& [name, sum] : steps_) {
      if (name == step) return void(sum += time);
    }
    steps_.emplace_back(step, time);
  }
  std::string Text() const {
    std::string lines;
    for (const auto& [name, sum] : steps_)
      lines +=
          fmt::format("{:>10.3f} ms  {}\n", std::chrono::duration<double, std::milli>(sum).count(), name);
    return lines;
  }

 private:
  std::mutex mutex_;
  std::vector<std::pair<std::string, Clock::duration>> steps_;
};

// The steps of one thread of work, each from the end of the one before it.
class Stopwatch {
 public:
  explicit Stopwatch(Timings& timings) : timings_(timings) {}
  void Step(std::string_view name) {
    const auto now = Timings::Clock::now();
    timings_.Add(name, now - last_);
    last_ = now;
  }
  // What has passed since the last step belongs to nobody.
  void Restart() { last_ = Timings::Clock::now(); }

 private:
  Timings& timings_;
  Timings::Clock::time_point last_ = Timings::Clock::now();
};

}  // namespace gsd
