// Plays claude, codex, gemini or opencode, told by the command line it is called with, as they are when
// something goes wrong: STAND_IN says what. What it starts and leaves behind writes its pid to STAND_IN_PIDS.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

enum class Form { kClaude, kCodex, kGemini, kOpencode };

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Form FormOf(const std::vector<std::string>& arguments) {
  if (arguments[0] == "-p") return Form::kClaude;
  if (arguments[0] == "exec") return Form::kCodex;
  return arguments[0] == "run" ? Form::kOpencode : Form::kGemini;
}

void Write(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(fd, text.data(), text.size());
    if (count <= 0) return;
    text.remove_prefix(static_cast<size_t>(count));
  }
}
void Say(std::string_view text) { Write(1, text); }

void Begin(Form form) {
  if (form == Form::kClaude) Say("{\"type\":\"system\",\"subtype\":\"init\",\"session_id\":\"s-1\"}\n");
  if (form == Form::kCodex) Say("{\"type\":\"thread.started\",\"thread_id\":\"s-1\"}\n");
  if (form == Form::kOpencode) Say("{\"type\":\"step_start\",\"sessionID\":\"s-1\",\"part\":{}}\n");
}

// The final record of a success. `input` tokens, and what the program says at the end.
std::string Success(Form form, const std::string& text, int input = 10, const std::string& denials = "") {
  const std::string tokens = std::to_string(input);
  switch (form) {
    case Form::kClaude:
      // The type stands last, and `usage` is not what counts, as in the real one.
      return "{\"duration_api_ms\":1,\"subtype\":\"success\",\"is_error\":false,\"result\":\"" + text +
             "\",\"session_id\":\"s-1\",\"total_cost_usd\":0.5,\"usage\":{\"input_tokens\":0,"
             "\"output_tokens\":1},\"modelUsage\":{\"m\":{\"inputTokens\":" +
             tokens +
             ",\"outputTokens\":5,\"cacheReadInputTokens\":3,\"cacheCreationInputTokens\":2,\"costUSD\":0.5}}"
             ","
             "\"permission_denials\":[" +
             denials + "],\"type\":\"result\"}\n";
    case Form::kCodex:
      return "{\"type\":\"item.completed\",\"item\":{\"type\":\"agent_message\",\"text\":\"" + text +
             "\"}}\n{\"type\":\"turn.completed\",\"usage\":{\"input_tokens\":" + tokens +
             ",\"output_tokens\":5}}\n";
    case Form::kGemini:
      return "{\n  \"session_id\": \"s-1\",\n  \"response\": \"" + text +
             "\",\n  \"stats\": {\"models\": {\"m\": {\"tokens\": {\"input\": " + tokens +
             ", \"candidates\": 5}}}}\n}\n";
    case Form::kOpencode:
      return "{\"type\":\"text\",\"sessionID\":\"s-1\",\"part\":{\"text\":\"" + text +
             "\"}}\n{\"type\":\"step_finish\",\"sessionID\":\"s-1\",\"part\":{\"reason\":\"stop\","
             "\"cost\":0.5,\"tokens\":{\"input\":" +
             tokens + ",\"output\":5}}}\n";
  }
  return "";
}

// What the API refused, as each program tells it. Returns the exit code.
int Failure(Form form, int status, const std::string& message, const std::string& headers = "") {
  const std::string number = std::to_string(status);
  switch (form) {
    case Form::kClaude:
      Say("{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":true,\"api_error_status\":" + number +
          ",\"result\":\"" + message + "\",\"session_id\":\"s-1\"}\n");
      return 1;
    case Form::kCodex:
      Say("{\"type\":\"turn.failed\",\"error\":{\"message\":\"status " + number + ": " + message + "\"}}\n");
      return 1;
    case Form::kGemini:
      Write(2, "a stack trace\n{\n  \"error\": {\"type\": \"Error\", \"message\": \"" + message +
                   "\", \"code\": " + number + "}\n}\n");
      return status % 256;
    case Form::kOpencode:
      Say("{\"type\":\"error\",\"sessionID\":\"s-1\",\"error\":{\"data\":{\"message\":\"" + message +
          "\",\"statusCode\":" + number + ",\"responseHeaders\":{" + headers + "}}}}\n");
      return 1;
  }
  return 1;
}

