// Asks checkpoints at a terminal, one after the other, while the run goes on.
#pragma once

#include <cstdio>
#include <deque>
#include <string>

#include "executor/mask.h"
#include "executor/runner.h"

namespace gsd {

class TerminalPerson : public Person {
 public:
  // `in` is read whenever it has something, and never waited for; the clock tells of it (kInput). All outlive
  // the object. `masker`: for the reasons that are typed.
  TerminalPerson(const Manifest& manifest, Clock& clock, const Masker& masker, int in, std::FILE* out);
  ~TerminalPerson() override;

  void Ask(TaskIndex checkpoint) override;
  void Forget(TaskIndex checkpoint) override;
  std::vector<Answer> Answers() override;
  bool present() const override { return present_; }

 private:
  void ShowNext();

  const Manifest& manifest_;
  Clock& clock_;
  const Masker& masker_;
  int in_;
  std::FILE* out_;
  std::deque<TaskIndex> open_;  // the first one is being asked
  std::string typed_;           // a line that is not whole yet
  bool present_ = true;
};

}  // namespace gsd
