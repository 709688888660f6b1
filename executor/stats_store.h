// The file of token statistics on disk, which many processes write at once (docs/learning.md).
//
// Beside FILE.json stands FILE.log: its lock (flock), and the records that are not in FILE.json yet. To
// record is to append a line under the lock and to have it reach the disk, which processes do together; from
// time to time whoever has the lock folds the log into the file. A fold is: write FILE.json.next, empty the
// log, rename it to FILE.json. So a fold that was killed is completed by the next one, no record is lost or
// counted twice, and FILE.json is valid JSON at every moment.
#pragma once

#include <filesystem>
#include <string>

#include "analysis/token_stats.h"
#include "executor/clock.h"
#include "frontend/support.h"

namespace gsd {

class StatsStore {
 public:
  // `file`: ".json" is its extension. Nothing is opened yet. `patience`: how long to wait for the lock.
  explicit StatsStore(std::filesystem::path file, Millis patience = Millis(10'000))
      : file_(std::move(file)), patience_(patience) {}

  // Ok: the record has reached the disk and survives whatever happens to this process or the machine. Errors:
  // the disk, the lock. Makes the file, not its folder.
  Status Record(const TokenRecord& record);
  // All that has been recorded. An empty one when there is no file; an error when it is damaged.
  Result<TokenStats> Read() const;
  // Brings the log into the file.
  Status Fold();
  // Makes `stats` the whole content.
  Status Replace(const TokenStats& stats);

  // What a person should know: that a damaged file was set aside. Once; "" when there is nothing.
  std::string TakeNote() { return std::exchange(note_, {}); }
  const std::filesystem::path& file() const { return file_; }

 private:
  Status FoldLocked(int log, const TokenStats* instead);

  std::filesystem::path file_;
  Millis patience_;
  std::string note_;
};

// Below a project's root, without links on the way: an error when there is one. `make`: makes the folder.
Result<std::filesystem::path> ProjectStatsPath(const std::filesystem::path& root, bool make);

}  // namespace gsd
