// A run of fakes whose events somebody watches: for the tests of what people see of a run.
#pragma once

#include <gtest/gtest.h>

#include "tests/fake_run.h"
#include "tests/manifest_samples.h"

namespace gsd::test {

struct ToldRun {
  explicit ToldRun(Manifest of) : manifest(std::move(of)) {
    options.run = "20261122-121500-ab12";
    options.ceilings = {};
    RunRow row;
    row.id = options.run;
    journal = std::move(*Journal::OpenInMemory());
    EXPECT_TRUE(journal->PutRun(row).ok());
  }

  // A second call goes on with what the first has left.
  RunRecord Run(const std::function<Script(TaskIndex, int)>& script, const RunObserver& observer = {}) {
    auto history = ReadHistory(manifest, *journal, options.run, {});
    EXPECT_TRUE(history.ok());
    schedule.max_parallel = options.max_parallel;
    Scheduler scheduler(MakeWorkPlan(manifest), schedule, history->done);
    FakeAgent agent(manifest, clock, script);
    agent.sessions = sessions;
    PlainWorkspace workspace("/");
    FakeVerification verification;
    return RunTasks({manifest, scheduler, agent, workspace, verification, *journal, clock}, options,
                    std::move(*history), [&](const RunEvent& event) {
                      if (observer) observer(event);
                    });
  }

  Manifest manifest;
  bool sessions = false;  // the agent can go on with a session
  RunnerOptions options;
  SchedulerOptions schedule;
  FakeTime clock;
  std::unique_ptr<Journal> journal;
};

// A run of the example that goes on although task 5 never passes its verification, with a checkpoint on the
// way.
inline ToldRun RunWithAFailure(TaskIndex checkpoint, const std::string& kind) {
  Manifest manifest = ExampleManifest();
  manifest.tasks[4].verify.automated = {"fail"};
  MakeCheckpoint(manifest, checkpoint, kind);
  ToldRun run(std::move(manifest));
  run.schedule.keep_going = true;
  return run;
}

}  // namespace gsd::test
