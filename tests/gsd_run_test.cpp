// The program gsd-run with real processes: bash scripts as agents, signals, a pseudo-terminal.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/manifest_samples.h"
#include "tests/test_support.h"

namespace gsd::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;
using Args = std::vector<std::string>;

constexpr const char* kPlanPath = "phases/08-features/08-02-PLAN.md";
constexpr const char* kSummaryPath = "phases/08-features/08-02-SUMMARY.md";

// A project folder with the example's plan and its manifest.
struct Project {
  TempDir dir;
  explicit Project(const Manifest& manifest = ExampleManifest()) {
    WriteFile(dir / kPlanPath, "the plan\n");
    WriteFile(dir / "manifest.json", ToJson(manifest));
  }
  ProcessResult Run(Args args, const Args& environment = {}) const {
    args.insert(args.begin(), {GsdRun().string(), "manifest.json"});
    return test::Run(args, dir.path(), {}, environment);
  }
  // With a bash script as the agent.
  ProcessResult RunScript(const std::string& script, Args options = {}) const {
    options.insert(options.end(),
                   {"--agent=command", "--no-verify", "--retries=0", "--", "bash", "-c", script});
    return Run(options);
  }
  fs::path RunDir() const { return *fs::directory_iterator(dir / ".gsd/runs"); }
  std::vector<nlohmann::json> Events(const fs::path& file) const {
    std::vector<nlohmann::json> events;
    const std::string text = ReadFile(file);
    for (std::string_view line : Split(Trim(text), '\n')) events.push_back(nlohmann::json::parse(line));
    return events;
  }
};

// One task that does what the script says.
Manifest OneTask() {
  Manifest manifest = ExampleManifest();
  manifest.tasks.resize(1);
  manifest.batches.resize(1);
  manifest.schedule = {};
  return manifest;
}

bool Eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

bool Exists(const fs::path& path) { return fs::exists(path) && fs::file_size(path) > 0; }

// Neither there nor a zombie that nobody has reaped yet.
bool IsAlive(const fs::path& pid_file) {
  const fs::path stat = fs::path("/proc") / std::string(Trim(ReadFile(pid_file))) / "stat";
  std::error_code error;
  if (!fs::exists(stat, error)) return false;
  std::FILE* file = std::fopen(stat.c_str(), "r");
  if (file == nullptr) return false;
  char state = '?';
  const int read = std::fscanf(file, "%*d (%*[^)]) %c", &state);
  std::fclose(file);
  return read == 1 && state != 'Z';
}

