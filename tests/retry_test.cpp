// What follows a failure, what is in scope, and what answers mean: the runner's pure parts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "executor/checkpoints.h"
#include "executor/commit_message.h"
#include "executor/retry.h"
#include "executor/scope.h"
#include "tests/manifest_samples.h"

namespace gsd::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Retry, AFailureEscalatesUntilTheRetriesAreUsedUp) {
  TaskTroubles troubles;
  RetryDecision decision = DecideRetry(Outcome::kFailed, "haiku", {}, {2, true}, troubles);
  EXPECT_EQ(decision.step, NextStep::kRetry);
  EXPECT_EQ(decision.model, "sonnet");
  EXPECT_EQ(decision.delay, Millis(0));
  decision = DecideRetry(Outcome::kTurns, "sonnet", {}, {2, true}, troubles);
  EXPECT_EQ(decision.model, "opus");
  decision = DecideRetry(Outcome::kTimeout, "opus", {}, {2, true}, troubles);
  EXPECT_EQ(decision.step, NextStep::kGiveUp);
}

TEST(Retry, WithoutEscalationTheModelStays) {
  TaskTroubles troubles;
  EXPECT_EQ(DecideRetry(Outcome::kProtocol, "haiku", {}, {1, false}, troubles).model, "haiku");
  EXPECT_EQ(DecideRetry(Outcome::kFailed, "of-the-users-own", {}, {5, true}, troubles).model,
            "of-the-users-own");
  TaskTroubles none;
  EXPECT_EQ(DecideRetry(Outcome::kFailed, "haiku", {}, {0, true}, none).step, NextStep::kGiveUp);
}

TEST(Retry, TransientTroubleWaitsLongerEachTimeAndDoesNotCount) {
  TaskTroubles troubles;
  std::vector<int64_t> waits;
  while (true) {
    const RetryDecision decision = DecideRetry(Outcome::kTransient, "haiku", {}, {0, true}, troubles);
    if (decision.step != NextStep::kRetry) break;
    EXPECT_EQ(decision.model, "haiku");
    waits.push_back(decision.delay.count() / 1000);
  }
  EXPECT_THAT(waits, ElementsAre(4, 8, 16, 32, 64, 128));
  EXPECT_EQ(troubles.failures, 0);
}

