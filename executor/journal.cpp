#include "executor/journal.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace gsd {

namespace fs = std::filesystem;

namespace {

constexpr int64_t kApplicationId = 0x67736472;  // "gsdr": whose file it is
constexpr int64_t kFormat = 1;                  // PRAGMA user_version
constexpr int kLongestText = 16 << 20;
constexpr int64_t kLastTime = 9214646399999;  // 2261-12-31: a system_clock ends in 2262
constexpr int64_t kMostTokens = 1'000'000'000'000;
constexpr double kMostUsd = 1e9;
constexpr const char* kInMemory = ":memory:";

// Enumerations are stored by name. Texts are bound with their length, so that NUL and invalid UTF-8 survive.
// WITHOUT ROWID: one tree per table, half the pages to write.
constexpr const char* kSchema = R"(
CREATE TABLE run (
  id TEXT PRIMARY KEY, manifest_sha256 TEXT NOT NULL, agent TEXT NOT NULL, options TEXT NOT NULL,
  base TEXT NOT NULL, branch TEXT NOT NULL, state TEXT NOT NULL, started INTEGER NOT NULL, ended INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE task (
  run TEXT NOT NULL REFERENCES run ON DELETE CASCADE, task TEXT NOT NULL, state TEXT NOT NULL,
  "commit" TEXT NOT NULL, text TEXT NOT NULL, message TEXT NOT NULL, wait_until INTEGER NOT NULL,
  answer INTEGER NOT NULL, PRIMARY KEY (run, task)
) STRICT, WITHOUT ROWID;
CREATE TABLE attempt (
  run TEXT NOT NULL REFERENCES run ON DELETE CASCADE, task TEXT NOT NULL, attempt INTEGER NOT NULL,
  model TEXT NOT NULL, stage TEXT NOT NULL, outcome TEXT, message TEXT NOT NULL, place TEXT NOT NULL,
  base TEXT NOT NULL, tree TEXT NOT NULL, "commit" TEXT NOT NULL, kept_branch TEXT NOT NULL,
  session TEXT NOT NULL, input INTEGER, output INTEGER, cache_creation INTEGER, cache_read INTEGER, usd REAL,
  counted INTEGER NOT NULL, started INTEGER NOT NULL, ended INTEGER NOT NULL, PRIMARY KEY (run, task, attempt)
) STRICT, WITHOUT ROWID;
CREATE TABLE answer (
  id INTEGER PRIMARY KEY AUTOINCREMENT, run TEXT NOT NULL REFERENCES run ON DELETE CASCADE, task TEXT NOT NULL,
  kind TEXT NOT NULL, text TEXT NOT NULL, at INTEGER NOT NULL
) STRICT;
CREATE INDEX answer_run ON answer (run);
)";

enum Query : size_t {
  kBegin,
  kBeginReading,
  kCommit,
  kRollback,
  kPutRun,
  kPutTask,
  kPutAttempt,
  kPutAnswer,
  kRemoveRun,
  kRuns,
  kTasks,
  kAttempts,
  kAnswers,
  kDataVersion,
  kQueries
};
constexpr std::array<const char*, kQueries> kSql = {
    "BEGIN IMMEDIATE",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    // Not REPLACE: that removes the old row first, and with it all that belongs to the run.
    "INSERT INTO run VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9) ON CONFLICT DO UPDATE SET manifest_sha256=?2, "
    "agent=?3, options=?4, base=?5, branch=?6, state=?7, started=?8, ended=?9",
    "REPLACE INTO task VALUES (?,?,?,?,?,?,?,?)",
    "REPLACE INTO attempt VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    "INSERT INTO answer (run, task, kind, text, at) VALUES (?,?,?,?,?)",
    "DELETE FROM run WHERE id = ?",
    "SELECT id, manifest_sha256, agent, options, base, branch, state, started, ended FROM run "
    "ORDER BY started DESC, id DESC",
    "SELECT task, state, \"commit\", text, message, wait_until, answer FROM task WHERE run = ? ORDER BY task",
    "SELECT task, attempt, model, stage, outcome, message, place, base, tree, \"commit\", kept_branch, "
    "session, input, output, cache_creation, cache_read, usd, counted, started, ended FROM attempt "
    "WHERE run = ? ORDER BY task, attempt",
    "SELECT task, kind, text, at, id FROM answer WHERE run = ? ORDER BY id",
    "PRAGMA data_version",
};

int Bind(sqlite3_stmt* statement, int at, std::string_view text) {
  // A null pointer would be NULL.
  return sqlite3_bind_text64(statement, at, text.data() == nullptr ? "" : text.data(), text.size(),
                             SQLITE_STATIC, SQLITE_UTF8);
}
int Bind(sqlite3_stmt* statement, int at, int64_t number) {
  return sqlite3_bind_int64(statement, at, number);
}
int Bind(sqlite3_stmt* statement, int at, double number) {
  return sqlite3_bind_double(statement, at, number);
}
int Bind(sqlite3_stmt* statement, int at, Outcome outcome) {
  return Bind(statement, at, OutcomeName(outcome));
}
template <typename T>
int Bind(sqlite3_stmt* statement, int at, const std::optional<T>& value) {
  return value ? Bind(statement, at, *value) : sqlite3_bind_null(statement, at);
}

// The columns of a row, read in order.
class Columns {
 public:
  explicit Columns(sqlite3_stmt* statement) : statement_(statement) {}

