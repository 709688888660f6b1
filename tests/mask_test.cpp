// Secrets are found in every shape and at every cut of a stream, and nothing else is.
#include "executor/mask.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <random>

#include "tests/manifest_samples.h"
#include "tests/test_support.h"

namespace gsd::test {
namespace {

using testing::HasSubstr;
using testing::Not;

// None of these was ever a key; written in two parts, so that no scanner takes them for one.
const std::vector<std::string> kShapes = {
    std::string("sk-ant-") + "api03-AbCdEf_0123-456789xyz",
    std::string("sk-") + "0123456789abcdefABCDEF0123456789abcdefABCDEF0123",
    std::string("sk-proj-") + "A1b2C3d4E5f6G7h8I9j0K1l2_m3-N4o5",
    std::string("ghp_") + "0123456789abcdefABCDEF0123456789abcd",
    std::string("gho_") + "0123456789abcdefABCDEF0123456789abcd",
    std::string("github_pat_") + "11ABCDEFG0123456789abcd_0123456789abcdefABCDEF",
    std::string("AKIA") + "IOSFODNN7EXAMPLE",
    std::string("AIza") + "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6q",
    std::string("xoxb-") + "123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvW1",
    std::string("eyJhbGciOiJIUzI1NiJ9") + ".eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA1c7+9z5Pad7OejecsQ0bu3aozN3tihPmUoB8\nabc+/=\n"
    "-----END RSA PRIVATE KEY-----",
    R"(-----BEGIN PRIVATE KEY-----\nMIIEowIBAAKCAQEA1c7+9z5Pad7\nOejecsQ0bu3\n-----END PRIVATE KEY-----)",
};
const std::vector<std::string> kValues = {"correct horse battery", "a\"quoted\\value", "hunter2hunter2"};

TEST(Mask, FindsTheShapes) {
  const Masker masker;
  for (const std::string& secret : kShapes) {
    for (const char* around : {"{}", "key={}\n", "\"{}\"", "x {}, y", "({})", "-{}'"})
      EXPECT_EQ(masker.Mask(fmt::format(fmt::runtime(around), secret)),
                fmt::format(fmt::runtime(around), kMasked))
          << secret;
  }
  EXPECT_EQ(masker.Mask("Authorization: Bearer abcdefgh12345678.-_~+/=\n"),
            "Authorization: Bearer [masked]\n");
  EXPECT_EQ(masker.Mask("postgres://me:s3cr3t@db.example.org/x"), "postgres://me:[masked]@db.example.org/x");
  EXPECT_EQ(masker.Mask("https://u:p@ss@h"), "https://u:[masked]@h");
}

TEST(Mask, FindsTheValuesOfTheEnvironment) {
  const Masker masker(kValues);
  EXPECT_EQ(masker.Mask("xcorrect horse batteryy"), "x[masked]y");
  EXPECT_EQ(masker.Mask(R"({"a":"a\"quoted\\value"})"), R"({"a":"[masked]"})");
  EXPECT_EQ(masker.Mask("hunter2hunter2hunter2hunter2"), "[masked][masked]");
  EXPECT_EQ(masker.Mask("… correct ho"), "… [masked]");  // cut
  EXPECT_EQ(masker.Mask("correct ho, he said"), "correct ho, he said");
  const std::string line = "a password of a thousand bytes " + std::string(1000, 'x');
  EXPECT_EQ(Masker({line}).Mask("<" + line + ">"), "<[masked]>");
}

TEST(Mask, NamesSayWhatIsSecret) {
  EXPECT_THAT(SecretsIn({"OPENAI_API_KEY=one", "GITHUB_TOKEN=two", "AWS_SECRET_ACCESS_KEY=three",
                         "DB_PASSWORD=four", "db_pass=five", "GOOGLE_CREDENTIALS=six", "APIKEY_2=seven",
                         "HOME=/h", "KEYBOARD=de", "MAX_TOKENS=64000", "BYPASS=x", "PWD=/", "broken"}),
              testing::ElementsAre("one", "two", "three", "four", "five", "six", "seven"));
  EXPECT_EQ(Masker({"short", ""}).Mask("short"), "short");
}

TEST(Mask, NoFalseAlarms) {
  const Masker masker;
  for (const std::string text :
       {"5d41402abc4b2a76b9719d911017c592",
        "016e8e9",
        "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12",
        "550e8400-e29b-41d4-a716-446655440000",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "sk-button-primary-large-2",
        "task-0123456789abcdef0123456789",
        "disk-usage-of-the-last-20-days",
        "ghp_helper",
        "gho_st_story",
        "github_pat_tern_matching_is_a_name",
        "eyJ.x.y",
        "eyJust a word",
        "AKIATA",
        "AIzawa Taro",
        "bearer of bad news",
        "Bearer authentication-is-required",
        "http://localhost:3000/@scope/x",
        "mailto:a@b.org",
        "git@github.com:a/b.git",
        "std::vector<int>::iterator",
        "https://h:80?x=y@z",
        "-----BEGIN CERTIFICATE-----\nMIIEowIBAAKCAQEA1c7\n-----END CERTIFICATE-----",
        "`-----BEGIN PRIVATE KEY-----` is how it begins.",
        "integrity sha512-ZmFrZWhhc2hmYWtlaGFzaA==",
        "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6q",
        "src/components/AsideBarNavigation.tsx:120:14"})
    EXPECT_EQ(masker.Mask(text), text);
}

// Random text with secrets in it. Marks keep the pieces apart: what they would be together is another
// question.
std::string RandomText(std::mt19937& random) {
  static const std::vector<std::string> kPlain = {"a",
                                                  "sk-",
                                                  "eyJ",
                                                  ".",
                                                  "-----BEGIN ",
                                                  "://",
                                                  "b",
                                                  "bearer ",
                                                  "correct hor",
                                                  "hunter2",
                                                  "\n",
                                                  "\xC3\xA9",
                                                  "ghp_",
                                                  "\"",
                                                  "\\n",
                                                  "0123456789abcdef0123456789abcdef",
                                                  " the quick brown fox ",
                                                  ":",
                                                  "@",
                                                  "AKIA"};
  std::string text;
  for (int i = 0; i < 12; ++i) {
    const size_t pick = random() % (kShapes.size() + kValues.size() + kPlain.size());
    if (pick < kShapes.size()) {
      text += " " + kShapes[pick] + " ,";
    } else if (pick < kShapes.size() + kValues.size()) {
      text += kValues[pick - kShapes.size()];
    } else {
      text += kPlain[pick - kShapes.size() - kValues.size()];
    }
  }
  return text;
}

std::string InPieces(const Masker& masker, std::string_view text, const std::vector<size_t>& cuts) {
  std::string out, waiting;
  char before = 0;
  bool found = false;
  size_t begin = 0;
  for (size_t piece = 0; piece <= cuts.size(); ++piece) {
    const bool last = piece == cuts.size();
    const size_t end = last ? text.size() : cuts[piece];
    waiting += text.substr(begin, end - begin);
    begin = end;
    const size_t used = masker.MaskPart(waiting, before, last, out, found);
    if (used > 0) before = waiting[used - 1];
    waiting.erase(0, used);
  }
  EXPECT_EQ(waiting, "");
  return out;
}

TEST(Mask, NoCutLetsASecretThrough) {
  const Masker masker(kValues);
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    const std::string text = RandomText(random);
    const std::string whole = masker.Mask(text);
    for (const std::string& secret : kShapes) ASSERT_THAT(whole, Not(HasSubstr(secret)));
    for (const std::string& secret : kValues) ASSERT_THAT(whole, Not(HasSubstr(secret)));
    for (size_t cut = 0; cut <= text.size(); ++cut) ASSERT_EQ(InPieces(masker, text, {cut}), whole) << cut;
    std::vector<size_t> everywhere(text.size());
    for (size_t i = 0; i < everywhere.size(); ++i) everywhere[i] = i;
    ASSERT_EQ(InPieces(masker, text, everywhere), whole);
  }
}

TEST(Mask, TimeIsLinear) {
  const Masker masker({"aaaaaaaaaaaaaaaaaaaaaaaab", "sk-sk-sk-sk-sk-sk-!"});
  for (const std::string piece :
       {"a", "sk-", "eyJ", "eyJaaaaaaaaaa.", "bearer ", "bearer a", "://a:", "-----BEGIN ",
        "-----BEGIN PRIVATE KEY-----\n", "ghp_0", "a-", "AKIA_", "x:y@", "-"}) {
    std::string text;
    while (text.size() < 2'000'000) text += piece;
    const auto begin = std::chrono::steady_clock::now();
    masker.Mask(text);
    // Quadratic time would be hours.
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5)) << piece;
  }
}

