// Plans are not XML (see docs/decisions/0002-tolerant-scanner.md), so structure is read from the tokens of
// the closed vocabulary, with three rules for what is broken:
//   - a child that is not closed ends at its next sibling that begins a line; a quoted sibling inside a
//   closed child
//     is text;
//   - a task that is not closed ends at the next line-start <task> or </tasks>;
//   - a whole <task>…</task> inside a child is a sample, and text.
// Every question "does it close later?" is answered from tables made in one backward sweep, so nothing is
// quadratic.
#include "frontend/parser.h"

#include <algorithm>
#include <array>

#include "frontend/directives.h"
#include "frontend/header.h"
#include "frontend/lexer.h"
#include "frontend/task_fields.h"
#include "frontend/utf8.h"

namespace gsd {

namespace {

constexpr uint32_t kNone = UINT32_MAX;
constexpr size_t kTagCount = static_cast<size_t>(Tag::kManual) + 1;
constexpr size_t kUsualElements = 6, kUsualAttributes = 4;
constexpr uint32_t kSampleLookahead = 512;  // tokens of a sample task inside an action

// What inside which child: <automated> in <verify>, <option> in <options> …
bool MayStandIn(Tag inner, Tag child) {
  switch (inner) {
    case Tag::kAutomated:
    case Tag::kHumanCheck:
    case Tag::kManual:
      return child == Tag::kVerify;
    case Tag::kOption:
    case Tag::kPros:
    case Tag::kCons:
      return child == Tag::kOptions || child == Tag::kDecision;
    case Tag::kName:
      return child == Tag::kOptions;
    case Tag::kEstimatedTokens:
    case Tag::kEstimatedDuration:
    case Tag::kTokenBudget:
    case Tag::kComplexityBreakdown:
      return child == Tag::kMetrics;
    case Tag::kFile:
      return child == Tag::kFiles || child == Tag::kReadFirst;
    default:
      return false;
  }
}

class Parser {
 public:
  explicit Parser(const SourceFile& file) : file_(file), text_(file.text()) {}

  Plan Run() {
    plan_.file = file_.id();
    FindEncodingFacts();
    uint32_t body_begin = 0;
    plan_.header = ParseHeader(file_, plan_.syntax, body_begin);
    TokenStream stream = LexTags(file_, body_begin);
    tokens_ = std::move(stream.tokens);
    plan_.syntax.insert(plan_.syntax.end(), stream.facts.begin(), stream.facts.end());
    MakeTables();
    ParseBody();
    if (plan_.tasks.empty()) ParseFeature();
    plan_.directives = FindDirectives(file_, plan_.header.region);
    FinishPlan(file_, plan_);
    std::stable_sort(plan_.syntax.begin(), plan_.syntax.end(),
                     [](const SyntaxFact& a, const SyntaxFact& b) { return a.span.begin < b.span.begin; });
    return std::move(plan_);
  }

 private:
  Span SpanOfToken(const TagToken& token) const { return file_.SpanFrom(token.begin, token.end); }
  void Fact(SyntaxFactKind kind, Span span, Span related = {}, std::string detail = {}) {
    plan_.syntax.push_back({kind, span, related, std::move(detail)});
  }

  // ---- bytes

  void FindEncodingFacts() {
    if (text_.starts_with("\xEF\xBB\xBF")) Fact(SyntaxFactKind::kByteOrderMark, file_.SpanFrom(0, 3));
    const size_t bad = FindInvalidUtf8(text_);
    if (bad != std::string_view::npos) {
      Fact(SyntaxFactKind::kInvalidEncoding, file_.SpanFrom(bad, bad + 1), {},
           text_[bad] == '\0' ? "NUL" : "UTF-8");
    }
    FindLineEndings();
    FindUnfinishedWrite();
  }

  // The comment that a tool leaves where it stopped writing. A plan may write about it; it is one where it
  // stands last.
  void FindUnfinishedWrite() {
    constexpr size_t kLongest = 256;
    size_t end = text_.size();
    while (end > 0 && IsSpace(text_[end - 1])) --end;
    const size_t begin = end - std::min(end, kLongest);
    const std::string_view tail = text_.substr(begin, end - begin);
    for (const std::string_view marker : {"<!-- gsd:write-continue", "<!-- gsd:truncated"}) {
      const size_t at = tail.rfind(marker);
      if (at == std::string_view::npos) continue;
      const size_t close = tail.find("-->", at);
      if (close == std::string_view::npos || close + 3 == tail.size()) {
        Fact(SyntaxFactKind::kUnfinishedWrite, file_.SpanFrom(begin + at, end));
      }
    }
  }

