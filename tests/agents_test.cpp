// How real agent programs are called and how their output is read: our own samples (testdata/agents), damaged
// samples, and, where they are, recordings of the real programs against the reference reading beside them.
#include "executor/agents/agent_program.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <sstream>

#include "tests/test_support.h"

namespace gsd {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::vector<std::string>> ReadTable(const fs::path& path) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(test::ReadFile(path));
  std::string line;
  std::getline(lines, line);  // the heading
  while (std::getline(lines, line)) {
    auto& row = rows.emplace_back(1);
    for (char c : line) c == '\t' ? row.emplace_back() : row.back() += c;
    row.resize(13);
  }
  return rows;
}

std::string IfThere(const fs::path& path) { return fs::exists(path) ? test::ReadFile(path) : std::string(); }

struct Sample {
  std::string program, name;
  int exit_code = 0;
  std::string outcome, tokens, usd, session, wait, out, err;

  AgentReport Read() const { return ReadAs(out, err); }
  AgentReport ReadAs(std::string_view stdout_text, std::string_view stderr_text) const {
    AgentOutput output;
    output.out = stdout_text;
    output.err = stderr_text;
    output.exit_code = exit_code;
    return FindAgentProgram(program)->read(output);
  }
};

std::vector<Sample> Samples() {
  const fs::path folder = test::SourceDir() / "testdata/agents";
  std::vector<Sample> samples;
  for (const auto& row : ReadTable(folder / "cases.tsv")) {
    Sample& sample = samples.emplace_back();
    sample = {row[0], row[1], std::stoi(row[2]), row[3], row[4], row[5], row[6], row[7], {}, {}};
    sample.out = test::ReadFile(folder / row[0] / (row[1] + ".out"));
    sample.err = IfThere(folder / row[0] / (row[1] + ".err"));
  }
  return samples;
}

Sample SampleNamed(std::string_view program, std::string_view name) {
  for (const Sample& sample : Samples())
    if (sample.program == program && sample.name == name) return sample;
  ADD_FAILURE() << "no sample " << program << "/" << name;
  return {};
}

std::string Counts(const AgentReport& report) {
  if (!report.tokens) return "-";
  return fmt::format("{}/{}/{}/{}", report.tokens->input, report.tokens->output,
                     report.tokens->cache_creation, report.tokens->cache_read);
}

std::string Wait(const AgentReport& report) {
  std::string text = report.retry_after ? std::to_string(report.retry_after->count()) : "";
  if (report.resets_at) text += fmt::format("@{}", report.resets_at->time_since_epoch().count());
  return text.empty() ? "-" : text;
}

// --- our own samples ---

TEST(AgentSamples, AreReadAsTheTableSays) {
  for (const Sample& sample : Samples()) {
    SCOPED_TRACE(sample.program + "/" + sample.name);
    const AgentReport report = sample.Read();
    EXPECT_EQ(OutcomeName(report.outcome), sample.outcome) << report.message;
    EXPECT_EQ(Counts(report), sample.tokens);
    EXPECT_EQ(report.usd ? fmt::format("{}", *report.usd) : "-", sample.usd);
    EXPECT_EQ(report.session.empty() ? "-" : report.session, sample.session);
    EXPECT_EQ(Wait(report), sample.wait);
    EXPECT_EQ(report.message.empty(), report.outcome == Outcome::kOk) << report.message;
    if (report.outcome == Outcome::kOk && sample.name != "ok-half-emoji") {
      EXPECT_EQ(report.text, "Done.\nTASK COMPLETE");
    }
  }
}

TEST(AgentSamples, EveryOutcomeThatAProgramCanTellHasOne) {
  std::map<std::string, std::set<std::string>> of;
  for (const Sample& sample : Samples()) of[sample.program].insert(sample.outcome);
  for (const char* outcome : {"ok", "failed", "quota", "transient", "authentication", "protocol"})
    for (const auto& [program, has] : of) EXPECT_THAT(has, Contains(outcome)) << program;
  EXPECT_THAT(of["claude"], Contains("turns"));
  EXPECT_THAT(of["claude"], Contains("budget"));
  EXPECT_THAT(of["gemini"], Contains("turns"));
  EXPECT_EQ(of.size(), AgentPrograms().size());
}

