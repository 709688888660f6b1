// The SUMMARY: front matter that any YAML reader takes, figures over attempts, and what a real run in git
// leaves.
#include "executor/summary.h"

#include <gmock/gmock.h>
#include <yaml-cpp/yaml.h>

#include "executor/summary_figures.h"
#include "tests/run_repository.h"
#include "tests/test_support.h"
#include "tests/told_run.h"

namespace gsd::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string Summarise(const Manifest& manifest, const RunRecord& record,
                      std::vector<CommitChanges> commits = {}) {
  const auto all = BuildSummaries({manifest,
                                   record,
                                   "/",
                                   {"20261122-121500-ab12", "/run"},
                                   "command",
                                   "gsd-run 0.1.0",
                                   std::move(commits)});
  EXPECT_EQ(all.size(), 1U);
  return all.empty() ? "" : all[0].text;
}

YAML::Node FrontMatter(const std::string& summary) {
  EXPECT_EQ(summary.rfind("---\n", 0), 0U);
  return YAML::Load(summary.substr(4, summary.find("\n---\n") - 3));
}

std::string SectionOf(const std::string& summary, const std::string& title) {
  const size_t begin = summary.find("\n## " + title + "\n");
  if (begin == std::string::npos) return "";
  const size_t from = begin + title.size() + 6;
  return summary.substr(from, std::min(summary.find("\n## ", from), summary.size()) - from);
}

TEST(Summary, FrontMatterIsYamlWhateverStandsInThePlan) {
  for (const std::string hostile : {"a: b",
                                    "- x",
                                    "\"",
                                    "'",
                                    "#",
                                    "\\",
                                    "yes",
                                    "null",
                                    "---",
                                    "...",
                                    "\n---\nx: y",
                                    "\x1b[31m",
                                    "\x7f",
                                    "\xC2\x80",
                                    "\xFF\xFE",
                                    "\xEF\xBF\xBE",
                                    "\xEF\xBB\xBF",
                                    "{a: [",
                                    "!tag",
                                    "&a *b",
                                    "%d",
                                    "@",
                                    "`",
                                    "x: |",
                                    "\t",
                                    " ",
                                    "e\xE2\x80\xA8x",
                                    "🚀",
                                    "key:\n  - 1"}) {
    Manifest manifest = ExampleManifest();
    manifest.plans[0].phase = manifest.plans[0].plan = manifest.plans[0].id = hostile;
    manifest.plans[0].depends_on = {hostile};
    manifest.plans[0].objective = hostile;
    MakeCheckpoint(manifest, 6, "decision");
    for (ManifestTask& task : manifest.tasks) {
      task.plan = hostile;
      task.name = hostile;
    }
    manifest.tasks[6].checkpoint->options = {{hostile, hostile, "", ""}};
    ToldRun run(manifest);
    run.options.auto_approve = true;
    const RunRecord record = run.Run([](TaskIndex, int) { return Script{}; });
    const std::string summary =
        Summarise(manifest, record,
                  {{"0123456789abcdef", {manifest.tasks[0].id}, {{FileChange::Kind::kAdded, hostile}}}});
    const YAML::Node front = FrontMatter(summary);
    EXPECT_TRUE(front["phase"].IsScalar()) << hostile;
    EXPECT_FALSE(front["phase"].IsNull()) << hostile;
    EXPECT_EQ(front["status"].as<std::string>(), "complete") << hostile;
    EXPECT_EQ(front["requires"][0]["plan"].as<std::string>(), front["phase"].as<std::string>());
    EXPECT_EQ(front["key-files"]["created"].size(), 1U);
    EXPECT_EQ(front["key-decisions"].size(), 1U);
    EXPECT_EQ(front["execution"]["subagent_spawns"].as<int>(), 6);
    EXPECT_EQ(summary.find('\x1b'), std::string::npos);
  }
}

