// posix_spawn cannot ask for the parent-death signal, so this does by hand what it does: the child borrows
// our memory and we wait until it has called execve, or has said why not. Between the two it may only make
// system calls that change nothing but itself.
#include "executor/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstring>

namespace gsd {
namespace {

namespace fs = std::filesystem;

// A descriptor that is closed at the end of the scope.
class Descriptor {
 public:
  Descriptor() = default;
  ~Descriptor() { Take(-1); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  void Take(int fd) {
    if (fd_ >= 0) close(fd_);
    fd_ = fd;
  }
  int get() const { return fd_; }

 private:
  int fd_ = -1;
};

// Opens `path` above the standard streams, so that putting one in place never closes another. Nobody waits
// for the other end of a pipe that was put there.
Status Open(const fs::path& path, int flags, Descriptor& opened) {
  const auto failure = [&](int error) {
    return Error{fmt::format("cannot open {}: {}", path.string(), std::strerror(error))};
  };
  opened.Take(open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600));
  if (opened.get() < 0) return failure(errno);
  struct stat info = {};
  if (fstat(opened.get(), &info) != 0) return failure(errno);
  if (!S_ISREG(info.st_mode) && !S_ISCHR(info.st_mode))
    return Error{fmt::format("cannot open {}: not a regular file", path.string())};
  if (opened.get() <= STDERR_FILENO) {
    const int above = fcntl(opened.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (above < 0) return failure(errno);
    opened.Take(above);
  }
  fcntl(opened.get(), F_SETFL, flags & O_ACCMODE);  // no more O_NONBLOCK
  return Ok();
}

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& text : strings) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// What the child needs, ready before it begins, and what it says when it fails.
struct ChildPlan {
  const char* program;
  char* const* argv;
  char* const* environment;
  const char* directory;  // or null
  std::array<int, 3> streams = {-1, -1, -1};
  bool own_group;
  bool outlives_us;
  pid_t parent;
  const char* failed_step = nullptr;
  int error = 0;
};

// AddressSanitizer knows nothing of the child's stack, so both functions that run on it are not its business.
[[noreturn, gnu::no_sanitize_address]] void Fail(ChildPlan& plan, const char* step) {
  plan.error = errno;
  plan.failed_step = step;
  _exit(127);
}

[[gnu::no_sanitize_address]] int RunChild(void* argument) {
  ChildPlan& plan = *static_cast<ChildPlan*>(argument);
  if (!plan.outlives_us && prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
    Fail(plan, "ask for the parent's death signal");
  // The parent may have died before it was asked.
  if (getppid() != plan.parent) _exit(127);
  if (plan.own_group && setpgid(0, 0) != 0) Fail(plan, "make a process group");
  for (int stream = 0; stream < 3; ++stream) {
    const int from = plan.streams[static_cast<size_t>(stream)];
    if (from >= 0 && dup2(from, stream) < 0) Fail(plan, "set a standard stream");
  }
  // Libraries of ours may have opened something without O_CLOEXEC; kernels before 5.11 cannot help here.
  close_range(3, UINT_MAX, CLOSE_RANGE_CLOEXEC);
  if (plan.directory != nullptr && chdir(plan.directory) != 0) Fail(plan, "change to the folder");
  // The runner blocks signals that it reads from a descriptor and ignores SIGPIPE; a child must inherit
  // neither. A handler of ours must not run in the child either, so dispositions come before the mask.
  struct sigaction standard = {};
  standard.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) sigaction(signal, &standard, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execve(plan.program, plan.argv, plan.environment);
  Fail(plan, nullptr);
}

// For the child's stack, a part of ours: the rest must stay as it is while the child runs.
constexpr size_t kStackBytes = size_t{32} << 10;

// waitid reports the two cases apart; shells and people know them as one number.
int ExitCode(const siginfo_t& info) {
  return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

}  // namespace

Result<pid_t> Spawn(const SpawnRequest& request) {
  GSD_CHECK(!request.argv.empty());
  const auto failure = [&](const std::string& why) {
    return Error{fmt::format("cannot start {}: {}", request.argv[0], why)};
  };
  std::string program = request.argv[0];
  if (program.find('/') == std::string::npos) {
    auto found = FindProgram(program, getenv("PATH"));
    if (!found.ok()) return failure(found.error());
    program = std::move(*found);
  }
  Descriptor in, out, err;
  constexpr int kWrite = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW;
  Status opened = Ok();
  if (!request.in.empty()) opened = Open(request.in, O_RDONLY, in);
  if (opened.ok() && !request.out.empty()) opened = Open(request.out, kWrite, out);
  const bool one_stream = !request.out.empty() && request.out == request.err;
  if (opened.ok() && !request.err.empty() && !one_stream) opened = Open(request.err, kWrite, err);
  if (!opened.ok()) return failure(opened.error());

  const auto argv = Pointers(request.argv);
  const auto environment = Pointers(request.environment);
  ChildPlan plan = {};
  plan.program = program.c_str();
  plan.argv = argv.data();
  plan.environment = environment.data();
  plan.directory = request.directory.empty() ? nullptr : request.directory.c_str();
  const auto or_given = [](int given, int opened_here) { return given >= 0 ? given : opened_here; };
  plan.streams = {or_given(request.in_descriptor, in.get()),
                  request.out_to_err ? 2 : or_given(request.out_descriptor, out.get()),
                  one_stream ? out.get() : or_given(request.err_descriptor, err.get())};
  plan.own_group = request.own_group;
  plan.outlives_us = request.outlives_us;
  plan.parent = getpid();

  alignas(std::max_align_t) std::array<char, kStackBytes> stack;
  sigset_t all, before;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before);
  const pid_t child = clone(RunChild, stack.data() + stack.size(), CLONE_VM | CLONE_VFORK | SIGCHLD, &plan);
  const int clone_error = errno;
  sigprocmask(SIG_SETMASK, &before, nullptr);
  if (child < 0) return failure(std::strerror(clone_error));
  if (plan.error == 0) return child;
  Reap(child);
  if (plan.failed_step == nullptr) return failure(std::strerror(plan.error));
  const std::string folder = plan.directory == nullptr ? "" : std::string(" ") + plan.directory;
  const bool is_folder = std::string_view(plan.failed_step) == "change to the folder";
  return failure(
      fmt::format("cannot {}{}: {}", plan.failed_step, is_folder ? folder : "", std::strerror(plan.error)));
}

std::optional<int> ExitCodeIfEnded(pid_t child) {
  siginfo_t info = {};
  const int status = waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT);
  if (status != 0 || info.si_pid == 0) return std::nullopt;
  return ExitCode(info);
}

void Reap(pid_t child) {
  siginfo_t info = {};
  while (waitid(P_PID, static_cast<id_t>(child), &info, WEXITED) != 0 && errno == EINTR) {
  }
}

int WaitFor(pid_t child) {
  siginfo_t info = {};
  while (waitid(P_PID, static_cast<id_t>(child), &info, WEXITED) != 0)
    if (errno != EINTR) return -1;
  return ExitCode(info);
}

void SignalGroup(pid_t group, int signal) {
  GSD_CHECK(group > 1);  // 0, 1 and -1 would reach ourselves or everybody
  kill(-group, signal);
}

Result<std::string> FindProgram(const std::string& name, const char* path_variable) {
  if (name.empty()) return Error{"the agent command is empty"};
  std::error_code error;
  const auto runnable = [&](const std::filesystem::path& path) {
    return std::filesystem::is_regular_file(path, error) && access(path.c_str(), X_OK) == 0;
  };
  if (name.find('/') != std::string::npos) {
    if (runnable(name)) return std::filesystem::absolute(name).string();
    return Error{fmt::format("{} is not a program that can be run", name)};
  }
  const std::string_view directories =
      path_variable == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path_variable;
  for (std::string_view directory : Split(directories, ':')) {
    const auto path = std::filesystem::path(directory.empty() ? "." : directory) / name;
    if (runnable(path)) return std::filesystem::absolute(path).string();
  }
  return Error{fmt::format("no program {} in PATH", name)};
}

std::vector<std::string> EnvironmentWith(const std::vector<std::pair<std::string, std::string>>& variables) {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::string_view name = text.substr(0, text.find('='));
    bool replaced = false;
    for (const auto& [key, value] : variables) replaced = replaced || key == name;
    if (!replaced) environment.emplace_back(text);
  }
  for (const auto& [key, value] : variables) environment.push_back(key + "=" + value);
  return environment;
}

}  // namespace gsd
