// SPDX-License-Identifier: Apache-2.0
// --mpi: what ranks do together is what one process does, byte for byte, and whatever befalls one of them
// ends all in good time.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "apical/io/checkpoint.h"
#include "apical/io/json.h"
#include "apical/run/fault_record.h"
#include "support/command_line.h"
#include "support/environment.h"
#include "support/launched.h"
#include "support/run_files.h"
#include "support/small_experiments.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using test::apical_says;
using test::EnvironmentVariable;
using test::Launched;
using test::small_areas;
using test::with;
using testing::HasSubstr;
using testing::Not;

std::string often_saved(int epochs) {
  return with(small_areas(epochs, 0.004), "seeds = 1", "seeds = 1\ncheckpoint_every_s = 0");
}

/// Five seconds, and so many times more as processes wait for each processor.
std::chrono::duration<double> soon() {
  double load = 0;
  if (getloadavg(&load, 1) != 1) load = 0;
  return std::chrono::seconds(5) * std::max(1.0, load / std::max(1U, std::thread::hardware_concurrency()));
}

class WithoutMpi : public test::CommandLine {};

class Mpi : public test::CommandLine {
 protected:
  void SetUp() override {
    if (const std::string reason = test::no_ranks_because(); !reason.empty()) GTEST_SKIP() << reason;
  }
  std::unique_ptr<Launched> started(int ranks, std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--mpi", "--threads", "1", "--quiet"});
    return std::make_unique<Launched>(ranks, arguments, directory_.path());
  }
  void launched(int ranks, const std::vector<std::string>& arguments, int code = 0) const {
    const auto all = started(ranks, arguments);
    EXPECT_EQ(all->wait(), code) << all->said();
  }
  /// What one process leaves in 'whole'.
  void whole(const std::string& experiment, const std::string& command = "run") const {
    const test::Answer a =
        apical_says({command, file(experiment), "--quiet", "--threads", "1", "--out", out("whole")});
    ASSERT_EQ(a.code, 0) << a.err;
  }
  /// Once there is a checkpoint.
  void await_checkpoint(const std::string& run) const {
    for (int tries = 0; tries < 6000; ++tries) {
      if (!io::list_checkpoints(io::Path(run) / "checkpoints").empty()) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    FAIL() << "there is no checkpoint in " << run;
  }
  /// A later one than this.
  void await_checkpoint_after(std::uint64_t reached, const std::string& run) const {
    for (int tries = 0; tries < 3000; ++tries) {
      if (io::list_checkpoints(io::Path(run) / "checkpoints").back() > reached) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    FAIL() << "no further checkpoint";
  }
};

/// Prints "a => b" for what the loader would load.
std::string libraries_of(const std::string& file) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(("ldd '" + file + "' 2>&1").c_str(), "r"), pclose);
  std::string text;
  std::array<char, 4096> chunk{};
  for (std::size_t n = 0; pipe && (n = std::fread(chunk.data(), 1, chunk.size(), pipe.get())) > 0;)
    text.append(chunk.data(), n);
  return text;
}

TEST_F(Mpi, IsInThePluginAndNotInTheProgram) {
  EXPECT_THAT(libraries_of(test::kBinary), Not(HasSubstr("mpi")));
  EXPECT_THAT(libraries_of(test::kBinary), HasSubstr("libc.so"));
  EXPECT_THAT(libraries_of((fs::path(test::kBinary).parent_path() / "libapical_mpi.so").string()),
              HasSubstr("libmpi"));
}

