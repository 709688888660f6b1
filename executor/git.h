// Calls of the program git: each with a time limit, bounded output, and an environment in which neither the
// caller's variables nor hooks, signatures, prompts or a terminal's signals interfere.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "frontend/support.h"

namespace gsd {

struct GitCall {
  std::vector<std::string> arguments;                               // behind "git -c …"
  std::filesystem::path directory;                                  // where it runs; must exist
  std::vector<std::pair<std::string, std::string>> variables = {};  // GIT_INDEX_FILE and the like
  std::vector<std::string> settings = {};  // "core.x=y", beside those that hold for every call
  std::string_view input = {};             // its standard input
  std::chrono::milliseconds time_limit{60'000};
  bool outlives_us = false;  // goes on when we are killed
};

struct GitOutput {
  int exit_code = 0;  // 128 + signal when one ended it
  std::string out, err;
};

// What git said on its standard error, without hints and warnings, on one line: for error messages.
std::string GitComplaint(const GitOutput& output);

class Git {
 public:
  // Takes the git of PATH. An error when there is none, or one that is older than 2.38 (which is the first
  // with `merge-tree --write-tree`).
  static Result<Git> Find();
  // A certain program, unchecked.
  explicit Git(std::string program);

  // Whatever its exit code is. An error when it could not start, took longer than it may, or said more than
  // `kLargestOutput`; then it has been killed.
  static constexpr size_t kLargestOutput = size_t{64} << 20;
  Result<GitOutput> Run(const GitCall& call) const;
  // Its output without the last newline. An exit code other than 0 is an error with git's own words.
  Result<std::string> Get(const GitCall& call) const;

  // For repositories whose user has no identity of their own.
  void SetIdentity(const std::string& name, const std::string& email);
  // How many times git was called.
  size_t calls() const { return calls_; }

 private:
  std::string program_;
  std::vector<std::string> environment_;
  mutable size_t calls_ = 0;
};

}  // namespace gsd
