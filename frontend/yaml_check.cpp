// The wrapper of yaml-cpp in the frontend. Events, not nodes: an alias is an event, so an alias bomb costs
// nothing.
#include "frontend/yaml_check.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <istream>
#include <streambuf>

namespace gsd {

namespace {

class IgnoreEvents final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
  }
  void OnMapEnd() override {}
};

// Bytes as a stream, without a copy.
class ViewBuffer final : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view bytes) {
    char* begin = const_cast<char*>(bytes.data());
    setg(begin, begin, begin + bytes.size());
  }
};

// yaml-cpp recurses: brackets and "- - -" nested this deeply are no plan's, and would be its stack's end.
bool IsNestedTooDeeply(std::string_view yaml) {
  constexpr int kDeepest = 256;
  int depth = 0;
  int dashes = 0;  // on one line
  for (size_t i = 0; i < yaml.size(); ++i) {
    const char c = yaml[i];
    if (c == '[' || c == '{') ++depth;
    if ((c == ']' || c == '}') && depth > 0) --depth;
    if (c == '\n') dashes = 0;
    if (c == '-' || c == '?' || c == ':') ++dashes;
    if (depth > kDeepest || dashes > kDeepest) return true;
  }
  return false;
}

}  // namespace

void CheckWithYamlCpp(const SourceFile& file, Span region, std::vector<YamlProblem>& problems) {
  // yaml-cpp is a recursive parser of superlinear cost; front matter larger than this is not a plan's.
  constexpr uint32_t kLargest = 1U << 18;
  if (region.size() > kLargest || IsNestedTooDeeply(file.Slice(region))) return;
  ViewBuffer buffer(file.Slice(region));
  std::istream stream(&buffer);
  try {
    YAML::Parser parser(stream);
    IgnoreEvents ignore;
    while (parser.HandleNextDocument(ignore)) {
    }
    problems.clear();
  } catch (const YAML::Exception& error) {
    // yaml-cpp counts its columns in its own way; its line is what a person needs.
    const uint32_t first_line = file.PositionOf(region.begin).line;
    const uint32_t line =
        std::min(first_line + static_cast<uint32_t>(std::max(error.mark.line, 0)), file.LineCount());
    // Where our own reader stumbled on the same line, it says better what to do about it.
    if (!problems.empty() && file.PositionOf(problems.front().span.begin).line == line) {
      problems.resize(1);
      return;
    }
    problems = {{file.SpanOf(Trim(file.Line(line))), error.msg}};
  }
}

}  // namespace gsd