TEST(AgentSamples, WhatWeAskedToEndEndedForThatReasonWhateverItSays) {
  for (const Sample& sample : Samples()) {
    for (const Outcome asked : {Outcome::kTimeout, Outcome::kCancelled}) {
      AgentOutput output{sample.out, sample.err, sample.exit_code, asked};
      const AgentReport report = FindAgentProgram(sample.program)->read(output);
      EXPECT_EQ(report.outcome, asked) << sample.program << "/" << sample.name;
      EXPECT_EQ(Counts(report), sample.tokens) << "what it used is known all the same";
    }
  }
}

TEST(AgentSamples, EveryCutIsSurvivedAndNeverOk) {
  for (const Sample& sample : Samples()) {
    if (sample.name == "protocol-after-result") continue;  // there is a final record in the middle
    // The last record is whole without the white space that follows it.
    const size_t whole = sample.out.find_last_not_of(" \n") + 1;
    for (size_t cut = 0; cut < whole; ++cut) {
      const AgentReport report = sample.ReadAs(std::string_view(sample.out).substr(0, cut), sample.err);
      EXPECT_NE(report.outcome, Outcome::kOk) << sample.program << "/" << sample.name << " cut at " << cut;
    }
    for (size_t cut = 0; cut < sample.err.size(); ++cut)
      sample.ReadAs(sample.out, std::string_view(sample.err).substr(0, cut));
  }
}

TEST(AgentSamples, FlippedBitsAreSurvived) {
  std::mt19937 random(1);
  for (const Sample& sample : Samples()) {
    for (int round = 0; round < 300; ++round) {
      std::string out = sample.out, err = sample.err;
      for (std::string* text : {&out, &err}) {
        if (text->empty()) continue;
        for (unsigned flips = 1 + random() % 8; flips > 0; --flips)
          (*text)[random() % text->size()] ^= static_cast<char>(1U << (random() % 8));
      }
      const AgentReport report = sample.ReadAs(out, err);
      if (sample.outcome == "failed" || sample.outcome == "protocol") continue;
      if (sample.outcome != "ok") {
        EXPECT_NE(report.outcome, Outcome::kOk) << sample.name << "\n" << out;
      }
    }
  }
}

