// The small languages inside a plan, in the spellings that real plans have.
#include "frontend/values.h"

#include <gtest/gtest.h>

namespace gsd {
namespace {

std::vector<std::string> Paths(const std::string& text) {
  const SourceFile file(FileId{0}, "p", text);
  std::vector<std::string> paths;
  for (const PathEntry& entry : ParsePathList(file, file.text())) {
    EXPECT_EQ(file.Slice(entry.span), entry.path);
    paths.emplace_back(entry.kind == PathKind::kProse ? "(prose)" : entry.path);
  }
  return paths;
}

using Strings = std::vector<std::string>;

TEST(PathListTest, ReadsEverySpelling) {
  EXPECT_EQ(Paths("a.ts, b/c.ts"), (Strings{"a.ts", "b/c.ts"}));
  EXPECT_EQ(Paths("\n  - `a.ts` (new)\n  - b.ts — why\n"), (Strings{"a.ts", "b.ts"}));
  EXPECT_EQ(Paths("a.ts,\nb.ts,\n"), (Strings{"a.ts", "b.ts"}));
  EXPECT_EQ(Paths("Create:\n- a/b.cjs\nModify: c.ts"), (Strings{"a/b.cjs", "c.ts"}));
  EXPECT_EQ(Paths("src/app/(app)/(tabs)/x.tsx, src/app/[id]/page.tsx"),
            (Strings{"src/app/(app)/(tabs)/x.tsx", "src/app/[id]/page.tsx"}));
  EXPECT_EQ(Paths("src/join/[[...code]]/page.tsx"), (Strings{"src/join/[[...code]]/page.tsx"}));
  EXPECT_EQ(Paths("src/bindings.ts or equivalent"), (Strings{"src/bindings.ts"}));
  EXPECT_EQ(Paths("a/{x.ts,y.ts}, b.ts"), (Strings{"a/{x.ts,y.ts}", "b.ts"}));
  EXPECT_EQ(Paths("<file>a.cmd</file>\n<create>b/c.md</create>"), (Strings{"a.cmd", "b/c.md"}));
  EXPECT_EQ(Paths("Assets/TextMesh Pro/ (удаление)"), (Strings{"Assets/TextMesh Pro/"}));
  EXPECT_EQ(Paths("a.ts b.ts"), (Strings{"a.ts", "b.ts"}));
  EXPECT_EQ(Paths("@src/a.ts # note"), (Strings{"src/a.ts"}));
  EXPECT_EQ(Paths("@scope/pkg/a.ts"), (Strings{"scope/pkg/a.ts"}));
}

TEST(PathListTest, BoldIsNoPattern) {
  EXPECT_EQ(Paths("**/*.ts"), (Strings{"**/*.ts"}));
  EXPECT_EQ(Paths("- **/*.ts, src/**, **/**"), (Strings{"**/*.ts", "src/**", "**/**"}));
  EXPECT_EQ(Paths("**src/a.ts**, **b.ts"), (Strings{"src/a.ts", "b.ts"}));
  EXPECT_EQ(Paths("**src/**/*.ts**"), (Strings{"src/**/*.ts"}));
  EXPECT_EQ(Paths("**"), Strings{});
  EXPECT_EQ(Paths("****"), Strings{});
}

TEST(PathListTest, LinesAreARemark) {
  EXPECT_EQ(Paths("src/a.ts:30, src/b.ts:10-20, `src/c.ts:10:5`"),
            (Strings{"src/a.ts", "src/b.ts", "src/c.ts"}));
  EXPECT_EQ(Paths("src/a.ts:30 (the parser)"), (Strings{"src/a.ts"}));
  EXPECT_EQ(Paths("a.ts:1:2:3, notes-10-20.md, v1-2, 2024-01"),
            (Strings{"a.ts:1", "notes-10-20.md", "v1-2", "2024-01"}));
}

TEST(PathListTest, NothingAndProse) {
  EXPECT_EQ(Paths("TBD"), Strings{});
  EXPECT_EQ(Paths("todo, ?, `TBD`, TBD (after research)"), Strings{});
  EXPECT_EQ(Paths("todo.md, src/TODO/"), (Strings{"todo.md", "src/TODO/"}));
  EXPECT_EQ(Paths("https://example.org/a.ts"), Strings{"(prose)"});
  EXPECT_EQ(Paths("`http://localhost:3000/x`, src/a.ts"), (Strings{"(prose)", "src/a.ts"}));
  EXPECT_EQ(Paths(""), Strings{});
  EXPECT_EQ(Paths("N/A"), Strings{});
  EXPECT_EQ(Paths("none (verification only)"), Strings{});
  EXPECT_EQ(Paths("N/A — this task pauses; no files are changed"), Strings{});
  EXPECT_EQ(Paths("Every path declared in the front matter"), Strings{"(prose)"});
}

TEST(PathListTest, Classifies) {
  EXPECT_EQ(ClassifyPath("C:/x/y.ts"), PathKind::kWindows);
  EXPECT_EQ(ClassifyPath("/etc/passwd"), PathKind::kAbsolute);
  EXPECT_EQ(ClassifyPath("~/.bashrc"), PathKind::kHome);
  EXPECT_EQ(ClassifyPath("https://example.org/"), PathKind::kProse);
  EXPECT_EQ(ClassifyPath("src/*.svg"), PathKind::kGlob);
  EXPECT_EQ(ClassifyPath("build/"), PathKind::kDirectory);
  EXPECT_EQ(ClassifyPath("src/[id]/page.tsx"), PathKind::kFile);
}

std::vector<std::string> Dependencies(const std::string& text) {
  const SourceFile file(FileId{0}, "p", text);
  std::vector<std::string> words;
  for (const DependencyRef& ref : ParseDependencyList(file, file.text())) {
    EXPECT_EQ(file.Slice(ref.span), ref.value);
    words.emplace_back(ref.value);
  }
  return words;
}

TEST(DependencyListTest, ReadsEverySpelling) {
  EXPECT_EQ(Dependencies("1,2, 3"), (Strings{"1", "2", "3"}));
  EXPECT_EQ(Dependencies("[p5-t01, p5-t02]"), (Strings{"p5-t01", "p5-t02"}));
  EXPECT_EQ(Dependencies("34-02-T1 34-02-T2"), (Strings{"34-02-T1", "34-02-T2"}));
  EXPECT_EQ(Dependencies("Task 1, Task 2"), (Strings{"Task 1", "Task 2"}));
  EXPECT_EQ(Dependencies("1 and 2"), (Strings{"1", "2"}));
  EXPECT_EQ(Dependencies("['1', \"2\"]"), (Strings{"1", "2"}));
  EXPECT_EQ(Dependencies("[]"), Strings{});
  EXPECT_EQ(Dependencies("none"), Strings{});
  EXPECT_EQ(Dependencies(""), Strings{});
}

using Ends = std::pair<int64_t, int64_t>;

TEST(RangeTest, Tokens) {
  const auto read = [](const std::string& text) {
    const SourceFile file(FileId{0}, "p", text);
    const auto range = ParseTokenRange(file, file.text());
    return range ? Ends(range->low, range->high) : Ends(-1, -1);
  };
  EXPECT_EQ(read("5000-8000"), Ends(5000, 8000));
  EXPECT_EQ(read("~6k"), Ends(6000, 6000));
  EXPECT_EQ(read("5-8k"), Ends(5000, 8000));
  EXPECT_EQ(read("1.5k – 2k tokens"), Ends(1500, 2000));
  EXPECT_EQ(read("12,500"), Ends(12500, 12500));
  EXPECT_EQ(read("8000-5000"), Ends(8000, 5000));  // inverted: kept, a rule says so
  EXPECT_EQ(read("many"), Ends(-1, -1));
  EXPECT_EQ(read("99999999999999999999"), Ends(-1, -1));
  EXPECT_EQ(read("-5"), Ends(-1, -1));
}

TEST(RangeTest, Durations) {
  const auto read = [](const std::string& text) {
    const SourceFile file(FileId{0}, "p", text);
    const auto range = ParseDurationRange(file, file.text());
    return range ? Ends(range->low, range->high) : Ends(-1, -1);
  };
  EXPECT_EQ(read("15-30min"), Ends(900, 1800));
  EXPECT_EQ(read("1.5h"), Ends(5400, 5400));
  EXPECT_EQ(read("90 s"), Ends(90, 90));
  EXPECT_EQ(read("1h30m"), Ends(5400, 5400));
  EXPECT_EQ(read("20"), Ends(1200, 1200));
  EXPECT_EQ(read("soon"), Ends(-1, -1));
}

}  // namespace
}  // namespace gsd
