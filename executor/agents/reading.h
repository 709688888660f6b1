// What reading the output of any agent program needs: lines, bounds, and what a failure is.
#pragma once

#include <string>
#include <string_view>

#include "executor/agents/agent_program.h"
#include "executor/agents/json_view.h"

namespace gsd {

// The lines of an output that begin like a JSON object, one after the other. Others (warnings of a runtime or
// a plugin) are passed over. Nothing is copied but the line at hand.
class JsonLines {
 public:
  explicit JsonLines(std::string_view text) : rest_(text) {}
  bool Next();
  // The line, or nothing when it is not JSON: cut, damaged or too large.
  JsonView value() const { return value_; }

 private:
  std::string_view rest_;
  JsonSource source_;
  JsonView value_;
};

// The last of the JSON objects in `text` that are written over several lines and begin and end at the start
// of one; "" when there is none that is whole.
std::string_view LastBlock(std::string_view text);

// What the end of the output says.
struct Ending {
  enum class Kind : uint8_t {
    kNone,     // no word about the end
    kDamaged,  // a record that cannot be read
    kSuccess,
    kFailure,
  };
  Kind kind = Kind::kNone;
  Outcome outcome = Outcome::kFailed;  // of a failure
  std::string message;
};

// Judges what an API or a program says of a failure. `status` is the HTTP status, 0 when unknown. Looks for
// the time to wait, too, and notes it in `report`.
Ending Failure(int64_t status, std::string_view message, AgentReport& report);

// How it ended, and the last line of its standard error: "exit code 127: bash: agent.sh: No such file".
std::string ExitWithComplaint(const AgentOutput& output);

// The outcome: ok only when the exit code is 0 and the ending says success.
void Conclude(const AgentOutput& output, const Ending& ending, AgentReport& report);

// Sets the text or another long string, cut to a size nothing chokes on and not within a character.
std::string Bounded(std::string_view text, size_t most = size_t{16} << 20);
// Takes a session's name unless it could be mistaken for something else on a command line.
void TakeSession(std::string_view name, AgentReport& report);
void AddModel(std::string_view name, AgentReport& report);
void AddDenial(std::string_view tool, std::string_view what, AgentReport& report);
void AddCount(int64_t& to, int64_t amount);  // never overflows
// A point in time given in seconds since 1970, when it can be one.
std::optional<std::chrono::sys_seconds> PointInTime(int64_t seconds);

}  // namespace gsd