  std::string Text() {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, next_));
    const auto size = static_cast<size_t>(sqlite3_column_bytes(statement_, next_++));
    return bytes == nullptr ? std::string() : std::string(bytes, size);
  }
  int64_t Int(int64_t least, int64_t most) {
    return std::clamp<int64_t>(sqlite3_column_int64(statement_, next_++), least, most);
  }
  int64_t Time() { return Int(0, kLastTime); }
  std::optional<double> Usd() {
    const bool known = !Null();
    const double usd = sqlite3_column_double(statement_, next_++);
    return known ? std::optional(std::clamp(usd, 0.0, kMostUsd)) : std::nullopt;
  }
  std::optional<TokenCounts> Tokens() {
    const bool known = !Null();
    TokenCounts tokens;
    for (int64_t* count : {&tokens.input, &tokens.output, &tokens.cache_creation, &tokens.cache_read})
      *count = Int(0, kMostTokens);
    return known ? std::optional(tokens) : std::nullopt;
  }
  // The one of the values up to `last` that has this name.
  template <typename Enum>
  Enum Named(Enum last, std::string_view (*name_of)(Enum)) {
    const std::string name = Text();
    for (int i = 0; i <= static_cast<int>(last); ++i)
      if (name_of(static_cast<Enum>(i)) == name) return static_cast<Enum>(i);
    if (unknown_.empty()) unknown_ = name.empty() ? "(nothing)" : name;
    return last;
  }
  bool Null() const { return sqlite3_column_type(statement_, next_) == SQLITE_NULL; }
  void Skip() { ++next_; }
  // A name that this version does not know, or "".
  const std::string& unknown() const { return unknown_; }

 private:
  sqlite3_stmt* statement_;
  int next_ = 0;
  std::string unknown_;
};

RunRow ReadRun(Columns& columns) {
  RunRow run;
  for (std::string* text : {&run.id, &run.manifest_sha256, &run.agent, &run.options, &run.base, &run.branch})
    *text = columns.Text();
  run.state = columns.Named(RunState::kInterrupted, RunStateName);
  run.started = columns.Time();
  run.ended = columns.Time();
  return run;
}

TaskRow ReadTask(Columns& columns) {
  TaskRow task;
  task.task = columns.Text();
  task.state = columns.Named(TaskState::kDelayed, TaskStateName);
  for (std::string* text : {&task.commit, &task.text, &task.message}) *text = columns.Text();
  task.wait_until = columns.Time();
  task.answer = columns.Int(0, INT64_MAX);
  return task;
}

AttemptRow ReadAttempt(Columns& columns) {
  AttemptRow attempt;
  attempt.task = columns.Text();
  attempt.attempt = static_cast<int>(columns.Int(1, INT32_MAX));
  attempt.model = columns.Text();
  attempt.stage = columns.Named(AttemptStage::kEnded, AttemptStageName);
  if (columns.Null()) {
    columns.Skip();
  } else {
    attempt.outcome = columns.Named(static_cast<Outcome>(kOutcomes - 1), OutcomeName);
  }
  for (std::string* text : {&attempt.message, &attempt.place, &attempt.base, &attempt.tree, &attempt.commit,
                            &attempt.kept_branch, &attempt.session})
    *text = columns.Text();
  attempt.tokens = columns.Tokens();
  attempt.usd = columns.Usd();
  attempt.counted = columns.Int(0, 1) == 1;
  attempt.started = columns.Time();
  attempt.ended = columns.Time();
  return attempt;
}

