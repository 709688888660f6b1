// What an agent is told about its task.
#pragma once

#include <string>
#include <vector>

#include "backends/manifest.h"

namespace gsd {

// What a finished task, on which this one depends, has left.
struct Delivered {
  std::string title;               // "08-02:4 Implement user profile API"
  std::vector<std::string> files;  // changed by it
  std::string text;                // its agent's last words
};

struct PromptInput {
  const ManifestPlan* plan = nullptr;
  std::vector<const ManifestTask*> tasks;  // of this plan; usually one
  std::vector<std::string> decisions;      // what checkpoints before it have decided, one line each
  std::vector<Delivered> delivered;        // by the tasks it depends on
  std::string failure;         // why the attempt before this one was not accepted; "" for the first
  bool stay_in_files = true;   // changes outside the declared files are refused
  bool agent_commits = false;  // --commit=agent
};

// The seed's subagent prompt (part 5.2) with what an agent needs beside it. The action and the verification
// stand in it byte for byte as in the plan. What was delivered and what failed are bounded.
std::string BuildPrompt(const PromptInput& input);

}  // namespace gsd
