// Where a task's work happens, and how it comes into the result of the run. An interface because a run works
// either in work trees of git (git_workspace.h) or in the project itself (plain_workspace.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "frontend/support.h"

namespace gsd {

struct PlaceRequest {
  // A folder name, unique in the run, not beginning with '.': "08-02_4.1". A name that is used again means
  // the same folder, with nothing in it but the new base.
  std::string name;
  // Ids of all finished tasks that it depends on, directly or not: what its base must contain. Ids of which
  // nothing was integrated are passed over.
  std::vector<std::string> after;
  // The base is all that is integrated, whatever `after` says: for work that did not fit onto it.
  bool on_everything = false;
};

struct Workplace {
  std::string name;
  std::filesystem::path
      folder;        // absolute; the project root as the task sees it, the agent's working directory
  std::string base;  // commit that the work starts from; "" without git
  std::string note;  // what people should know about this base, or ""
};

struct FileChange {
  enum class Kind : uint8_t { kAdded, kModified, kDeleted } kind;
  std::string path;  // relative to the project root, forward slashes; "../x" when elsewhere in the repository
};

// What a work tree held at one moment.
struct Snapshot {
  std::string tree;  // "" without git
  std::vector<FileChange> changes;
  std::string agent_commit;  // HEAD when the agent committed (or moved HEAD) itself, else ""
};

struct Integration {
  enum class Kind : uint8_t {
    kIntegrated,  // it is in the result, as `commit`
    kNothing,     // no change that the result does not have already
    kConflict,    // the result is as it was; `conflicts` says where
  } kind;
  std::string commit;
  std::vector<std::string> conflicts;  // paths as in FileChange
};

class Workspace {
 public:
  virtual ~Workspace() = default;
  virtual Result<Workplace> Prepare(const PlaceRequest& request) = 0;
  // Does each task have a folder of its own? Otherwise PlaceRequest::after is not needed.
  virtual bool isolates() const = 0;
  // A place as an earlier process left it: at `base`, holding what Record() had seen as `tree`.
  virtual Result<Workplace> Restore(const std::string& name, const std::string& base,
                                    const std::string& tree) = 0;
  // What the place holds now. What is written there later, by verify commands say, is not in the snapshot.
  virtual Result<Snapshot> Record(const Workplace& place) = 0;
  // Brings a snapshot of the place into the result. `message` is the commit's, with the trailers
  // "Gsd-Task: <task>" and "Gsd-Run: <run>", by which a resumed run knows what it has.
  virtual Result<Integration> Integrate(const Workplace& place, const Snapshot& snapshot,
                                        const std::string& task, const std::string& message) = 0;
  // Puts whatever is there on a branch of its own, so that failed work is never lost. The branch's name, or
  // "" when there is nothing to keep.
  virtual Result<std::string> Keep(const Workplace& place, const std::string& message) = 0;
  // Removes the folder; the branch of Keep() stays.
  virtual void Drop(const Workplace& place) = 0;
};

}  // namespace gsd
