// The statistics file on a real disk: many processes at once, killed ones, damaged files, and what gsd-run
// records and shows.
#include "executor/stats_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <thread>

#include "executor/stats_json.h"
#include "tests/manifest_samples.h"
#include "tests/test_support.h"

namespace gsd {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

TokenRecord ARecord(int64_t tokens = 8000) { return {{"api-impl", 5, "sonnet"}, tokens, 60, true}; }

int64_t CountIn(const TokenStats& stats) {
  int64_t count = 0;
  for (const auto& [key, stat] : stats.entries) count += stat.count;
  return count;
}

std::vector<std::string> NamesIn(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

// A file with one record of that kind.
std::string TextOf(const StatKey& key) {
  TokenStats stats;
  AddRecord(stats, {key, 1000, 60, true});
  std::string text;
  WriteTokenStats(stats, text);
  return text;
}

class StatsStoreTest : public testing::Test {
 protected:
  test::TempDir temp_;
  const fs::path file_ = temp_ / "stats.json";
  const fs::path log_ = temp_ / "stats.log";
};

TEST_F(StatsStoreTest, TheFirstRecordMakesAFileThatOthersCanRead) {
  StatsStore store(file_);
  ASSERT_TRUE(store.Record(ARecord()).ok());
  const json written = json::parse(test::ReadFile(file_));
  EXPECT_EQ(written["api-impl|5|sonnet"]["count"], 1);
  EXPECT_EQ(written["api-impl|5|sonnet"]["min_tokens"], 8000);
  EXPECT_EQ(test::ReadFile(log_), "");
}

TEST_F(StatsStoreTest, LaterRecordsAreInTheLogUntilTheyAreFolded) {
  StatsStore store(file_);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(store.Record(ARecord()).ok());
  EXPECT_EQ(json::parse(test::ReadFile(file_))["api-impl|5|sonnet"]["count"], 1);
  EXPECT_EQ(CountIn(*store.Read()), 5);
  ASSERT_TRUE(store.Fold().ok());
  EXPECT_EQ(json::parse(test::ReadFile(file_))["api-impl|5|sonnet"]["count"], 5);
  EXPECT_EQ(test::ReadFile(log_), "");
  EXPECT_EQ(CountIn(*store.Read()), 5);
  EXPECT_EQ(NamesIn(temp_.path()), (std::vector<std::string>{"stats.json", "stats.log"}));
}

TEST_F(StatsStoreTest, ALongLogIsFoldedByWhoeverWrites) {
  StatsStore store(file_);
  ASSERT_TRUE(store.Record(ARecord()).ok());
  std::string line, lines;
  WriteTokenRecord(ARecord(), line);
  while (lines.size() <= 256 << 10) lines += line;
  test::WriteFile(log_, lines);
  ASSERT_TRUE(store.Record(ARecord()).ok());
  EXPECT_EQ(test::ReadFile(log_), "");
  EXPECT_EQ(CountIn(*store.Read()), 2 + static_cast<int64_t>(lines.size() / line.size()));
}

TEST_F(StatsStoreTest, AFoldThatWasKilledIsCompletedAndCountsNothingTwice) {
  StatsStore store(file_);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(store.Record(ARecord()).ok());
  // As it is left between writing the new file and emptying the log.
  TokenStats all;
  for (int i = 0; i < 3; ++i) AddRecord(all, ARecord());
  std::string text;
  WriteTokenStats(all, text);
  test::WriteFile(temp_ / "stats.json.next", text);
  EXPECT_EQ(CountIn(*store.Read()), 3);
  ASSERT_TRUE(store.Record(ARecord()).ok());
  EXPECT_EQ(CountIn(*store.Read()), 4);
  // And between emptying the log and putting the new file in place.
  AddRecord(all, ARecord());
  text.clear();
  WriteTokenStats(all, text);
  test::WriteFile(temp_ / "stats.json.next", text);
  test::WriteFile(log_, "");
  ASSERT_TRUE(store.Fold().ok());
  EXPECT_EQ(CountIn(*store.Read()), 4);
  EXPECT_EQ(NamesIn(temp_.path()), (std::vector<std::string>{"stats.json", "stats.log"}));
}

TEST_F(StatsStoreTest, AnUnfinishedLineTakesNoOtherWithIt) {
  StatsStore store(file_);
  ASSERT_TRUE(store.Record(ARecord()).ok());
  test::WriteFile(log_, "{\"key\": \"api-impl|5|son");
  ASSERT_TRUE(store.Record(ARecord()).ok());
  EXPECT_EQ(CountIn(*store.Read()), 2);
}

// What is recorded while a replacement is made waits for it, and is not lost.
TEST_F(StatsStoreTest, AReplacementIsOneStep) {
  ASSERT_TRUE(StatsStore(file_).Record(ARecord()).ok());
  std::thread recorder;
  ASSERT_TRUE(StatsStore(file_)
                  .Replace([&](const Result<TokenStats>& content) {
                    recorder = std::thread([&] { EXPECT_TRUE(StatsStore(file_).Record(ARecord()).ok()); });
                    EXPECT_FALSE(StatsStore(file_, Millis(0)).Record(ARecord()).ok());
                    return content;
                  })
                  .ok());
  recorder.join();
  EXPECT_EQ(CountIn(*StatsStore(file_).Read()), 2);
  const auto refused = StatsStore(file_).Replace([](const auto&) { return Error{"no"}; });
  EXPECT_EQ(refused.error(), "no");
  EXPECT_EQ(CountIn(*StatsStore(file_).Read()), 2);
}

TEST_F(StatsStoreTest, ADamagedFileIsSetAsideAndKept) {
  test::WriteFile(file_, "{\"api-impl|5|sonnet\": {");
  test::WriteFile(temp_ / "stats.json.damaged-1", "an earlier one");
  StatsStore store(file_);
  const auto read = store.Read();
  ASSERT_FALSE(read.ok());
  EXPECT_THAT(read.error(), HasSubstr("is damaged: not JSON"));
  ASSERT_TRUE(store.Record(ARecord()).ok());
  EXPECT_EQ(store.TakeNote(), "") << "appending alone does not touch the file";
  ASSERT_TRUE(store.Fold().ok());
  EXPECT_THAT(store.TakeNote(), HasSubstr("was damaged"));
  EXPECT_EQ(test::ReadFile(temp_ / "stats.json.damaged-1"), "an earlier one");
  EXPECT_EQ(test::ReadFile(temp_ / "stats.json.damaged-2"), "{\"api-impl|5|sonnet\": {");
  EXPECT_EQ(CountIn(*store.Read()), 1);
}

TEST_F(StatsStoreTest, LinksAreNotFollowed) {
  test::WriteFile(temp_ / "precious", "precious\n");
  fs::create_symlink(temp_ / "precious", log_);
  EXPECT_FALSE(StatsStore(file_).Record(ARecord()).ok());
  fs::remove(log_);
  fs::create_symlink(temp_ / "precious", temp_ / "stats.json.part");
  StatsStore store(file_);
  ASSERT_TRUE(store.Record(ARecord()).ok()) << "it is in the log";
  EXPECT_THAT(store.TakeNote(), HasSubstr("stats.json.part"));
  EXPECT_EQ(test::ReadFile(temp_ / "precious"), "precious\n");
  fs::create_directory(temp_ / "elsewhere");
  fs::create_directory(temp_ / "project");
  fs::create_symlink(temp_ / "elsewhere", temp_ / "project" / ".planning");
  EXPECT_FALSE(ProjectStatsPath(temp_ / "project", true).ok());
}

TEST_F(StatsStoreTest, AFifoBlocksNobody) {
  ASSERT_EQ(mkfifo(file_.c_str(), 0600), 0);
  StatsStore store(file_);
  EXPECT_FALSE(store.Read().ok());
  EXPECT_TRUE(store.Record(ARecord()).ok());
  EXPECT_FALSE(store.Fold().ok());
}

TEST_F(StatsStoreTest, ALockThatIsHeldIsAnErrorInTheEnd) {
  ASSERT_TRUE(StatsStore(file_).Record(ARecord()).ok());
  const auto held = test::Run({"/usr/bin/flock", "-x", log_.string(), "true"});
  if (held.exit_code != 0) GTEST_SKIP() << "skipped: no flock program";
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t holder = fork();
  if (holder == 0) {
    execl("/usr/bin/flock", "flock", "-x", "-F", log_.c_str(), "sh", "-c",
          ("echo x >&" + std::to_string(ready[1]) + "; exec sleep 60").c_str(), nullptr);
    _exit(1);
  }
  char byte;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  StatsStore store(file_, Millis(50));
  const auto recorded = store.Record(ARecord());
  ASSERT_FALSE(recorded.ok());
  EXPECT_THAT(recorded.error(), HasSubstr("another process"));
  kill(holder, SIGKILL);
  waitpid(holder, nullptr, 0);
  close(ready[0]);
  close(ready[1]);
}

TEST_F(StatsStoreTest, AFullDiskLeavesWhatWasThere) {
  StatsStore store(file_);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(store.Record(ARecord()).ok());
  const std::string before = test::ReadFile(file_), log_before = test::ReadFile(log_);
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit none{10, 10};
    setrlimit(RLIMIT_FSIZE, &none);
    _exit(store.Record(ARecord()).ok() || store.Fold().ok() ? 1 : 0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(test::ReadFile(file_), before);
  EXPECT_EQ(test::ReadFile(log_), log_before);
  ASSERT_TRUE(store.Record(ARecord()).ok());
  EXPECT_EQ(CountIn(*store.Read()), 4);
}

// Many processes record at once while some of them are killed: what was acknowledged is there, at most one
// more per killed process, and the file is valid whenever anybody looks. GSD_STATS_WRITERS=100
// GSD_STATS_RECORDS=1000 is the full size.
TEST_F(StatsStoreTest, ConcurrentWritersLoseNothing) {
  const auto number = [](const char* name, int otherwise) {
    const char* value = std::getenv(name);
    return value == nullptr ? otherwise : std::atoi(value);
  };
  const int writers = number("GSD_STATS_WRITERS", 12), records = number("GSD_STATS_RECORDS", 60);
  const int killed = std::max(writers / 10, 2);
  std::vector<pid_t> children;
  std::vector<int> acknowledged;  // pipes: a byte for each record
  for (int w = 0; w < writers; ++w) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      close(ends[0]);
      StatsStore store(file_, Millis(600'000));
      const StatKey key{"api-impl", 1 + w % 10, "sonnet"};
      // Those that will be killed go on until they are.
      for (int i = 0; i < records || w < killed; ++i) {
        if (!store.Record({key, 1000 + i, 1, true}).ok()) _exit(1);
        if (i % 16 == w % 16 && !store.Fold().ok()) _exit(2);
        if (write(ends[1], "x", 1) != 1) _exit(3);
      }
      _exit(0);
    }
    close(ends[1]);
    children.push_back(child);
    acknowledged.push_back(ends[0]);
  }
  std::vector<int64_t> counts(static_cast<size_t>(writers));
  int64_t looks = 0;
  const auto look = [&] {
    if (!fs::exists(file_)) return;
    ++looks;
    EXPECT_TRUE(json::accept(test::ReadFile(file_)));
  };
  // The pipes are emptied in turn; a writer whose pipe is full waits, so none gets far ahead of the others.
  char bytes[4096];
  const auto drain = [&](size_t w) {
    const ssize_t got = read(acknowledged[w], bytes, sizeof bytes);
    if (got > 0) counts[w] += got;
    return got > 0;
  };
  for (size_t w = 0; w < static_cast<size_t>(killed); ++w) {
    while (counts[w] < records / 4 + static_cast<int>(w)) ASSERT_TRUE(drain(w));
    look();
    kill(children[w], SIGKILL);
  }
  for (size_t w = 0; w < children.size(); ++w) {
    while (drain(w)) look();
    close(acknowledged[w]);
    int status = 0;
    waitpid(children[w], &status, 0);
    if (w >= static_cast<size_t>(killed)) {
      EXPECT_EQ(status, 0);
      EXPECT_EQ(counts[w], records);
    }
  }
  EXPECT_GT(looks, killed);
  int64_t sum = 0;
  for (const int64_t count : counts) sum += count;
  StatsStore store(file_);
  const auto stats = store.Read();
  ASSERT_TRUE(stats.ok()) << stats.error();
  EXPECT_GE(CountIn(*stats), sum);
  EXPECT_LE(CountIn(*stats), sum + killed);
  ASSERT_TRUE(store.Fold().ok());
  EXPECT_EQ(CountIn(*store.Read()), CountIn(*stats));
  EXPECT_TRUE(json::accept(test::ReadFile(file_)));
}

// ---- the program

std::string ManifestText() {
  std::string text;
  Manifest manifest = test::ExampleManifest();
  WriteManifest(manifest, text);
  return text;
}

class StatsCommandTest : public testing::Test {
 protected:
  test::ProcessResult Stats(std::vector<std::string> args) {
    args.insert(args.begin(), {test::GsdRun().string(), "stats"});
    return test::Run(args, temp_.path(), {}, {"XDG_DATA_HOME=" + (temp_ / "data").string()});
  }
  void Record(const fs::path& file, const StatKey& key, std::initializer_list<int64_t> tokens) {
    fs::create_directories(file.parent_path());
    StatsStore store(file);
    for (const int64_t each : tokens) ASSERT_TRUE(store.Record({key, each, 90, true}).ok());
  }
  // The sample manifest, each attempt a shell script.
  test::ProcessResult RunSample(const std::string& script, const std::string& retries = "0") const {
    test::WriteFile(temp_ / "manifest.json", ManifestText());
    return test::Run(
        {test::GsdRun().string(), "manifest.json", "--stale-ok", "--auto-approve", "--agent=command",
         "--retries=" + retries, "--isolation=none", "--no-verify", "--", "/bin/sh", "-c", script},
        temp_.path());
  }

  test::TempDir temp_;
  const fs::path file_ = temp_ / ".planning" / ".token-stats.json";
};

TEST_F(StatsCommandTest, ShowsTheReportAsTableAndJson) {
  Record(file_, {"api-impl", 5, "sonnet"}, {8000, 9001});
  Record(file_, {"api-impl", 10, "opus"}, {50'000});
  StatsStore(file_).Record({{"api-impl", 5, "sonnet"}, 1000, 30, false}).ok();
  const auto text = Stats({});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("task type"));
  EXPECT_THAT(text.out, HasSubstr("6,000    1,000 - 9,001    66.7%         70.0s"));
  EXPECT_LT(text.out.find("sonnet"), text.out.find("opus")) << "complexities are numbers";
  const auto as_json = Stats({"--json"});
  ASSERT_EQ(as_json.exit_code, 0) << as_json.err;
  const json report = json::parse(as_json.out);
  EXPECT_EQ(report["version"], 1);
  ASSERT_EQ(report["entries"].size(), 2U);
  EXPECT_EQ(report["entries"][0]["executions"], 3);
  EXPECT_EQ(report["entries"][0]["avg_tokens"], 6000);
  EXPECT_EQ(report["entries"][0]["estimate"]["source"], "the same kind of task");
}

TEST_F(StatsCommandTest, ALongNameDoesNotWidenTheTable) {
  const std::string name(100'000, 'x');
  Record(file_, {"api-impl", 5, "sonnet"}, {8000});
  Record(file_, {"größte-" + name, 5, name}, {8000});
  const auto text = Stats({});
  ASSERT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("größte-" + std::string(32, 'x') + "…  "));
  EXPECT_LT(text.out.size(), 2000U);
}

TEST_F(StatsCommandTest, SaysWhatIsMissingOrWrong) {
  EXPECT_THAT(Stats({}).err, HasSubstr("no project here"));
  EXPECT_THAT(Stats({"--file", "none.json"}).err, HasSubstr("there is no such file"));
  test::WriteFile(file_, "{");
  const auto damaged = Stats({});
  EXPECT_EQ(damaged.exit_code, 2);
  EXPECT_THAT(damaged.err, HasSubstr("is damaged"));
  fs::remove(file_);
  EXPECT_THAT(Stats({}).out, HasSubstr("nothing has been recorded yet"));
}

TEST_F(StatsCommandTest, WhatIsMissingIsNotCalledBadlyNamed) {
  EXPECT_THAT(Stats({"merge", "../nothere"}).err, HasSubstr("../nothere: there is no such file or folder"));
  EXPECT_THAT(Stats({"--file", "nothere"}).err, HasSubstr("nothere: there is no such file or folder"));
  test::WriteFile(temp_ / "notes.txt", "");
  EXPECT_THAT(Stats({"merge", "notes.txt"}).err, HasSubstr("statistics are in a .json file"));
  EXPECT_THAT(Stats({"merge", "notes.txt", "-o", "new"}).err,
              HasSubstr("new: statistics are in a .json file"));
}

TEST_F(StatsCommandTest, FailuresAloneMakeNoEstimate) {
  fs::create_directories(file_.parent_path());
  ASSERT_TRUE(StatsStore(file_).Record({{"api-impl", 5, "sonnet"}, 1000, 0.343, false}).ok());
  ASSERT_TRUE(StatsStore(file_).Record({{"api-impl", 5, "sonnet"}, 1000, 0.3434, false}).ok());
  EXPECT_THAT(Stats({}).out, testing::ContainsRegex("0\\.3s +-\n"));
  const json entry = json::parse(Stats({"--json"}).out)["entries"][0];
  EXPECT_TRUE(entry["estimate"].is_null());
  EXPECT_EQ(entry["avg_duration"], 0.343);
}

TEST_F(StatsCommandTest, MergesProjectsAndFillsTheUsersFile) {
  const StatKey key{"api-impl", 5, "sonnet"};
  Record(temp_ / "a" / ".planning" / ".token-stats.json", key, {1000, 2000});
  Record(temp_ / "b" / ".planning" / ".token-stats.json", key, {6000});
  const auto shown = Stats({"merge", "a", "b"});
  ASSERT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_EQ(json::parse(shown.out)["api-impl|5|sonnet"]["total_tokens"], 9000);
  ASSERT_EQ(Stats({"merge", "a", "b", "-o", "all.json"}).exit_code, 0);
  EXPECT_EQ(CountIn(*StatsStore(temp_ / "all.json").Read()), 3);
  // Again, and with itself: nothing counts twice.
  ASSERT_EQ(Stats({"merge", "a", "b", "-o", "all.json"}).exit_code, 0);
  EXPECT_EQ(CountIn(*StatsStore(temp_ / "all.json").Read()), 3);
  EXPECT_EQ(Stats({"merge", "a", "a"}).exit_code, 2);
  EXPECT_EQ(Stats({"merge", "a", "-o", "x.json", "--user"}).exit_code, 2);
  ASSERT_EQ(Stats({"merge", "a", "b", "--user"}).exit_code, 0);
  EXPECT_EQ(CountIn(*StatsStore(temp_ / "data" / "gsd" / "token-stats.json").Read()), 3);
}

TEST_F(StatsCommandTest, WhatStandsBesideAnOutputIsNotOurs) {
  Record(temp_ / "a" / ".planning" / ".token-stats.json", {"api-impl", 5, "sonnet"}, {1000});
  const std::vector<std::string> names = {"build.log", "build.json.next", "build.json.part"};
  for (const std::string& name : names) test::WriteFile(temp_ / name, "precious: " + name);
  const auto merged = Stats({"merge", "a", "-o", "build.json"});
  ASSERT_EQ(merged.exit_code, 0) << merged.err;
  for (const std::string& name : names) EXPECT_EQ(test::ReadFile(temp_ / name), "precious: " + name);
  EXPECT_EQ(json::parse(test::ReadFile(temp_ / "build.json"))["api-impl|5|sonnet"]["count"], 1);
  // Nor is a log beside an input, even one of records.
  std::string lines;
  WriteTokenRecord(ARecord(), lines);
  test::WriteFile(temp_ / "build.log", lines);
  EXPECT_EQ(json::parse(Stats({"merge", "build.json"}).out)["api-impl|5|sonnet"]["count"], 1);
  EXPECT_EQ(json::parse(Stats({"--file", "build.json", "--json"}).out)["entries"][0]["executions"], 1);
  // A project's own statistics have one, however they are named.
  Record(file_, {"api-impl", 5, "sonnet"}, {1000, 1000});
  EXPECT_EQ(json::parse(Stats({"merge", ".planning/.token-stats.json"}).out)["api-impl|5|sonnet"]["count"],
            2);
  ASSERT_EQ(Stats({"merge", "a", "-o", ".planning/.token-stats.json"}).exit_code, 0);
  EXPECT_EQ(CountIn(*StatsStore(file_).Read()), 1);
}

TEST_F(StatsCommandTest, AnOutputThroughALinkReplacesWhatItNames) {
  Record(temp_ / "a" / ".planning" / ".token-stats.json", {"api-impl", 5, "sonnet"}, {1000});
  test::WriteFile(temp_ / "real.json", "{}");
  fs::create_symlink("real.json", temp_ / "link.json");
  ASSERT_EQ(Stats({"merge", "link.json", "a", "-o", "link.json"}).exit_code, 0);
  EXPECT_TRUE(fs::is_symlink(temp_ / "link.json"));
  EXPECT_TRUE(json::parse(test::ReadFile(temp_ / "real.json")).contains("api-impl|5|sonnet"));
}

// Merges into what is one of their inputs, all at once: into a file of any name, a project's statistics and
// the user's own. None of them loses a kind of task that another has added.
TEST_F(StatsCommandTest, MergesIntoOneFileTakeTurns) {
  constexpr int kMerges = 12;
  test::WriteFile(temp_ / "all.json", "{}");
  Record(file_, {"simple-impl", 5, "sonnet"}, {1000});
  const std::string user = "data/gsd/token-stats.json";
  Record(temp_ / user, {"simple-impl", 5, "sonnet"}, {1000});
  std::string script;
  for (int i = 0; i < kMerges; ++i) {
    const std::string name = "p" + std::to_string(i) + ".json";
    test::WriteFile(temp_ / name, TextOf({"api-impl", 5, "m" + std::to_string(i)}));
    const std::string program = test::GsdRun().string() + " stats merge ";
    script += program + "all.json " + name + " -o all.json & ";
    script += program + ". " + name + " -o . & ";
    script += program + user + " " + name + " --user & ";
  }
  ASSERT_EQ(test::Run({"/bin/sh", "-c", script + "wait"}, temp_.path(), {},
                      {"XDG_DATA_HOME=" + (temp_ / "data").string()})
                .exit_code,
            0);
  EXPECT_EQ(json::parse(test::ReadFile(temp_ / "all.json")).size(), size_t{kMerges});
  EXPECT_EQ(StatsStore(file_).Read()->entries.size(), size_t{kMerges} + 1);
  EXPECT_EQ(StatsStore(temp_ / user).Read()->entries.size(), size_t{kMerges} + 1);
}

// Tells the tokens of an attempt.
constexpr const char* kTellTokens =
    "echo '{\"success\":true,\"text\":\"x\",\"tokens\":{\"input\":700,\"output\":200,\"cache_creation\":100,"
    "\"cache_read\":5000},\"usd\":0.1,\"session\":\"s\"}' > \"$GSD_RESULT\"";

TEST_F(StatsCommandTest, ARunRecordsWhatItsTasksTook) {
  const auto run = RunSample(kTellTokens);
  const auto stats = StatsStore(file_).Read();
  ASSERT_TRUE(stats.ok()) << stats.error() << run.err;
  ASSERT_GT(CountIn(*stats), 0) << run.out << run.err;
  for (const auto& [key, stat] : stats->entries) {
    EXPECT_EQ(stat.total_tokens, 1000 * stat.count) << KeyText(key);
    EXPECT_EQ(stat.success_rate, 1);
    EXPECT_EQ(stat.usage, (Usage{700 * stat.count, 200 * stat.count, 100 * stat.count, 5000 * stat.count}));
  }
  EXPECT_THAT(Stats({}).out, HasSubstr("Of 100 tokens, 70.0 were input, 20.0 output and 10.0 written to the "
                                       "cache; 500.0 were read from it beside them"));
  EXPECT_EQ(json::parse(Stats({"--json"}).out)["usage"]["cache_read"].get<int64_t>(),
            5 * CountIn(*stats) * 1000);
  EXPECT_EQ(test::ReadFile(temp_ / ".planning" / ".token-stats.log"), "") << "folded at the end";
}

// Whether a command reports tokens is known when it does for the first time.
TEST_F(StatsCommandTest, AnAttemptThatToldNoTokensCountsAsSuchOnceOthersTell) {
  RunSample(std::string("test -e seen || { touch seen; exit 1; }; ") + kTellTokens, "1");
  const auto stats = StatsStore(file_).Read();
  ASSERT_TRUE(stats.ok()) << stats.error();
  int64_t uncounted = 0;
  for (const auto& [key, stat] : stats->entries) {
    uncounted += stat.uncounted.count;
    EXPECT_EQ(stat.uncounted.successes, 0);
  }
  EXPECT_EQ(uncounted, 1);
  EXPECT_GT(CountIn(*stats), 0);
  EXPECT_THAT(Stats({}).out, HasSubstr("\n1 of the executions told no tokens"));
}

TEST_F(StatsCommandTest, ACommandThatNeverTellsTokensTeachesNothing) {
  RunSample("exit 0");
  EXPECT_FALSE(fs::exists(file_));
}

TEST_F(StatsCommandTest, ASimulationTeachesNothing) {
  test::WriteFile(temp_ / "manifest.json", ManifestText());
  test::Run({test::GsdRun().string(), "manifest.json", "--stale-ok", "--auto-approve", "--agent=simulate",
             "--simulate-scale=0"},
            temp_.path());
  EXPECT_FALSE(fs::exists(file_));
}

}  // namespace
}  // namespace gsd