TEST(Summary, TellsOfAttemptsAnswersAndSkips) {
  ToldRun run = RunWithAFailure(3, "decision");
  run.options.auto_approve = true;
  run.options.retry.retries = 1;
  const std::string summary = Summarise(run.manifest, run.Run([](TaskIndex task, int attempt) {
    return Script{task == 1 && attempt == 1 ? Outcome::kTimeout : Outcome::kOk, 100, {}};
  }));
  EXPECT_THAT(summary,
              HasSubstr("| 08-02:2 Extend database schema | done | 2 | haiku, sonnet | 2.0 | 200 | "));
  EXPECT_THAT(SectionOf(summary, "Failed"),
              HasSubstr("- 08-02:5 Implement notifications API: verification failed: `fail`: exit code 1\n"));
  EXPECT_THAT(SectionOf(summary, "Skipped, since something they depend on failed"),
              HasSubstr("endpoints: 08-02:5 failed\n"));
  EXPECT_THAT(SectionOf(summary, "Attempts that were not accepted"),
              HasSubstr("- 08-02:2 Extend database schema, attempt 1 (haiku): timeout\n"));
  EXPECT_THAT(SectionOf(summary, "Checkpoints"),
              HasSubstr("- 08-02:4 Implement user profile API (decision): a (Option A)\n"));
  EXPECT_THAT(summary, HasSubstr("status: halted\n"));
  EXPECT_THAT(summary, HasSubstr("token_savings_vs_sequential: null\n"));  // it did not do all of it
  EXPECT_THAT(SectionOf(summary, "Savings"), HasSubstr("Time, measured: "));
  EXPECT_THAT(SectionOf(summary, "Savings"), Not(HasSubstr("estimated")));
  EXPECT_THAT(SectionOf(summary, "Files that the finished tasks declare"), HasSubstr("- src/6.ts\n"));
}

TEST(Summary, SavingsSayWhatIsEstimated) {
  const Manifest manifest = ExampleManifest();  // baseline: 50,000 tokens, 1.50 USD
  ToldRun run(manifest);
  const std::string summary = Summarise(manifest, run.Run([](TaskIndex, int) {
    return Script{Outcome::kOk, 5000, {}};
  }));
  EXPECT_EQ(FrontMatter(summary)["execution"]["token_savings_vs_sequential"].as<int>(), 15000);
  EXPECT_EQ(FrontMatter(summary)["execution"]["parallelization_efficiency"].as<double>(), 1.4);
  const std::string savings = SectionOf(summary, "Savings");
  EXPECT_THAT(savings,
              HasSubstr("Time, measured: 7.0 s of work in 5.0 s, 2.0 s less than one after the other."));
  EXPECT_THAT(savings, HasSubstr("Tokens: 35,000 used; 50,000 estimated"));
  EXPECT_THAT(savings, HasSubstr("30 % saved"));
}

