// What a plan says of tasks that need not wait for each other: "independent of Task 2", "Tasks 4-6 can run in
// parallel". Only plain statements count: a question, a quotation, code, and a sentence with a condition, a
// denial, another subject or another plan say nothing.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "analysis/plan_id.h"
#include "analysis/task_text.h"

namespace gsd {

struct IndependenceStatement {
  std::vector<int> tasks, others;  // each of `tasks` is independent of each of `others`, and the reverse
  bool of_speaker = false;         // `tasks` is the task whose text it is
  std::string_view words;          // in the plan: the sentence, or a part of it
};

// The statements among the mentions of one text of the plan `own`, in their order. Mentions of a task that
// the text only says to be independent of are marked as `apart`.
std::vector<IndependenceStatement> ReadIndependence(std::string_view text, const PlanId& own,
                                                    std::span<Mention> mentions);

}  // namespace gsd