TEST_F(WithoutMpi, ManyProcessesOfALauncherAreRefusedOnceWithoutMpi) {
  for (const auto& [size, rank] :
       {std::pair{"OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"}, std::pair{"PMI_SIZE", "PMI_RANK"},
        std::pair{"SLURM_STEP_NUM_TASKS", "SLURM_PROCID"}}) {
    const EnvironmentVariable four(size, "4");
    const std::vector<std::string> run{"run", file(test::small_network()), "--out", out()};
    {
      const EnvironmentVariable first(rank, "0");
      const test::Answer a = apical_says(run);
      EXPECT_EQ(a.code, 2);
      EXPECT_THAT(a.err, HasSubstr("a launcher started 4 processes of 'apical run'"));
      EXPECT_THAT(a.err, HasSubstr("with --on mpi they do it together"));
      // Workers of a sweep are meant to be many.
      EXPECT_THAT(apical_says({"sweep", "run", out("nowhere")}).err, Not(HasSubstr("launcher")));
    }
    const EnvironmentVariable third(rank, "2");
    const test::Answer a = apical_says(run);
    EXPECT_EQ(a.code, 2);
    EXPECT_EQ(a.err, "");
    EXPECT_FALSE(io::file_exists(out()));
  }
  const EnvironmentVariable one("OMPI_COMM_WORLD_SIZE", "1");
  EXPECT_EQ(apical_says({"run", file(test::small_network()), "--quiet", "--out", out()}).code, 0);
}

TEST_F(WithoutMpi, WhatGoesWithMpiIsRefusedWithoutIt) {
  const test::Answer a = apical_says({"run", file(test::small_network()), "--spread", "seeds"});
  EXPECT_EQ(a.code, 2);
  EXPECT_THAT(a.err, HasSubstr("--spread goes with --mpi"));
}