void NotePid() {
  const int fd = open(Variable("STAND_IN_PIDS").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  Write(fd, std::to_string(getpid()) + "\n");
  close(fd);
}

[[noreturn]] void Sleep() {
  while (true) pause();
}

void IgnoreRequests() {
  for (int request : {SIGTERM, SIGINT, SIGHUP}) signal(request, SIG_IGN);
}

// Starts a process that holds on; returns when it stands.
template <typename Setup>
void LeaveBehind(Setup setup) {
  int ready[2];
  if (pipe2(ready, O_CLOEXEC) != 0) return;
  if (fork() == 0) {
    close(ready[0]);
    setup();
    NotePid();
    Write(ready[1], "r");
    close(ready[1]);
    Sleep();
  }
  close(ready[1]);
  char byte = 0;
  if (read(ready[0], &byte, 1) < 0) std::abort();
  close(ready[0]);
}

std::string ReadPrompt() {
  std::string prompt;
  char buffer[65536];
  for (ssize_t count = 0; (count = read(0, buffer, sizeof buffer)) > 0;)
    prompt.append(buffer, static_cast<size_t>(count));
  return prompt;
}

volatile sig_atomic_t asked_to_end = 0;

int Play(const std::string& role, Form form, const char* self) {
  const std::string done = Success(form, "done");
  if (role == "reads-nothing") {
    Begin(form);
    Say(done);
    return 0;
  }
  if (role == "closes-stdin") {
    close(0);
    Begin(form);
    Say(done);
    return 0;
  }
  const std::string prompt = ReadPrompt();
  if (role == "empty") return 0;
  Begin(form);
  if (role == "ok") {
    Say(done);
  } else if (role == "measures-prompt") {
    Say(Success(form, std::to_string(prompt.size())));
  } else if (role == "regular-files") {
    struct stat in = {}, out = {}, err = {};
    const bool regular = fstat(0, &in) == 0 && fstat(1, &out) == 0 && fstat(2, &err) == 0 &&
                         S_ISREG(in.st_mode) && S_ISREG(out.st_mode) && S_ISREG(err.st_mode);
    Say(Success(form, regular && fcntl(3, F_GETFD) < 0 ? "regular" : "not regular"));
  } else if (role == "long-answer") {
    Say(Success(form, std::string(1'000'000, 'x')));
  } else if (role == "input-100") {
    Say(Success(form, "done", 100));
  } else if (role == "input-250") {
    Say(Success(form, "done", 250));
  } else if (role == "denied") {
    Say(Success(form, "done", 10, "{\"tool_name\":\"Bash\",\"tool_input\":{\"command\":\"rm -rf x\"}}"));
  } else if (role == "garbage") {
    Say(std::string("\x00\xff\xfe{]}\n{\"type\":\n\n\x1b[31m<html>", 26));
  } else if (role == "truncated") {
    Say(done.substr(0, done.size() / 2));
  } else if (role == "success-exit-1") {
    Say(done);
    return 1;
  } else if (role == "error-exit-0") {
    Failure(form, 500, "Internal server error");
  } else if (role == "401") {
    return Failure(form, 401, "invalid x-api-key");
  } else if (role == "529") {
    return Failure(form, 529, "Overloaded");
  } else if (role == "quota") {
    if (form == Form::kClaude)
      Say("{\"type\":\"rate_limit_event\",\"rate_limit_info\":{\"status\":\"rejected\",\"resetsAt\":"
          "1999999999}}\n");
    return Failure(form, 429, "You exceeded your current quota. Try again in 2h30m.",
                   "\"anthropic-ratelimit-unified-status\":\"rejected\","
                   "\"anthropic-ratelimit-unified-reset\":\"1999999999\"");
  } else if (role == "after-the-result") {
    Say(done);
    Say("(node:1) Warning: something is deprecated\nGoodbye\n");
  } else if (role == "flood") {
    const std::string piece(1 << 20, 'x');
    for (int i = 0; i < 200; ++i) Say(piece);
    Say("\n" + done);
  } else if (role == "flood-for-ever") {
    const std::string line = std::string(9999, 'x') + "\n";
    for (int i = 0; i < 2000; ++i) Say(line);
    NotePid();
    Sleep();
  } else if (role == "huge-line") {
    Say("{\"type\":\"" + std::string(20'000'000, 'y') + "\"}\n");
    Say(done);
  } else if (role == "hang") {
    NotePid();
    Sleep();
  } else if (role == "survives") {
    IgnoreRequests();
    NotePid();
    Sleep();
  } else if (role == "slow-death") {
    struct sigaction action = {};
    action.sa_handler = [](int) { asked_to_end = 1; };
    for (int request : {SIGTERM, SIGINT}) sigaction(request, &action, nullptr);
    NotePid();
    while (asked_to_end == 0) usleep(1000);
    usleep(200'000);
    Say(done);
  } else if (role == "litter") {
    const std::string folder = Variable("TMPDIR") + "/locked";
    mkdir(folder.c_str(), 0700);
    close(open((folder + "/file.so").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    chmod(folder.c_str(), 0);
    Say(Success(form, Variable("TMPDIR")));
  } else if (role == "leaves-child") {  // in its group, with the standard output open
    LeaveBehind([] { IgnoreRequests(); });
    Say(done);
  } else if (role == "leaves-session") {
    LeaveBehind([] {
      IgnoreRequests();
      setsid();
    });
    Say(done);
  } else if (role == "leaves-daemon") {  // forks twice, has its parent die, and a child of its own
    LeaveBehind([] {
      setsid();
      if (fork() != 0) _exit(0);
      LeaveBehind([] { setsid(); });
    });
    Say(done);
  } else if (role == "leaves-scrubbed" || role == "hangs-scrubbed") {  // nothing tells whose it is
    LeaveBehind([&] {
      setsid();
      char name[] = "nameless", pids[4096];
      std::snprintf(pids, sizeof pids, "STAND_IN_PIDS=%s", Variable("STAND_IN_PIDS").c_str());
      char* argv[] = {name, nullptr};
      char* environment[] = {pids, nullptr};
      if (fork() == 0) execve(self, argv, environment);
      _exit(0);
    });
    struct stat info = {};
    while (stat(Variable("STAND_IN_PIDS").c_str(), &info) != 0 || info.st_size == 0) usleep(1000);
    if (role == "hangs-scrubbed") Sleep();
    Say(done);
  } else if (role.rfind("variable-", 0) == 0) {
    Say(Success(form, Variable(role.substr(9).c_str())));
  } else {
    return 99;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty()) {  // the scrubbed one
    NotePid();
    Sleep();
  }
  if (arguments[0] == "--version") {
    std::puts("stand-in 1.2.3");
    return Variable("STAND_IN") == "broken" ? 3 : 0;
  }
  return Play(Variable("STAND_IN"), FormOf(arguments), argv[0]);
}