TEST(MaskFile, RewritesOnlyWhatHoldsSecrets) {
  const TempDir dir;
  const Masker masker(kValues);
  std::string text;
  std::mt19937 random(3);
  while (text.size() < 2'000'000) text += RandomText(random);
  WriteFile(dir / "log", text);
  ::chmod((dir / "log").c_str(), 0600);
  ASSERT_TRUE(MaskFile(masker, dir / "log").ok());
  EXPECT_EQ(ReadFile(dir / "log"), masker.Mask(text));
  EXPECT_EQ(std::filesystem::status(dir / "log").permissions(), std::filesystem::perms(0600));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir.path()), {}), 1);

  WriteFile(dir / "clean", "nothing here\n");
  struct stat before = {}, after = {};
  ::stat((dir / "clean").c_str(), &before);
  ASSERT_TRUE(MaskFile(masker, dir / "clean").ok());
  ::stat((dir / "clean").c_str(), &after);
  EXPECT_EQ(before.st_ino, after.st_ino);
}

TEST(MaskFile, FollowsNoLinkAndWaitsForNoPipe) {
  const TempDir dir;
  const Masker masker(kValues);
  WriteFile(dir / "mine", kShapes[0]);
  std::filesystem::create_symlink("mine", dir / "link");
  ASSERT_EQ(::mkfifo((dir / "pipe").c_str(), 0600), 0);
  for (const char* name : {"link", "pipe", "missing", "."}) EXPECT_TRUE(MaskFile(masker, dir / name).ok());
  EXPECT_EQ(ReadFile(dir / "mine"), kShapes[0]);
}

