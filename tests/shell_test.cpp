// The shell as verify commands use it: how words, operators and groups are told apart, and which text of a
// task is a command at all.
#include "analysis/shell.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analysis/verify_commands.h"
#include "frontend/parser.h"

namespace gsd {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// "a b && ! c" → "a|b", "&& !c": one line a command, with what joins it, groups and background.
std::vector<std::string> Read(std::string_view text) {
  static constexpr std::string_view kJoins[] = {"", "; ", "\\n ", "&& ", "|| ", "| ", "& "};
  std::vector<std::string> lines;
  for (const ShellCommand& command : ParseShell(text).commands) {
    std::string line(kJoins[static_cast<size_t>(command.join)]);
    line += std::string(command.opens, '(');
    if (command.negated) line += '!';
    for (size_t i = 0; i < command.words.size(); ++i) line += (i > 0 ? "|" : "") + command.words[i].text;
    for (const ShellRedirect& redirect : command.redirects)
      line += " <" + redirect.op + " " + redirect.target.text + ">";
    line += std::string(command.closes, ')');
    if (command.background) line += " &";
    lines.push_back(line);
  }
  return lines;
}

TEST(ShellTest, WordsAndQuotes) {
  EXPECT_THAT(Read("grep -q 'a b' \"c d\" e\\ f"), ElementsAre("grep|-q|a b|c d|e f"));
  EXPECT_THAT(Read("echo \"say \\\"hi\\\" \\d\""), ElementsAre("echo|say \"hi\" \\d"));
  EXPECT_THAT(Read("cat src/app/(main)/page.tsx"), ElementsAre("cat|src/app/(main)/page.tsx"));
  EXPECT_THAT(Read("python -c \"a\nb\""), ElementsAre("python|-c|a\nb"));
  EXPECT_THAT(Read("a \\\n  b"), ElementsAre("a|b"));
  EXPECT_THAT(Read("a # b && c\nd"), ElementsAre("a", "\\n d"));
  EXPECT_THAT(Read("echo a#b"), ElementsAre("echo|a#b"));
}

TEST(ShellTest, OperatorsAndEntities) {
  EXPECT_THAT(Read("a && b || c; d | e |& f"), ElementsAre("a", "&& b", "|| c", "; d", "| e", "| f"));
  EXPECT_THAT(Read("a &amp;&amp; b 2&gt;&amp;1"), ElementsAre("a", "&& b <2>& 1>"));
  EXPECT_THAT(Read("a &&\n  b"), ElementsAre("a", "&& b"));
  EXPECT_THAT(Read("a\nb"), ElementsAre("a", "\\n b"));
  EXPECT_THAT(Read("! grep -q x f"), ElementsAre("!grep|-q|x|f"));
  EXPECT_THAT(Read("[[ a && b ]] && c"), ElementsAre("[[|a|&&|b|]]", "&& c"));
}

TEST(ShellTest, Redirections) {
  EXPECT_THAT(Read("a >out 2>/dev/null <in"), ElementsAre("a <> out> <2> /dev/null> << in>"));
  EXPECT_THAT(Read("a &>log"), ElementsAre("a <&> log>"));
  EXPECT_THAT(Read("a <<< 'x y'"), ElementsAre("a <<<< x y>"));
  EXPECT_THAT(Read("cat <<EOF\nnot && a command\nEOF\nb"), ElementsAre("cat <<< EOF>", "\\n b"));
}

TEST(ShellTest, GroupsAndBackground) {
  EXPECT_THAT(Read("(a; b) && c"), ElementsAre("(a", "; b)", "&& c"));
  EXPECT_THAT(Read("a || { b; exit 1; }"), ElementsAre("a", "|| (b", "; exit|1)"));
  EXPECT_THAT(Read("a; b && c & d"), ElementsAre("a", "; b &", "&& c &", "& d"));
  EXPECT_THAT(Read("(a && b &) && c"), ElementsAre("(a &", "&& b) &", "&& c"));
  EXPECT_THAT(Read("(a | b) & c"), ElementsAre("(a &", "| b) &", "& c"));
}

TEST(ShellTest, Substitutions) {
  const ShellScript script = ParseShell("test \"$(grep -c ')' f || echo 0)\" -eq `b`");
  ASSERT_EQ(script.commands.size(), 1U);
  const ShellCommand& command = script.commands[0];
  EXPECT_EQ(command.Word(1), "$(grep -c ')' f || echo 0)");
  ASSERT_EQ(command.substitutions.size(), 2U);
  EXPECT_EQ(command.substitutions[0].commands.size(), 2U);
  EXPECT_EQ(command.substitutions[0].commands[0].Word(2), ")");
  EXPECT_EQ(command.substitutions[1].commands[0].Word(0), "b");
  EXPECT_TRUE(command.words[1].expanded);
}

TEST(ShellTest, KnowsWhatItDoesNotUnderstand) {
  EXPECT_TRUE(ParseShell("for f in a b; do c $f; done").compound);
  EXPECT_TRUE(ParseShell("if a; then b; fi").compound);
  EXPECT_FALSE(ParseShell("echo for").compound);
  EXPECT_FALSE(ParseShell("echo 'a").complete);
  EXPECT_FALSE(ParseShell("(a").complete);
  EXPECT_FALSE(ParseShell("a $(b").complete);
}

TEST(ShellTest, SpansPointIntoTheText) {
  const std::string_view text = "cd x && FOO=1 npx vitest run \"a b\"";
  const ShellScript script = ParseShell(text);
  const ShellCommand& command = script.commands[1];
  EXPECT_EQ(text.substr(command.begin, command.end - command.begin), "FOO=1 npx vitest run \"a b\"");
  EXPECT_EQ(ProgramIndex(command), 2U);
  EXPECT_EQ(text.substr(command.words[4].begin, command.words[4].end - command.words[4].begin), "\"a b\"");
}

TEST(ShellTest, FindsTheProgram) {
  const auto program = [](std::string_view text) {
    const ShellScript script = ParseShell(text);
    const ShellCommand& command = script.commands[0];
    return std::string(command.Word(ProgramIndex(command)));
  };
  EXPECT_EQ(program("npx --yes vitest run"), "vitest");
  EXPECT_EQ(program("CI=1 pnpm exec vitest"), "vitest");
  EXPECT_EQ(program("pnpm vitest a.test.ts"), "vitest");
  EXPECT_EQ(program("uv run pytest -q"), "pytest");
  EXPECT_EQ(program("npm run dev"), "npm");
  EXPECT_EQ(program("pnpm dev"), "pnpm");
  EXPECT_EQ(program("timeout 10 npm run dev"), "timeout");
  EXPECT_EQ(program("A=1"), "");
}

TEST(ShellTest, SurvivesAnything) {
  for (const char* piece :
       {"$(", "`", "\"$(", "((", "))", "{ ", "} ", "'", "&", "<<E\n", "\\", "[[ ", ">", "<("}) {
    std::string text;
    for (int i = 0; i < 20'000; ++i) text += piece;
    size_t commands = 0;
    ForEachCommand(ParseShell(text), [&](const ShellCommand&) { ++commands; });
    EXPECT_LE(commands, text.size());
  }
}

// The commands of a task whose <verify> is `verify`.
std::vector<std::string> Commands(const std::string& verify) {
  const SourceFile file(FileId{0}, "p",
                        "<tasks>\n<task type=\"auto\">\n<name>Task 1: X</name>\n<verify>" + verify +
                            "</verify>\n</task>\n</tasks>\n");
  const Plan plan = ParsePlan(file);
  std::vector<std::string> commands;
  for (const VerifyCommand& command : VerifyCommands(file, plan.tasks[TaskId{0}]))
    commands.emplace_back(file.Slice(command.span));
  return commands;
}

TEST(VerifyCommandsTest, WhatIsACommand) {
  EXPECT_THAT(Commands("<automated>npm test</automated>"), ElementsAre("npm test"));
  EXPECT_THAT(Commands("Run it:\n```bash\nmake check\n```\nAll is well."), ElementsAre("make check"));
  EXPECT_THAT(Commands("\n$ go test ./...\nok\n"), ElementsAre("go test ./..."));
  EXPECT_THAT(Commands("```\n$ go test ./...\nok\n```"), ElementsAre("go test ./..."));
  EXPECT_THAT(Commands("cargo test -p core"), ElementsAre("cargo test -p core"));
  EXPECT_THAT(Commands("\ncargo fmt --check\n# by hand: look at it\ncargo test\n"),
              ElementsAre("cargo fmt --check\n# by hand: look at it\ncargo test"));
  EXPECT_THAT(Commands("<automated>PORT=1 npm test</automated>"), ElementsAre("PORT=1 npm test"));
}

TEST(VerifyCommandsTest, WhatIsNone) {
  EXPECT_THAT(Commands("npx tsc --noEmit passes"), IsEmpty());
  EXPECT_THAT(Commands("Run `npm run dev` and look"), IsEmpty());
  EXPECT_THAT(Commands("npm run build — no errors"), IsEmpty());
  EXPECT_THAT(Commands("Everything works."), IsEmpty());
  EXPECT_THAT(Commands("```json\n{\"a\": 1}\n```"), IsEmpty());
  EXPECT_THAT(Commands("<automated>MISSING — Wave 0 must create a.test.ts first</automated>"), IsEmpty());
  EXPECT_THAT(Commands("<automated>Manual check of the page</automated>"), IsEmpty());
}

}  // namespace
}  // namespace gsd
