// The three streams are files in memory (memfd): nothing is left behind when we are killed, git never waits
// for us to read, and how much it has said can be looked up while it runs.
#include "executor/git.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "executor/process.h"

namespace gsd {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

class MemoryFile {
 public:
  explicit MemoryFile(const char* name) : fd_(memfd_create(name, MFD_CLOEXEC)) {}
  ~MemoryFile() {
    if (fd_ >= 0) close(fd_);
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  bool ok() const { return fd_ >= 0; }
  int descriptor() const { return fd_; }
  // A child reads on where its parent's descriptor stands.
  void Rewind() const { lseek(fd_, 0, SEEK_SET); }
  size_t size() const { return static_cast<size_t>(std::max<off_t>(0, lseek(fd_, 0, SEEK_END))); }

  bool Write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t n = write(fd_, bytes.data(), bytes.size());
      if (n < 0 && errno != EINTR) return false;
      if (n > 0) bytes.remove_prefix(static_cast<size_t>(n));
    }
    return true;
  }

  std::string Read() const {
    std::string bytes(size(), '\0');
    size_t read = 0;
    while (read < bytes.size()) {
      const ssize_t n = pread(fd_, bytes.data() + read, bytes.size() - read, static_cast<off_t>(read));
      if (n == 0 || (n < 0 && errno != EINTR)) break;
      if (n > 0) read += static_cast<size_t>(n);
    }
    bytes.resize(read);
    return bytes;
  }

 private:
  int fd_;
};

// False when `expired` said so first. Wakes up now and then to ask it.
template <typename Expired>
bool WaitUntilEnded(pid_t child, Expired expired) {
  constexpr int kLookEvery = 50;                                       // milliseconds
  const int fd = static_cast<int>(syscall(SYS_pidfd_open, child, 0));  // old C libraries have no name for it
  bool ended = false;
  while (!(ended = ExitCodeIfEnded(child).has_value()) && !expired()) {
    pollfd watched{fd, POLLIN, 0};
    poll(&watched, 1, kLookEvery);  // without pidfd (an old kernel) just a pause
  }
  if (fd >= 0) close(fd);
  return ended;
}

// Of the caller's variables only those that say who commits and which configuration holds.
bool IsWanted(std::string_view entry) {
  if (!entry.starts_with("GIT_")) return true;
  constexpr std::array kWanted = {"GIT_AUTHOR_",   "GIT_COMMITTER_",           "GIT_CONFIG_",
                                  "GIT_EXEC_PATH", "GIT_CEILING_DIRECTORIES=", "GIT_DISCOVERY_"};
  return std::any_of(kWanted.begin(), kWanted.end(),
                     [&](const char* wanted) { return entry.starts_with(wanted); });
}

// Nothing of the user's may run, wait for somebody, or sign; and a task's file stays where the task put it.
constexpr std::array kSettings = {"core.hooksPath=/dev/null", "gc.auto=0",
                                  "maintenance.auto=false",   "commit.gpgSign=false",
                                  "core.fsmonitor=false",     "core.safecrlf=false",
                                  "submodule.recurse=false",  "merge.directoryRenames=false"};

}  // namespace

std::string GitComplaint(const GitOutput& output) {
  std::string text;
  for (std::string_view line : Split(output.err, '\n')) {
    line = Trim(line);
    if (line.empty() || line.starts_with("hint:") || line.starts_with("warning:")) continue;
    for (const std::string_view prefix : {"fatal: ", "error: "})
      if (line.starts_with(prefix)) line.remove_prefix(prefix.size());
    if (!text.empty()) text += "; ";
    text += line;
    if (text.size() > 1000) break;
  }
  return text.empty() ? fmt::format("exit code {}", output.exit_code) : text;
}

Git::Git(std::string program) : program_(std::move(program)) {
  environment_ = EnvironmentWith({{"LC_ALL", "C"}, {"LANGUAGE", "C"}});
  std::erase_if(environment_, [](const std::string& entry) { return !IsWanted(entry); });
  environment_.emplace_back("GIT_TERMINAL_PROMPT=0");
  environment_.emplace_back("GIT_OPTIONAL_LOCKS=0");
}

