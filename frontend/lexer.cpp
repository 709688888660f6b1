// Finding the tags of a plan takes three passes over its bytes, each linear:
//   1. line marks: lines that begin with a fence, or with a <task>/<tasks> tag, or with a comment;
//   2. code fences and comments become hidden ranges. Real plans have fences that wrap the whole <tasks>
//   region and
//      fences that never close, so a fence that would swallow the end of a task, or the beginning of <tasks>,
//      is none;
//   3. every `<` outside the hidden ranges that begins a name of the vocabulary, and is not inline code, is a
//   token.
// Lookahead is bounded by kLookahead marks so that a file of unclosed fences stays linear.
#include "frontend/lexer.h"

#include <algorithm>
#include <cstring>

namespace gsd {

namespace {

constexpr size_t kLookahead = 4096;
constexpr size_t kLongestTag = 4096;
constexpr uint32_t kNone = UINT32_MAX;

enum class MarkKind : uint8_t {
  kFence,
  kTasksOpen,
  kTasksClose,
  kTaskOpen,
  kTaskClose,
  kChildOpen,
  kChildClose
};

// A line that matters to code fences: a fence, or a container tag at its start.
struct LineMark {
  MarkKind kind;
  char fence = 0;     // '`' or '~'
  bool bare = false;  // nothing behind the fence: it may close one
  uint32_t fence_length = 0;
  uint32_t begin = 0, end = 0;  // the line, with its line break
};

struct Range {
  uint32_t begin, end;
};

// Children that hold text of many lines, fences among it.
bool IsLongChild(Tag tag) {
  return tag == Tag::kAction || tag == Tag::kVerify || tag == Tag::kDone || tag == Tag::kBehavior ||
         tag == Tag::kAcceptanceCriteria || tag == Tag::kReadFirst;
}

bool IsNameChar(char c) { return IsWordChar(c) || c == '-'; }

class Lexer {
 public:
  explicit Lexer(const SourceFile& file, uint32_t begin) : file_(file), text_(file.text()), begin_(begin) {}

  TokenStream Run() {
    FindMarks();
    ResolveFences();
    FindComments();
    std::sort(hidden_.begin(), hidden_.end(), [](Range a, Range b) { return a.begin < b.begin; });
    FindTokens();
    return std::move(out_);
  }

 private:
  // ---- pass 1

  void FindMarks() {
    const char* const data = text_.data();
    size_t line = begin_;
    while (line < text_.size()) {
      const void* newline = std::memchr(data + line, '\n', text_.size() - line);
      const size_t end = newline == nullptr
                             ? text_.size()
                             : static_cast<size_t>(static_cast<const char*>(newline) - data) + 1;
      size_t at = line;
      while (at < end && IsBlank(data[at])) ++at;
      if (at < end && (data[at] == '`' || data[at] == '~')) MarkFence(line, at, end);
      if (at < end && data[at] == '<') MarkContainer(line, at, end);
      line = end;
    }
  }

  void MarkFence(size_t line, size_t at, size_t end) {
    const char c = text_[at];
    size_t behind = at;
    while (behind < end && text_[behind] == c) ++behind;
    if (behind - at < 3) return;
    const std::string_view info = Trim(text_.substr(behind, end - behind));
    if (c == '`' && info.find('`') != std::string_view::npos) return;  // inline code that begins a line
    marks_.push_back({MarkKind::kFence, c, info.empty(), static_cast<uint32_t>(behind - at),
                      static_cast<uint32_t>(line), static_cast<uint32_t>(end)});
  }

  void MarkContainer(size_t line, size_t at, size_t end) {
    const bool close = at + 1 < end && text_[at + 1] == '/';
    const size_t name = at + 1 + (close ? 1 : 0);
    size_t behind = name;
    while (behind < end && IsNameChar(text_[behind])) ++behind;
    const std::string_view word = text_.substr(name, behind - name);
    MarkKind kind;
    if (EqualsIgnoreCase(word, "task")) {
      kind = close ? MarkKind::kTaskClose : MarkKind::kTaskOpen;
    } else if (EqualsIgnoreCase(word, "tasks")) {
      kind = close ? MarkKind::kTasksClose : MarkKind::kTasksOpen;
    } else if (IsLongChild(TagOf(word))) {
      kind = close ? MarkKind::kChildClose : MarkKind::kChildOpen;
    } else {
      return;
    }
    marks_.push_back({kind, 0, false, 0, static_cast<uint32_t>(line), static_cast<uint32_t>(end)});
  }

