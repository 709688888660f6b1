// The front matter reader against what plans contain, and against yaml-cpp on everything that yaml-cpp can
// read.
#include "frontend/yaml.h"

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include "frontend/header.h"
#include "tests/test_support.h"

namespace gsd {
namespace {

// Our tree as text: {key: value} and [item] with quotes around scalars, so that two readers can be compared.
std::string Show(const YamlDocument& document, const YamlNode& node) {
  switch (node.kind) {
    case YamlKind::kNull:
      return "null";
    case YamlKind::kScalar:
      return "\"" + std::string(node.text) + "\"";
    case YamlKind::kSequence: {
      std::string out = "[";
      for (const YamlNode* child : document.Children(node)) out += Show(document, *child) + ",";
      return out + "]";
    }
    case YamlKind::kMapping: {
      std::string out = "{";
      for (const YamlNode* child : document.Children(node))
        out += std::string(child->key) + ":" + Show(document, *child) + ",";
      return out + "}";
    }
  }
  return {};
}

std::string Show(const YAML::Node& node) {
  if (node.IsNull()) return "null";
  if (node.IsScalar())
    return node.Scalar().empty() && node.Tag() != "!" ? "null" : "\"" + node.Scalar() + "\"";
  std::string out;
  if (node.IsSequence()) {
    for (const auto& child : node) out += Show(child) + ",";
    return "[" + out + "]";
  }
  for (const auto& pair : node) out += pair.first.Scalar() + ":" + Show(pair.second) + ",";
  return "{" + out + "}";
}

std::string Read(const std::string& yaml, size_t* problems = nullptr) {
  const SourceFile file(FileId{0}, "p", yaml);
  const YamlDocument document = ParseYaml(file, file.SpanFrom(0, yaml.size()));
  if (problems != nullptr) *problems = document.problems.size();
  return Show(document, document.root());
}

TEST(YamlTest, ReadsAsYamlCppDoes) {
  for (const char* yaml : {
           "a: 1\nb: 01\nc: 22.10\n",
           "a: [x, \"y, z\", 'it''s']  # note\n",
           "a:\n- x\n- y: 1\n  z: 2\nb: c\n",
           "a:\n  - path: \"p\"\n    exports: [\"G\", \"P\"]\n  - q\n",
           "a: [\n  x,\n  y,\n]\nb: {c: d, e: [f]}\n",
           "a: |\n  one\n  two\n\n  three\nb: >\n  folded\n  text\n\n  para\nc: |-\n  x\n",
           "a: plain text\n  goes on\n  here\nb: x\n",
           "a: \"tab\\tquote\\\" \\u00e9\"\n",
           "a:   # only a comment\n  - x\n",
           "a:\nb: ~\nc: null\nd: \"\"\n",
           "\"quoted key\": v\n'other': w\n",
           "a:\n  b:\n    c: 1\n  d: 2\ne: 3\n",
           "a: http://x.y/z#frag\nb: c:d\n",
           "a:\n  - - 1\n    - 2\n  - - 3\n",
       }) {
    EXPECT_EQ(Read(yaml), Show(YAML::Load(yaml))) << yaml;
  }
}

TEST(YamlTest, ReportsWhatIsNotYaml) {
  for (const char* yaml : {"a: \"x\\|y\"\n", "a: `b`\n", "a: \"never closed\n", "a: [1, 2\n", "a: b: c\n",
                           "a: \"x\" y\n", "a: 1\n   b\n c: 2\n", "- a\nb: c\n"}) {
    size_t problems = 0;
    Read(yaml, &problems);
    EXPECT_EQ(problems, 1U) << yaml;
  }
}

TEST(YamlTest, KeepsGoingAfterAProblem) {
  size_t problems = 0;
  EXPECT_EQ(Read("a: \"x\\|y\"\nb: 2\n", &problems), "{a:\"x\\|y\",b:\"2\",}");
  EXPECT_EQ(problems, 1U);
}

TEST(YamlTest, AliasesAndDepthCostNothing) {
  std::string bomb = "a: &a [x, x]\n";
  for (char c = 'b'; c < 'z'; ++c)
    bomb += std::string(1, c) + ": &" + c + " [*" + char(c - 1) + ", *" + char(c - 1) + "]\n";
  EXPECT_LT(Read(bomb).size(), 2000U);
  // Only read: showing them would recurse.
  const auto read = [](const std::string& yaml) {
    const SourceFile file(FileId{0}, "p", yaml);
    return ParseYaml(file, file.SpanFrom(0, yaml.size())).nodes.size();
  };
  EXPECT_GT(read("a: " + std::string(100'000, '[')), 99'000U);
  EXPECT_GT(read("a: " + std::string(10'000, '[') + std::string(10'000, ']') + "\n"), 9'999U);
  std::string deep;
  for (int i = 0; i < 2000; ++i) deep += std::string(static_cast<size_t>(i), ' ') + "k:\n";
  EXPECT_EQ(read(deep), 2001U);
}

TEST(YamlTest, ReadsEveryFrontMatterOfTheCorpusAsYamlCppDoes) {
  const auto shared = test::SharedDir();
  if (!shared) GTEST_SKIP() << test::kNoShared;
  size_t compared = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(*shared / "corpus")) {
    if (!entry.is_regular_file() || entry.path().extension() != ".md") continue;
    const SourceFile file(FileId{0}, entry.path().string(), test::ReadFile(entry.path()));
    std::vector<SyntaxFact> facts;
    uint32_t body = 0;
    const Header header = ParseHeader(file, facts, body);
    if (!header.present || !header.closed) continue;
    try {
      const YAML::Node theirs = YAML::Load(std::string(file.Slice(header.region)));
      if (!theirs.IsMap()) continue;
      std::string expected = Show(theirs);
      std::string actual = Show(header.yaml, header.yaml.root());
      // A line break in a CRLF file is one.
      std::erase(expected, '\r');
      std::erase(actual, '\r');
      EXPECT_EQ(actual, expected) << entry.path();
      EXPECT_TRUE(header.yaml.problems.empty()) << entry.path();
      ++compared;
    } catch (const YAML::Exception&) {
      EXPECT_FALSE(header.yaml.problems.empty()) << entry.path();
    }
  }
  EXPECT_GT(compared, 1000U);
}

}  // namespace
}  // namespace gsd
