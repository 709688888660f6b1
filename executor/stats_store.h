// The file of token statistics on disk, which many processes write at once (docs/learning.md).
//
// Beside FILE.json stands FILE.log: its lock (flock), and the records that are not in FILE.json yet. To
// record is to append a line under the lock and to have it reach the disk, which processes do together; from
// time to time whoever has the lock folds the log into the file. A fold is: write FILE.json.next, empty the
// log, rename it to FILE.json. So a fold that was killed is completed by the next one, no record is lost or
// counted twice, and FILE.json is valid JSON at every moment.
//
// Only a project's statistics and the user's own are kept so. What stands beside any other file is somebody
// else's: ReadStatsFile and ReplaceStatsFile touch the file alone.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "analysis/token_stats.h"
#include "executor/clock.h"
#include "frontend/support.h"

namespace gsd {

// What a file is to hold, from what it holds or why that cannot be read. An error leaves it as it is.
using MakeStats = std::function<Result<TokenStats>(const Result<TokenStats>& content)>;

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
  // Makes what `make` answers the whole content. It is asked under the lock: nobody records, merges or folds
  // between its reading and its writing. Errors: those of `make`, the disk, the lock.
  Status Replace(const MakeStats& make);
  // There is a file, or records that have not found their way into it.
  bool Exists() const;

  // What a person should know: that a damaged file was set aside. Once; "" when there is nothing.
  std::string TakeNote() { return std::exchange(note_, {}); }
  const std::filesystem::path& file() const { return file_; }

 private:
  // `make`: nothing for the content with the log's records in it.
  Status FoldLocked(int log, const MakeStats& make);

  std::filesystem::path file_;
  Millis patience_;
  std::string note_;
};

// A file that is no store, through links. Errors: there is none, it is damaged, too large or no regular file.
Result<TokenStats> ReadStatsFile(const std::filesystem::path& file);
// Replaces it as a whole, or makes it; those who replace the same file at the same time take turns (flock on
// the file itself), so none loses what another has written. Not through links.
Status ReplaceStatsFile(const std::filesystem::path& file, const MakeStats& make,
                        Millis patience = Millis(10'000));

// Below a project's root, without links on the way: an error when there is one. `make`: makes the folder.
Result<std::filesystem::path> ProjectStatsPath(const std::filesystem::path& root, bool make);

}  // namespace gsd
