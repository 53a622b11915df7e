// SPDX-License-Identifier: Apache-2.0
// The real program as a child process: killed at random times, stopped on request, continued, compared bit by
// bit with a run that nothing happened to.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "apical/core/random.h"
#include "apical/io/checkpoint.h"
#include "apical/io/file.h"
#include "apical/io/hash.h"
#include "support/paths.h"

namespace apical {
namespace {

namespace fs = std::filesystem;

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

  /// Starts the program and returns its process.
  pid_t start(std::vector<std::string> arguments) const {
    const pid_t child = fork();
    if (child != 0) return child;
    const int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    std::vector<char*> argv{const_cast<char*>(test::kBinary)};
    for (std::string& a : arguments) argv.push_back(a.data());
    argv.push_back(nullptr);
    execv(test::kBinary, argv.data());
    _exit(127);
  }
  static int wait_for(pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  /// Begins or continues the run in `name`.
  std::vector<std::string> command(const fs::path& run, const char* threads) const {
    std::vector<std::string> c{"run",    experiment().string(), "--out", run.string(), "--threads", threads,
                               "--quiet"};
    if (fs::exists(run / "experiment.toml")) c.emplace_back("--resume");
    return c;
  }
  fs::path directory_;
};

/// The newest checkpoint without times of this machine: all weights, potentials and counters.
std::vector<io::CheckpointSection> final_state(const fs::path& run) {
  const auto sequences = io::list_checkpoints(run / "checkpoints");
  const fs::path file = run / "checkpoints" / io::checkpoint_name(sequences.back());
  const io::Bytes bytes = io::read_file(file);
  const std::uint64_t experiment = io::xxh3(io::bytes_of(io::read_text(run / "experiment.toml")));
  std::vector<io::CheckpointSection> sections =
      io::decode_checkpoint(bytes, experiment, file.string()).sections;
  std::erase_if(sections, [](const io::CheckpointSection& s) {
    return s.name == "books" || s.name.starts_with("clock");
  });
  EXPECT_FALSE(sections.empty());
  return sections;
}

void kill_often(const std::function<pid_t(const fs::path&, const char*)>& begin,
                const std::function<int(pid_t)>& wait_for, const fs::path& directory, int kills) {
  const fs::path whole = directory / "whole", broken = directory / "broken";
  const auto started = std::chrono::steady_clock::now();
  ASSERT_EQ(wait_for(begin(whole, "1")), 0);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  int killed = 0;
  for (std::uint64_t attempt = 0; killed < kills; ++attempt) {
    ASSERT_LT(attempt, 20U * static_cast<unsigned>(kills)) << "the run ended too often before its kill";
    const pid_t child = begin(broken, attempt % 2 == 0 ? "2" : "1");
    const double after = seconds * uniform({2026, Stream::perturbation, 0, attempt}) * 0.7;
    std::this_thread::sleep_for(std::chrono::duration<double>(after));
    kill(child, SIGKILL);
    const int status = wait_for(child);
    ASSERT_TRUE(status == -SIGKILL || status == 0) << "attempt " << attempt << " ended with " << status;
    killed += status == -SIGKILL ? 1 : 0;
    if (status == 0) fs::remove_all(broken);  // it finished first: begin another
  }
  ASSERT_EQ(wait_for(begin(broken, "2")), 0);
  std::size_t runs = 0;
  for (const auto& entry : fs::recursive_directory_iterator(whole)) {
    if (entry.path().filename() != "metrics.ndjson") continue;
    const fs::path run = entry.path().parent_path(), other = broken / run.lexically_relative(whole);
    EXPECT_TRUE(final_state(run) == final_state(other)) << other;
    EXPECT_EQ(io::read_file(run / "metrics.ndjson"), io::read_file(other / "metrics.ndjson")) << other;
    ++runs;
  }
  EXPECT_GT(runs, 0U);
}

TEST_F(Killed, SixTimesContinuesToTheSameBits) {
  kill_often([&](const fs::path& run, const char* threads) { return start(command(run, threads)); }, wait_for,
             directory_, 6);
}

TEST_F(Killed, BeforeItsFirstFileLeavesADirectoryThatARunMayBeginIn) {
  const fs::path run = directory_ / "run";
  fs::create_directories(run);
  std::ofstream(run / "experiment.toml.tmp-1-0") << "title = ";
  EXPECT_EQ(wait_for(start(command(run, "1"))), 0);
  EXPECT_FALSE(fs::exists(run / "experiment.toml.tmp-1-0"));
  const fs::path other = directory_ / "other";
  fs::create_directories(other);
  std::ofstream(other / "mine") << "x";
  EXPECT_EQ(wait_for(start(command(other, "1"))), 5) << "nothing is written beside files of others";
}

using SlowKilled = Killed;
TEST_F(SlowKilled, FortyTimesContinuesToTheSameBits) {
  kill_often([&](const fs::path& run, const char* threads) { return start(command(run, threads)); }, wait_for,
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
      return start(c);
    };
    kill_often(begin, wait_for, directory_, 8);
  }
}

/// Kinds of experiments that share the runner, each small enough to be killed often.
struct Kind {
  const char *name, *command, *text;
};
constexpr Kind kKinds[] = {{"layered", "run", R"(
[task]
name = "yin-yang"
train_samples = 1000
validation_samples = 100
test_samples = 100
[model]
name = "burstprop"
layers = [4, 30, 3]
[training]
epochs = 15
align_every = 10
align_samples = 20
[run]
seeds = 2
checkpoint_every_s = 0.02
)"},
                           {"reward", "run", R"(
[task]
name = "cart-pole-v1"
[model]
name = "backpropagation"
layers = [4, 16, 2]
[reward]
environments = 2
steps = 128
[training]
environment_steps = 8000
[run]
seeds = 2
checkpoint_every_s = 0.02
)"},
                           {"course", "run", R"(
[model]
name = "burstprop-xor"
neurons = 60
in_degree = 20
example_s = 0.5
alpha_s = 0.1
[training]
epochs = 5
[run]
seeds = 2
checkpoint_every_s = 0
[record]
raster_s = 0.1
)"},
                           {"comparison", "compare", R"(
[task]
name = "yin-yang"
train_samples = 400
validation_samples = 100
test_samples = 100
[model]
name = "backpropagation"
layers = [4, 30, 3]
[training]
epochs = 15
[run]
seeds = 2
checkpoint_every_s = 0.02
[[variant]]
label = "backpropagation"
[[variant]]
label = "alignment"
model.name = "feedback-alignment"
)"}};

TEST_F(SlowKilled, EveryKindContinuesToTheSameBits) {
  for (const Kind& kind : kKinds) {
    SCOPED_TRACE(kind.name);
    fs::remove_all(directory_);
    fs::create_directories(directory_);
    io::write_atomically(experiment(), std::string_view(kind.text));
    const auto begin = [&](const fs::path& run, const char* threads) {
      std::vector<std::string> c{
          kind.command, experiment().string(), "--out", run.string(), "--threads", threads, "--quiet"};
      const bool begun = fs::exists(run / "experiment.toml") || fs::exists(run / "comparison.json");
      if (begun) c.emplace_back("--resume");
      return start(c);
    };
    kill_often(begin, wait_for, directory_, 20);
  }
}

TEST_F(Killed, ARequestToStopEndsWithACheckpointAndExitCode75) {
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) {
    const fs::path run = directory_ / ("signal-" + std::to_string(signal));
    const pid_t child = start(
        {"run", experiment().string(), "--out", run.string(), "--quiet", "--set", "training.epochs=100000"});
    while (!fs::exists(run / "metrics.ndjson")) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    const auto asked = std::chrono::steady_clock::now();
    kill(child, signal);
    EXPECT_EQ(wait_for(child), 75);
    EXPECT_LT(std::chrono::duration<double>(std::chrono::steady_clock::now() - asked).count(), 10.0);
    EXPECT_FALSE(io::list_checkpoints(run / "checkpoints").empty());
  }
}

TEST_F(Killed, TwoProcessesNeverWriteOneRun) {
  const fs::path run = directory_ / "one";
  const pid_t first = start(
      {"run", experiment().string(), "--out", run.string(), "--quiet", "--set", "training.epochs=100000"});
  while (!fs::exists(run / "metrics.ndjson")) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  const pid_t second = start({"run", "--resume", "--out", run.string(), "--quiet"});
  EXPECT_EQ(wait_for(second), 5);
  kill(first, SIGTERM);
  EXPECT_EQ(wait_for(first), 75);
}

}  // namespace
}  // namespace apical
