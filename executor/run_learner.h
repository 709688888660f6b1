// Records what a run's attempts teach, while it goes on. Statistics are never worth a run: what cannot be
// written is tried again at the end, and then told.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "executor/stats_record.h"
#include "executor/stats_store.h"

namespace gsd {

class RunLearner {
 public:
  // `manifest` outlives it. Nothing is written before the first record. `counts`: the agent is known to
  // report tokens. Of one that is not (a command), attempts without tokens are held back until one reports
  // some: of an agent that never does nothing is learned.
  RunLearner(const Manifest& manifest, std::filesystem::path root, bool counts)
      : manifest_(manifest), root_(std::move(root)), counts_(counts) {}

  void Settled(const AttemptRecord& attempt);
  // Writes what is left and brings all of it into the file; when the checkout may change. Returns what a
  // person should know, one sentence each.
  std::vector<std::string> Finish();

 private:
  Status Write();

  const Manifest& manifest_;
  std::filesystem::path root_;
  bool counts_;
  std::vector<TokenRecord> unwritten_, held_back_;
  std::vector<std::string> notes_;
  bool learned_ = false;  // there was something to record
};

}  // namespace gsd