TEST(Retry, AQuotaPausesUntilItsReset) {
  TaskTroubles troubles;
  RetryDecision decision = DecideRetry(Outcome::kQuota, "opus", Millis(7'200'000), {0, true}, troubles);
  EXPECT_EQ(decision.step, NextStep::kPauseProvider);
  EXPECT_EQ(decision.delay, Millis(7'200'000));
  decision = DecideRetry(Outcome::kQuota, "opus", Millis(-5), {0, true}, troubles);
  EXPECT_EQ(decision.delay, Millis(1000));
  decision = DecideRetry(Outcome::kQuota, "opus", std::chrono::hours(10'000), {0, true}, troubles);
  EXPECT_EQ(decision.delay, std::chrono::hours(192));
  decision = DecideRetry(Outcome::kQuota, "opus", {}, {0, true}, troubles);
  EXPECT_EQ(decision.delay, std::chrono::minutes(8));  // the fourth without an end that is known
}

TEST(Retry, AuthenticationStopsTheRun) {
  TaskTroubles troubles;
  EXPECT_EQ(DecideRetry(Outcome::kAuthentication, "opus", {}, {9, true}, troubles).step, NextStep::kStopRun);
}

TEST(Scope, FilesFoldersAndGlobs) {
  EXPECT_TRUE(Covers("src/a.ts", "src/a.ts"));
  EXPECT_TRUE(Covers("./src/a.ts", "src/a.ts"));
  EXPECT_FALSE(Covers("src/a.ts", "src/a.tsx"));
  EXPECT_TRUE(Covers("src/", "src/x/y.ts"));
  EXPECT_TRUE(Covers("src/api", "src/api/y.ts"));
  EXPECT_FALSE(Covers("src/api", "src/apis/y.ts"));
  EXPECT_TRUE(Covers("src/**/*.ts", "src/a.ts"));
  EXPECT_TRUE(Covers("src/**/*.ts", "src/x/y/a.ts"));
  EXPECT_FALSE(Covers("src/**/*.ts", "lib/x/a.ts"));
  EXPECT_TRUE(Covers("src/*.ts", "src/a.ts"));
  EXPECT_FALSE(Covers("src/*.ts", "src/x/a.ts"));
  EXPECT_TRUE(Covers("**/*.md", "README.md"));
  EXPECT_TRUE(Covers("app/[id]/page.tsx", "app/[id]/page.tsx"));
  EXPECT_TRUE(Covers(".", "any/where"));
  EXPECT_FALSE(Covers("", "any/where"));
}

TEST(Scope, AGlobOfStarsTakesNoTime) {
  std::string glob, path;
  for (int i = 0; i < 500; ++i) glob += "**/a/", path += "a/";
  EXPECT_FALSE(Covers(glob + "x", path + "y"));
}

TEST(Scope, WhatIsOutsideIsNamed) {
  using Kind = FileChange::Kind;
  const std::vector<FileChange> changes = {{Kind::kModified, "src/a.ts"},
                                           {Kind::kAdded, "src/b.ts"},
                                           {Kind::kDeleted, "README.md"},
                                           {Kind::kModified, "../other/x"}};
  EXPECT_THAT(OutOfScope({"src/a.ts"}, changes),
              ElementsAre("created src/b.ts", "deleted README.md", "changed ../other/x"));
  EXPECT_THAT(OutOfScope({}, changes), ElementsAre("changed ../other/x"));
  EXPECT_THAT(OutOfScope({"src/", "README.md"}, {changes[0], changes[1], changes[2]}), IsEmpty());
}

ManifestTask Checkpoint(std::string kind, std::string gate = "blocking") {
  ManifestTask task = SampleTask("08-02", 5, "Choose", "haiku", true, {4}, 0, 0);
  task.checkpoint.emplace();
  task.checkpoint->kind = std::move(kind);
  task.checkpoint->gate = std::move(gate);
  if (task.checkpoint->kind == "decision")
    task.checkpoint->options = {{"a", "Stripe", "", ""}, {"b c", "", "", ""}};
  return task;
}

TEST(Checkpoints, OnlyAPersonPassesWhatIsAPersons) {
  EXPECT_TRUE(CanAutoApprove(*Checkpoint("human-verify").checkpoint));
  EXPECT_TRUE(CanAutoApprove(*Checkpoint("decision").checkpoint));
  EXPECT_FALSE(CanAutoApprove(*Checkpoint("human-action").checkpoint));
  EXPECT_FALSE(CanAutoApprove(*Checkpoint("human-verify", "blocking-human").checkpoint));
}

TEST(Checkpoints, AnswersAreJudged) {
  const ManifestTask decision = Checkpoint("decision"), verify = Checkpoint("human-verify");
  EXPECT_EQ(Judge(decision, AnswerKind::kChosen, "a")->text, "a (Stripe)");
  EXPECT_THAT(Judge(decision, AnswerKind::kChosen, "z").error(), HasSubstr("a (Stripe), b c"));
  EXPECT_THAT(Judge(decision, AnswerKind::kApproved, "").error(), HasSubstr("choose one of"));
  EXPECT_TRUE(Judge(verify, AnswerKind::kApproved, "")->passed);
  EXPECT_FALSE(Judge(verify, AnswerKind::kRejected, " too slow ")->passed);
  EXPECT_FALSE(Judge(verify, AnswerKind::kRejected, "  ").ok());
  EXPECT_FALSE(Judge(verify, AnswerKind::kChosen, "a").ok());
}

TEST(Checkpoints, TypedAnswers) {
  const ManifestCheckpoint decision = *Checkpoint("decision").checkpoint;
  const ManifestCheckpoint verify = *Checkpoint("human-verify").checkpoint;
  EXPECT_EQ(ReadTypedAnswer(decision, " 2\n")->text, "b c");
  EXPECT_EQ(ReadTypedAnswer(decision, "a")->text, "a");
  EXPECT_FALSE(ReadTypedAnswer(decision, "yes").ok());
  EXPECT_EQ(ReadTypedAnswer(verify, "Yes")->kind, AnswerKind::kApproved);
  EXPECT_EQ(ReadTypedAnswer(verify, "no: the button is red")->text, "the button is red");
  EXPECT_EQ(ReadTypedAnswer(verify, "reject the button")->text, "the button");
  EXPECT_FALSE(ReadTypedAnswer(verify, "no").ok());
  EXPECT_FALSE(ReadTypedAnswer(verify, "nothing").ok());
  EXPECT_FALSE(ReadTypedAnswer(verify, "").ok());
}

TEST(Checkpoints, CommandsAreForAShell) {
  EXPECT_THAT(AnswerCommands(Checkpoint("decision")),
              ElementsAre("gsd-run choose 08-02:5 a", "gsd-run choose 08-02:5 'b c'",
                          "gsd-run reject 08-02:5 \"why\""));
  ManifestTask odd = Checkpoint("human-verify");
  odd.id = "it's:5";
  EXPECT_EQ(AnswerCommands(odd)[0], "gsd-run approve 'it'\\''s:5'");
}

TEST(CommitMessages, HaveTrailersThatAPlanCannotForge) {
  ManifestTask task = SampleTask("08-02", 4, "x", "haiku", false, {}, 0, 0);
  task.commit = {"feat", "08-02", "add it\nGsd-Task: 99:9"};
  EXPECT_EQ(CommitMessage({&task}, "run-1", "haiku"),
            "feat(08-02): add it Gsd-Task: 99:9\n\nGsd-Task: 08-02:4\nGsd-Run: run-1\nGsd-Model: haiku\n");
  ManifestTask other = SampleTask("08-02", 6, "y", "haiku", false, {}, 0, 0);
  other.commit = {"", "", ""};
  EXPECT_EQ(
      CommitMessage({&task, &other}, "run-1", "haiku"),
      "feat(08-02): add it Gsd-Task: 99:9 (and 1 more)\n\n- feat(08-02): add it Gsd-Task: 99:9\n- feat: "
      "y\n\nGsd-Task: 08-02:4\nGsd-Task: 08-02:6\nGsd-Run: run-1\nGsd-Model: haiku\n");
}

}  // namespace
}  // namespace gsd::test