TEST(AgentHostile, GarbageIsAProtocolFailure) {
  std::mt19937 random(2);
  std::vector<std::string> garbage = {"",
                                      "\n\n",
                                      "{",
                                      "{\n",
                                      "{\n}\n",
                                      "}",
                                      "null",
                                      "[]\n",
                                      "{}\n",
                                      "\xff\xfe{",
                                      "{\"type\":\"result\"}\n",
                                      "{\"type\":1}\n",
                                      "{\"type\":\"turn.completed\"}\n",
                                      "{\"type\":\"step_finish\"}\n",
                                      std::string(100, '\0')};
  garbage.push_back(std::string(200'000, '[') + "\n");
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "{\"a\":";
  garbage.push_back(deep + "\n");
  for (int i = 0; i < 200; ++i) {
    std::string bytes(random() % 300, ' ');
    for (char& c : bytes) c = static_cast<char>(random());
    garbage.push_back(std::move(bytes));
  }
  for (const AgentProgram& program : AgentPrograms()) {
    for (const std::string& bytes : garbage) {
      const AgentReport report = program.read({bytes, bytes, 0, {}});
      EXPECT_TRUE(report.outcome == Outcome::kProtocol || report.outcome == Outcome::kFailed)
          << program.name << ": " << bytes.substr(0, 60);
      EXPECT_FALSE(report.message.empty());
      EXPECT_NE(program.read({bytes, bytes, 1, {}}).outcome, Outcome::kOk);
    }
  }
}

TEST(AgentHostile, NumbersThatCannotBeTrueCountNothing) {
  const AgentReport report = ReadClaude(
      {R"({"type":"result","subtype":"success","is_error":false,"result":"x","session_id":"-rf /","total_cost_usd":-1,)"
       R"("modelUsage":{"m":{"inputTokens":-5,"outputTokens":9e18,"cacheReadInputTokens":1.5,)"
       R"("cacheCreationInputTokens":9223372036854775807,"costUSD":1e300}}})",
       "",
       0,
       {}});
  EXPECT_EQ(report.outcome, Outcome::kOk);
  EXPECT_EQ(Counts(report), "0/0/0/0");
  EXPECT_FALSE(report.usd);
  EXPECT_EQ(report.session, "") << "it would be an option on the next command line";
}

TEST(AgentHostile, LargeOutputIsReadLineByLine) {
  const Sample sample = SampleNamed("claude", "ok");
  const size_t newline = sample.out.find('\n') + 1;
  std::string out = sample.out.substr(0, newline);
  const std::string line = R"({"type":"user","message":")" + std::string(100'000, 'x') + "\"}\n";
  for (int i = 0; i < 500; ++i) out += line;
  // One line that is larger than anything is allowed to be.
  out += R"({"type":"user","message":")" + std::string(size_t{65} << 20, 'x') + "\"}\n";
  out += sample.out.substr(newline);
  const AgentReport report = sample.ReadAs(out, "");
  EXPECT_EQ(report.outcome, Outcome::kOk) << report.message;
  EXPECT_EQ(Counts(report), sample.tokens);
}

// --- what is beside the table ---

TEST(AgentReports, DenialsAreNamed) {
  const AgentReport claude = SampleNamed("claude", "ok-denied").Read();
  ASSERT_EQ(claude.denials.size(), 2U);
  EXPECT_EQ(claude.denials[0].tool, "Write");
  EXPECT_EQ(claude.denials[0].what, "/work/a.txt");
  EXPECT_EQ(claude.denials[1].what, "git commit");
  EXPECT_EQ(SampleNamed("opencode", "failed-refused").Read().denials.size(), 1U);
}

TEST(AgentReports, CountersOfASessionCanBeTakenApart) {
  EXPECT_EQ(SampleNamed("claude", "ok-object").Read().counting, Counting::kThisRun);
  EXPECT_EQ(SampleNamed("claude", "ok-resumed").Read().counting, Counting::kThisRun);
  EXPECT_EQ(SampleNamed("opencode", "ok").Read().counting, Counting::kThisRun);
  for (const AgentReport& read :
       {SampleNamed("claude", "ok-object-session").Read(), SampleNamed("codex", "ok").Read()}) {
    AgentReport report = read, before;
    EXPECT_EQ(report.counting, Counting::kSession);
    before.tokens = TokenCounts{60, 30, 10, 0};
    before.usd = 0.125;
    SubtractEarlierRuns(before, report);
    EXPECT_EQ(Counts(report), "40/0/20/40") << "never below zero";
    if (read.usd) {
      EXPECT_DOUBLE_EQ(*report.usd, 0.375);
    }
    EXPECT_EQ(report.counting, Counting::kThisRun);
    SubtractEarlierRuns(before, report);
    EXPECT_EQ(Counts(report), "40/0/20/40") << "only once";
  }
}

TEST(AgentReports, MessagesSayWhatHappened) {
  EXPECT_EQ(SampleNamed("claude", "failed-flag").Read().message,
            "exit code 1: error: unknown option '--no-such-flag'");
  EXPECT_EQ(SampleNamed("claude", "failed-signal").Read().message, "ended by signal 9");
  EXPECT_THAT(SampleNamed("claude", "failed-exit-code").Read().message, HasSubstr("although"));
  EXPECT_THAT(SampleNamed("gemini", "failed-trust").Read().message,
              HasSubstr("exit code 55: Gemini CLI is not"));
  EXPECT_EQ(SampleNamed("claude", "turns").Read().message, "Reached maximum number of turns (2)");
}

// --- calling ---

AgentRun FullRun() {
  AgentRun run;
  run.model = "haiku";
  run.session = "0a1b2c3d-1111-4222-8333-444455556666";
  run.folder = "/runs/1/attempt-1";
  run.max_turns = 7;
  run.budget_usd = 1.5;
  return run;
}

std::string Joined(const std::vector<std::string>& argv) { return fmt::format("{}", fmt::join(argv, " ")); }

TEST(AgentInvocations, Claude) {
  const Invocation call = BuildClaude(FullRun());
  EXPECT_EQ(Joined(call.argv),
            "claude -p --output-format stream-json --verbose --model haiku --resume "
            "0a1b2c3d-1111-4222-8333-444455556666 --max-turns 7 --max-budget-usd 1.500000 --permission-mode "
            "acceptEdits --allowedTools=Bash,Edit,Write,Read,Glob,Grep,NotebookEdit");
  EXPECT_EQ(call.stop_signal, SIGINT);
  EXPECT_TRUE(call.not_limited.empty());
  using Variable = std::pair<std::string, std::string>;
  for (const Variable& variable : {Variable{"DISABLE_TELEMETRY", "1"},
                                   {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"},
                                   {"DISABLE_AUTOUPDATER", "1"},
                                   {"CLAUDE_CODE_MAX_RETRIES", "2"},
                                   {"API_TIMEOUT_MS", "600000"}})
    EXPECT_THAT(call.environment, Contains(variable));
  AgentRun run;
  run.api_retries = 0;
  run.access = AgentAccess::kEverything;
  const Invocation other = BuildClaude(run);
  EXPECT_THAT(other.environment, Contains(Variable{"CLAUDE_CODE_MAX_RETRIES", "1"}));
  EXPECT_EQ(Joined(other.argv),
            "claude -p --output-format stream-json --verbose --dangerously-skip-permissions");
}

TEST(AgentInvocations, Codex) {
  const Invocation call = BuildCodex(FullRun());
  EXPECT_EQ(Joined(call.argv),
            "codex exec resume --json --skip-git-repo-check -c analytics.enabled=false -c "
            "sandbox_mode=\"workspace-write\" -m gpt-5.5 -c model_reasoning_effort=\"low\" "
            "0a1b2c3d-1111-4222-8333-444455556666 -");
  EXPECT_EQ(call.stop_signal, SIGTERM);
  EXPECT_THAT(call.not_limited, ElementsAre("turns", "budget"));
}

TEST(AgentInvocations, Gemini) {
  const Invocation call = BuildGemini(FullRun());
  EXPECT_EQ(Joined(call.argv),
            "gemini --skip-trust --output-format json -m gemini-2.5-flash-lite --approval-mode yolo --resume "
            "0a1b2c3d-1111-4222-8333-444455556666");
  EXPECT_EQ(call.stop_signal, SIGTERM);
  EXPECT_THAT(call.not_limited, ElementsAre("budget"));
  ASSERT_EQ(call.files.size(), 1U);
  EXPECT_EQ(call.files[0].path, "/runs/1/attempt-1/gemini-settings.json");
  const auto settings = nlohmann::json::parse(call.files[0].bytes);
  EXPECT_EQ(settings["general"]["maxAttempts"], 3);
  EXPECT_EQ(settings["model"]["maxSessionTurns"], 7);
  using Variable = std::pair<std::string, std::string>;
  EXPECT_THAT(call.environment, Contains(Variable("GEMINI_CLI_NO_RELAUNCH", "true")));
  EXPECT_THAT(call.environment, Contains(Variable("GEMINI_CLI_SYSTEM_SETTINGS_PATH", call.files[0].path)));
}

TEST(AgentInvocations, Opencode) {
  AgentRun run = FullRun();
  run.title = "01-02 task 3";
  const Invocation call = BuildOpencode(run);
  EXPECT_EQ(Joined(call.argv),
            "opencode run --format json --title 01-02 task 3 -m anthropic/claude-haiku-4-5 -s "
            "0a1b2c3d-1111-4222-8333-444455556666");
  EXPECT_EQ(call.stop_signal, SIGTERM);
  EXPECT_THAT(call.not_limited, ElementsAre("turns", "budget"));
}

TEST(AgentInvocations, TheUsersNamesAndArgumentsAreTaken) {
  for (const AgentProgram& program : AgentPrograms()) {
    AgentRun run;
    run.program = "/opt/agent";
    run.model = "opus";
    run.agent_model = "mine/model-9";
    run.more_arguments = {"--one more"};
    const Invocation call = program.build(run);
    EXPECT_EQ(call.argv.front(), "/opt/agent");
    EXPECT_THAT(call.argv, Contains("mine/model-9")) << program.name;
    EXPECT_THAT(call.argv, Not(Contains(HasSubstr("opus"))));
    EXPECT_THAT(call.argv, Contains("--one more"));
    run.agent_model.clear();
    run.model = "some-model";
    EXPECT_THAT(program.build(run).argv, Contains("some-model")) << program.name;
  }
  EXPECT_EQ(FindAgentProgram("no-such"), nullptr);
}

// --- recordings ---

struct Deviation {
  std::string_view where, field, why;  // `where` with '*' for anything
};

// Where we read a recording in another way than the reference beside it, and why.
constexpr auto kDeviations = std::to_array<Deviation>({
    {"claude*/hang-*", "session",
     "the reference looks at the last record only; the first names the session, which is what a retry "
     "resumes"},
    {"claude*/resume-killed-1", "session", "killed: the session from the first record, as with hang-*"},
    {"claude-2.1.330/session-resume-stream", "input",
     "the reference has the session's counters; this run's are in model_usage_since_last_result"},
    {"claude-2.1.330/session-resume-stream", "output", "this run's instead of the session's output"},
    {"claude-2.1.330/session-resume-stream", "usd", "this run's instead of the session's cost"},
});

bool Matches(std::string_view pattern, std::string_view name) {
  const size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == name;
  if (!name.starts_with(pattern.substr(0, star))) return false;
  const std::string_view rest = pattern.substr(star + 1);
  for (size_t at = star; at <= name.size(); ++at)
    if (Matches(rest, name.substr(at))) return true;
  return false;
}

int ExitCode(const std::string& text) {
  return text.starts_with("signal ") ? 128 + std::stoi(text.substr(7)) : std::stoi(text);
}

// As the reference writes texts: in one line, the first 120 characters.
bool SameText(const AgentReport& report, const std::string& reference) {
  std::string text;
  for (char c : report.outcome == Outcome::kOk || report.text == reference ? report.text
                : report.message.empty()                                   ? report.text
                                                                           : report.message) {
    if (c == '\n') {
      text += "\\n";
    } else {
      text += c == '\t' ? ' ' : c;
    }
  }
  return text == reference || (reference.size() >= 118 && text.starts_with(reference));
}

TEST(AgentRecordings, AreReadAsTheReferenceSays) {
  const auto shared = test::SharedDir();
  if (!shared || !fs::exists(*shared / "recordings/cases.tsv")) GTEST_SKIP() << test::kNoShared;
  std::set<std::string_view> used;
  size_t count = 0;
  for (const auto& row : ReadTable(*shared / "recordings/cases.tsv")) {
    const std::string where = row[0] + "/" + row[1];
    if (row[2].starts_with("could not start")) continue;  // there is no output
    const fs::path folder = *shared / "recordings" / row[0] / row[1];
    const std::string out = test::ReadFile(folder / "stdout"), err = test::ReadFile(folder / "stderr");
    const AgentProgram* program = FindAgentProgram(row[0].substr(0, row[0].find('-')));
    const AgentReport report = program->read({out, err, ExitCode(row[2]), {}});
    ++count;
    const auto differs = [&](std::string_view field, bool same, const std::string& ours,
                             const std::string& theirs) {
      const auto known =
          std::find_if(kDeviations.begin(), kDeviations.end(), [&](const Deviation& deviation) {
            return deviation.field == field && Matches(deviation.where, where);
          });
      if (!same && known != kDeviations.end()) used.insert(known->why);
      if (!same && known == kDeviations.end())
        ADD_FAILURE() << where << " " << field << ": " << ours << ", not " << theirs;
    };
    const bool ok = report.outcome == Outcome::kOk;
    differs("ok", ok == (row[3] == "true"), std::string(OutcomeName(report.outcome)), row[3]);
    const TokenCounts none, &tokens = report.tokens ? *report.tokens : none;
    const std::array<std::pair<int64_t, const char*>, 4> counts = {
        {{tokens.input, "input"},
         {tokens.output, "output"},
         {tokens.cache_read, "cache read"},
         {tokens.cache_creation, "cache creation"}}};
    for (size_t i = 0; i < counts.size(); ++i) {
      const std::string ours = report.tokens ? std::to_string(counts[i].first) : "";
      const bool not_told = row[0] == "gemini" && i == 3;  // what went to the cache: we say 0 then
      differs(counts[i].second, ours == row[4 + i] || (not_told && counts[i].first == 0), ours, row[4 + i]);
    }
    const bool same_usd =
        row[8].empty() ? !report.usd : report.usd && std::abs(*report.usd - std::stod(row[8])) < 1e-9;
    differs("usd", same_usd, report.usd ? fmt::format("{}", *report.usd) : "", row[8]);
    differs("model", fmt::format("{}", fmt::join(report.models, ",")) == row[9],
            fmt::format("{}", fmt::join(report.models, ",")), row[9]);
    differs("session", report.session == row[10], report.session, row[10]);
    differs("text", SameText(report, row[12]),
            report.text.substr(0, 130) + "|" + report.message.substr(0, 130), row[12]);
  }
  std::cout << count << " recordings read\n";
  for (const Deviation& deviation : kDeviations)
    EXPECT_EQ(used.count(deviation.why), 1U)
        << "no longer true: " << deviation.where << " " << deviation.field;
}

// What became of the recorded runs that did not succeed, by the name of the case; the first that fits.
constexpr auto kRecordedOutcomes = std::to_array<std::pair<std::string_view, Outcome>>({
    {"*-text", Outcome::kFailed},  // no record to read
    {"e401*", Outcome::kAuthentication},
    {"e403", Outcome::kAuthentication},
    {"no-api-key", Outcome::kAuthentication},
    {"no-key", Outcome::kAuthentication},
    {"e400-credit", Outcome::kQuota},
    // Also e429-limit, a lasting limit: as a single object, which is how it was recorded, it has the same
    // words. testdata/agents/claude/quota-* have it as the stream that we ask for.
    {"e429*", Outcome::kTransient},
    {"e5*", Outcome::kTransient},
    {"sse-error", Outcome::kTransient},
    {"reset*", Outcome::kTransient},
    {"truncated-stream", Outcome::kTransient},
    {"garbage", Outcome::kTransient},
    {"connection-refused*", Outcome::kTransient},
    {"hang-api-timeout", Outcome::kTransient},
    {"max-turns*", Outcome::kTurns},
    {"max-budget*", Outcome::kBudget},
    {"hang-*", Outcome::kProtocol},  // those without a signal or record: exit code 0 and nothing said
    {"help*", Outcome::kProtocol},
    {"version", Outcome::kProtocol},
    {"input-stream-json-file", Outcome::kProtocol},
    {"*", Outcome::kFailed},
});

TEST(AgentRecordings, FailuresAreToldApart) {
  const auto shared = test::SharedDir();
  if (!shared || !fs::exists(*shared / "recordings/cases.tsv")) GTEST_SKIP() << test::kNoShared;
  for (const auto& row : ReadTable(*shared / "recordings/cases.tsv")) {
    if (row[2].starts_with("could not start") || row[3] == "true") continue;
    const fs::path folder = *shared / "recordings" / row[0] / row[1];
    AgentOutput output;
    const std::string out = test::ReadFile(folder / "stdout"), err = test::ReadFile(folder / "stderr");
    output.out = out;
    output.err = err;
    output.exit_code = ExitCode(row[2]);
    const AgentProgram* program = FindAgentProgram(row[0].substr(0, row[0].find('-')));
    const auto found = std::find_if(kRecordedOutcomes.begin(), kRecordedOutcomes.end(),
                                    [&](const auto& entry) { return Matches(entry.first, row[1]); });
    Outcome expected = found->second;
    if (row[1].starts_with("success-text")) expected = Outcome::kProtocol;  // exit code 0, but plain text
    // Ended by a signal, or asked to end within a turn: it says no more than that.
    if (output.exit_code > 128 && row[0] != "gemini") expected = Outcome::kFailed;
    if (row[0] == "gemini" && output.exit_code == 137) expected = Outcome::kFailed;
    if (expected == Outcome::kProtocol && (output.exit_code == 1 || out.find("ede_diagnostic") != out.npos))
      expected = Outcome::kFailed;
    const AgentReport report = program->read(output);
    EXPECT_EQ(OutcomeName(report.outcome), OutcomeName(expected))
        << row[0] << "/" << row[1] << ": " << report.message;
    output.asked_to_end = Outcome::kCancelled;
    EXPECT_EQ(OutcomeName(program->read(output).outcome), "cancelled") << row[0] << "/" << row[1];
  }
}

TEST(AgentRecordings, AnAnswerThatIsCutOffIsNeverOk) {
  const auto shared = test::SharedDir();
  if (!shared || !fs::exists(*shared / "recordings/cases.tsv")) GTEST_SKIP() << test::kNoShared;
  std::mt19937 random(3);
  for (const auto& row : ReadTable(*shared / "recordings/cases.tsv")) {
    if (row[3] != "true") continue;
    const std::string out = test::ReadFile(*shared / "recordings" / row[0] / row[1] / "stdout");
    const size_t whole = out.find_last_not_of(" \n") + 1;
    const AgentProgram* program = FindAgentProgram(row[0].substr(0, row[0].find('-')));
    for (int i = 0; i < 20; ++i) {
      const size_t cut = whole - 1 - random() % std::min<size_t>(whole, i < 10 ? 400 : whole);
      const AgentReport report = program->read({std::string_view(out).substr(0, cut), "", 0, {}});
      EXPECT_NE(report.outcome, Outcome::kOk) << row[0] << "/" << row[1] << " cut at " << cut;
    }
  }
}

TEST(AgentRecordings, ResumedRunsCountWhatTheyUsedThemselves) {
  const auto shared = test::SharedDir();
  if (!shared || !fs::exists(*shared / "recordings/cases.tsv")) GTEST_SKIP() << test::kNoShared;
  const std::vector<std::array<std::string, 3>> pairs = {
      {"claude", "session-id", "session-resume"},
      {"claude-2.1.330", "session-id", "session-resume"},
      {"claude-2.1.330", "session-resume", "session-resume-stream"},
      {"codex", "session-first", "session-resume"},
      {"opencode", "session-first", "session-resume"}};
  for (const auto& [name, first, second] : pairs) {
    const AgentProgram* program = FindAgentProgram(name.substr(0, name.find('-')));
    const std::string out_before = test::ReadFile(*shared / "recordings" / name / first / "stdout");
    const std::string out = test::ReadFile(*shared / "recordings" / name / second / "stdout");
    AgentReport report = program->read({out, "", 0, {}});
    SubtractEarlierRuns(program->read({out_before, "", 0, {}}), report);
    EXPECT_EQ(Counts(report), "1050/11/0/0") << name << "/" << second;
  }
}

}  // namespace
}  // namespace gsd
