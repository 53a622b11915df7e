// SPDX-License-Identifier: Apache-2.0
// The real program as a child process: killed at random times, stopped on request, continued, compared bit by
// bit with a run that nothing happened to.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "apical/io/checkpoint.h"
#include "apical/io/file.h"
#include "support/kill_often.h"
#include "support/paths.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using test::ChildProcess;
using test::kill_often;

constexpr const char* kExperiment = R"(
[task]
name = "yin-yang"
train_samples = 400
validation_samples = 100
test_samples = 100
[model]
name = "error-neuron-microcircuit"
layers = [4, 30, 3]
activation = "logistic"
weight_range = [8, 1]
eta = [150, 4]
[training]
epochs = 40
eta_decay = 0.97
align_every = 10
align_samples = 20
[run]
seeds = 2
checkpoint_every_s = 0.02
[[record]]
population = "a1.rep"
variable = "apical"
every_ms = 4
)";

class Killed : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::temp_directory_path() / ("apical-kill-" + std::to_string(getpid()));
    fs::remove_all(directory_);
    fs::create_directories(directory_);
    io::write_atomically(experiment(), std::string_view(kExperiment));
  }
  void TearDown() override { fs::remove_all(directory_); }
  fs::path experiment() const { return directory_ / "experiment.toml"; }

  /// Begins or continues the run in `name`.
  std::vector<std::string> command(const fs::path& run, const char* threads) const {
    std::vector<std::string> c{"run",    experiment().string(), "--out", run.string(), "--threads", threads,
                               "--quiet"};
    if (fs::exists(run / "experiment.toml")) c.emplace_back("--resume");
    return c;
  }
  fs::path directory_;
};

TEST_F(Killed, SixTimesContinuesToTheSameBits) {
  kill_often([&](const fs::path& run, const char* threads) { return ChildProcess(command(run, threads)); },
             directory_, 6);
}

TEST_F(Killed, BeforeItsFirstFileLeavesADirectoryThatARunMayBeginIn) {
  const fs::path run = directory_ / "run";
  fs::create_directories(run);
  std::ofstream(run / "experiment.toml.tmp-1-0") << "title = ";
  EXPECT_EQ(ChildProcess(command(run, "1")).wait(), 0);
  EXPECT_FALSE(fs::exists(run / "experiment.toml.tmp-1-0"));
  const fs::path other = directory_ / "other";
  fs::create_directories(other);
  std::ofstream(other / "mine") << "x";
  EXPECT_EQ(ChildProcess(command(other, "1")).wait(), 5) << "nothing is written beside files of others";
}

using SlowKilled = Killed;
TEST_F(SlowKilled, FortyTimesContinuesToTheSameBits) {
  kill_often([&](const fs::path& run, const char* threads) { return ChildProcess(command(run, threads)); },
             directory_, 40);
}

TEST_F(SlowKilled, SequencesAndPlantsContinueToTheSameBits) {
  const std::string shipped = std::string(test::kSourceDir) + "/experiments/max2026/";
  for (const char* name : {"figure-2b.toml", "figure-2a-tanh.toml"}) {
    fs::remove_all(directory_);
    fs::create_directories(directory_);
    const auto begin = [&](const fs::path& run, const char* threads) {
      std::vector<std::string> c = command(run, threads);
      c[1] = shipped + name;
      c.insert(c.end(),
               {"--seeds", "3", "--set", "run.checkpoint_every_s=0.02", "--set", "training.epochs=3"});
      return ChildProcess(c);
    };
    kill_often(begin, directory_, 8);
  }
}

TEST_F(Killed, ARequestToStopEndsWithACheckpointAndExitCode75) {
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) {
    const fs::path run = directory_ / ("signal-" + std::to_string(signal));
    const ChildProcess child(
        {"run", experiment().string(), "--out", run.string(), "--quiet", "--set", "training.epochs=100000"});
    while (!fs::exists(run / "metrics.ndjson")) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    const auto asked = std::chrono::steady_clock::now();
    child.kill(signal);
    EXPECT_EQ(child.wait(), 75);
    EXPECT_LT(std::chrono::duration<double>(std::chrono::steady_clock::now() - asked).count(), 10.0);
    EXPECT_FALSE(io::list_checkpoints(run / "checkpoints").empty());
  }
}

TEST_F(Killed, TwoProcessesNeverWriteOneRun) {
  const fs::path run = directory_ / "one";
  const ChildProcess first(
      {"run", experiment().string(), "--out", run.string(), "--quiet", "--set", "training.epochs=100000"});
  while (!fs::exists(run / "metrics.ndjson")) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  const ChildProcess second({"run", "--resume", "--out", run.string(), "--quiet"});
  EXPECT_EQ(second.wait(), 5);
  first.kill(SIGTERM);
  EXPECT_EQ(first.wait(), 75);
}

}  // namespace
}  // namespace apical