  // ---- pass 2

  // What stands between a fence and the line that would close it.
  struct FenceBody {
    size_t closer = 0;           // index into marks_; 0: none found
    bool swallows_task = false;  // a </task>, </tasks> or </action> … without its open tag
    bool opens_tasks = false, closes_tasks = false;
    bool opens_more = false;  // a <task> without its close tag
  };

  FenceBody LookInto(size_t fence, bool in_task) const {
    FenceBody body;
    int depth = 0;
    int children = 0;
    const size_t limit = std::min(marks_.size(), fence + 1 + kLookahead);
    for (size_t i = fence + 1; i < limit; ++i) {
      const LineMark& mark = marks_[i];
      switch (mark.kind) {
        case MarkKind::kFence:
          if (mark.bare && mark.fence == marks_[fence].fence &&
              mark.fence_length >= marks_[fence].fence_length) {
            body.closer = i;
            body.opens_more = depth > 0;
            return body;
          }
          break;
        case MarkKind::kTaskOpen:
          ++depth;
          break;
        case MarkKind::kTaskClose:
          if (--depth < 0) body.swallows_task = true;
          break;
        case MarkKind::kChildOpen:
          ++children;
          break;
        case MarkKind::kChildClose:
          // Within a task only: elsewhere these names are nobody's.
          if (--children < 0 && in_task) body.swallows_task = true;
          break;
        case MarkKind::kTasksOpen:
          body.opens_tasks = true;
          break;
        case MarkKind::kTasksClose:
          if (!body.opens_tasks) body.swallows_task = true;
          body.closes_tasks = true;
          break;
      }
      if (body.swallows_task) return body;
    }
    body.opens_more = depth > 0;
    return body;
  }

  void ResolveFences() {
    const auto tasks_tags = std::count_if(marks_.begin(), marks_.end(),
                                          [](const LineMark& m) { return m.kind == MarkKind::kTasksOpen; });
    bool in_task = false;
    for (size_t i = 0; i < marks_.size(); ++i) {
      const LineMark& mark = marks_[i];
      if (mark.kind == MarkKind::kTaskOpen) in_task = true;
      if (mark.kind == MarkKind::kTaskClose || mark.kind == MarkKind::kTasksClose) in_task = false;
      if (mark.kind != MarkKind::kFence) continue;

      const FenceBody body = LookInto(i, in_task);
      const bool wraps = !in_task && body.opens_tasks && body.closes_tasks && tasks_tags == 1;
      const bool cuts = body.swallows_task || (!in_task && !wraps && (body.opens_tasks != body.closes_tasks));
      // Unclosed: code up to the end of the file, unless tasks follow.
      const bool runs_on = body.closer == 0 && (in_task || body.opens_tasks || body.opens_more);
      if (wraps || cuts || runs_on) {
        // Inside a task the fence is merely sloppy. Before the tasks it is what hides a plan from other
        // tools.
        if (!in_task && (body.opens_tasks || body.opens_more)) {
          const bool next_is_tasks = i + 1 < marks_.size() && marks_[i + 1].kind == MarkKind::kTasksOpen &&
                                     Trim(text_.substr(mark.end, marks_[i + 1].begin - mark.end)).empty();
          out_.facts.push_back({next_is_tasks ? SyntaxFactKind::kFencedTasks : SyntaxFactKind::kStrayFence,
                                LineSpan(mark),
                                {},
                                {}});
        }
        continue;
      }
      const uint32_t end = body.closer == 0 ? static_cast<uint32_t>(text_.size()) : marks_[body.closer].end;
      hidden_.push_back({mark.begin, end});
      if (body.closer == 0) return;
      i = body.closer;
    }
  }

  Span LineSpan(const LineMark& mark) const {
    std::string_view line = Trim(text_.substr(mark.begin, mark.end - mark.begin));
    return file_.SpanOf(line);
  }