  void FindLineEndings() {
    if (text_.find('\r') == std::string_view::npos) return;
    size_t crlf = 0;
    size_t lf = 0;
    size_t first_other = std::string_view::npos;
    bool first_is_crlf = false;
    for (size_t at = text_.find('\n'); at != std::string_view::npos; at = text_.find('\n', at + 1)) {
      const bool is_crlf = at > 0 && text_[at - 1] == '\r';
      if (crlf + lf == 0) first_is_crlf = is_crlf;
      if (is_crlf != first_is_crlf && first_other == std::string_view::npos)
        first_other = is_crlf ? at - 1 : at;
      ++(is_crlf ? crlf : lf);
    }
    if (crlf > lf) plan_.eol = "\r\n";
    if (first_other == std::string_view::npos) return;
    Fact(SyntaxFactKind::kMixedLineEndings,
         file_.SpanFrom(first_other, first_other + (first_is_crlf ? 1 : 2)));
  }

  // ---- tables

  bool BehindTag(uint32_t offset) const {
    while (offset > 0 && IsSpace(text_[offset - 1])) --offset;
    return offset > 0 && text_[offset - 1] == '>';
  }

  bool IsTaskOpen(const TagToken& t) const { return t.tag == Tag::kTask && !t.is_close && t.at_line_start; }
  bool IsTaskClose(const TagToken& t) const {
    return t.tag == Tag::kTask && t.is_close && (t.at_line_start || BehindTag(t.begin));
  }
  bool IsTasks(const TagToken& t) const { return t.tag == Tag::kTasks && t.at_line_start; }
  bool IsBoundary(const TagToken& t) const { return IsTaskOpen(t) || IsTaskClose(t) || IsTasks(t); }

  void MakeTables() {
    const size_t n = tokens_.size();
    next_close_.assign(n, kNone);
    next_open_.assign(n, kNone);
    next_boundary_.assign(n, kNone);
    std::array<uint32_t, kTagCount> close, open;
    close.fill(kNone);
    open.fill(kNone);
    uint32_t boundary = kNone;
    for (size_t i = n; i-- > 0;) {
      const TagToken& token = tokens_[i];
      const auto tag = static_cast<size_t>(token.tag);
      next_close_[i] = close[tag];
      next_open_[i] = open[tag];
      next_boundary_[i] = boundary;
      const auto index = static_cast<uint32_t>(i);
      if (token.is_close) close[tag] = index;
      if (!token.is_close && token.at_line_start) open[tag] = index;
      if (IsBoundary(token)) boundary = index;
    }
  }

  // ---- top level

  struct OpenSection {
    uint32_t close;  // its close token, or kNone
    size_t index;    // in plan_.sections; SIZE_MAX for <tasks>
  };

  void ParseBody() {
    plan_.tasks.reserve(static_cast<size_t>(
        std::count_if(tokens_.begin(), tokens_.end(), [&](const TagToken& t) { return IsTaskOpen(t); })));
    std::vector<OpenSection> open;
    uint32_t i = 0;
    while (i < tokens_.size()) {
      const TagToken& token = tokens_[i];
      if (token.is_close) {
        CloseSection(i, open);
        ++i;
      } else if (IsTaskOpen(token) && !InTextSection(open)) {
        i = ParseTask(i);
      } else {
        if (IsTasks(token) && plan_.tasks_open.size() == 0) {
          OpenTasks(i, open);
        } else if (token.at_line_start && token.tag != Tag::kTasks &&
                   LevelOf(token.tag) == TagLevel::kSection) {
          OpenTopSection(i, open);
        }
        ++i;
      }
    }
  }

  // Inside a closed section that is not <tasks>, a <task> is a sample.
  bool InTextSection(const std::vector<OpenSection>& open) const {
    return !open.empty() && open.back().index != SIZE_MAX && open.back().close != kNone;
  }

  void NoteCase(const TagToken& token) {
    if (!token.other_case) return;
    const uint32_t name = token.begin + (token.is_close ? 2 : 1);
    uint32_t end = name;
    while (IsAlpha(text_[end])) ++end;
    Fact(SyntaxFactKind::kTagCase, file_.SpanFrom(name, end));
  }

