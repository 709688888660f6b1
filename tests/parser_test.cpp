// Plans as people write them, and as editors and crashed agents leave them: what is a task, and what is text.
#include "frontend/parser.h"

#include <gtest/gtest.h>

#include <memory>

namespace gsd {
namespace {

struct Parsed {
  std::unique_ptr<SourceFile> file;
  Plan plan;

  explicit Parsed(std::string text)
      : file(std::make_unique<SourceFile>(FileId{0}, "01-01-PLAN.md", std::move(text))) {
    plan = ParsePlan(*file);
  }
  const Task& task(uint32_t i) const { return plan.tasks[TaskId{i}]; }
  std::string_view text(uint32_t i, Tag tag) const { return ElementText(*file, task(i), tag); }
  int Count(SyntaxFactKind kind) const {
    int count = 0;
    for (const SyntaxFact& fact : plan.syntax) count += fact.kind == kind ? 1 : 0;
    return count;
  }
};

std::string InTasks(const std::string& tasks) { return "<tasks>\n" + tasks + "\n</tasks>\n"; }

TEST(ParserTest, ReadsEveryLeafWithItsSpan) {
  const Parsed p(InTasks(R"(<task type="auto" id="7" gate='blocking'>
  <name>Task 7: Add the parser</name>
  <files>src/parser.cpp, src/parser.h (new)</files>
  <action>Write it.</action>
  <verify><automated>make && ./test</automated></verify>
  <done>It parses.</done>
</task>)"));
  ASSERT_EQ(p.plan.tasks.size(), 1U);
  const Task& task = p.task(0);
  EXPECT_EQ(task.number, 7);
  EXPECT_EQ(task.name.value, "Task 7: Add the parser");
  EXPECT_EQ(p.file->Slice(task.name.span), task.name.value);
  ASSERT_EQ(task.files.size(), 2U);
  EXPECT_EQ(p.file->Slice(task.files[1].span), "src/parser.h");
  EXPECT_EQ(p.text(0, Tag::kAutomated), "make && ./test");
  EXPECT_EQ(p.text(0, Tag::kVerify), "<automated>make && ./test</automated>");
  EXPECT_EQ(task.attributes[2].quote, '\'');
  EXPECT_EQ(p.file->Slice(task.attributes[1].value_span), "7");
  EXPECT_TRUE(p.plan.syntax.empty());
}

TEST(ParserTest, CodeInActionsIsText) {
  const Parsed p(
      InTasks("<task type=\"auto\">\n<action>Use Map<string, T> and `<verify>` here: if (a < b && c) <T>x\n"
              "```tsx\n<task>\n</task>\n<name>no</name>\n```\n</action>\n<done>ok</done>\n</task>"));
  ASSERT_EQ(p.plan.tasks.size(), 1U);
  EXPECT_TRUE(p.text(0, Tag::kAction).ends_with("```"));
  EXPECT_EQ(p.text(0, Tag::kDone), "ok");
  EXPECT_EQ(p.task(0).name.value, "");
  EXPECT_TRUE(p.plan.syntax.empty());
}

TEST(ParserTest, AnUnclosedChildEndsAtItsNextSibling) {
  const Parsed p(
      InTasks("<task type=\"auto\">\n<name>A</name>\n<action>do "
              "this\n<verify>make</verify>\n<done>d</done>\n</task>\n"
              "<task type=\"auto\">\n<name>B</name>\n</task>"));
  ASSERT_EQ(p.plan.tasks.size(), 2U);
  EXPECT_EQ(p.text(0, Tag::kAction), "do this");
  EXPECT_EQ(p.text(0, Tag::kVerify), "make");
  EXPECT_EQ(p.text(0, Tag::kDone), "d");
  EXPECT_EQ(p.task(1).name.value, "B");
  EXPECT_EQ(p.Count(SyntaxFactKind::kUnclosedElement), 1);
}

TEST(ParserTest, AnUnclosedTaskEndsAtTheNextTask) {
  const Parsed p(
      InTasks("<task type=\"auto\">\n<name>A</name>\n<action>do</action>\n\n<task "
              "type=\"auto\">\n<name>B</name>\n</task>"));
  ASSERT_EQ(p.plan.tasks.size(), 2U);
  EXPECT_EQ(p.text(0, Tag::kAction), "do");
  EXPECT_EQ(p.task(1).name.value, "B");
  EXPECT_FALSE(p.task(0).closed);
  EXPECT_EQ(p.Count(SyntaxFactKind::kUnclosedElement), 1);
}

TEST(ParserTest, AnUnclosedActionAndTaskSwallowNothing) {
  const Parsed p(
      InTasks("<task type=\"auto\">\n<name>A</name>\n<action>do\n<task "
              "type=\"auto\">\n<name>B</name>\n<action>b</action>\n</task>\n"
              "<task type=\"auto\">\n<name>C</name>\n</task>"));
  ASSERT_EQ(p.plan.tasks.size(), 3U);
  EXPECT_EQ(p.text(0, Tag::kAction), "do");
  EXPECT_EQ(p.text(1, Tag::kAction), "b");
}

TEST(ParserTest, ASampleTaskInsideAnActionIsText) {
  const Parsed p(
      InTasks("<task type=\"auto\">\n<name>A</name>\n<action>\nWrite this:\n<task "
              "type=\"auto\">\n<name>Sample</name>\n"
              "<action>x</action>\n</task>\nand stop.\n</action>\n<done>d</done>\n</task>"));
  ASSERT_EQ(p.plan.tasks.size(), 1U);
  EXPECT_TRUE(p.text(0, Tag::kAction).ends_with("and stop."));
  EXPECT_EQ(p.text(0, Tag::kDone), "d");
  EXPECT_TRUE(p.plan.syntax.empty());
}

TEST(ParserTest, TheLastCloseTagWins) {
  const Parsed p(InTasks(
      "<task type=\"auto\">\n<action>append '</action>' to it</action>\n<verify>v</verify>\n</task>"));
  EXPECT_EQ(p.text(0, Tag::kAction), "append '</action>' to it");
  EXPECT_EQ(p.text(0, Tag::kVerify), "v");
}

TEST(ParserTest, AFenceAroundTheTasksIsThePlan) {
  const Parsed p(
      "# Plan\n\n```xml\n<tasks>\n<task id=\"T1\">\n<action>\n```js\nx()\n```\n</action>\n</task>\n"
      "<task id=\"T2\">\n<name>Two</name>\n</task>\n</tasks>\n```\n");
  ASSERT_EQ(p.plan.tasks.size(), 2U);
  EXPECT_EQ(p.task(0).label.value, "T1");
  EXPECT_EQ(p.Count(SyntaxFactKind::kFencedTasks), 1);
}

TEST(ParserTest, AFencedSampleBesideThePlanIsASample) {
  const Parsed p("<context>\n```xml\n<tasks>\n<task><name>Sample</name></task>\n</tasks>\n```\n</context>\n" +
                 InTasks("<task type=\"auto\">\n<name>Real</name>\n</task>"));
  ASSERT_EQ(p.plan.tasks.size(), 1U);
  EXPECT_EQ(p.task(0).name.value, "Real");
}

TEST(ParserTest, AStrayFenceHidesNothing) {
  const Parsed p(
      "<interfaces>\n```ts\na\n```\ntext\n```\n</interfaces>\n" +
      InTasks("<task type=\"auto\">\n<name>A</name>\n<action>\n```sh\nls\n```\n</action>\n</task>"));
  ASSERT_EQ(p.plan.tasks.size(), 1U);
  EXPECT_EQ(p.Count(SyntaxFactKind::kStrayFence), 1);
}

TEST(ParserTest, CommentsHideWhatTheyEnclose) {
  const Parsed p(
      InTasks("<!--\n<task type=\"auto\">\n<name>Old</name>\n</task>\n-->\n<task "
              "type=\"auto\">\n<name>New</name>\n</task>"));
  ASSERT_EQ(p.plan.tasks.size(), 1U);
  EXPECT_EQ(p.task(0).name.value, "New");
}

TEST(ParserTest, AnUnclosedCommentHidesNothing) {
  const Parsed p(
      InTasks("<task type=\"auto\">\n<verify>grep -q \"<!-- X:\" a.md</verify>\n<done>d</done>\n</task>\n"
              "<task type=\"auto\">\n<name>B</name>\n</task>"));
  ASSERT_EQ(p.plan.tasks.size(), 2U);
  EXPECT_EQ(p.text(0, Tag::kDone), "d");
}

TEST(ParserTest, AQuotedCommentDoesNotPairWithALaterOne) {
  const Parsed p(
      InTasks("<task type=\"auto\">\n<verify>grep -q \"<!-- X:\" a.md</verify>\n</task>\n"
              "<task type=\"auto\">\n<name>B</name>\n<action>a <!-- note --> b</action>\n</task>"));
  ASSERT_EQ(p.plan.tasks.size(), 2U);
  EXPECT_EQ(p.text(0, Tag::kVerify), "grep -q \"<!-- X:\" a.md");
}

TEST(ParserTest, MultiLineTagsAndUnclosedQuotes) {
  const Parsed p(InTasks(
      "<task type=\"auto\"\n      depends-on=\"1,2\"\n      model=sonnet tdd>\n<name>A</name>\n</task>\n"
      "<task type=\"auto id=2>\n<name>B</name>\n</task>"));
  ASSERT_EQ(p.plan.tasks.size(), 2U);
  ASSERT_TRUE(p.task(0).depends_on);
  EXPECT_EQ(p.task(0).depends_on->size(), 2U);
  EXPECT_EQ(FindAttribute(p.task(0), "model")->value, "sonnet");
  EXPECT_FALSE(FindAttribute(p.task(0), "tdd")->has_value);
  EXPECT_EQ(p.task(1).name.value, "B");
  EXPECT_EQ(p.Count(SyntaxFactKind::kUnclosedAttribute), 1);
}

TEST(ParserTest, EntitiesInAttributesAreDecoded) {
  const Parsed p(InTasks("<task type=\"auto\" name=\"Read &amp; write &#x41;&unknown;\">\n</task>"));
  EXPECT_EQ(p.task(0).name.value, "Read & write A&unknown;");
}

TEST(ParserTest, TasksOutsideAndTagsInOtherCase) {
  const Parsed p("<task type=\"auto\">\n<name>Out</name>\n</task>\n" +
                 InTasks("<Task type=\"auto\">\n<name>In</name>\n</Task>"));
  ASSERT_EQ(p.plan.tasks.size(), 2U);
  EXPECT_EQ(p.Count(SyntaxFactKind::kTaskOutsideTasks), 1);
  EXPECT_EQ(p.Count(SyntaxFactKind::kTagCase), 2);
}

TEST(ParserTest, CheckpointsKeepTheirOptions) {
  const Parsed p(InTasks(
      "<task type=\"checkpoint:decision\" gate=\"blocking\">\n<decision>Which?</decision>\n<options>\n"
      "<option id=\"a\"><name>First</name><pros>p</pros><cons>c</cons></option>\n"
      "<option id=\"b\"><name>Second</name></option>\n</options>\n<resume-signal>Say a or "
      "b</resume-signal>\n</task>"));
  const Task& task = p.task(0);
  EXPECT_EQ(task.type, TaskType::kCheckpoint);
  EXPECT_EQ(task.name.value, "");  // an option's name is not the task's
  int options = 0;
  for (const Element& element : task.elements) options += element.tag == Tag::kOption ? 1 : 0;
  EXPECT_EQ(options, 2);
  EXPECT_EQ(p.text(0, Tag::kResumeSignal), "Say a or b");
}

TEST(ParserTest, AFeaturePlanHasOneTask) {
  const Parsed p(
      "---\nphase: 01\nplan: 02\ntype: tdd\n---\n<feature>\n<name>Slugs</name>\n<files>src/slug.ts</files>\n"
      "<behavior>a → b</behavior>\n<implementation>loop</implementation>\n</feature>\n");
  ASSERT_EQ(p.plan.tasks.size(), 1U);
  EXPECT_TRUE(p.task(0).from_feature);
  EXPECT_EQ(p.task(0).name.value, "Slugs");
  EXPECT_EQ(p.task(0).files.size(), 1U);
}

TEST(ParserTest, ATruncatedFileSaysWhere) {
  const Parsed p("<tasks>\n<task type=\"auto\">\n<name>A</name>\n<action>do th");
  ASSERT_EQ(p.plan.tasks.size(), 1U);
  EXPECT_EQ(p.text(0, Tag::kAction), "do th");
  EXPECT_GE(p.Count(SyntaxFactKind::kTruncated), 2);
}

TEST(ParserTest, EncodingsAndLineEndings) {
  const Parsed p(
      "\xEF\xBB\xBF---\r\nphase: 1\r\n---\r\n<tasks>\r\n<task "
      "type=\"auto\">\r\n<name>A</name>\r\n</task>\n</tasks>\r\nbad \xFF byte\r\n");
  EXPECT_EQ(p.plan.header.phase.value, "1");
  EXPECT_EQ(p.plan.eol, "\r\n");
  EXPECT_EQ(p.Count(SyntaxFactKind::kByteOrderMark), 1);
  EXPECT_EQ(p.Count(SyntaxFactKind::kMixedLineEndings), 1);
  EXPECT_EQ(p.Count(SyntaxFactKind::kInvalidEncoding), 1);
  EXPECT_EQ(p.plan.tasks.size(), 1U);
}

TEST(ParserTest, NumbersComeFromNamesIdsAndPlaces) {
  const Parsed p(
      InTasks("<task type=\"auto\">\n<name>Task 1: A</name>\n</task>\n<task "
              "type=\"checkpoint:human-verify\">\n</task>\n"
              "<task type=\"auto\">\n<name>Task 2: B</name>\n</task>\n<task id=\"9\">\n</task>\n<task "
              "id=\"X-1\">\n</task>"));
  EXPECT_EQ(p.task(0).number, 1);
  EXPECT_EQ(p.task(1).number, 10);  // 2 is taken: the next free one
  EXPECT_EQ(p.task(2).number, 2);
  EXPECT_EQ(p.task(3).number, 9);
  EXPECT_EQ(p.task(4).label.value, "X-1");
}

TEST(ParserTest, ReferencesAreNotDecorators) {
  const Parsed p(
      "<context>\n@src/a.ts\n@src/b.ts (B enum)\n- @.planning/STATE.md  # "
      "note\n@Get('trend')\n@default(now())\n"
      "me@example.com\n```ts\n@Injectable()\n```\n</context>\n");
  ASSERT_EQ(p.plan.references.size(), 3U);
  EXPECT_EQ(p.plan.references[1].path.path, "src/b.ts");
  EXPECT_EQ(p.plan.references[2].path.path, ".planning/STATE.md");
}

}  // namespace
}  // namespace gsd