AnswerRow ReadAnswer(Columns& columns) {
  AnswerRow answer;
  answer.task = columns.Text();
  answer.kind = columns.Named(AnswerRow::Kind::kRejected, AnswerKindName);
  answer.text = columns.Text();
  answer.at = columns.Time();
  answer.id = columns.Int(0, INT64_MAX);
  return answer;
}

int64_t ReadNumber(Columns& columns) { return columns.Int(INT64_MIN, INT64_MAX); }

}  // namespace

std::string_view RunStateName(RunState state) {
  constexpr std::array<std::string_view, 6> kNames = {"running", "waiting", "done",
                                                      "failed",  "budget",  "interrupted"};
  return kNames[static_cast<size_t>(state)];
}

std::string_view AttemptStageName(AttemptStage stage) {
  constexpr std::array<std::string_view, 4> kNames = {"starting", "agent-ended", "verified", "ended"};
  return kNames[static_cast<size_t>(stage)];
}

std::string_view AnswerKindName(AnswerRow::Kind kind) {
  constexpr std::array<std::string_view, 3> kNames = {"approved", "chosen", "rejected"};
  return kNames[static_cast<size_t>(kind)];
}

const AnswerRow* OpenAnswer(const TaskRow& task, const std::vector<AnswerRow>& answers) {
  const auto open = std::find_if(answers.begin(), answers.end(), [&](const AnswerRow& answer) {
    return answer.task == task.task && answer.id > task.answer;
  });
  return open == answers.end() ? nullptr : &*open;
}

// The connection and its statements, each prepared when it is first needed and kept.
struct Journal::Database {
  std::string name;  // for messages
  sqlite3* handle = nullptr;
  std::array<sqlite3_stmt*, kQueries> statements{};
  bool read_only = false;
  bool in_transaction = false;
  std::string broken;  // the first error in the transaction

  Database() = default;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database() {
    for (sqlite3_stmt* statement : statements) sqlite3_finalize(statement);
    sqlite3_close(handle);
  }

  // Of the call that has just failed; errno was 0 before it, since SQLite does not always keep the system's
  // error of a COMMIT.
  Error Failure(std::string_view doing) const {
    const int system = errno != 0 ? errno : sqlite3_system_errno(handle);
    const int code = sqlite3_errcode(handle) & 0xFF;
    const char* what = sqlite3_errmsg(handle);
    switch (code) {
      case SQLITE_NOTADB:
      case SQLITE_CORRUPT:
        return NotOurs(what);
      case SQLITE_BUSY:
      case SQLITE_LOCKED:
        return Error{fmt::format("cannot {} {}: another process has kept it locked for {} s", doing, name,
                                 kJournalPatience.count() / 1000)};
      case SQLITE_FULL:
        what = std::strerror(ENOSPC);
        break;
      case SQLITE_IOERR:
      case SQLITE_CANTOPEN:
        if (sqlite3_extended_errcode(handle) == SQLITE_CANTOPEN_SYMLINK) {
          what = "it is a symbolic link";
        } else if (system != 0) {
          what = std::strerror(system);
        }
        break;
      default:
        break;
    }
    return Error{fmt::format("cannot {} {}: {}", doing, name, what)};
  }

  Error NotOurs(std::string_view why) const {
    return Error{
        fmt::format("{} is damaged or no journal of gsd-run: {}; move it away, and gsd-run begins a "
                    "new one that knows nothing of earlier runs",
                    name, why)};
  }

  Status Execute(const char* sql) {
    errno = 0;
    return sqlite3_exec(handle, sql, nullptr, nullptr, nullptr) == SQLITE_OK ? Ok() : Failure("open");
  }

  // Binds the values, hands every row to `on_row`, and makes the statement ready for its next use.
  template <typename OnRow, typename... Values>
  Status Step(sqlite3_stmt* statement, std::string_view doing, const OnRow& on_row, const Values&... values) {
    int at = 0, code = SQLITE_OK;
    errno = 0;
    ((code = code == SQLITE_OK ? Bind(statement, ++at, values) : code), ...);
    if (code == SQLITE_OK)
      while ((code = sqlite3_step(statement)) == SQLITE_ROW) on_row(statement);
    Status status = code == SQLITE_DONE ? Ok() : Status(Failure(doing));
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return status;
  }

  Result<sqlite3_stmt*> Prepared(Query query, std::string_view doing) {
    sqlite3_stmt*& statement = statements[query];
    if (statement == nullptr && sqlite3_prepare_v3(handle, kSql[query], -1, SQLITE_PREPARE_PERSISTENT,
                                                   &statement, nullptr) != SQLITE_OK)
      return Failure(doing);
    return statement;
  }