  void CloseSection(uint32_t i, std::vector<OpenSection>& open) {
    const TagToken& token = tokens_[i];
    NoteCase(token);
    for (size_t k = open.size(); k-- > 0;) {
      if (open[k].close == i) {
        open.resize(k);
        return;
      }
    }
    const TagLevel level = LevelOf(token.tag);
    const bool structural = level == TagLevel::kSection || level == TagLevel::kContainer;
    if (structural && token.at_line_start && !InTextSection(open)) {
      Fact(SyntaxFactKind::kStrayCloseTag, SpanOfToken(token));
    }
  }

  // The token that closes a section, if it is closed before the plan plainly goes on to something else.
  uint32_t SectionClose(uint32_t i) const {
    const uint32_t close = next_close_[i];
    if (close == kNone) return kNone;
    if (next_open_[i] != kNone && next_open_[i] < close) return kNone;
    // A section that would run over the beginning of the tasks was forgotten to be closed.
    const uint32_t boundary = next_boundary_[i];
    if (boundary != kNone && boundary < close && IsTasks(tokens_[boundary]) && !tokens_[boundary].is_close)
      return kNone;
    return close;
  }

  void OpenTopSection(uint32_t i, std::vector<OpenSection>& open) {
    const TagToken& token = tokens_[i];
    if (InTextSection(open) && token.tag != Tag::kInterfaces)
      return;  // quoted in the text of another section
    const uint32_t close = token.self_closing ? i : SectionClose(i);
    Section section{token.tag, SpanOfToken(token), {}, {}};
    if (token.self_closing) {
      section.body = section.close = file_.SpanFrom(token.end, token.end);
    } else if (close != kNone) {
      section.body = file_.SpanFrom(token.end, tokens_[close].begin);
      section.close = SpanOfToken(tokens_[close]);
      open.push_back({close, plan_.sections.size()});
    } else {
      const uint32_t end = NextSection(i);
      section.body = file_.SpanFrom(token.end, end);
      section.close = file_.SpanFrom(end, end);
      ReportUnclosed(section.open, end);
    }
    plan_.sections.push_back(section);
  }

  // Where an unclosed section ends: at the next one, at the tasks, or with the file.
  uint32_t NextSection(uint32_t i) const {
    for (uint32_t k = i + 1; k < tokens_.size(); ++k) {
      const TagToken& token = tokens_[k];
      if (!token.at_line_start) continue;
      const TagLevel level = LevelOf(token.tag);
      if (level == TagLevel::kSection || level == TagLevel::kContainer) return token.begin;
    }
    return static_cast<uint32_t>(text_.size());
  }

  void ReportUnclosed(Span open, uint32_t end) {
    const bool truncated = Trim(text_.substr(end)).empty();
    Fact(truncated ? SyntaxFactKind::kTruncated : SyntaxFactKind::kUnclosedElement, open,
         file_.SpanFrom(end, end));
  }

  void OpenTasks(uint32_t i, std::vector<OpenSection>& open) {
    const TagToken& token = tokens_[i];
    NoteCase(token);
    plan_.tasks_open = SpanOfToken(token);
    uint32_t close = next_close_[i];
    while (close != kNone && !tokens_[close].at_line_start && !BehindTag(tokens_[close].begin))
      close = next_close_[close];
    open.clear();  // whatever was open before it is over
    if (close == kNone) {
      const uint32_t end = EndOfTasks(i);
      plan_.tasks_region = file_.SpanFrom(token.end, end);
      ReportUnclosed(plan_.tasks_open, end);
      return;
    }
    plan_.tasks_region = file_.SpanFrom(token.end, tokens_[close].begin);
    open.push_back({close, SIZE_MAX});
  }

  // Where <tasks> without </tasks> ends: at the first section behind the last task, or with the file.
  uint32_t EndOfTasks(uint32_t i) const {
    uint32_t last = i;
    for (uint32_t k = next_boundary_[i]; k != kNone; k = next_boundary_[k]) last = k;
    for (uint32_t k = last + 1; k < tokens_.size(); ++k) {
      const TagToken& token = tokens_[k];
      if (token.at_line_start && !token.is_close && LevelOf(token.tag) == TagLevel::kSection)
        return token.begin;
    }
    return static_cast<uint32_t>(text_.size());
  }

  // ---- tasks

  // An element being read: its index in the task, and the token that opened it.
  struct OpenElement {
    uint32_t element = kNone, token = kNone;
    explicit operator bool() const { return element != kNone; }
  };

