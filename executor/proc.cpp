#include "executor/proc.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "frontend/support.h"

namespace gsd {
namespace {

// Files in /proc have no size; an environment may have some MiB.
constexpr size_t kLargest = size_t{8} << 20;

// Nothing when there is no such file, or not for us.
std::optional<std::string> ReadProc(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  std::string bytes(4096, '\0');
  size_t filled = 0;
  while (true) {
    const ssize_t count = read(fd, bytes.data() + filled, bytes.size() - filled);
    if (count <= 0) break;
    filled += static_cast<size_t>(count);
    if (filled < bytes.size()) continue;
    if (bytes.size() >= kLargest) break;
    bytes.resize(bytes.size() * 4);
  }
  close(fd);
  bytes.resize(filled);
  return bytes;
}

// The entries of a folder whose names are numbers.
std::vector<pid_t> NumbersIn(const std::string& folder) {
  std::vector<pid_t> numbers;
  DIR* stream = opendir(folder.c_str());
  if (stream == nullptr) return numbers;
  while (const dirent* entry = readdir(stream))
    if (const auto number = ParseInt(entry->d_name)) numbers.push_back(static_cast<pid_t>(*number));
  closedir(stream);
  return numbers;
}

void AddNumbers(std::string_view text, std::vector<pid_t>& numbers) {
  for (std::string_view word : Split(text, ' '))
    if (const auto number = ParseInt(word)) numbers.push_back(static_cast<pid_t>(*number));
}

}  // namespace

std::vector<pid_t> ChildrenOf(pid_t process) {
  std::vector<pid_t> children;
  bool told = false;
  for (pid_t thread : NumbersIn(fmt::format("/proc/{}/task", process))) {
    const auto text = ReadProc(fmt::format("/proc/{}/task/{}/children", process, thread));
    if (text) AddNumbers(*text, children);
    told = told || text;
  }
  if (told) return children;
  // A kernel without CONFIG_PROC_CHILDREN.
  for (pid_t other : AllProcesses())
    if (const auto stat = StatOf(other); stat && stat->parent == process) children.push_back(other);
  return children;
}

std::vector<pid_t> DescendantsOf(pid_t process) {
  constexpr size_t kMost = 10'000;
  std::vector<pid_t> found = ChildrenOf(process);
  for (size_t i = 0; i < found.size() && found.size() < kMost; ++i) {
    const auto children = ChildrenOf(found[i]);
    found.insert(found.end(), children.begin(), children.end());
  }
  return found;
}

std::vector<pid_t> AllProcesses() { return NumbersIn("/proc"); }

std::optional<ProcessStat> StatOf(pid_t process) {
  const auto text = ReadProc(fmt::format("/proc/{}/stat", process));
  if (!text) return std::nullopt;
  // The name, which may hold anything, stands in parentheses; the state is the third field.
  const size_t name_end = text->rfind(") ");
  if (name_end == std::string::npos) return std::nullopt;
  const auto fields = Split(std::string_view(*text).substr(name_end + 2), ' ');
  constexpr size_t kParent = 4 - 3, kStarted = 22 - 3, kMemory = 23 - 3, kCode = 26 - 3, kStack = 28 - 3;
  if (fields.size() <= kStack) return std::nullopt;
  // Addresses may be beyond what ParseInt takes.
  const auto number = [&](size_t field) {
    uint64_t value = 0;
    std::from_chars(fields[field].data(), fields[field].data() + fields[field].size(), value);
    return value;
  };
  return ProcessStat{static_cast<pid_t>(number(kParent)), number(kStarted), number(kMemory), number(kCode),
                     number(kStack)};
}

EnvironmentLook VariableOf(pid_t process, std::string_view name) {
  const auto before = StatOf(process);
  const std::string text = ReadProc(fmt::format("/proc/{}/environ", process)).value_or("");
  for (std::string_view entry : Split(text, '\0')) {
    if (entry.substr(0, name.size()) != name) continue;
    entry.remove_prefix(name.size());
    if (entry.substr(0, 1) == "=") return {std::string(entry.substr(1)), false};
  }
  const auto after = StatOf(process);
  if (!before || !after) return {};
  const bool same_program = before->code == after->code && before->stack == after->stack;
  return {std::nullopt, (after->memory > 0 && after->code == 0) || !same_program};
}

}  // namespace gsd