  // The hidden fence that holds `offset`, or nullptr. fences_ come in order.
  const Range* FenceAt(uint32_t offset) const {
    auto after = std::upper_bound(hidden_.begin(), hidden_.begin() + static_cast<ptrdiff_t>(fence_count_),
                                  offset, [](uint32_t at, Range r) { return at < r.begin; });
    if (after == hidden_.begin()) return nullptr;
    --after;
    return offset < after->end ? &*after : nullptr;
  }

  void FindComments() {
    fence_count_ = hidden_.size();
    size_t at = begin_;
    size_t close = 0;  // the last "-->" found
    while ((at = text_.find("<!--", at)) != std::string_view::npos) {
      if (const Range* fence = FenceAt(static_cast<uint32_t>(at))) {
        at = fence->end;
        continue;
      }
      if (close < at + 4) close = text_.find("-->", at + 4);
      if (close == std::string_view::npos) return;  // nothing closes any more: nothing is hidden
      if (Hides(at, close + 3)) {
        hidden_.push_back({static_cast<uint32_t>(at), static_cast<uint32_t>(close + 3)});
        at = close + 3;
      } else {
        at += 4;
      }
    }
  }

  // A comment over several lines counts where it begins a line, and only if it leaves the tasks balanced; a
  // "<!--" that is quoted in a command must not pair up with the end of some later comment.
  bool Hides(size_t begin, size_t end) const {
    const auto first = std::lower_bound(marks_.begin(), marks_.end(), begin,
                                        [](const LineMark& m, size_t at) { return m.begin < at; });
    int depth = 0;
    bool containers = false;
    for (auto it = first; it != marks_.end() && it->begin < end; ++it) {
      if (it - first > static_cast<ptrdiff_t>(kLookahead)) return false;
      containers = containers || it->kind == MarkKind::kTaskOpen || it->kind == MarkKind::kTasksOpen ||
                   it->kind == MarkKind::kTaskClose || it->kind == MarkKind::kTasksClose;
      if (it->kind == MarkKind::kTaskOpen || it->kind == MarkKind::kTasksOpen) ++depth;
      if (it->kind == MarkKind::kTaskClose || it->kind == MarkKind::kTasksClose) --depth;
      if (depth < 0) return false;
    }
    if (!containers) return true;
    return depth == 0 && AtLineStart(begin);
  }

  bool AtLineStart(size_t at) const {
    while (at > begin_ && IsBlank(text_[at - 1])) --at;
    return at == begin_ || text_[at - 1] == '\n';
  }

  // ---- pass 3

  void FindTokens() {
    size_t hidden = 0;
    size_t at = begin_;
    while (at < text_.size()) {
      const void* found = std::memchr(text_.data() + at, '<', text_.size() - at);
      if (found == nullptr) return;
      at = static_cast<size_t>(static_cast<const char*>(found) - text_.data());
      while (hidden < hidden_.size() && hidden_[hidden].end <= at) ++hidden;
      if (hidden < hidden_.size() && hidden_[hidden].begin <= at) {
        at = hidden_[hidden].end;
        continue;
      }
      at = ReadTag(at);
    }
  }

  // Reads the tag at `at`, if it is one, and returns where to go on.
  size_t ReadTag(size_t at) {
    TagToken token;
    token.begin = static_cast<uint32_t>(at);
    size_t name = at + 1;
    if (name < text_.size() && text_[name] == '/') {
      token.is_close = true;
      ++name;
    }
    size_t behind = name;
    while (behind < text_.size() && IsNameChar(text_[behind])) ++behind;
    if (behind == name || behind >= text_.size()) return std::max(behind, at + 1);
    const char next = text_[behind];
    if (next != '>' && next != '/' && !IsSpace(next)) return behind;
    token.tag = TagOf(text_.substr(name, behind - name));
    if (token.tag == Tag::kUnknown && !ReadOtherCase(at, name, behind, token)) return behind;
    token.at_line_start = AtLineStart(at);
    if (!token.at_line_start && InInlineCode(at)) return behind;
    if (!FindTagEnd(behind, token)) return behind;
    out_.tokens.push_back(token);
    return token.end;
  }

