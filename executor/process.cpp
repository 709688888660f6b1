#include "executor/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace gsd {
namespace {

// posix_spawn's three objects, freed whatever happens.
struct SpawnState {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  SpawnState() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  ~SpawnState() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnState(const SpawnState&) = delete;
  SpawnState& operator=(const SpawnState&) = delete;
};

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& text : strings) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// waitid reports the two cases apart; shells and people know them as one number.
int ExitCode(const siginfo_t& info) {
  return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

}  // namespace

Result<pid_t> Spawn(const SpawnRequest& request) {
  GSD_CHECK(!request.argv.empty());
  SpawnState state;
  constexpr int kWrite = O_WRONLY | O_CREAT | O_TRUNC;
  auto* actions = &state.actions;
  if (!request.directory.empty()) posix_spawn_file_actions_addchdir_np(actions, request.directory.c_str());
  if (!request.in.empty()) posix_spawn_file_actions_addopen(actions, 0, request.in.c_str(), O_RDONLY, 0);
  if (!request.out.empty()) posix_spawn_file_actions_addopen(actions, 1, request.out.c_str(), kWrite, 0644);
  if (!request.err.empty()) posix_spawn_file_actions_addopen(actions, 2, request.err.c_str(), kWrite, 0644);
  if (request.out_to_err) posix_spawn_file_actions_adddup2(actions, 2, 1);

  // The runner blocks signals that it reads from a descriptor and ignores SIGPIPE; a child must inherit
  // neither.
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  sigdelset(&all, SIGKILL);
  sigdelset(&all, SIGSTOP);
  short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  if (request.own_group) flags = static_cast<short>(flags | POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setflags(&state.attributes, flags);
  posix_spawnattr_setsigmask(&state.attributes, &none);
  posix_spawnattr_setsigdefault(&state.attributes, &all);
  posix_spawnattr_setpgroup(&state.attributes, 0);

  const auto argv = Pointers(request.argv);
  const auto environment = Pointers(request.environment);
  pid_t child = 0;
  const int error =
      posix_spawnp(&child, argv[0], actions, &state.attributes, argv.data(), environment.data());
  if (error != 0) return Error{fmt::format("cannot start {}: {}", request.argv[0], std::strerror(error))};
  return child;
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