// The whole program: an agent that says its secrets everywhere, and fails verification with them.
TEST(MaskRun, NothingThatIsKeptHoldsASecret) {
  const TempDir dir;
  Manifest manifest = ExampleManifest();
  manifest.tasks.resize(2);
  manifest.tasks[0].verify.automated = {"echo verify hunter2hunter2; test $GSD_RUN = x"};
  manifest.batches.clear();
  manifest.schedule = {};
  FillBatches(manifest);
  WriteFile(dir / "phases/08-features/08-02-PLAN.md", "the plan\n");
  WriteFile(dir / "manifest.json", ToJson(manifest));
  const std::string token = kShapes[3];
  const TempDir elsewhere;
  WriteFile(elsewhere / "token", token);
  const auto result = test::Run({GsdRun().string(), "manifest.json", "--agent=command", "--retries=1",
                                 "--trace=trace.json", "--events=events", "--", "bash", "-c",
                                 "echo out $MY_API_KEY; t=$(cat $ELSEWHERE/token); echo err $t >&2; echo "
                                 "\"{\\\"text\\\":\\\"said $t\\\"}\" > "
                                 "$GSD_RESULT"},
                                dir.path(), {},
                                {"PATH=" + std::string(std::getenv("PATH")), "MY_API_KEY=hunter2hunter2",
                                 "ELSEWHERE=" + elsewhere.path().string()});
  EXPECT_EQ(result.exit_code, 1) << result.out << result.err;
  EXPECT_THAT(result.out + result.err, Not(HasSubstr(token)));
  size_t files = 0, masked = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir.path())) {
    if (!entry.is_regular_file() || entry.path().filename() == "manifest.json") continue;
    const std::string text = ReadFile(entry.path());
    ++files;
    if (text.find("[masked]") != std::string::npos) ++masked;
    EXPECT_EQ(text.find(token), std::string::npos) << entry.path();
    // The command itself stands in the plan, which is the user's.
    if (entry.path().filename() == "stdout" || entry.path().filename() == "verify-1.log") {
      EXPECT_THAT(text, Not(HasSubstr("hunter2hunter2"))) << entry.path();
    }
  }
  EXPECT_GT(files, 8U);
  EXPECT_GE(masked, 8U);  // twice: stdout, stderr, result.json, verify-1.log
}

}  // namespace
}  // namespace gsd::test
