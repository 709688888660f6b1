// What the tests of processes share: a clock that can be moved on, and who is still alive.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "executor/clock.h"
#include "executor/proc.h"
#include "executor/process_table.h"
#include "tests/test_support.h"

namespace gsd::test {

// The machine's time, and what Advance() adds to it.
class MovableClock : public Clock {
 public:
  Millis Now() const override {
    return std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - start_) + added_;
  }
  std::chrono::system_clock::time_point Today() const override { return std::chrono::system_clock::now(); }
  std::vector<Wakeup> Wait(std::optional<Millis>) override { return {}; }
  void Advance(Millis time) { added_ += time; }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  Millis added_{0};
};

inline bool Eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(Millis(1));
  }
  return true;
}

inline std::vector<pid_t> PidsIn(const std::filesystem::path& file) {
  std::vector<pid_t> pids;
  if (!std::filesystem::exists(file)) return pids;
  const std::string text = ReadFile(file);
  for (std::string_view line : Split(text, '\n'))
    if (const auto pid = ParseInt(line)) pids.push_back(static_cast<pid_t>(*pid));
  return pids;
}

inline bool IsThere(pid_t pid) { return kill(pid, 0) == 0; }

inline std::vector<pid_t> Living(const std::filesystem::path& file) {
  std::vector<pid_t> living;
  for (pid_t pid : PidsIn(file))
    if (IsThere(pid)) living.push_back(pid);
  return living;
}

inline SpawnRequest Script(const std::string& script, const std::string& attempt = "a/b/1") {
  SpawnRequest request;
  request.argv = {"/bin/sh", "-c", script};
  request.environment = EnvironmentWith({{std::string(kAttemptVariable), attempt}});
  return request;
}

}  // namespace gsd::test
