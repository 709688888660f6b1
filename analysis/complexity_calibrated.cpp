// The calibrated profile: what agreed with people who read tasks. bench/complexity/evaluate.py --fit proposes
// the points; docs/complexity.md has the figures.
#include <array>

#include "analysis/complexity_profiles.h"
#include "analysis/complexity_words.h"
#include "analysis/task_text.h"

namespace gsd {

namespace {

// What a task may be about that makes it harder. The tasks are too few to weigh the subjects one by one, so
// all weigh the same.
enum Subject : uint8_t {
  kConcurrency,
  kTransactions,
  kStates,
  kParsing,
  kAlgorithm,
  kStreaming,
  kCaching,
  kFailures,
  kResearch,
  kPerformance,
  kSubjects
};
enum Trait : uint8_t {
  kMainSubject = kSubjects,
  kSeveralFiles,
  kCodeAndTests,
  kManySteps,
  kMuchToRead,
  kCodeGiven,
  kNoProgram,
  kSmallEdit,
  kSignals
};
constexpr size_t kMainMentions = 3;
constexpr size_t kSeveral = 3;      // files
constexpr size_t kLongList = 8;     // steps
constexpr size_t kManySources = 6;  // in <read_first>

constexpr double kSubjectPoints = 0.25;
constexpr std::array<CalibratedSignal, kSignals> kTable = {{
    {"concurrency", kSubjectPoints, "concurrent, race, mutex, deadlock, thread, lock, parallel …"},
    {"transactions", kSubjectPoints, "transaction, rollback, idempotent, atomic …"},
    {"states", kSubjectPoints, "state machine, lifecycle, transition, mode, history, snapshot, gate …"},
    {"parsing", kSubjectPoints, "parse, regex, tokenizer, grammar …"},
    {"algorithm", kSubjectPoints, "algorithm, loop, merge, normalize, compute, aggregate, diff …"},
    {"streaming", kSubjectPoints, "stream, socket, websocket, real-time, poll …"},
    {"caching", kSubjectPoints, "cache, invalidate …"},
    {"failures", kSubjectPoints, "fail, throw, retry, fallback, timeout, edge case …"},
    {"research", kSubjectPoints, "research, investigate, validate …"},
    {"performance", kSubjectPoints, "performance, optimize, latency, benchmark …"},
    {"main-subject", 0.75, "one of the above is named three times or more; for each of them"},
    {"several-files", 0.5, "3 files or more"},
    {"code-and-tests", 0.5, "tests are among the files, and others are"},
    {"many-steps", 0.75, "8 numbered steps or more"},
    {"much-to-read", 0.75, "6 files or more in <read_first>"},
    {"code-given", -0.75, "a block of code stands in the text"},
    {"no-program", -0.5, "no files, or documents and configuration only"},
    {"small-edit", -0.75, "the name begins with update, install, document, verify, remove, rename …"},
}};

constexpr WordRow kRows[] = {
    {"concurrent", false, kConcurrency},
    {"concurrently", false, kConcurrency},
    {"concurrency", false, kConcurrency},
    {"race", true, kConcurrency},
    {"mutex", true, kConcurrency},
    {"deadlock", true, kConcurrency},
    {"goroutine", true, kConcurrency},
    {"semaphore", true, kConcurrency},
    {"thread", true, kConcurrency},
    {"lock", true, kConcurrency},
    {"parallel", false, kConcurrency},
    {"transaction", true, kTransactions},
    {"rollback", true, kTransactions},
    {"idempotent", false, kTransactions},
    {"idempotency", false, kTransactions},
    {"idempotence", false, kTransactions},
    {"atomic", false, kTransactions},
    {"atomically", false, kTransactions},
    {"state machine", true, kStates},
    {"states", false, kStates},
    {"lifecycle", true, kStates},
    {"transition", true, kStates},
    {"snapshot", true, kStates},
    {"history", false, kStates},
    {"gate", true, kStates},
    {"mode", true, kStates},
    {"parse", true, kParsing},
    {"parser", true, kParsing},
    {"regex", true, kParsing},
    {"tokenize", true, kParsing},
    {"tokenizer", true, kParsing},
    {"grammar", true, kParsing},
    {"algorithm", true, kAlgorithm},
    {"heuristic", true, kAlgorithm},
    {"recursive", false, kAlgorithm},
    {"recursively", false, kAlgorithm},
    {"recursion", false, kAlgorithm},
    {"loop", true, kAlgorithm},
    {"iterate", true, kAlgorithm},
    {"normalize", true, kAlgorithm},
    {"normalise", true, kAlgorithm},
    {"dedup", false, kAlgorithm},
    {"dedupe", true, kAlgorithm},
    {"deduplicate", true, kAlgorithm},
    {"merge", true, kAlgorithm},
    {"diff", true, kAlgorithm},
    {"calculate", true, kAlgorithm},
    {"compute", true, kAlgorithm},
    {"aggregate", true, kAlgorithm},
    {"aggregation", true, kAlgorithm},
    {"websocket", true, kStreaming},
    {"stream", true, kStreaming},
    {"socket", true, kStreaming},
    {"real-time", false, kStreaming},
    {"poll", true, kStreaming},
    {"cache", true, kCaching},
    {"invalidate", true, kCaching},
    {"retry", true, kFailures},
    {"retries", false, kFailures},
    {"retried", false, kFailures},
    {"fallback", true, kFailures},
    {"timeout", true, kFailures},
    {"throw", true, kFailures},
    {"edge case", true, kFailures},
    {"fail", true, kFailures},
    {"failure", true, kFailures},
    {"research", true, kResearch},
    {"investigate", true, kResearch},
    {"validate", true, kResearch},
    {"validation", true, kResearch},
    {"performance", false, kPerformance},
    {"optimize", true, kPerformance},
    {"optimise", true, kPerformance},
    {"optimization", true, kPerformance},
    {"optimisation", true, kPerformance},
    {"latency", false, kPerformance},
    {"benchmark", true, kPerformance},
};
constexpr WordTable kWords(kRows);

std::string_view BaseName(std::string_view path) { return path.substr(path.find_last_of("/\\") + 1); }

std::string_view Extension(std::string_view path) {
  const size_t dot = path.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
}

// Runs of letters and digits, as in "tests/auth_test.py".
template <typename Visit>
bool AnyPart(std::string_view path, Visit visit) {
  const auto in_part = [](char c) { return IsAlpha(c) || IsDigit(c); };
  for (size_t begin = 0; begin < path.size(); ++begin) {
    size_t end = begin;
    while (end < path.size() && in_part(path[end])) ++end;
    if (end > begin && visit(path.substr(begin, end - begin))) return true;
    begin = end;
  }
  return false;
}

bool IsTest(std::string_view path) {
  static constexpr std::string_view kTests[] = {"test", "tests", "testing", "spec", "specs", "e2e"};
  return AnyPart(path, [](std::string_view part) {
    return EqualsAnyIgnoreCase(part, kTests) || part.ends_with("Test") || part.ends_with("Tests");
  });
}

bool IsDocumentOrConfiguration(std::string_view path) {
  static constexpr std::string_view kExtensions[] = {"md",   "mdx",  "txt",  "rst",        "json",
                                                     "yml",  "yaml", "toml", "lock",       "ini",
                                                     "conf", "cfg",  "env",  "properties", "gitignore"};
  static constexpr std::string_view kNames[] = {"config", "dockerfile", "makefile", "env"};
  return EqualsAnyIgnoreCase(Extension(path), kExtensions) ||
         AnyPart(BaseName(path), [](std::string_view part) { return EqualsAnyIgnoreCase(part, kNames); });
}

// What the agent is told to do; of a task without <action>, all of it.
std::string_view Instructions(const SourceFile& file, const Task& task) {
  for (const Tag tag : {Tag::kAction, Tag::kImplementation}) {
    const std::string_view text = RawBody(file, task, tag);
    if (!text.empty()) return text;
  }
  return file.Slice(task.body);
}

class Scorer {
 public:
  Scorer(const SourceFile& file, const Task& task) : file_(file), task_(task) {
    // A name in an attribute may have been decoded and then points elsewhere: take the bytes of the file.
    name_ = file.Slice(task.name.span);
    FindWords(name_, kWords, found_);
    FindWords(Instructions(file, task), kWords, found_);
  }