TEST(Summary, TheMainSessionIsMeasuredAndEstimated) {
  Manifest manifest = ExampleManifest();
  int64_t estimated = 0;
  for (ManifestTask& task : manifest.tasks) {
    if (task.parallel != "sequential") continue;
    task.context_mode = "inherited";
    estimated += task.estimated_tokens.expected;
  }
  ToldRun run(manifest);
  run.sessions = true;
  const auto script = [](TaskIndex, int) { return Script{Outcome::kOk, 5000, {}}; };
  RunRecord record = run.Run(script);
  for (const std::string& summary : {Summarise(manifest, record), Summarise(manifest, run.Run(script))}) {
    // Tasks 1, 2, 3 and 7, also when they are read from the journal of an earlier part.
    const YAML::Node execution = FrontMatter(summary)["execution"];
    EXPECT_EQ(execution["main_context_tokens"].as<int>(), 20'000);
    EXPECT_EQ(execution["total_subagent_tokens"].as<int>(), 15'000);
    EXPECT_EQ(execution["main_context_tokens_estimated"].as<int64_t>(), estimated);
    EXPECT_THAT(SectionOf(summary, "Main session"), HasSubstr("Measured: 57 % of the tokens."));
  }
  ToldRun fresh(manifest);  // an agent that cannot go on with a session starts every task fresh
  EXPECT_EQ(FrontMatter(Summarise(manifest, fresh.Run(script)))["execution"]["main_context_tokens"].as<int>(),
            0);
}

TEST(Summary, NothingIsSavedByAttemptsThatReportNothing) {
  const Manifest manifest = ExampleManifest();
  ToldRun run(manifest);
  RunRecord record = run.Run([](TaskIndex, int) { return Script{}; });
  record.attempts[2].tokens.reset();
  const std::string summary = Summarise(manifest, record);
  EXPECT_EQ(FrontMatter(summary)["execution"]["total_subagent_tokens"].as<int>(), 600);
  EXPECT_TRUE(FrontMatter(summary)["execution"]["token_savings_vs_sequential"].IsNull());
}

TEST(Figures, ThePartsOfAResumedRunLeaveNoGap) {
  const Manifest manifest = ExampleManifest();
  RunRecord record;
  record.tasks.resize(manifest.tasks.size());
  const auto at = [](int seconds) {
    return std::chrono::system_clock::time_point(std::chrono::seconds(1'795'350'000 + seconds));
  };
  const auto attempt = [&](TaskIndex task, int from, int to, std::optional<int> verifying, int decided) {
    AttemptRecord of;
    of.task = task;
    of.model = "haiku";
    of.started = at(from);
    of.ended = at(to);
    if (verifying) of.verifying = at(*verifying);
    of.decided = at(decided);
    record.attempts.push_back(of);
  };
  attempt(3, 0, 10, 10, 12);
  attempt(4, 5, 15, {}, 15);
  attempt(5, 5000, 5010, {}, 5010);  // in the next part
  attempt(0, 14, 15, 6000, 6001);    // its agent had finished when the runner died
  const PlanFigures plan = CountPlans(manifest, record, {})[0];
  EXPECT_EQ(plan.task_time, std::chrono::seconds(12 + 10 + 10 + 2));
  EXPECT_EQ(plan.wall, std::chrono::seconds(15 + 10 + 1));
  EXPECT_EQ(plan.parallel_batches, 1U);
}

TEST(Figures, ChangesOfSeveralCommitsAreOne) {
  const Manifest manifest = ExampleManifest();
  RunRecord record;
  record.tasks.resize(manifest.tasks.size());
  using Kind = FileChange::Kind;
  const PlanFigures plan =
      CountPlans(manifest, record,
                 {{"c1", {"08-02:1"}, {{Kind::kAdded, "a"}, {Kind::kAdded, "gone"}, {Kind::kModified, "m"}}},
                  {"c2",
                   {"08-02:2", "08-02:3"},
                   {{Kind::kModified, "a"}, {Kind::kDeleted, "gone"}, {Kind::kDeleted, "d"}}},
                  {"c3", {}, {{Kind::kAdded, "SUMMARY.md"}}}})[0];
  EXPECT_THAT(plan.created, ElementsAre("a"));
  EXPECT_THAT(plan.modified, ElementsAre("m"));
  EXPECT_THAT(plan.deleted, ElementsAre("d"));
  EXPECT_EQ(plan.commits, 2U);
  EXPECT_THAT(plan.of[2].commits, ElementsAre("c2"));
}

// The runner died between an agent's end and its verification: the attempt counts once.
TEST(Figures, AnAttemptThatIsGoneOnWithIsOne) {
  ToldRun run(ExampleManifest());
  AttemptRow row;
  row.task = "08-02:1";
  row.model = "sonnet";
  row.stage = AttemptStage::kAgentEnded;
  row.outcome = Outcome::kOk;
  row.tokens = TokenCounts{700, 0, 0, 0};
  row.started = 1'795'349'000'000;
  row.ended = row.started + 60'000;
  ASSERT_TRUE(run.journal->PutAttempt(run.options.run, row).ok());
  const RunRecord record = run.Run([](TaskIndex, int) { return Script{}; });
  ASSERT_EQ(record.attempts.size(), 7U);
  const PlanFigures plan = CountPlans(run.manifest, record, {})[0];
  EXPECT_EQ(plan.tokens.Total(), 700 + 6 * 100);
  EXPECT_EQ(plan.of[0].time, std::chrono::seconds(60));
}

TEST(SummaryInGit, TellsOfCommitsFilesDeviationsAndKeptWork) {
  const Repository repo(ExampleManifest());
  const auto result = repo.Run(R"(
echo '{"tokens": {"input": 10}}' > "$GSD_RESULT"
if [ $n = 2 ]; then echo x >> README.md; fi
if [ $n = 3 ] && [ $GSD_ATTEMPT = 1 ]; then exit 1; fi
)",
                               {"--no-verify", "--scope=warn", "--integrate=branch"});
  ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
  // It is on the branch only, and that is what is said.
  EXPECT_FALSE(fs::exists(repo.dir / kSummaryPath));
  EXPECT_THAT(result.out,
              testing::ContainsRegex(
                  "summary: phases/08-features/08-02-SUMMARY.md \\(on branch gsd/[0-9a-f-]+\\)\n"));
  const std::string summary = repo.Git(
      "show $(git for-each-ref --sort=-committerdate --format='%(refname)' --count=1 "
      "refs/heads/gsd):" +
      std::string(kSummaryPath));
  const YAML::Node front = FrontMatter(summary);
  EXPECT_EQ(front["key-files"]["created"].size(), 7U);
  EXPECT_EQ(front["key-files"]["modified"][0].as<std::string>(), "README.md");
  EXPECT_EQ(front["actuals"]["tokens"].as<int>(), 80);  // with the attempt that failed
  EXPECT_EQ(front["actuals"]["commits"].as<int>(), 7);
  EXPECT_EQ(SectionOf(summary, "Deviations"), "- 08-02:2: changed README.md, which it did not declare\n");
  EXPECT_THAT(SectionOf(summary, "Changes"), HasSubstr("- 08-02:2: created src/2.ts\n"));
  EXPECT_THAT(SectionOf(summary, "Attempts that were not accepted"),
              testing::ContainsRegex("attempt 1 \\(haiku\\): .*; its work is on branch `gsd/.*-08-02_3.1`"));
  // The commit in the table is the task's.
  const std::string commit =
      repo.Git("log --branches='gsd/*' --format=%H --grep='Gsd-Task: 08-02:2$' -1").substr(0, 8);
  EXPECT_THAT(summary, testing::ContainsRegex("08-02:2 Extend database schema \\| done .* \\| 2 \\| " +
                                              commit + " \\|"));
}

TEST(SummaryInGit, AResumedRunKnowsWhatItsEarlierPartDid) {
  Manifest manifest = ExampleManifest();
  MakeCheckpoint(manifest, 3, "human-verify");
  const Repository repo(manifest);
  ASSERT_EQ(repo.Run("", {"--no-verify"}).exit_code, 3);
  ASSERT_EQ(repo.Command({"approve", "08-02:4"}).exit_code, 0);
  const auto resumed = repo.Command({"resume"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.out << resumed.err;
  EXPECT_THAT(resumed.out, HasSubstr("summary: phases/08-features/08-02-SUMMARY.md\n"));
  const std::string summary = ReadFile(repo.dir / kSummaryPath);
  EXPECT_EQ(FrontMatter(summary)["key-files"]["created"].size(), 6U);
  EXPECT_THAT(SectionOf(summary, "Checkpoints"), HasSubstr("(human-verify): approved\n"));
  EXPECT_THAT(summary, Not(HasSubstr("## Deviations")));
  EXPECT_THAT(ReadFile(repo.RunDir() / "08-02_7.1/prompt.md"), HasSubstr("(files: src/6.ts)"));
}

TEST(CommitChanges, OfAFolderInARepositoryWithHostileNames) {
  const TempDir dir;
  const auto bash = [&](const std::string& script) {
    return test::Run({"bash", "-c", "cd " + dir.path().string() + " && " + script}, dir.path(), {},
                     {"PATH=" + std::string(std::getenv("PATH")), "GIT_CONFIG_GLOBAL=/dev/null",
                      "GIT_CONFIG_SYSTEM=/dev/null", "GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.org",
                      "GIT_COMMITTER_NAME=A", "GIT_COMMITTER_EMAIL=a@example.org"});
  };
  const auto head = [&] { return std::string(Trim(bash("git rev-parse HEAD").out)); };
  bash("git init -q && mkdir in && echo 1 > in/old && git add -A && git commit -q -m start");
  const std::string base = head();
  bash(
      "echo 1 > in/$'a\\nb\\x01c' && echo 2 > in/old && echo > out && git add -A && "
      "git commit -q -m $'feat: x\\n\\nGsd-Task: p:1\\nGsd-Task: p:2\\nGsd-Run: r' && "
      "git commit -q --allow-empty -m $'feat: y\\n\\nGsd-Task: p:3' && "
      "git rm -q in/old && git commit -q -m $'feat: z\\n\\nGsd-Task: p:1'");
  const auto git = Git::Find();
  ASSERT_TRUE(git.ok());
  const auto commits = ReadCommitChanges(*git, dir / "in", base, head());
  ASSERT_TRUE(commits.ok()) << commits.error();
  ASSERT_EQ(commits->size(), 3U);
  EXPECT_THAT((*commits)[0].tasks, ElementsAre("p:1", "p:2"));
  ASSERT_EQ((*commits)[0].changes.size(), 2U);
  EXPECT_EQ((*commits)[0].changes[0].path,
            "a\nb\x01"
            "c");
  EXPECT_EQ((*commits)[0].changes[0].kind, FileChange::Kind::kAdded);
  EXPECT_EQ((*commits)[1].changes.size(), 0U);
  EXPECT_EQ((*commits)[2].changes[0].kind, FileChange::Kind::kDeleted);
  EXPECT_THAT(FilesOfTask(*commits, "p:1"), ElementsAre("a\nb\x01"
                                                        "c"));
  EXPECT_TRUE(ReadCommitChanges(*git, dir / "in", base, base)->empty());
  EXPECT_FALSE(ReadCommitChanges(*git, dir / "in", base, "no-such-commit").ok());
}

}  // namespace
}  // namespace gsd::test