  // <Task> and its like count for the elements that a plan stands on, and only where nothing else can be
  // meant.
  bool ReadOtherCase(size_t at, size_t name, size_t behind, TagToken& token) const {
    if (behind - name > 6) return false;
    const Tag tag = TagOf(ToLower(text_.substr(name, behind - name)));
    // <Name>x</Name>: the close tag of the one that has just begun may stand anywhere.
    const bool closes_last = token.is_close && !out_.tokens.empty() && out_.tokens.back().other_case &&
                             out_.tokens.back().tag == tag && !out_.tokens.back().is_close;
    if (!closes_last && !AtLineStart(at)) return false;
    switch (tag) {
      case Tag::kTask:
      case Tag::kTasks:
      case Tag::kName:
      case Tag::kFiles:
      case Tag::kAction:
      case Tag::kVerify:
      case Tag::kDone:
        token.tag = tag;
        token.other_case = true;
        return true;
      default:
        return false;
    }
  }

  bool FindTagEnd(size_t behind, TagToken& token) const {
    if (token.is_close) {
      while (behind < text_.size() && IsBlank(text_[behind])) ++behind;
      if (behind >= text_.size() || text_[behind] != '>') return false;
      token.end = static_cast<uint32_t>(behind + 1);
      return true;
    }
    if (text_[behind] == '>') {
      token.end = static_cast<uint32_t>(behind + 1);
      return true;
    }
    if (LevelOf(token.tag) == TagLevel::kContainer) {
      if (!token.at_line_start) return false;
      token.end = LexAttributes(file_, static_cast<uint32_t>(behind), nullptr, nullptr, nullptr);
    } else {
      // Other tags with attributes stand on one line: `a <name of a thing` is prose.
      const std::string_view window = text_.substr(behind, kLongestTag);
      const size_t close = window.substr(0, window.find('\n')).find('>');
      if (close == std::string_view::npos) return false;
      token.end = static_cast<uint32_t>(behind + close + 1);
    }
    token.self_closing = text_.substr(0, token.end).ends_with("/>");
    return true;
  }

  // Code spans of the line that holds `at`, found once per line.
  bool InInlineCode(size_t at) {
    if (at < line_begin_ || at >= line_end_) {
      const size_t newline = text_.rfind('\n', at);
      line_begin_ = newline == std::string_view::npos ? 0 : newline + 1;
      const size_t end = text_.find('\n', at);
      line_end_ = end == std::string_view::npos ? text_.size() : end;
      FindCodeSpans();
    }
    const auto after = std::upper_bound(code_spans_.begin(), code_spans_.end(), at,
                                        [](size_t offset, Range r) { return offset < r.begin; });
    return after != code_spans_.begin() && at < std::prev(after)->end;
  }

  // CommonMark: a run of backticks is closed by the next run of the same length; without one it is text.
  void FindCodeSpans() {
    code_spans_.clear();
    std::vector<Range> runs;
    for (size_t i = line_begin_; i < line_end_;) {
      if (text_[i] != '`') {
        ++i;
        continue;
      }
      const size_t begin = i;
      while (i < line_end_ && text_[i] == '`') ++i;
      runs.push_back({static_cast<uint32_t>(begin), static_cast<uint32_t>(i)});
    }
    // From behind: for each run, the next one of its length.
    constexpr uint32_t kLongestRun = 16;
    std::vector<uint32_t> next(runs.size(), kNone);
    uint32_t last[kLongestRun + 1];
    std::fill(std::begin(last), std::end(last), kNone);
    for (size_t i = runs.size(); i-- > 0;) {
      const uint32_t length = std::min(runs[i].end - runs[i].begin, kLongestRun);
      next[i] = last[length];
      last[length] = static_cast<uint32_t>(i);
    }
    for (size_t i = 0; i < runs.size(); ++i) {
      if (next[i] == kNone) continue;
      code_spans_.push_back({runs[i].begin, runs[next[i]].end});
      i = next[i];
    }
  }

  const SourceFile& file_;
  std::string_view text_;
  size_t begin_;
  std::vector<LineMark> marks_;
  std::vector<Range> hidden_;
  size_t fence_count_ = 0;
  size_t line_begin_ = 0, line_end_ = 0;
  std::vector<Range> code_spans_;
  TokenStream out_;
};

}  // namespace

TokenStream LexTags(const SourceFile& file, uint32_t begin) { return Lexer(file, begin).Run(); }

}  // namespace gsd