TEST_F(Mpi, ASpikingCircuitLeavesTheSameBytesOnAnyNumberOfRanks) {
  whole(small_areas());
  // Several in each: something happened.
  EXPECT_GT(io::read_file(io::Path(out("whole")) / "spikes" / "seed-1.h5").size(), 10'000U);
  for (const int ranks : {1, 2, 3, 4}) {
    const std::string run = out(fmt::format("ranks-{}", ranks));
    launched(ranks, {"run", file(small_areas()), "--spread", "circuit", "--out", run});
    EXPECT_EQ(test::difference(out("whole"), run), "") << ranks;
  }
}

TEST_F(Mpi, ARateCircuitLeavesTheSameBytesOnAnyNumberOfRanks) {
  whole(test::large_circuit(1));
  for (const int ranks : {1, 2, 3, 4}) {
    const std::string run = out(fmt::format("ranks-{}", ranks));
    launched(ranks, {"run", file(test::large_circuit(1)), "--spread", "circuit", "--out", run});
    EXPECT_EQ(test::difference(out("whole"), run), "") << ranks;
  }
}

TEST_F(Mpi, ALayeredNetworkLeavesTheSameBytesOnAnyNumberOfRanks) {
  whole(test::large_network());
  for (const int ranks : {1, 2, 3, 4}) {
    const std::string run = out(fmt::format("ranks-{}", ranks));
    launched(ranks, {"run", file(test::large_network()), "--spread", "circuit", "--out", run});
    EXPECT_EQ(test::difference(out("whole"), run), "") << ranks;
  }
}

TEST_F(Mpi, ATrainingWhoseRankIsKilledOrStoppedGoesOnWithAnotherNumber) {
  for (const std::string& experiment : {test::large_circuit(10), test::large_network(120)}) {
    const std::string run = out("run");
    std::vector<std::string> command{"run", file(experiment), "--spread", "circuit", "--out", run};
    {
      const auto two = started(2, command);
      await_checkpoint(run);
      const pid_t one = two->process_of(1);
      const auto began = std::chrono::steady_clock::now();
      kill(one, SIGKILL);
      EXPECT_NE(two->wait(), 0);
      EXPECT_LT(std::chrono::steady_clock::now() - began, soon());
    }
    const auto reached = io::list_checkpoints(io::Path(run) / "checkpoints").back();
    command.emplace_back("--resume");
    {
      const auto three = started(3, command);
      await_checkpoint_after(reached, run);
      kill(three->process_of(2), SIGUSR1);
      EXPECT_EQ(three->wait(), 75) << three->said();
    }
    EXPECT_FALSE(io::file_exists(io::Path(run) / "summary.json"));
    EXPECT_EQ(apical_says({"run", "--resume", "--out", run, "--quiet", "--threads", "1"}).code, 0);
    whole(experiment);
    EXPECT_EQ(test::difference(out("whole"), run), "");
    fs::remove_all(run);
    fs::remove_all(out("whole"));
  }
}

TEST_F(Mpi, GoesOnWithAnotherNumberOfRanksAfterOneWasAskedToStop) {
  const std::string experiment = often_saved(12), run = out("run");
  whole(experiment);
  std::vector<std::string> command{"run", file(experiment), "--spread", "circuit", "--out", run};
  {
    const auto two = started(2, command);
    await_checkpoint(run);
    kill(two->process_of(1), SIGUSR1);
    EXPECT_EQ(two->wait(), 75) << two->said();
    EXPECT_THAT(two->said(), HasSubstr("stopped with a checkpoint"));
  }
  const auto reached = io::list_checkpoints(io::Path(run) / "checkpoints").back();
  command.emplace_back("--resume");
  {
    const auto three = started(3, command);
    await_checkpoint_after(reached, run);
    kill(three->process_of(2), SIGTERM);
    EXPECT_EQ(three->wait(), 75) << three->said();
  }
  EXPECT_FALSE(io::file_exists(io::Path(run) / "summary.json"));
  EXPECT_EQ(apical_says({"run", "--resume", "--out", run, "--quiet", "--threads", "1"}).code, 0);
  EXPECT_EQ(test::difference(out("whole"), run), "");
}

TEST_F(Mpi, AKilledRankEndsTheJobWhichIsResumed) {
  const std::string experiment = often_saved(12), run = out("run");
  whole(experiment);
  std::vector<std::string> command{"run", file(experiment), "--spread", "circuit", "--out", run};
  {
    const auto two = started(2, command);
    await_checkpoint(run);
    const pid_t one = two->process_of(1);
    const auto began = std::chrono::steady_clock::now();
    kill(one, SIGKILL);
    EXPECT_NE(two->wait(), 0);
    EXPECT_LT(std::chrono::steady_clock::now() - began, soon());
  }
  EXPECT_FALSE(io::file_exists(io::Path(run) / "summary.json"));
  command.emplace_back("--resume");
  launched(2, command);
  EXPECT_EQ(test::difference(out("whole"), run), "");
}

TEST_F(Mpi, ARankThatIsNotHeardOfEndsAllWith75) {
  int number = 0;
  for (const std::string& experiment :
       {often_saved(200), test::large_circuit(400), test::large_network(2000)}) {
    const std::string run = out(fmt::format("run-{}", number++));
    const auto two =
        started(2, {"run", file(experiment), "--spread", "circuit", "--mpi-timeout", "2", "--out", run});
    await_checkpoint(run);
    const pid_t one = two->process_of(1);
    kill(one, SIGSTOP);
    EXPECT_EQ(two->wait(), 75) << two->said();
    EXPECT_THAT(two->said(), HasSubstr("rank 0 has waited 2 s"));
    EXPECT_FALSE(io::file_exists(io::Path(run) / "summary.json")) << "it had ended before";
    kill(one, SIGKILL);
  }
}

TEST_F(Mpi, SeedsOverRanksLeaveTheBytesOfOneProcess) {
  const std::string network = with(test::small_network(), "seeds = 1", "seeds = 5");
  whole(network);
  for (const int ranks : {1, 2, 3, 4}) {
    const std::string run = out(fmt::format("ranks-{}", ranks));
    launched(ranks, {"run", file(network), "--out", run});
    EXPECT_TRUE(fs::remove(io::Path(run) / "collected.json"));  // who did what
    EXPECT_FALSE(io::file_exists(run + ".parts"));
    EXPECT_EQ(test::difference(out("whole"), run), "") << ranks;
  }
}

/// Of which some were done, and some were at it.
TEST_F(Mpi, SeedsOverRanksGoOnWithAnotherNumberOfThem) {
  const std::string network =
      with(with(test::small_network(), "epochs = 2", "epochs = 20000\nvalidate_every = 10000"), "seeds = 1",
           "seeds = 6\ncheckpoint_every_s = 0.05");
  whole(network);
  const std::string run = out("run"), parts = run + ".parts";
  std::vector<std::string> command{"run", file(network), "--out", run};
  const auto first_is_saved = [&] {
    for (int tries = 0; tries < 6000; ++tries, std::this_thread::sleep_for(std::chrono::milliseconds(10))) {
      if (!fs::exists(parts)) continue;
      for (const auto& entry : fs::recursive_directory_iterator(parts)) {
        if (entry.path().extension() == ".apc") return true;
      }
    }
    return false;
  };
  {
    const auto two = started(2, command);
    ASSERT_TRUE(first_is_saved());
    kill(two->process_of(1), SIGUSR1);
    EXPECT_EQ(two->wait(), 75) << two->said();
  }
  command.emplace_back("--resume");
  {
    const auto three = started(3, command);
    kill(three->process_of(2), SIGKILL);
    EXPECT_NE(three->wait(), 0);
  }
  EXPECT_FALSE(io::file_exists(io::Path(run) / "summary.json"));
  launched(1, command);
  EXPECT_TRUE(fs::remove(io::Path(run) / "collected.json"));
  EXPECT_FALSE(io::file_exists(parts));
  EXPECT_EQ(test::difference(out("whole"), run), "");
}

TEST_F(Mpi, AComparisonOverRanksLeavesTheBytesOfOneProcess) {
  const std::string two =
      test::small_circuit() +
      "[[variant]]\nlabel = \"six\"\n[[variant]]\nlabel = \"five\"\nmodel.layers = [4, 5, 3]\n";
  whole(two, "compare");
  launched(2, {"compare", file(two), "--out", out("run")});
  EXPECT_TRUE(fs::remove(io::Path(out("run")) / "collected.json"));
  EXPECT_EQ(test::difference(out("whole"), out("run")), "");
}

TEST_F(Mpi, ANumericalFaultOfAnyRankEndsAllWith4AndTheStateKept) {
  for (const auto& [text, where] :
       {std::pair{test::falling_areas(), "'low'"}, {test::falling_circuit(), "'a2'"}}) {
    const std::string experiment = file(text);
    fs::remove_all(out("whole"));
    const test::Answer alone =
        apical_says({"run", experiment, "--quiet", "--threads", "1", "--out", out("whole")});
    EXPECT_EQ(alone.code, 4);
    const std::string fault = alone.err.substr(0, alone.err.find("the state at"));
    EXPECT_THAT(fault, testing::AllOf(HasSubstr(where), HasSubstr("in unit"), HasSubstr("at step")));
    for (const int ranks : {2, 3}) {
      const std::string run = out(fmt::format("ranks-{}", ranks));
      fs::remove_all(run);
      const auto all = started(ranks, {"run", experiment, "--spread", "circuit", "--out", run});
      EXPECT_EQ(all->wait(), 4);
      EXPECT_THAT(all->said(), HasSubstr(fault));
      EXPECT_EQ(io::read_file(fault_state_file(run)), io::read_file(fault_state_file(out("whole"))));
    }
  }
}

TEST_F(Mpi, WhatCannotBeSharedIsSaidOnceByRankZero) {
  const auto two = started(2, {"run", file(test::small_network()), "--spread", "circuit", "--out", out()});
  EXPECT_EQ(two->wait(), 3);
  const std::string said = two->said();
  EXPECT_THAT(said, HasSubstr("cannot be shared by several ranks"));
  EXPECT_EQ(said.find("cannot be shared"), said.rfind("cannot be shared"));
}

TEST_F(WithoutMpi, CheckSaysWhatEachRankNeeds) {
  const test::Answer a = apical_says({"check", file(small_areas())});
  EXPECT_EQ(a.code, 0) << a.err;
  EXPECT_THAT(a.out,
              testing::AllOf(HasSubstr("for each rank of 2"), HasSubstr("on all when they go on from one")));
  const test::Answer j = apical_says({"check", file(small_areas()), "--json"});
  const nlohmann::json e = io::parse_json(j.out, "check").at("experiments").at(0);
  EXPECT_GT(e.at("bytes_of_rank_of_2"), e.at("bytes_of_rank_of_8"));
  EXPECT_GT(e.at("bytes_of_saving_rank_of_2"), e.at("bytes_of_rank_of_2"));
  // Of a layered network nothing is divided but the work.
  EXPECT_THAT(apical_says({"check", file(test::large_network())}).out,
              HasSubstr("% of the time of one at best"));
}

}  // namespace
}  // namespace apical
