#include "executor/terminal_person.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "executor/checkpoints.h"
#include "executor/report.h"

namespace gsd {

namespace {

constexpr size_t kLongestLine = 16'384;

}  // namespace

TerminalPerson::TerminalPerson(const Manifest& manifest, Clock& clock, const Masker& masker, int in,
                               std::FILE* out)
    : manifest_(manifest), clock_(clock), masker_(masker), in_(in), out_(out) {}

TerminalPerson::~TerminalPerson() { clock_.WatchInput(-1); }

void TerminalPerson::Ask(TaskIndex checkpoint) {
  open_.push_back(checkpoint);
  if (open_.size() == 1) ShowNext();
}

void TerminalPerson::Forget(TaskIndex checkpoint) {
  const bool asked = !open_.empty() && open_.front() == checkpoint;
  open_.erase(std::remove(open_.begin(), open_.end(), checkpoint), open_.end());
  if (asked) ShowNext();
}

// Only while something is asked is anything read: what is typed before belongs to whoever reads next.
void TerminalPerson::ShowNext() {
  clock_.WatchInput(open_.empty() || !present_ ? -1 : in_);
  if (open_.empty() || !present_) return;
  const ManifestTask& task = manifest_.tasks[open_.front()];
  std::fputs(CheckpointText(task).c_str(), out_);
  const bool choice = task.checkpoint->kind == "decision" && !task.checkpoint->options.empty();
  std::fputs(
      choice ? "  your choice (an option, or \"no: why\"): " : "  your answer (\"yes\", or \"no: why\"): ",
      out_);
  std::fflush(out_);
}

std::vector<Person::Answer> TerminalPerson::Answers() {
  std::vector<Answer> answers;
  if (open_.empty() || !present_) return answers;
  pollfd ready = {in_, POLLIN, 0};
  while (poll(&ready, 1, 0) > 0 && ready.revents != 0) {
    char buffer[4096];
    const ssize_t count = read(in_, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      // Ctrl-D, or the terminal is gone: what waits then waits for `gsd-run approve`.
      present_ = false;
      std::fputc('\n', out_);
      clock_.WatchInput(-1);
      break;
    }
    typed_.append(buffer, static_cast<size_t>(count));
    if (typed_.size() > kLongestLine && typed_.find('\n') == std::string::npos) typed_.clear();
  }
  for (size_t end; !open_.empty() && (end = typed_.find('\n')) != std::string::npos;) {
    const std::string line = typed_.substr(0, end);
    typed_.erase(0, end + 1);
    const TaskIndex task = open_.front();
    auto answer = ReadTypedAnswer(*manifest_.tasks[task].checkpoint, line);
    if (!answer.ok()) {
      std::fputs(fmt::format("  {}: ", EscapeControls(answer.error())).c_str(), out_);
      std::fflush(out_);
      continue;
    }
    if (answer->kind == AnswerKind::kRejected) {
      std::string reason = masker_.Mask(answer->text);
      if (reason != answer->text) std::fputs(fmt::format("  {}\n", kAnswerMasked).c_str(), out_);
      answer->text = std::move(reason);
    }
    answers.push_back({task, std::move(*answer)});
    open_.pop_front();
    ShowNext();
  }
  return answers;
}

}  // namespace gsd
