#include "tests/test_support.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace gsd::test {

namespace fs = std::filesystem;

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    ADD_FAILURE() << "cannot read " << path;
    return {};
  }
  std::ostringstream bytes;
  bytes << in.rdbuf();
  return std::move(bytes).str();
}

void WriteFile(const fs::path& path, std::string_view bytes) {
  if (path.has_parent_path()) fs::create_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!out) ADD_FAILURE() << "cannot write " << path;
}

TempDir::TempDir() {
  std::string pattern = (fs::temp_directory_path() / "gsd-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) ADD_FAILURE() << "cannot make a temporary folder";
  path_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

ProcessResult Run(const std::vector<std::string>& argv, const fs::path& cwd, std::string_view input,
                  const std::vector<std::string>& environment) {
  signal(SIGPIPE, SIG_IGN);
  std::array<int, 2> in, out, err;
  if (pipe2(in.data(), O_CLOEXEC) != 0 || pipe2(out.data(), O_CLOEXEC) != 0 ||
      pipe2(err.data(), O_CLOEXEC) != 0) {
    ADD_FAILURE() << "cannot make a pipe";
    return {};
  }
  std::vector<std::string> env = {std::string("PATH=") + std::getenv("PATH"), "HOME=/nonexistent",
                                  "LC_ALL=C.UTF-8"};
  for (const std::string& entry : environment) {
    const std::string name = entry.substr(0, entry.find('=') + 1);
    std::erase_if(env, [&](const std::string& known) { return known.starts_with(name); });
    env.push_back(entry);
  }
  std::vector<char*> args, envs;
  for (const auto& a : argv) args.push_back(const_cast<char*>(a.c_str()));
  for (const auto& e : env) envs.push_back(const_cast<char*>(e.c_str()));
  args.push_back(nullptr);
  envs.push_back(nullptr);
  const pid_t pid = fork();
  if (pid == 0) {
    dup2(in[0], 0);
    dup2(out[1], 1);
    dup2(err[1], 2);
    signal(SIGPIPE, SIG_DFL);
    if (!cwd.empty() && chdir(cwd.c_str()) != 0) _exit(126);
    execvpe(args[0], args.data(), envs.data());
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  close(err[1]);
  ProcessResult result;
  fcntl(in[1], F_SETFL, O_NONBLOCK);
  std::array<pollfd, 3> fds = {pollfd{in[1], POLLOUT, 0}, pollfd{out[0], POLLIN, 0},
                               pollfd{err[0], POLLIN, 0}};
  while (fds[0].fd >= 0 || fds[1].fd >= 0 || fds[2].fd >= 0) {
    if (fds[0].fd >= 0 && input.empty()) {
      close(fds[0].fd);
      fds[0].fd = -1;
      continue;
    }
    if (poll(fds.data(), fds.size(), -1) < 0) break;
    if (fds[0].fd >= 0 && fds[0].revents != 0) {
      const ssize_t n = write(fds[0].fd, input.data(), input.size());
      if (n > 0) input.remove_prefix(static_cast<size_t>(n));
      if (n < 0 && errno != EAGAIN) input = {};
    }
    for (size_t i : {1U, 2U}) {
      if (fds[i].fd < 0 || fds[i].revents == 0) continue;
      std::array<char, 65536> buffer;
      const ssize_t n = read(fds[i].fd, buffer.data(), buffer.size());
      if (n > 0) {
        (i == 1 ? result.out : result.err).append(buffer.data(), static_cast<size_t>(n));
      } else {
        close(fds[i].fd);
        fds[i].fd = -1;
      }
    }
  }
  int status = 0;
  waitpid(pid, &status, 0);
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

std::string SchemaMistakes(const fs::path& schema, std::string_view json) {
  // A schema may refer to others that lie beside it; nothing is asked of the network.
  constexpr const char* kScript =
      "import json, jsonschema, pathlib, sys\n"
      "path = pathlib.Path(sys.argv[1]); schema = json.loads(path.read_text()); document = "
      "json.load(sys.stdin)\n"
      "others = [json.loads(p.read_text()) for p in path.parent.glob('*.json')]\n"
      "cls = jsonschema.validators.validator_for(schema); cls.check_schema(schema)\n"
      "resolver = jsonschema.RefResolver.from_schema(schema, cls.ID_OF, store={o['$id']: o for o in others "
      "if "
      "'$id' in o})\n"
      "for e in cls(schema, resolver=resolver).iter_errors(document): print(list(e.absolute_path), "
      "e.message)\n";
  const auto result = Run({"/usr/bin/python3", "-c", kScript, schema.string()}, {}, json);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return result.out;
}

fs::path SourceDir() { return GSD_SOURCE_DIR; }
fs::path Gsdc() { return fs::path(GSD_BIN_DIR) / "gsdc"; }
fs::path GsdRun() { return fs::path(GSD_BIN_DIR) / "gsd-run"; }

std::optional<fs::path> SharedDir() {
  const char* given = std::getenv("GSD_SHARED");
  const fs::path dir = given != nullptr ? fs::path(given) : SourceDir().parent_path() / "shared";
  if (!fs::exists(dir / "corpus")) return std::nullopt;
  return fs::canonical(dir);
}

void ExpectGolden(const fs::path& golden, std::string_view actual) {
  if (std::getenv("GSD_UPDATE_GOLDENS") != nullptr) {
    if (!fs::exists(golden) || ReadFile(golden) != actual) WriteFile(golden, actual);
    return;
  }
  const std::string expected = fs::exists(golden) ? ReadFile(golden) : std::string();
  if (expected == actual) return;
  TempDir dir;
  WriteFile(dir / "actual", actual);
  const auto diff = Run({"diff", "-u", "--label", golden.string(), "--label", "actual",
                         fs::exists(golden) ? golden.string() : "/dev/null", (dir / "actual").string()});
  const auto* info = testing::UnitTest::GetInstance()->current_test_info();
  ADD_FAILURE() << diff.out << "\nto accept: GSD_UPDATE_GOLDENS=1 ctest --preset dev -R '"
                << info->test_suite_name() << "." << info->name() << "'";
}

}  // namespace gsd::test