  template <typename... Values>
  Status Write(Query query, const Values&... values) {
    const auto statement = Prepared(query, "write");
    Status status = statement.ok() ? Step(
                                         *statement, "write", [](sqlite3_stmt*) {}, values...)
                                   : Status(Error{statement.error()});
    if (!status.ok() && in_transaction && broken.empty()) broken = status.error();
    return status;
  }

  template <typename Row>
  Result<std::vector<Row>> Take(sqlite3_stmt* statement, Row (*read)(Columns&), auto... values) {
    std::vector<Row> rows;
    std::string unknown;
    const Status status = Step(
        statement, "read",
        [&](sqlite3_stmt* row) {
          Columns columns(row);
          rows.push_back(read(columns));
          if (unknown.empty()) unknown = columns.unknown();
        },
        values...);
    if (!status.ok()) return Error{status.error()};
    if (!unknown.empty()) return NotOurs(fmt::format("\"{}\" has no meaning there", unknown));
    return rows;
  }

  template <typename Row>
  Result<std::vector<Row>> Read(Query query, Row (*read)(Columns&), auto... values) {
    const auto statement = Prepared(query, "read");
    if (!statement.ok()) return Error{statement.error()};
    return Take(*statement, read, values...);
  }

  // The only number that a pragma or query at opening returns.
  Result<int64_t> Number(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(handle, sql, -1, &statement, nullptr) != SQLITE_OK) return Failure("open");
    const auto rows = Take(statement, ReadNumber);
    sqlite3_finalize(statement);
    if (!rows.ok()) return Error{rows.error()};
    if (rows->size() != 1) return NotOurs(sql);
    return rows->front();
  }

  // Whether the tables are there already; an error when they are not ours.
  Result<bool> IsMade() {
    const auto tables = Number("SELECT count(*) FROM sqlite_schema");
    if (!tables.ok()) return Error{tables.error()};
    if (*tables == 0) return false;
    const auto application = Number("PRAGMA application_id");
    const auto format = Number("PRAGMA user_version");
    if (!application.ok()) return Error{application.error()};
    if (!format.ok()) return Error{format.error()};
    if (*application != kApplicationId) return NotOurs("it is another program's database");
    if (*format > kFormat)
      return Error{
          fmt::format("{} was written by a newer gsd-run (format {}, this one knows {}); use that "
                      "one, or move the file away",
                      name, *format, kFormat)};
    return true;
  }

  // In one transaction, for two processes may come at once.
  Status Make() {
    if (auto begun = Execute("BEGIN IMMEDIATE"); !begun.ok()) return begun;
    const auto made = IsMade();
    if (!made.ok()) return Error{made.error()};
    if (!*made) {
      if (auto created = Execute(kSchema); !created.ok()) return created;
      const std::string marks =
          fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", kApplicationId, kFormat);
      if (auto marked = Execute(marks.c_str()); !marked.ok()) return marked;
    }
    return Execute("COMMIT");
  }
};

Journal::Journal(std::unique_ptr<Database> database) : database_(std::move(database)) {}
Journal::~Journal() = default;

Result<std::unique_ptr<Journal>> Journal::OpenAs(const fs::path& file, int flags) {
  auto database = std::make_unique<Database>();
  database->name = file == kInMemory ? "the journal in memory" : file.string();
  // The folders above may be links, the file may not: what it points to is not ours to write.
  std::error_code error;
  fs::path path = file;
  if (file != kInMemory) {
    path = fs::canonical(file.has_parent_path() ? file.parent_path() : ".", error) / file.filename();
    if (error) return Error{fmt::format("cannot open {}: {}", file.string(), error.message())};
    if (const auto kind = fs::symlink_status(path, error).type();
        kind != fs::file_type::regular && kind != fs::file_type::not_found)
      return Error{fmt::format("cannot open {}: not a regular file", file.string())};
  }
  flags |= SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  errno = 0;
  if (sqlite3_open_v2(path.c_str(), &database->handle, flags, nullptr) != SQLITE_OK)
    return database->Failure("open");

  // Somebody else may have written the file: nothing in it is to be carried out, and nothing too large read.
  sqlite3* handle = database->handle;
  for (const int off : {SQLITE_DBCONFIG_ENABLE_TRIGGER, SQLITE_DBCONFIG_ENABLE_VIEW,
                        SQLITE_DBCONFIG_TRUSTED_SCHEMA, SQLITE_DBCONFIG_DQS_DDL, SQLITE_DBCONFIG_DQS_DML})
    sqlite3_db_config(handle, off, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, kLongestText);
  sqlite3_busy_timeout(handle, static_cast<int>(kJournalPatience.count()));

  const auto made = database->IsMade();
  if (!made.ok()) return Error{made.error()};
  database->read_only = (flags & SQLITE_OPEN_READONLY) != 0;
  if (database->read_only && !*made) return database->NotOurs("it is empty");
  const char* settings = database->read_only ? "PRAGMA cell_size_check = ON"
                                             : "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; "
                                               "PRAGMA foreign_keys = ON; PRAGMA cell_size_check = ON";
  if (auto set = database->Execute(settings); !set.ok()) return Error{set.error()};
  if (!*made) {
    if (auto done = database->Make(); !done.ok()) return Error{done.error()};
  }
  return std::unique_ptr<Journal>(new Journal(std::move(database)));
}

