// --isolation=none: every task works in the project itself, and what it does is in the result at once.
#pragma once

#include "executor/workspace.h"

namespace gsd {

class PlainWorkspace : public Workspace {
 public:
  explicit PlainWorkspace(std::filesystem::path root) : root_(std::move(root)) {}

  Result<Workplace> Prepare(const PlaceRequest& request) override;
  bool isolates() const override { return false; }
  Result<Workplace> Restore(const std::string& name, const std::string& base,
                            const std::string& tree) override;
  Result<Snapshot> Record(const Workplace& place) override;
  Result<Integration> Integrate(const Workplace& place, const Snapshot& snapshot, const std::string& task,
                                const std::string& message) override;
  Result<std::string> Keep(const Workplace& place, const std::string& message) override;
  void Drop(const Workplace& place) override;

 private:
  std::filesystem::path root_;
};

}  // namespace gsd