  std::vector<ComplexitySignal> Run() {
    Subjects();
    Files();
    Text();
    return std::move(signals_);
  }

 private:
  void Fire(size_t signal, const std::vector<std::string_view>& because) {
    ComplexitySignal fired{kTable[signal].name, kTable[signal].points, {}};
    for (size_t i = 0; i < because.size() && i < kMostWords; ++i)
      fired.words.push_back({because[i], file_.SpanOf(because[i])});
    signals_.push_back(std::move(fired));
  }

  void Subjects() {
    for (size_t subject = 0; subject < kSubjects; ++subject) {
      const auto& mentions = found_.groups[subject];
      if (!mentions.empty()) Fire(subject, mentions);
      if (mentions.size() >= kMainMentions) Fire(kMainSubject, {});  // the subject itself lists them
    }
  }

  void Files() {
    std::vector<std::string_view> files, tests;
    bool program = false;
    for (const PathEntry& entry : task_.files) {
      if (entry.kind == PathKind::kProse) continue;
      const std::string_view path = file_.Slice(entry.span);
      files.push_back(path);
      if (IsTest(path)) tests.push_back(path);
      program = program || !IsDocumentOrConfiguration(path);
    }
    if (files.size() >= kSeveral) Fire(kSeveralFiles, files);
    if (!tests.empty() && tests.size() < files.size()) Fire(kCodeAndTests, tests);
    if (!program) Fire(kNoProgram, files);
  }

  void Text() {
    static constexpr std::string_view kSmallEdits[] = {
        "update", "install", "document", "register", "configure", "verify", "run",
        "remove", "rename",  "delete",   "copy",     "set",       "bump",   "move"};
    if (found_.steps.size() >= kLongList) Fire(kManySteps, {found_.steps.back()});
    if (task_.read_first.size() >= kManySources) {
      std::vector<std::string_view> sources;
      for (const PathEntry& entry : task_.read_first) sources.push_back(file_.Slice(entry.span));
      Fire(kMuchToRead, sources);
    }
    if (!found_.first_fence.empty()) Fire(kCodeGiven, {found_.first_fence});
    const std::string_view verb = FirstWord(name_);
    if (EqualsAnyIgnoreCase(verb, kSmallEdits)) Fire(kSmallEdit, {verb});
  }

  const SourceFile& file_;
  const Task& task_;
  std::string_view name_;
  FoundWords found_;
  std::vector<ComplexitySignal> signals_;
};

}  // namespace

const double kCalibratedStart = 3;

std::span<const CalibratedSignal> CalibratedTable() { return kTable; }

std::vector<ComplexitySignal> CalibratedSignals(const SourceFile& file, const Task& task) {
  return Scorer(file, task).Run();
}

}  // namespace gsd