Result<std::unique_ptr<Journal>> Journal::Open(const fs::path& file) {
  return OpenAs(file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
}

Result<std::unique_ptr<Journal>> Journal::OpenReadOnly(const fs::path& file) {
  return OpenAs(file, SQLITE_OPEN_READONLY);
}

Result<std::unique_ptr<Journal>> Journal::OpenInMemory() {
  return OpenAs(kInMemory, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
}

Status Journal::Begin() {
  GSD_CHECK(!database_->in_transaction);
  Status begun = database_->Write(database_->read_only ? kBeginReading : kBegin);
  database_->in_transaction = begun.ok();
  return begun;
}

Status Journal::Commit() {
  GSD_CHECK(database_->in_transaction);
  Status committed = database_->broken.empty() ? database_->Write(kCommit) : Status(Error{database_->broken});
  database_->in_transaction = false;
  database_->broken.clear();
  // SQLite may have rolled back by itself already.
  if (!committed.ok() && sqlite3_get_autocommit(database_->handle) == 0) {
    if (auto undone = database_->Write(kRollback); !undone.ok()) return undone;
  }
  return committed;
}

Status Journal::PutRun(const RunRow& run) {
  return database_->Write(kPutRun, run.id, run.manifest_sha256, run.agent, run.options, run.base, run.branch,
                          RunStateName(run.state), run.started, run.ended);
}

Status Journal::PutTask(const std::string& run, const TaskRow& task) {
  return database_->Write(kPutTask, run, task.task, TaskStateName(task.state), task.commit, task.text,
                          task.message, task.wait_until, task.answer);
}

Status Journal::PutAttempt(const std::string& run, const AttemptRow& attempt) {
  const auto tokens = [&](int64_t TokenCounts::*count) {
    return attempt.tokens ? std::optional(*attempt.tokens.*count) : std::nullopt;
  };
  return database_->Write(kPutAttempt, run, attempt.task, int64_t{attempt.attempt}, attempt.model,
                          AttemptStageName(attempt.stage), attempt.outcome, attempt.message, attempt.place,
                          attempt.base, attempt.tree, attempt.commit, attempt.kept_branch, attempt.session,
                          tokens(&TokenCounts::input), tokens(&TokenCounts::output),
                          tokens(&TokenCounts::cache_creation), tokens(&TokenCounts::cache_read), attempt.usd,
                          int64_t{attempt.counted}, attempt.started, attempt.ended);
}

Status Journal::PutAnswer(const std::string& run, const AnswerRow& answer) {
  return database_->Write(kPutAnswer, run, answer.task, AnswerKindName(answer.kind), answer.text, answer.at);
}

Status Journal::RemoveRun(const std::string& run) { return database_->Write(kRemoveRun, run); }

Result<std::vector<RunRow>> Journal::Runs() { return database_->Read(kRuns, ReadRun); }

Result<std::vector<TaskRow>> Journal::Tasks(const std::string& run) {
  return database_->Read(kTasks, ReadTask, std::string_view(run));
}

Result<std::vector<AttemptRow>> Journal::Attempts(const std::string& run) {
  return database_->Read(kAttempts, ReadAttempt, std::string_view(run));
}

Result<std::vector<AnswerRow>> Journal::Answers(const std::string& run) {
  return database_->Read(kAnswers, ReadAnswer, std::string_view(run));
}

Result<int64_t> Journal::DataVersion() {
  const auto rows = database_->Read(kDataVersion, ReadNumber);
  if (!rows.ok()) return Error{rows.error()};
  return rows->front();
}

}  // namespace gsd