// gsd-run, or another program, on a pseudo-terminal, or with its output in a file, while the test goes on.
class Background {
 public:
  Background(const Project& project, const Args& args, bool terminal,
             Args program = {GsdRun().string(), "manifest.json"})
      : output_(project.dir / "output") {
    program.insert(program.end(), args.begin(), args.end());
    std::vector<char*> argv;
    for (auto& arg : program) argv.push_back(arg.data());
    argv.push_back(nullptr);
    pid_ = terminal ? forkpty(&master_, nullptr, nullptr, nullptr) : fork();
    if (pid_ != 0) return;
    signal(SIGINT, SIG_DFL);
    if (!terminal) {
      const int file = open(output_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
      dup2(file, 1);
      dup2(file, 2);
    }
    if (chdir(project.dir.path().c_str()) == 0) {
      setenv("TERM", "xterm", 1);
      execv(argv[0], argv.data());
    }
    _exit(127);
  }
  ~Background() {
    if (master_ >= 0) close(master_);
    if (!waited_) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
  }
  void Signal(int signal) const { kill(pid_, signal); }
  void PressCtrlC() const { ASSERT_EQ(write(master_, "\x03", 1), 1); }
  void Type(const std::string& text) const {
    ASSERT_EQ(write(master_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void HangUp() {
    close(master_);
    master_ = -1;
  }
  // What has been shown so far.
  std::string Output() {
    if (master_ < 0) return fs::exists(output_) ? ReadFile(output_) : "";
    fcntl(master_, F_SETFL, O_NONBLOCK);
    char buffer[4096];
    for (ssize_t n = 0; (n = read(master_, buffer, sizeof buffer)) > 0;)
      shown_.append(buffer, static_cast<size_t>(n));
    return shown_;
  }
  bool Shows(const std::string& text) {
    return Eventually([&] { return Output().find(text) != std::string::npos; });
  }
  int Wait() {
    int status = 0;
    const bool ended = Eventually([&] {
      Output();  // a full terminal would block it
      return waitpid(pid_, &status, WNOHANG) == pid_;
    });
    EXPECT_TRUE(ended) << "still running";
    waited_ = ended;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  fs::path output_;
  std::string shown_;
  pid_t pid_ = -1;
  int master_ = -1;
  bool waited_ = false;
};

TEST(GsdRunSimulate, TheExample) {
  const Project project;
  const auto result = project.Run({"--agent=simulate", "--simulate-scale=0.00001", "--events=events"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_THAT(result.out, HasSubstr("[0/7] start  08-02:1 Create API routes structure (sonnet)\n"));
  EXPECT_THAT(result.out, testing::ContainsRegex(
                              "\\[1/7\\] done   08-02:1 Create API routes structure  0.0 s, 4,000 tokens\n"));
  EXPECT_THAT(result.out, HasSubstr("7 of 7 tasks done"));
  EXPECT_THAT(result.out, HasSubstr("simulated: nothing was really done"));
  EXPECT_THAT(result.out, Not(HasSubstr("\x1b")));
  EXPECT_THAT(ReadFile(project.dir / kSummaryPath), HasSubstr("status: simulated"));
  EXPECT_EQ(ReadFile(project.dir / ".gsd/.gitignore"), "*\n");

  const auto events = project.Events(project.dir / "events");
  EXPECT_EQ(events.front()["event"], "run_started");
  EXPECT_EQ(events.back()["event"], "run_finished");
  EXPECT_EQ(events.back()["done"], 7);
  EXPECT_EQ(events.size(), 2 + 3 * 7U);
  EXPECT_EQ(ReadFile(project.RunDir() / "events.jsonl"), ReadFile(project.dir / "events"));
  // The copy in the run's folder is a manifest that can be run.
  EXPECT_EQ(
      test::Run({GsdRun().string(), (project.RunDir() / "manifest.json").string(), "--dry-run"}).exit_code,
      0);
}

TEST(GsdRunSimulate, FailuresAndKeepGoing) {
  const Project project;
  const Args base = {"--agent=simulate", "--simulate-scale=0.00001", "-j", "1", "--simulate-fail=08-02:6"};
  auto result = project.Run(base);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("3 of 7 tasks done"));
  EXPECT_THAT(result.out,
              HasSubstr("failed: 08-02:6 Implement analytics API: told to fail by --simulate-fail"));
  EXPECT_THAT(ReadFile(project.dir / kSummaryPath), HasSubstr("status: halted"));
  result = project.Run({"--agent=simulate", "--simulate-scale=0", "--keep-going", "--simulate-fail=6", "-q"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr("5 of 7 tasks done"));
}

TEST(GsdRunSimulate, CheckpointsEndWithThree) {
  Manifest manifest = ExampleManifest();
  MakeCheckpoint(manifest, 3, "human-verify");
  const Project project(manifest);
  const Args base = {"--agent=simulate", "--simulate-scale=0"};
  auto result = project.Run(base);
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(
      result.out,
      HasSubstr(
          "waiting: 08-02:4 Implement user profile API (human-verify)\n    built:\n      A login page\n"));
  EXPECT_EQ(project.Run({"--agent=simulate", "--simulate-scale=0", "--auto-approve"}).exit_code, 0);
}

TEST(GsdRunSimulate, ControlCharactersNeverReachTheTerminal) {
  Manifest manifest = ExampleManifest();
  manifest.tasks[0].name = "Task 1: \x1b]0;owned\x07 name\nsecond";
  manifest.plans[0].objective = "\x1b[2J";
  const Project project(manifest);
  for (const Args& args :
       {Args{"--dry-run"}, Args{"--agent=simulate", "--simulate-scale=0", "--simulate-fail=1"}}) {
    const auto result = project.Run(args);
    EXPECT_THAT(result.out, HasSubstr("\\x1b]0;owned\\x07 name second"));
    EXPECT_THAT(result.out + result.err, Not(HasSubstr("\x1b")));
  }
}

TEST(GsdRun, StalePlansAreRefused) {
  const Project project;
  WriteFile(project.dir / kPlanPath, "the plan, changed\n");
  const auto result = project.Run({"--agent=simulate"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("plan 08-02 (phases/08-features/08-02-PLAN.md) has changed"));
  EXPECT_FALSE(fs::exists(project.dir / ".gsd"));
  EXPECT_EQ(project.Run({"--agent=simulate", "--simulate-scale=0", "--stale-ok"}).exit_code, 0);
  fs::remove(project.dir / kPlanPath);
  EXPECT_EQ(project.Run({"--agent=simulate"}).exit_code, 2);
}

TEST(GsdRun, TheRootIsRelativeToTheManifest) {
  Manifest manifest = ExampleManifest();
  manifest.root = "..";
  const Project project;
  WriteFile(project.dir / "build/manifest.json", ToJson(manifest));
  const auto result = test::Run({GsdRun().string(), "run", (project.dir / "build/manifest.json").string(),
                                 "--agent=simulate", "--simulate-scale=0"},
                                "/");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(fs::exists(project.dir / kSummaryPath));
}

TEST(GsdRun, DryRunWritesNothing) {
  const Project project;
  const auto result = project.Run({"--dry-run"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("batch 4: 08-02:4, 08-02:5, 08-02:6  (in parallel)"));
  EXPECT_FALSE(fs::exists(project.dir / ".gsd"));
  EXPECT_FALSE(fs::exists(project.dir / kSummaryPath));
}

TEST(GsdRun, SaysThatAPlanHasBeenCarriedOut) {
  const Project project;
  const auto run = [&](const std::string& status) {
    WriteFile(project.dir / "phases/08-features/08-02-SUMMARY.md",
              "---\nplan: 02\nstatus: " + status + "\n---\n");
    return project.Run({"--agent=simulate", "--simulate-scale=0", "--auto-approve"}).err;
  };
  EXPECT_THAT(run("complete"), HasSubstr("the plan has a summary already, and is run again"));
  EXPECT_THAT(run("halted"), Not(HasSubstr("has a summary")));
}

TEST(GsdRun, UsageErrors) {
  const Project project;
  const std::vector<std::pair<Args, std::string>> cases = {
      {{}, "no agent is given"},
      {{"--agent=simulate", "--trace=/no/such/folder/x"}, "cannot write /no/such/folder/x"},
      {{"--agent=gpt"}, "there is no agent \"gpt\""},
      {{"--agent=command"}, "needs the command after --"},
      {{"--agent=command", "--no-verify", "--retries=0", "--", "no-such-program"},
       "no program no-such-program in PATH"},
      {{"--agent=command", "--no-verify", "--retries=0", "--", "./manifest.json"}, "is not a program"},
      {{"--agent=simulate", "--", "true"}, "is for --agent=command"},
      {{"--agent=simulate", "-j", "0"}, "-j"},
      {{"--agent=simulate", "--schedule=random"}, "--schedule"},
      {{"--agent=simulate", "--simulate-fail=08-02:9"},
       "there is no task \"08-02:9\"; did you mean 08-02:1?"},
      {{"--agent=simulate", "--task-timeout=soon"}, "is not a duration"},
      {{"--agent=simulate", "--isolation=worktree"}, "use --isolation=none"},
      {{"--agent=simulate", "--commit=runner"}, "--commit needs work trees"},
      {{"--agent=simulate", "--executor=slurm"}, "--executor=slurm is not in this version"},
      {{"--agent=simulate", "--budget-usd=-3"}, "--budget-usd"},
      {{"--agent=simulate", "--isolation=worktree", "--commit=none"}, "use --isolation=none"},
      {{"--agent=simulate", "other.json"}, "one manifest, or plans"},
      {{"--agent=simulate", "--events=/no/such/folder/x"}, "cannot write /no/such/folder/x"},
      {{"--no-such-option"}, "--no-such-option"},
  };
  for (const auto& [args, message] : cases) {
    const auto result = project.Run(args);
    EXPECT_EQ(result.exit_code, 2) << message;
    EXPECT_THAT(result.err, HasSubstr(message));
    EXPECT_EQ(result.out, "");
  }
  EXPECT_FALSE(fs::exists(project.dir / kSummaryPath));
  EXPECT_THAT(test::Run({GsdRun().string(), "resume"}, "/").err, HasSubstr("nothing was run in"));
  EXPECT_EQ(test::Run({GsdRun().string()}).exit_code, 2);
  EXPECT_EQ(test::Run({GsdRun().string(), "/no/such.json", "--agent=simulate"}).exit_code, 2);
  EXPECT_EQ(test::Run({GsdRun().string(), "/no/such.md", "--agent=simulate"}).exit_code, 2);
  EXPECT_EQ(test::Run({GsdRun().string(), "--help"}).exit_code, 0);
  EXPECT_THAT(test::Run({GsdRun().string(), "--version"}).out, testing::StartsWith("gsd-run "));
}

TEST(GsdRun, EventsDoNotOverwriteInputs) {
  const Project project;
  const std::string plan = ReadFile(project.dir / kPlanPath);
  EXPECT_EQ(project.Run({"--agent=simulate", "--stale-ok", "--events=manifest.json"}).exit_code, 2);
  EXPECT_EQ(project.Run({"--agent=simulate", "--stale-ok", std::string("--events=") + std::string(kPlanPath)})
                .exit_code,
            2);
  EXPECT_EQ(ReadFile(project.dir / kPlanPath), plan);
}

TEST(GsdRun, EventsAndTraceAreTwoFiles) {
  const Project project;
  const std::string absolute = (project.dir / "x").string();
  fs::create_directory_symlink(project.dir.path(), project.dir / "link");
  for (const std::string& trace :
       {std::string("x"), std::string("./phases/../x"), std::string("link/x"), absolute}) {
    const auto result = project.Run({"--agent=simulate", "--events=x", "--trace=" + trace});
    EXPECT_EQ(result.exit_code, 2) << trace;
    EXPECT_THAT(result.err, HasSubstr("--events and --trace both name " + trace));
    EXPECT_FALSE(fs::exists(absolute));
    EXPECT_FALSE(fs::exists(project.dir / ".gsd"));
  }
  EXPECT_EQ(project.Run({"--agent=simulate", "--simulate-scale=0", "--events=x", "--trace=y"}).exit_code, 0);
  EXPECT_TRUE(fs::exists(absolute) && fs::exists(project.dir / "y"));
}

TEST(GsdRun, ALostTerminalChangesNothing) {
  const Project project;
  // The user's own SUMMARY is kept, which is said on standard error, which is full.
  WriteFile((project.dir / kPlanPath).parent_path() / "08-02-SUMMARY.md", "mine\n");
  const auto result = test::Run(
      {"sh", "-c",
       "exec \"$0\" manifest.json --agent=simulate --simulate-scale=0 --stale-ok 2> /dev/full > /dev/full",
       GsdRun().string()},
      project.dir.path());
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(
      test::Run({"sh", "-c", "exec \"$0\" manifest.json --dry-run --stale-ok > /dev/full", GsdRun().string()},
                project.dir.path())
          .exit_code,
      2);
}

TEST(GsdRun, ABrokenManifestIsNamed) {
  const Project project;
  WriteFile(project.dir / "manifest.json", "{\n  \"version\": }\n");
  const auto result = project.Run({"--agent=simulate"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("manifest.json: line 2, column 14: not JSON"));
}

TEST(GsdRun, ColorsFollowTheConventions) {
  const Project project;
  const Args args = {"--agent=simulate", "--simulate-scale=0"};
  EXPECT_THAT(project.Run(args, {"CLICOLOR_FORCE=1"}).out, HasSubstr("\x1b[32mdone"));
  EXPECT_THAT(project.Run(args, {"CLICOLOR_FORCE=1", "NO_COLOR=1"}).out, Not(HasSubstr("\x1b")));
  EXPECT_THAT(project.Run({"--agent=simulate", "--simulate-scale=0", "--color=always"}).out,
              HasSubstr("\x1b[32m"));
  EXPECT_THAT(
      project.Run({"--agent=simulate", "--simulate-scale=0", "--color=never"}, {"CLICOLOR_FORCE=1"}).out,
      Not(HasSubstr("\x1b")));
}

// Plans go through the gsdc that stands beside gsd-run; here a script stands there.
TEST(GsdRun, PlansAreCompiledFirst) {
  const Project project;
  fs::copy_file(GsdRun(), project.dir / "bin-gsd-run");
  fs::create_directory(project.dir / "bin");
  fs::rename(project.dir / "bin-gsd-run", project.dir / "bin/gsd-run");
  Manifest manifest = ExampleManifest();
  WriteFile(project.dir / "template.json", ToJson(manifest));
  const auto run = [&](const std::string& script) {
    WriteFile(project.dir / "bin/gsdc", "#!/bin/bash\n" + script);
    fs::permissions(project.dir / "bin/gsdc", fs::perms::owner_all);
    return test::Run(
        {(project.dir / "bin/gsd-run").string(), kPlanPath, "--agent=simulate", "--simulate-scale=0"},
        project.dir.path());
  };
  auto result =
      run("echo \"$@\" > args\n"
          "sed \"s|\\\"root\\\": \\\".\\\"|\\\"root\\\": \\\"$(realpath --relative-to=\"$(dirname \"$2\")\" "
          ".)\\\"|\" template.json > \"$2\"\n"
          "echo 'a warning' >&2; echo 'on stdout'\n");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("a warning"));
  EXPECT_THAT(result.err, HasSubstr("on stdout"));
  EXPECT_THAT(ReadFile(project.dir / "args"),
              testing::EndsWith(" --color=auto -- phases/08-features/08-02-PLAN.md\n"));
  result = run("echo 'an error' >&2; exit 1\n");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("the plans have errors"));
  EXPECT_EQ(run("exit 0\n").exit_code, 2);
  fs::remove(project.dir / "bin/gsdc");
  result =
      test::Run({(project.dir / "bin/gsd-run").string(), kPlanPath, "--agent=simulate"}, project.dir.path());
  EXPECT_THAT(result.err, HasSubstr("plans need gsdc beside gsd-run"));
}

TEST(GsdRunCommand, AgentsGetWhatTheContractSays) {
  Manifest manifest = ExampleManifest();
  manifest.tasks[3].action = "x && y\r\n\xE2\x86\x92";
  const Project project(manifest);
  const auto result = project.Run(
      {"--agent=command", "--no-verify", "--retries=0", "--events=events", "--", "bash", "-c",
       "cat > \"in-$1\"; echo \"$@\" > \"args-$1\"; echo \"$GSD_TASK $GSD_MODEL $GSD_ATTEMPT $GSD_RUN $PWD\" "
       "> \"env-$1\"\n"
       "echo out; echo err >&2\n"
       "echo "
       "'{\"success\":true,\"tokens\":{\"input\":10,\"output\":5,\"cache_creation\":2,\"cache_read\":900},"
       "\"usd\":0.25}' > \"$GSD_RESULT\"",
       "agent", "{task}", "{model}", "a{workdir}b", "{other}"});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  const std::string root = fs::canonical(project.dir.path()).string();
  EXPECT_EQ(ReadFile(project.dir / "args-08-02:4"), "08-02:4 claude-haiku a" + root + "b {other}\n");
  EXPECT_EQ(ReadFile(project.dir / "env-08-02:4"),
            "08-02:4 claude-haiku 1 " + project.RunDir().filename().string() + " " + root + "\n");
  EXPECT_THAT(ReadFile(project.dir / "in-08-02:4"), HasSubstr("**Action**:\nx && y\r\n\xE2\x86\x92\n"));
  const fs::path attempt = project.RunDir() / "08-02_4.1";
  EXPECT_EQ(ReadFile(attempt / "prompt.md"), ReadFile(project.dir / "in-08-02:4"));
  EXPECT_EQ(ReadFile(attempt / "stdout"), "out\n");
  EXPECT_EQ(ReadFile(attempt / "stderr"), "err\n");
  EXPECT_THAT(ReadFile(project.dir / kSummaryPath), HasSubstr("total_subagent_tokens: 119\n"));
  EXPECT_THAT(ReadFile(project.dir / kSummaryPath), HasSubstr("status: complete\n"));
  for (const auto& event : project.Events(project.dir / "events")) {
    if (event["event"] != "task_finished") continue;
    EXPECT_EQ(event["tokens"]["cache_read"], 900);
    EXPECT_EQ(event["usd"], 0.25);
    EXPECT_EQ(event["exit_code"], 0);
  }
}

TEST(GsdRunCommand, OutcomesAreTold) {
  const Project project(OneTask());
  const auto expect = [&](const std::string& script, int code, const std::string& message) {
    const auto result = project.RunScript(script);
    EXPECT_EQ(result.exit_code, code) << script;
    EXPECT_THAT(result.out, HasSubstr(message)) << script;
  };
  expect("exit 0", 0, "1 of 1 tasks done");
  expect("exit 7", 1, "exit code 7");
  expect("kill -KILL $$", 1, "ended by signal 9");
  expect("echo '{\"success\":false}' > \"$GSD_RESULT\"", 1, "reports that it did not succeed");
  expect("echo '{\"success\":true}' > \"$GSD_RESULT\"; exit 3", 1, "exit code 3");
  expect("echo 'oops' > \"$GSD_RESULT\"", 1, "cannot be understood");
  expect("mkfifo \"$GSD_RESULT\"", 1, "not a regular file");
  expect("ln -s /nowhere \"$GSD_RESULT\"", 1, "cannot be understood");
}

TEST(GsdRunCommand, AnAgentThatReadsNothingOfALongPrompt) {
  Manifest manifest = OneTask();
  manifest.tasks[0].action.assign(4 << 20, 'x');
  EXPECT_EQ(Project(manifest).RunScript("exec true").exit_code, 0);
}

TEST(GsdRunCommand, ARelativeProgramIsRelativeToWhereOneStands) {
  const Project project(OneTask());
  WriteFile(project.dir / "tools/agent.sh", "#!/bin/bash\npwd > where\n");
  fs::permissions(project.dir / "tools/agent.sh", fs::perms::owner_all);
  const auto result = test::Run({GsdRun().string(), "../manifest.json", "--agent=command", "--no-verify",
                                 "--retries=0", "--", "./agent.sh"},
                                project.dir / "tools");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(ReadFile(project.dir / "where"), fs::canonical(project.dir.path()).string() + "\n");
}

// A grandchild that ignores SIGTERM and would outlive its parent.
constexpr const char* kStubborn =
    "trap '' TERM; bash -c 'trap \"\" TERM; echo $$ > grandchild; while :; do sleep 100; done' & wait; wait; "
    "wait";

TEST(GsdRunCommand, TimeoutsEndTheWholeGroup) {
  const Project project(OneTask());
  const auto result = project.RunScript(kStubborn, {"--task-timeout=1", "--kill-grace=0.3s"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("took longer than 1.0 s"));
  EXPECT_TRUE(Eventually([&] { return !IsAlive(project.dir / "grandchild"); }));
  EXPECT_THAT(ReadFile(project.dir / kSummaryPath), HasSubstr("| timeout |"));
}

TEST(GsdRunCommand, StraysDieWithTheirTask) {
  const Project project(OneTask());
  const auto result = project.RunScript(
      "bash -c 'trap \"\" TERM; echo $$ > grandchild; sleep 1000' & until test -s grandchild; do sleep 0.01; "
      "done");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_TRUE(Eventually([&] { return !IsAlive(project.dir / "grandchild"); }));
}

TEST(GsdRunSignals, OneInterruptDrains) {
  const Project project;
  Background run(project,
                 {"--agent=command", "--no-verify", "--retries=0", "--", "bash", "-c",
                  "touch started; until test -e go; do sleep 0.01; done"},
                 false);
  ASSERT_TRUE(Eventually([&] { return fs::exists(project.dir / "started"); }));
  run.Signal(SIGINT);
  ASSERT_TRUE(run.Shows("nothing new starts; waiting for 1 running"));
  WriteFile(project.dir / "go", "");
  EXPECT_EQ(run.Wait(), 130);
  EXPECT_THAT(run.Output(), HasSubstr("1 of 7 tasks done"));
  EXPECT_THAT(ReadFile(project.dir / kSummaryPath), HasSubstr("status: halted"));
}

TEST(GsdRunSignals, TwoInterruptsEndTheGroups) {
  const Project project;
  Background run(
      project,
      {"--agent=command", "--no-verify", "--retries=0", "--kill-grace=0.3", "--", "bash", "-c", kStubborn},
      false);
  ASSERT_TRUE(Eventually([&] { return Exists(project.dir / "grandchild"); }));
  run.Signal(SIGINT);
  ASSERT_TRUE(run.Shows("Ctrl-C again"));
  run.Signal(SIGINT);
  EXPECT_EQ(run.Wait(), 130);
  EXPECT_TRUE(Eventually([&] { return !IsAlive(project.dir / "grandchild"); }));
}

TEST(GsdRunSignals, AThirdInterruptDoesNotWait) {
  const Project project;
  Background run(
      project,
      {"--agent=command", "--no-verify", "--retries=0", "--kill-grace=1h", "--", "bash", "-c", kStubborn},
      false);
  ASSERT_TRUE(Eventually([&] { return Exists(project.dir / "grandchild"); }));
  run.Signal(SIGINT);
  ASSERT_TRUE(run.Shows("Ctrl-C again"));
  run.Signal(SIGINT);
  ASSERT_TRUE(run.Shows("ending 1 running"));
  run.Signal(SIGINT);
  EXPECT_EQ(run.Wait(), 130);
  EXPECT_TRUE(Eventually([&] { return !IsAlive(project.dir / "grandchild"); }));
}

TEST(GsdRunSignals, TerminateEndsTheGroups) {
  const Project project;
  Background run(
      project,
      {"--agent=command", "--no-verify", "--retries=0", "--kill-grace=0.3", "--", "bash", "-c", kStubborn},
      false);
  ASSERT_TRUE(Eventually([&] { return Exists(project.dir / "grandchild"); }));
  run.Signal(SIGTERM);
  EXPECT_EQ(run.Wait(), 130);
  EXPECT_TRUE(Eventually([&] { return !IsAlive(project.dir / "grandchild"); }));
}

TEST(GsdRunTerminal, CtrlCOnceReachesOnlyTheRunner) {
  const Project project;
  Background run(project,
                 {"--agent=command", "--no-verify", "--retries=0", "--", "bash", "-c",
                  "touch started; until test -e go; do sleep 0.01; done"},
                 true);
  ASSERT_TRUE(Eventually([&] { return fs::exists(project.dir / "started"); }));
  ASSERT_TRUE(run.Shows("0 of 7 done, 1 running, 0 failed"));
  run.PressCtrlC();
  ASSERT_TRUE(run.Shows("Ctrl-C again"));
  WriteFile(project.dir / "go", "");
  EXPECT_EQ(run.Wait(), 130);
  EXPECT_THAT(run.Output(), HasSubstr("1 of 7 tasks done"));
}

TEST(GsdRunTerminal, CtrlCTwiceEndsTheGroups) {
  const Project project;
  Background run(
      project,
      {"--agent=command", "--no-verify", "--retries=0", "--kill-grace=0.3", "--", "bash", "-c", kStubborn},
      true);
  ASSERT_TRUE(Eventually([&] { return Exists(project.dir / "grandchild"); }));
  run.PressCtrlC();
  ASSERT_TRUE(run.Shows("Ctrl-C again"));
  run.PressCtrlC();
  EXPECT_EQ(run.Wait(), 130);
  EXPECT_TRUE(Eventually([&] { return !IsAlive(project.dir / "grandchild"); }));
}

TEST(GsdRunTerminal, TheLiveViewIsErasedAtTheEnd) {
  const Project project;
  Background run(project, {"--agent=simulate", "--simulate-scale=0.0001"}, true);
  EXPECT_EQ(run.Wait(), 0);
  const std::string output = run.Output();
  EXPECT_THAT(output, testing::ContainsRegex("\x1b\\[[0-9]+A\r\x1b\\[J"));
  EXPECT_THAT(output, HasSubstr("\x1b[32mdone"));
  EXPECT_THAT(output.substr(output.rfind("\x1b[J")), HasSubstr("7 of 7 tasks done"));
}

TEST(GsdRunTerminal, ACheckpointIsAskedAndAnswered) {
  Manifest manifest = ExampleManifest();
  manifest.tasks.back().checkpoint.emplace();
  manifest.tasks.back().checkpoint->kind = "decision";
  manifest.tasks.back().checkpoint->options = {{"a", "First", "", ""}, {"b", "Second", "", ""}};
  const Project project(manifest);
  Background run(project, {"--agent=simulate", "--simulate-scale=0"}, true);
  ASSERT_TRUE(run.Shows("your choice"));
  run.Type("z\n");
  ASSERT_TRUE(run.Shows("type one of a (First), b (Second)"));
  run.Type("b\n");
  EXPECT_EQ(run.Wait(), 0);
  EXPECT_THAT(run.Output(), HasSubstr("(b (Second))"));
}

TEST(GsdRunTerminal, ASecretInATypedReasonIsMaskedAndTold) {
  Manifest manifest = ExampleManifest();
  MakeCheckpoint(manifest, 6, "human-action");  // whose rejection fails the task: the run ends
  const Project project(manifest);
  Background run(project, {"--agent=simulate", "--simulate-scale=0"}, true);
  ASSERT_TRUE(run.Shows("your answer"));
  const std::string secret = "sk-ant-api03-" + std::string(40, 'x');
  run.Type("no: the key " + secret + " is refused\n");
  EXPECT_EQ(run.Wait(), 1);
  EXPECT_THAT(run.Output(), HasSubstr("there was a secret in the answer"));
  EXPECT_THAT(run.Output(), HasSubstr("rejected: the key [masked] is refused"));
  EXPECT_THAT(ReadFile(project.RunDir() / "events.jsonl"), Not(HasSubstr(secret)));
  EXPECT_THAT(ReadFile(project.dir / kSummaryPath), Not(HasSubstr(secret)));
}

TEST(GsdRunTerminal, WithoutAnAnswerTheRunWaits) {
  Manifest manifest = ExampleManifest();
  manifest.tasks.back().checkpoint.emplace();
  manifest.tasks.back().checkpoint->kind = "human-verify";
  const Project project(manifest);
  Background run(project, {"--agent=simulate", "--simulate-scale=0"}, true);
  ASSERT_TRUE(run.Shows("your answer"));
  run.Type("\x04");  // Ctrl-D
  EXPECT_EQ(run.Wait(), 3);
  EXPECT_THAT(run.Output(), HasSubstr("gsd-run approve 08-02:7"));
}

TEST(GsdRunTerminal, AHangupEndsTheAgents) {
  const Project project;
  Background run(
      project,
      {"--agent=command", "--no-verify", "--retries=0", "--kill-grace=0.3", "--", "bash", "-c", kStubborn},
      true);
  ASSERT_TRUE(Eventually([&] { return Exists(project.dir / "grandchild"); }));
  run.HangUp();
  EXPECT_EQ(run.Wait(), 130);
  EXPECT_TRUE(Eventually([&] { return !IsAlive(project.dir / "grandchild"); }));
}

// Under a shell with job control, since nobody could continue a process whose session has no other one.
TEST(GsdRunTerminal, CtrlZStopsTheAgentsAndFgContinuesThem) {
  const Project project;
  const std::string script =
      "set -m; " + GsdRun().string() +
      " manifest.json --agent=command --no-verify --retries=0 --task-timeout=60 -- bash "
      "-c 'echo $$ > agent; until test -e go; do echo x >> ticks; sleep 0.01; done'; "
      "echo shell: $?; until test -e continue; do sleep 0.01; done; fg; echo ended: $?";
  Background shell(project, {}, true, {"/bin/bash", "--norc", "-c", script});
  ASSERT_TRUE(Eventually([&] { return Exists(project.dir / "ticks"); })) << shell.Output();
  shell.Type("\x1a");
  ASSERT_TRUE(shell.Shows("shell: 148")) << shell.Output();
  const auto state = [&] {
    const std::string stat =
        ReadFile(fs::path("/proc") / std::string(Trim(ReadFile(project.dir / "agent"))) / "stat");
    return stat[stat.rfind(')') + 2];
  };
  EXPECT_TRUE(Eventually([&] { return state() == 'T'; }));
  WriteFile(project.dir / "continue", "");
  EXPECT_TRUE(Eventually([&] { return state() != 'T'; }));
  WriteFile(project.dir / "go", "");
  ASSERT_TRUE(shell.Shows("ended: 0")) << shell.Output();
  EXPECT_EQ(shell.Wait(), 0);
}

// Interrupted among tasks that take no time: each runs once, before or after.
TEST(GsdRunSignals, AmongAThousandTasksNoneIsLostOrRunTwice) {
  constexpr int kTasks = 1000;
  Manifest manifest = ExampleManifest();
  manifest.tasks.clear();
  for (int n = 1; n <= kTasks; ++n) {
    manifest.tasks.push_back(SampleTask("08-02", n, "Do it", "haiku", false, {}, 10, 1));
    manifest.tasks.back().files.clear();
  }
  FillBatches(manifest);
  const Project project(manifest);
  const Args agent = {"--agent=command",      "--no-verify", "--retries=0", "-j8", "-q", "--", "bash", "-c",
                      "echo $GSD_TASK >> ran"};
  {
    Background run(project, agent, false);
    ASSERT_TRUE(Eventually([&] { return fs::exists(project.dir / "ran"); }));
    run.Signal(SIGINT);
    const int code = run.Wait();
    EXPECT_TRUE(code == 130 || code == 0) << code;
  }
  const auto resumed = test::Run({GsdRun().string(), "resume"}, project.dir.path());
  EXPECT_TRUE(resumed.exit_code == 0 || resumed.err.find("all are done") != std::string::npos)
      << resumed.out << resumed.err;
  std::map<std::string, int> ran;
  const std::string text = ReadFile(project.dir / "ran");
  for (const std::string_view line : Split(Trim(text), '\n')) ++ran[std::string(line)];
  EXPECT_EQ(ran.size(), static_cast<size_t>(kTasks));
  for (const auto& [task, times] : ran) EXPECT_EQ(times, 1) << task;
}

// The reader of our output goes away; the run goes on and its agents are not left behind.
TEST(GsdRunSignals, AClosedPipeDoesNotEndTheRun) {
  const Project project;
  const auto result = test::Run(
      {"bash", "-c",
       GsdRun().string() +
           " manifest.json --agent=command --no-verify --retries=0 -- bash -c 'sleep 0.05; echo $GSD_TASK "
           ">> ran' | head -1; exit ${PIPESTATUS[0]}"},
      project.dir.path());
  EXPECT_EQ(result.exit_code, 0);
  const std::string ran = ReadFile(project.dir / "ran");
  EXPECT_EQ(Split(Trim(ran), '\n').size(), 7U);
}

}  // namespace
}  // namespace gsd::test
