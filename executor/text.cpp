#include "executor/text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

namespace gsd {

std::string OneLine(std::string_view text) {
  std::string line(Trim(text));
  std::replace_if(line.begin(), line.end(), IsSpace, ' ');
  return EscapeControls(line);
}

namespace {

bool IsInsideCharacter(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80; }

}  // namespace

std::string HeadOf(std::string_view text, size_t most) {
  if (text.size() <= most) return std::string(text);
  while (most > 0 && IsInsideCharacter(text[most])) --most;
  return std::string(text.substr(0, most)) + "…";
}

std::string TailOf(std::string_view text, size_t most) {
  if (text.size() <= most) return std::string(text);
  size_t begin = text.size() - most;
  while (begin < text.size() && IsInsideCharacter(text[begin])) ++begin;
  return "…" + std::string(text.substr(begin));
}

std::string_view ShortName(const ManifestTask& task) {
  const std::string_view name = task.name;
  constexpr std::string_view kTask = "task ";
  if (name.size() < kTask.size() || !EqualsIgnoreCase(name.substr(0, kTask.size()), kTask)) return name;
  size_t end = kTask.size();
  while (end < name.size() && IsDigit(name[end])) ++end;
  if (end == kTask.size() || end == name.size() || name[end] != ':') return name;
  return Trim(name.substr(end + 1));
}

std::string TaskTitle(const ManifestTask& task) {
  return fmt::format("{} {}", OneLine(task.id), OneLine(ShortName(task)));
}

std::string FormatDuration(Millis duration) {
  const int64_t ms = std::max<int64_t>(duration.count(), 0);
  if (ms < 9950) return fmt::format("{:.1f} s", static_cast<double>(ms) / 1000);
  const int64_t seconds = (ms + 500) / 1000;
  if (seconds < 100) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{} min {:02} s", seconds / 60, seconds % 60);
  const int64_t minutes = (seconds + 30) / 60;
  return fmt::format("{} h {:02} min", minutes / 60, minutes % 60);
}

std::string FormatCount(int64_t count) {
  std::string digits = std::to_string(count);
  for (size_t at = digits.size(); at > 3 + (count < 0 ? 1U : 0U);) digits.insert(at -= 3, 1, ',');
  return digits;
}

std::string FormatTime(std::chrono::system_clock::time_point time) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(time)),
                     ms % 1000);
}

std::string FormatLocalTime(int64_t ms) {
  const auto seconds = static_cast<std::time_t>(ms / 1000);
  std::tm local = {};
  char text[64];
  if (localtime_r(&seconds, &local) == nullptr || local.tm_year > 9999 - 1900) return "?";
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M", &local)};
}

}  // namespace gsd
