// Where things stand in the charts of a run: which slot an attempt was in, and how far along the time axis a
// moment is. Pure functions; times are milliseconds since 1970.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gsd {

struct TimeSpan {
  int64_t begin = 0, end = 0;  // begin <= end
};

// For each span, which are sorted by their beginning, the first lane (from 0) that is free then. With -j N
// there are N lanes, more only where tasks shared an agent.
std::vector<size_t> AssignLanes(const std::vector<TimeSpan>& spans);

// A time axis on which long pauses, while a person was waited for, take little room.
class TimeAxis {
 public:
  explicit TimeAxis(std::vector<TimeSpan> busy);

  // 0 at the first beginning, 1 at the last end; what lies outside is moved there.
  double PositionOf(int64_t time) const;

  struct Pause {
    double begin = 0, end = 0;  // positions
    int64_t length = 0;         // ms
  };
  const std::vector<Pause>& pauses() const { return pauses_; }

  struct Tick {
    double position = 0;
    std::string label;  // time at work since the beginning: "0 s", "5 min"
  };
  // About `most` of them, at round distances. The time of pauses does not count.
  std::vector<Tick> Ticks(size_t most) const;

 private:
  struct Piece {
    int64_t begin = 0, end = 0;  // time
    double from = 0, to = 0;     // shown time
  };
  std::vector<Piece> pieces_;  // one after the other, without gaps
  std::vector<Pause> pauses_;
  double shown_ = 1;  // time that the whole axis stands for
};

// Values for the marks of an axis from 0 to `top`: 0, and up to four round ones.
std::vector<double> RoundValues(double top);

}  // namespace gsd
