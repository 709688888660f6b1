// Small pieces of text for people: names without control characters, durations, numbers.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "backends/manifest.h"
#include "executor/clock.h"

namespace gsd {

// On one line, control characters made visible.
std::string OneLine(std::string_view text);
// The first or the last bytes of a text, not cut within a character; "…" stands for what is left out.
std::string HeadOf(std::string_view text, size_t most);
std::string TailOf(std::string_view text, size_t most);
// A task's name without the "Task 4:" that plans put before it.
std::string_view ShortName(const ManifestTask& task);
// "08-02:4 Implement user profile API"
std::string TaskTitle(const ManifestTask& task);
// "1.2 s", "45 s", "4 min 05 s", "1 h 02 min"
std::string FormatDuration(Millis duration);
// "36,500"
std::string FormatCount(int64_t count);
// "2026-11-22T12:15:00.250Z"
std::string FormatTime(std::chrono::system_clock::time_point time);
// "2026-11-22 12:15" where this machine stands; milliseconds since 1970, "?" for what no calendar has.
std::string FormatLocalTime(int64_t ms);

}  // namespace gsd
