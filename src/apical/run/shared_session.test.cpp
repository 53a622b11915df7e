// SPDX-License-Identifier: Apache-2.0
// Ranks are threads here; with MPI: tests/cli/mpi.test.cpp.
#include "apical/run/shared_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>

#include "apical/core/test_ranks.h"
#include "apical/io/checkpoint.h"
#include "apical/io/hash.h"
#include "apical/io/test_directory.h"
#include "apical/run/fault_record.h"
#include "apical/run/memory_need.h"
#include "apical/run/run.h"
#include "support/command_line.h"
#include "support/run_files.h"
#include "support/small_experiments.h"

namespace apical {
namespace {

using test::as_ranks;
using testing::HasSubstr;

Experiment experiment_of(const std::string& text) {
  return read_experiment(TomlDocument::parse(text, "test"));
}

/// Stops after so many checkpoints.
class StopAfter final : public Listener {
 public:
  StopAfter(int checkpoints, std::atomic<bool>& stop) : left_(checkpoints), stop_(stop) {}
  void on(const Saving& s) override {
    if (s.done && --left_ == 0) stop_ = true;
  }

 private:
  int left_;
  std::atomic<bool>& stop_;
};

/// Rank 0 runs, the others follow; what rank 0 got.
RunResult run_on(std::size_t count, const Experiment& e, const io::Path& directory, bool resume = false,
                 int stop_after = 0) {
  RunResult result;
  std::atomic<bool> stop{false};
  as_ranks(
      count,
      [&](Ranks& ranks) {
        ThreadPool pool(1);
        const Resources resources{pool};
        if (!ranks.leads()) {
          EXPECT_EQ(follow(resources, ranks), Ranks::Bytes(1, std::byte{7}));
          return;
        }
        StopAfter stopper(stop_after, stop);
        RunOptions options{.directory = directory, .resume = resume, .ranks = &ranks};
        options.listeners.push_back(&stopper);
        const std::atomic<bool> nobody_asks{false};
        result = run_experiment(e, options, resources, nobody_asks);
        dismiss(ranks, Ranks::Bytes(1, std::byte{7}));
      },
      &stop);
  return result;
}

RunResult run_alone(const Experiment& e, const io::Path& directory) {
  ThreadPool pool(1);
  const std::atomic<bool> never{false};
  return run_experiment(e, {.directory = directory}, {pool}, never);
}

TEST(SharedSession, LeavesTheBytesOfOneProcess) {
  const io::TestDirectory directory;
  const Experiment e = experiment_of(test::small_areas());
  run_alone(e, directory / "whole");
  for (const std::size_t ranks : {1U, 2U, 3U, 4U}) {
    const io::Path run = directory / ("ranks-" + std::to_string(ranks));
    EXPECT_FALSE(run_on(ranks, e, run).stopped);
    EXPECT_EQ(test::difference(directory / "whole", run), "") << ranks;
  }
}

TEST(SharedSession, GoesOnWithAnotherNumberOfRanks) {
  const io::TestDirectory directory;
  Experiment e = experiment_of(test::small_areas(6));
  e.checkpoint_every_s = 0;
  run_alone(e, directory / "whole");
  const io::Path run = directory / "run";
  EXPECT_TRUE(run_on(2, e, run, false, 2).stopped);
  EXPECT_TRUE(run_on(3, e, run, true, 2).stopped);
  EXPECT_FALSE(run_on(1, e, run, true).stopped);
  EXPECT_EQ(test::difference(directory / "whole", run), "");
}

TEST(SharedSession, OfATrainingLeavesTheBytesOfOneProcess) {
  const std::map<std::string, std::string> kinds{
      {"rate", test::large_circuit()},
      {"two seeds", test::with(test::large_circuit(1), "seeds = 1", "seeds = 2")},
      {"feedback", test::large_network()},
      {"predictive", test::large_network(1, "predictive-coding")}};
  for (const auto& [kind, text] : kinds) {
    const io::TestDirectory directory;
    const Experiment e = experiment_of(text);
    ASSERT_EQ(why_not_shared(e), "") << kind;
    run_alone(e, directory / "whole");
    for (const std::size_t ranks : {1U, 2U, 3U, 4U}) {
      const io::Path run = directory / ("ranks-" + std::to_string(ranks));
      EXPECT_FALSE(run_on(ranks, e, run).stopped);
      EXPECT_EQ(test::difference(directory / "whole", run), "") << kind << " on " << ranks;
    }
  }
}

/// Pictures are made of what a circuit answers, by all ranks; they are written by one.
TEST(SharedSession, OfATrainingGoesOnWithAnotherNumberOfRanks) {
  for (const std::string& text : {test::large_circuit(3), test::large_network(3)}) {
    const io::TestDirectory directory;
    const Experiment e = experiment_of(text);
    run_alone(e, directory / "whole");
    const io::Path run = directory / "run";
    EXPECT_TRUE(run_on(2, e, run, false, 3).stopped);
    EXPECT_TRUE(run_on(3, e, run, true, 2).stopped);
    EXPECT_FALSE(run_on(1, e, run, true).stopped);
    EXPECT_EQ(test::difference(directory / "whole", run), "");
  }
}

TEST(SharedSession, SaysWhatCannotBeShared) {
  const std::map<std::string, std::string> refused{
      {test::small_network(), "its products are too small"},
      {test::with(test::large_network(), "layers = [4, 384, 300, 3]", "layers = [4, 300, 130, 3]"),
       "of the time of one at best"},
      {test::small_circuit(), "none of its projections has 131072 pairs"},
      {test::small_policy(), "learns from reward"},
      {test::with(test::small_circuit(), "seeds = 1", "seeds = 16"), "side by side"}};
  for (const auto& [text, why] : refused) {
    const io::TestDirectory directory;
    try {
      run_on(1, experiment_of(text), directory / "run");
      ADD_FAILURE() << "not refused: " << why;
    } catch (const ConfigError& error) {
      EXPECT_THAT(error.what(), HasSubstr("cannot be shared by several ranks"));
      EXPECT_THAT(error.what(), HasSubstr(why));
    }
    EXPECT_FALSE(io::file_exists(directory / "run"));
  }
}

/// By rank 0's clock: that of another rank decides nothing.
TEST(SharedSession, ARoundIsSavedByTheClock) {
  const io::TestDirectory directory;
  Experiment e = experiment_of(test::with(test::small_areas(1), "duration_s = 0.008", "duration_s = 4"));
  e.checkpoint_every_s = 0;
  EXPECT_TRUE(run_on(2, e, directory / "run", false, 1).stopped);
  const io::FoundCheckpoint found =
      io::newest_valid_checkpoint(directory / "run" / "checkpoints", io::xxh3(io::bytes_of(e.resolved)));
  ASSERT_TRUE(found.checkpoint);
  const std::vector<io::CheckpointSection>& sections = found.checkpoint->sections;
  EXPECT_TRUE(std::any_of(sections.begin(), sections.end(), [](const io::CheckpointSection& s) {
    return s.name == "within";
  })) << "one round of four seconds of biological time, saved in its midst";
}

TEST(SharedSession, WhatOneRankCannotDoIsAnErrorOfAll) {
  const Experiment e = experiment_of(test::small_areas());
  const io::TestDirectory directory;
  const auto too_little_on_rank_1 = [&](Ranks& ranks) {
    ThreadPool pool(1);
    const Resources resources{.pool = pool, .memory = {.bytes = ranks.rank() == 1 ? 1000.0 : 1e12}};
    if (!ranks.leads()) {
      follow(resources, ranks);
      return;
    }
    const std::atomic<bool> never{false};
    try {
      run_experiment(e, {.directory = directory / "run", .ranks = &ranks}, resources, never);
      ADD_FAILURE() << "no error";
    } catch (const RankFailed& error) {
      EXPECT_EQ(error.rank(), 1U);
      EXPECT_THAT(error.what(), HasSubstr("of memory"));
    }
    EXPECT_FALSE(io::file_exists(directory / "run"));
  };
  EXPECT_THROW(as_ranks(2, too_little_on_rank_1), IoError);
}

/// What a run that diverges says, but for where its state is.
std::string fault_of(const std::function<void()>& run) {
  try {
    run();
    ADD_FAILURE() << "no fault";
  } catch (const NumericalFault& fault) {
    return std::string(fault.what()).substr(0, std::string_view(fault.what()).find("the state at"));
  }
  return {};
}

TEST(SharedSession, ANumericalFaultOnAnyRankIsThatOfOneProcess) {
  const io::TestDirectory directory;
  Experiment e = experiment_of(test::falling_areas());
  e.checkpoint_every_s = 0;
  const std::string alone = fault_of([&] { run_alone(e, directory / "whole"); });
  EXPECT_THAT(alone, testing::AllOf(HasSubstr("'low'"), HasSubstr("change of weights"), HasSubstr("step")));
  const io::Bytes kept = io::read_file(fault_state_file(directory / "whole"));
  for (const std::size_t ranks : {1U, 2U, 3U}) {
    const io::Path run = directory / ("ranks-" + std::to_string(ranks));
    EXPECT_EQ(fault_of([&] { run_on(ranks, e, run); }), alone);
    EXPECT_EQ(io::read_file(fault_state_file(run)), kept) << ranks;
  }
}

/// One synapse among 133 thousand is at fault, which one rank has; what comes of it all find.
TEST(SharedSession, ATrainingInWhichOneRankHasAFaultIsThatOfOneProcess) {
  const io::TestDirectory directory;
  const Experiment e = experiment_of(test::falling_circuit());
  ASSERT_EQ(why_not_shared(e), "");
  const std::string alone = fault_of([&] { run_alone(e, directory / "whole"); });
  EXPECT_THAT(alone, testing::AllOf(HasSubstr("'a2'"), HasSubstr("in unit"), HasSubstr("step")));
  const io::Bytes kept = io::read_file(fault_state_file(directory / "whole"));
  for (const std::size_t ranks : {1U, 2U, 3U}) {
    const io::Path run = directory / ("ranks-" + std::to_string(ranks));
    EXPECT_EQ(fault_of([&] { run_on(ranks, e, run); }), alone);
    EXPECT_EQ(io::read_file(fault_state_file(run)), kept) << ranks;
  }
}

TEST(SharedSession, DividesSynapsesAmongRanks) {
  const Experiment e = experiment_of(test::small_areas());
  const RankMemory two = memory_of_ranks(e, 2).most, four = memory_of_ranks(e, 4).most;
  EXPECT_LT(four.each, two.each);
  EXPECT_GT(two.saving, two.each);
}

TEST(SharedSession, DividesLargeProjectionsOfRateNeurons) {
  const Experiment e =
      experiment_of(test::with(test::with(test::large_circuit(), "align_every = 1", "align_every = 0"),
                               "layers = [4, 370, 360, 3]", "layers = [4, 8000, 8000, 3]"));
  const double whole = memory_need(e, 1).state;
  const RankMemory two = memory_of_ranks(e, 2).most, four = memory_of_ranks(e, 4).most;
  // Each has a copy of what is its own while it validates.
  EXPECT_NEAR(two.each, whole, 0.02 * whole);
  EXPECT_NEAR(four.each, whole / 2, 0.02 * whole);
  EXPECT_GT(two.saving, whole);  // a checkpoint comes together there
}

}  // namespace
}  // namespace apical