  // Reads the task whose open tag is token `i`; returns the token to go on with.
  uint32_t ParseTask(uint32_t i) {
    const TagToken& open = tokens_[i];
    NoteCase(open);
    Task task;
    task.open = SpanOfToken(open);
    task.elements.reserve(kUsualElements);
    task.attributes.reserve(kUsualAttributes);
    LexAttributes(file_, open.begin + 5, &task.attributes, &plan_.decoded, &plan_.syntax);
    task.own_attributes = static_cast<uint32_t>(task.attributes.size());
    if (open.self_closing) {
      task.body = file_.SpanFrom(open.end, open.end);
      task.span = task.open;
      AddTask(std::move(task));
      return i + 1;
    }
    uint32_t next = i + 1;
    const uint32_t end = ReadChildren(task, next, Tag::kTask);
    task.body = file_.SpanFrom(open.end, end);
    task.closed = next < tokens_.size() && IsTaskClose(tokens_[next]);
    if (task.closed) {
      NoteCase(tokens_[next]);
      task.span = file_.SpanFrom(open.begin, tokens_[next].end);
      ++next;
    } else {
      task.span = file_.SpanFrom(open.begin, end);
      ReportUnclosed(task.open, end);
    }
    AddTask(std::move(task));
    return next;
  }

  void AddTask(Task task) {
    task.elements.shrink_to_fit();
    task.attributes.shrink_to_fit();
    FinishTask(file_, task, static_cast<int>(plan_.tasks.size()) + 1);
    plan_.tasks.Add(std::move(task));
  }

  // Reads elements from token `i` on until the container ends; leaves `i` at the token that ends it and
  // returns the offset of the end.
  uint32_t ReadChildren(Task& task, uint32_t& i, Tag container) {
    OpenElement child, inner;
    while (i < tokens_.size()) {
      const TagToken& token = tokens_[i];
      if (EndsContainer(token, container)) {
        if (!(child && IsTaskOpen(token) && SkipSample(child, i))) break;
        continue;
      }
      if (!child) {
        if (StartsChild(token, task)) child = Open(task, i);
        if (token.is_close && token.at_line_start && LevelOf(token.tag) == TagLevel::kChild) {
          Fact(SyntaxFactKind::kStrayCloseTag, SpanOfToken(token));
        }
      } else if (token.is_close) {
        CloseInside(task, i, child, inner);
      } else if (!inner && MayStandIn(token.tag, task.elements[child.element].tag)) {
        inner = Open(task, i);
      } else if (inner && token.at_line_start && token.tag == task.elements[inner.element].tag) {
        CloseAt(task, inner, token.begin);  // two <option> in a row, the first one unclosed
        inner = Open(task, i);
      } else if (token.at_line_start && MayBeChild(token.tag) && EndsAtSibling(child)) {
        if (inner) CloseAt(task, inner, token.begin);
        inner = {};
        CloseAt(task, child, token.begin);
        child = Open(task, i);
      }
      if (child && task.elements[child.element].closed()) child = {};  // <files/>
      ++i;
    }
    const uint32_t end = i < tokens_.size() ? tokens_[i].begin : static_cast<uint32_t>(text_.size());
    if (inner) CloseAt(task, inner, end);
    if (child) CloseAt(task, child, end);
    return end;
  }

  bool EndsContainer(const TagToken& token, Tag container) const {
    if (container == Tag::kFeature) return token.tag == Tag::kFeature && token.is_close;
    return IsBoundary(token);
  }

  // A child begins a line or follows a tag; in the text of a task without children it is prose.
  bool StartsChild(const TagToken& token, const Task& task) const {
    if (token.is_close || !(MayBeChild(token.tag) || token.tag == Tag::kFile)) return false;
    return token.at_line_start || token.begin == task.open.end || BehindTag(token.begin);
  }

  OpenElement Open(Task& task, uint32_t i) {
    const TagToken& token = tokens_[i];
    NoteCase(token);
    Element element;
    element.tag = token.tag;
    element.open = SpanOfToken(token);
    element.body = element.close = file_.SpanFrom(token.end, token.end);
    element.first_attribute = static_cast<uint32_t>(task.attributes.size());
    uint32_t name_end = token.begin + 1;
    while (name_end < token.end && (IsWordChar(text_[name_end]) || text_[name_end] == '-')) ++name_end;
    if (text_[name_end] != '>') LexAttributes(file_, name_end, &task.attributes, &plan_.decoded, nullptr);
    element.attribute_count = static_cast<uint32_t>(task.attributes.size()) - element.first_attribute;
    if (token.self_closing) element.close = file_.SpanFrom(token.end - 1, token.end);
    task.elements.push_back(element);
    return {static_cast<uint32_t>(task.elements.size() - 1), i};
  }