Result<Git> Git::Find() {
  const auto program = FindProgram("git", std::getenv("PATH"));
  if (!program.ok())
    return Error{"git is not installed (or not in PATH): install it, or work without it: --isolation=none"};
  Git git(*program);
  const auto version = git.Get({{"version"}, "/"});  // "git version 2.39.5 (Apple Git-154)"
  if (!version.ok()) return Error{version.error()};
  const auto words = Split(*version, ' ');
  const auto numbers = Split(words.size() > 2 ? words[2] : "", '.');
  const auto major = ParseInt(numbers[0]).value_or(0);
  const auto minor = numbers.size() > 1 ? ParseInt(numbers[1]).value_or(0) : 0;
  if (major < 2 || (major == 2 && minor < 38))
    return Error{fmt::format("{} is {}, but 2.38 or newer is needed: update it, or use --isolation=none",
                             *program, *version)};
  return git;
}

void Git::SetIdentity(const std::string& name, const std::string& email) {
  std::erase_if(environment_, [](const std::string& entry) {
    return entry.starts_with("GIT_AUTHOR_") || entry.starts_with("GIT_COMMITTER_");
  });
  for (const char* role : {"AUTHOR", "COMMITTER"}) {
    environment_.push_back(fmt::format("GIT_{}_NAME={}", role, name));
    environment_.push_back(fmt::format("GIT_{}_EMAIL={}", role, email));
  }
}

Result<GitOutput> Git::Run(const GitCall& call) const {
  GSD_CHECK(!call.arguments.empty());
  const MemoryFile in("git-in"), out("git-out"), err("git-err");
  if (!in.ok() || !out.ok() || !err.ok() || !in.Write(call.input))
    return Error{fmt::format("cannot start git: {}", std::strerror(errno))};
  SpawnRequest spawn;
  spawn.argv.push_back(program_);
  spawn.outlives_us = call.outlives_us;
  for (const char* setting : kSettings) spawn.argv.insert(spawn.argv.end(), {"-c", setting});
  for (const std::string& setting : call.settings) spawn.argv.insert(spawn.argv.end(), {"-c", setting});
  spawn.argv.insert(spawn.argv.end(), call.arguments.begin(), call.arguments.end());
  spawn.environment = environment_;
  for (const auto& [name, value] : call.variables)
    spawn.environment.push_back(fmt::format("{}={}", name, value));
  spawn.directory = call.directory;
  in.Rewind();
  spawn.in_descriptor = in.descriptor();
  spawn.out_descriptor = out.descriptor();
  spawn.err_descriptor = err.descriptor();
  const auto child = Spawn(spawn);
  if (!child.ok()) return Error{fmt::format("{} (in {})", child.error(), call.directory.string())};
  ++calls_;

  const auto deadline = Clock::now() + call.time_limit;
  bool too_much = false;
  const bool ended = WaitUntilEnded(*child, [&] {
    too_much = out.size() + err.size() > kLargestOutput;
    return too_much || Clock::now() >= deadline;
  });
  SignalGroup(*child, SIGKILL);  // also what it may have left running: filters, transports
  const int exit_code = WaitFor(*child);
  const auto failed = [&](const std::string& why) {
    return Error{fmt::format("git {} in {}: {}", call.arguments[0], call.directory.string(), why)};
  };
  if (too_much || out.size() + err.size() > kLargestOutput) return failed("its output is too large");
  if (!ended)
    return failed(fmt::format("took longer than {} s",
                              std::chrono::duration_cast<std::chrono::seconds>(call.time_limit).count()));
  return GitOutput{exit_code, out.Read(), err.Read()};
}

Result<std::string> Git::Get(const GitCall& call) const {
  auto output = Run(call);
  if (!output.ok()) return Error{output.error()};
  if (output->exit_code != 0)
    return Error{fmt::format("git {}: {}", call.arguments[0], GitComplaint(*output))};
  if (output->out.ends_with('\n')) output->out.pop_back();
  return std::move(output->out);
}

}  // namespace gsd
