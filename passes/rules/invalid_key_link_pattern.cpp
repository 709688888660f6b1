// The patterns are JavaScript's, without its u flag, where nearly anything is a literal: `import {` and `a]`
// are fine, `useState(` is not. std::regex knows neither those liberties nor lookbehind and \p{…}, and
// recurses; so here is a look for just the mistakes that make JavaScript refuse a pattern. One pass, no
// recursion.
#include <optional>

#include "passes/rule.h"
#include "passes/rule_util.h"

namespace gsd::rules {
namespace {

class PatternReader {
 public:
  explicit PatternReader(std::string_view text) : text_(text) {}

  // What is wrong, or "".
  std::string Problem() {
    while (at_ < text_.size() && problem_.empty()) Step();
    if (problem_.empty() && open_ > 0) problem_ = "a `(` is not closed";
    return problem_;
  }

 private:
  void Step() {
    const char c = text_[at_];
    switch (c) {
      case '\\':
        if (at_ + 1 == text_.size()) problem_ = "it ends in a `\\`";
        repeatable_ = at_ + 1 < text_.size() && text_[at_ + 1] != 'b' && text_[at_ + 1] != 'B';
        at_ += 2;
        return;
      case '[':
        return ReadClass();
      case '(':
        return ReadGroup();
      case ')':
        if (open_ == 0) problem_ = "a `)` has no `(`";
        if (open_ > 0) --open_;
        repeatable_ = true;
        break;
      case '|':
      case '^':
      case '$':
        repeatable_ = false;
        break;
      case '*':
      case '+':
      case '?':
        Quantify(std::string(1, c), 1);
        return;
      case '{':
        return ReadBraces();
      default:
        repeatable_ = true;
    }
    ++at_;
  }

  void Quantify(const std::string& quantifier, size_t size) {
    if (!repeatable_) problem_ = fmt::format("there is nothing for `{}` to repeat", quantifier);
    at_ += size;
    if (at_ < text_.size() && text_[at_] == '?') ++at_;  // lazy
    repeatable_ = false;
  }

  // `(?:`, `(?=`, `(?!`, `(?<=`, `(?<!`, `(?<name>`; `(?i:` in newer engines.
  void ReadGroup() {
    ++open_;
    repeatable_ = false;
    ++at_;
    if (at_ >= text_.size() || text_[at_] != '?') return;
    ++at_;
    while (at_ < text_.size() && (IsAlpha(text_[at_]) || text_[at_] == '-')) ++at_;
    if (at_ >= text_.size()) return;
    const char c = text_[at_];
    if (c != ':' && c != '=' && c != '!' && c != '<') problem_ = "`(?` begins no group that there is";
    ++at_;
    if (c == '<') {
      while (at_ < text_.size() && (IsWordChar(text_[at_]) || text_[at_] == '$')) ++at_;
      if (at_ < text_.size() && (text_[at_] == '>' || text_[at_] == '=' || text_[at_] == '!')) ++at_;
    }
  }

  // To the `]`. Ranges are only judged between two plain characters.
  void ReadClass() {
    const size_t begin = at_++;
    if (at_ < text_.size() && text_[at_] == '^') ++at_;
    for (; at_ < text_.size() && text_[at_] != ']'; ++at_) {
      if (text_[at_] == '\\') {
        ++at_;
        if (at_ + 1 < text_.size() && text_[at_ + 1] == '-') ++at_;
        continue;
      }
      const bool range = at_ + 2 < text_.size() && text_[at_ + 1] == '-' && text_[at_ + 2] != ']';
      if (!range) continue;
      const auto low = static_cast<unsigned char>(text_[at_]);
      const auto high = static_cast<unsigned char>(text_[at_ + 2]);
      if (high == '\\' || low >= 0x80 || high >= 0x80) continue;
      if (low > high) problem_ = fmt::format("the range `{}` runs backwards", text_.substr(at_, 3));
      at_ += 2;
    }
    if (at_ >= text_.size() && problem_.empty())
      problem_ = fmt::format("the `[` at character {} is not closed", begin + 1);
    ++at_;
    repeatable_ = true;
  }

  // `{2}`, `{2,}`, `{2,4}` repeat; any other brace is itself.
  void ReadBraces() {
    size_t at = at_ + 1;
    const auto number = [&]() -> std::optional<int64_t> {
      const size_t begin = at;
      while (at < text_.size() && IsDigit(text_[at])) ++at;
      return ParseInt(text_.substr(begin, at - begin));
    };
    const auto low = number();
    std::optional<int64_t> high;
    if (low && at < text_.size() && text_[at] == ',') ++at, high = number();
    if (!low || at >= text_.size() || text_[at] != '}') {
      ++at_;
      repeatable_ = true;
      return;
    }
    const std::string quantifier(text_.substr(at_, at + 1 - at_));
    if (high && *high < *low) problem_ = fmt::format("`{}` runs backwards", quantifier);
    if (problem_.empty()) Quantify(quantifier, quantifier.size());
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t open_ = 0;
  bool repeatable_ = false;  // what stands before can take a quantifier
  std::string problem_;
};

void Check(const PlanSet& plans, Reporter& report) {
  for (const PlanUnit& unit : plans.units) {
    if (!unit.open() || !unit.plan.header.must_haves) continue;
    for (const KeyLink& link : unit.plan.header.must_haves->key_links) {
      const std::string problem = PatternReader(link.pattern.value).Problem();
      if (problem.empty()) continue;
      report.At(link.pattern.span, "the pattern is no valid regular expression: {}", problem)
          .Help(
              "a bracket or sign that stands for itself needs a `\\` before it, in single quotes: "
              "`'useState\\('`");
    }
  }
}

}  // namespace

extern constinit const Rule invalid_key_link_pattern = {
    {.name = "invalid-key-link-pattern",
     .category = "must-haves",
     .severity = Severity::kError,
     .summary = "The pattern of a key link is not a valid regular expression.",
     .rationale = "The pattern is compiled as a JavaScript regular expression when the plan is verified. One "
                  "that does "
                  "not compile counts as a link that is not there, and the agent goes looking for a mistake "
                  "in code that "
                  "is right. Mostly a bracket of the code was meant as it stands: write `useState\\(`."},
    Check};

}  // namespace gsd::rules