  // Is the child never closed, so that a sibling at the start of a line ends it?
  bool EndsAtSibling(const OpenElement& child) const {
    const uint32_t close = next_close_[child.token];
    if (close == kNone) return true;
    const uint32_t open = next_open_[child.token];
    if (open != kNone && open < close) return true;
    const uint32_t boundary = next_boundary_[child.token];
    return boundary != kNone && boundary < close && !IsTaskOpen(tokens_[boundary]);
  }

  void CloseInside(Task& task, uint32_t& i, OpenElement& child, OpenElement& inner) {
    const Tag tag = tokens_[i].tag;
    if (inner && task.elements[inner.element].tag == tag) {
      Close(task, inner, i);
      inner = {};
    } else if (task.elements[child.element].tag == tag) {
      i = LastClose(i, tag);
      if (inner) CloseAt(task, inner, tokens_[i].begin);
      inner = {};
      Close(task, child, i);
      child = {};
    }
  }

  // Text may quote its own close tag; the last one before the next structural tag counts.
  uint32_t LastClose(uint32_t i, Tag tag) const {
    uint32_t last = i;
    for (uint32_t k = i + 1; k < tokens_.size(); ++k) {
      const TagToken& token = tokens_[k];
      const bool structural = IsBoundary(token) ||
                              (!token.is_close && (token.at_line_start || BehindTag(token.begin))) ||
                              LevelOf(token.tag) == TagLevel::kSection;
      if (structural) break;
      if (token.is_close && token.tag == tag) last = k;
    }
    return last;
  }

  void Close(Task& task, const OpenElement& open, uint32_t i) {
    Element& element = task.elements[open.element];
    element.body = file_.SpanFrom(element.open.end, tokens_[i].begin);
    element.close = SpanOfToken(tokens_[i]);
  }

  void CloseAt(Task& task, const OpenElement& open, uint32_t offset) {
    Element& element = task.elements[open.element];
    element.body = file_.SpanFrom(element.open.end, offset);
    element.close = file_.SpanFrom(offset, offset);
    ReportUnclosed(element.open, offset);
  }

  // At a <task> inside an open child: if a whole sample task stands before the child's close tag, goes on
  // behind it.
  bool SkipSample(const OpenElement& child, uint32_t& i) const {
    const Tag tag = tokens_[child.token].tag;
    int depth = 0;
    const auto limit = std::min<size_t>(tokens_.size(), size_t{i} + kSampleLookahead);
    for (uint32_t k = i; k < limit; ++k) {
      const TagToken& token = tokens_[k];
      if (IsTaskOpen(token)) ++depth;
      if (IsTaskClose(token) && --depth < 0) return false;
      if (IsTasks(token) && token.is_close) return false;
      if (depth == 0 && token.is_close && token.tag == tag) {
        i = k;
        return true;
      }
    }
    return false;
  }

  // ---- TDD plans

  // A plan without tasks but with a <feature> has one task: the feature.
  void ParseFeature() {
    for (uint32_t i = 0; i < tokens_.size(); ++i) {
      const TagToken& open = tokens_[i];
      if (open.tag != Tag::kFeature || open.is_close || !open.at_line_start || open.self_closing) continue;
      if (next_close_[i] == kNone) return;
      Task task;
      task.from_feature = true;
      task.type = TaskType::kTdd;
      task.open = SpanOfToken(open);
      uint32_t next = i + 1;
      const uint32_t end = ReadChildren(task, next, Tag::kFeature);
      task.body = file_.SpanFrom(open.end, end);
      task.span = file_.SpanFrom(open.begin, next < tokens_.size() ? tokens_[next].end : end);
      AddTask(std::move(task));
      return;
    }
  }

  const SourceFile& file_;
  std::string_view text_;
  std::vector<TagToken> tokens_;
  // By token: the next close tag with its name, the next line-start open tag with its name, the next
  // line-start <task>, </task>, <tasks> or </tasks>; kNone when there is none.
  std::vector<uint32_t> next_close_, next_open_, next_boundary_;
  Plan plan_;
};

}  // namespace

Plan ParsePlan(const SourceFile& file) { return Parser(file).Run(); }

}  // namespace gsd
