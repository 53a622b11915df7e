// SPDX-License-Identifier: Apache-2.0
// Jobs that begin at the same moment, as those of an array do, get a directory each; none writes over
// another.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "apical/io/json.h"
#include "apical/io/run_lock.h"
#include "apical/run/run_directory.h"
#include "apical/run/verify.h"
#include "support/child_process.h"
#include "support/command_line.h"
#include "support/small_experiments.h"

namespace apical {
namespace {

using test::ChildProcess;

const std::string kTiny = test::small_network();

class JobsAtOnce : public test::CommandLine {};

TEST_F(JobsAtOnce, WithoutOutGetADirectoryEach) {
  const std::string experiment = file(kTiny);
  for (const char* command : {"run", "compare"}) {
    std::vector<ChildProcess> jobs;
    for (int seed = 1; seed <= 8; ++seed)
      jobs.emplace_back(std::vector<std::string>{command, experiment, "--quiet", "--threads", "1", "--seeds",
                                                 std::to_string(seed) + ","},
                        directory_.path().string());
    for (const ChildProcess& job : jobs) EXPECT_EQ(job.wait(), 0) << command;
  }
  std::set<std::string> seeds;
  std::size_t runs = 0;
  for (const std::string& name : io::list_directory(directory_ / "runs")) {
    const io::Path run = directory_ / "runs" / name;
    const bool compared = io::file_exists(run / "comparison.json");
    if (compared) continue;
    ++runs;
    EXPECT_TRUE(io::file_exists(run / "summary.json")) << name;
    seeds.insert(io::read_json(run / "manifest.json").at("seeds").dump());
  }
  EXPECT_EQ(runs, 8u);
  EXPECT_EQ(seeds.size(), 8u);
}

TEST_F(JobsAtOnce, ANumberThatIsTakenIsPassedOver) {
  const std::string experiment = file(kTiny), stem = io::Path(experiment).stem().string();
  io::make_directories(directory_ / "runs" / (stem + "-001"));
  io::write_atomically(directory_ / "runs" / (stem + "-002"), std::string_view("a file"));
  EXPECT_EQ(ChildProcess({"run", experiment, "--quiet"}, directory_.path().string()).wait(), 0);
  EXPECT_TRUE(io::file_exists(directory_ / "runs" / (stem + "-003") / "summary.json"));
}

TEST_F(JobsAtOnce, ADirectoryClaimedForWhatCannotBeginIsGivenBack) {
  const std::string no_data = file(
      test::with(kTiny, "name = \"yin-yang\"\ntrain_samples = 40\nvalidation_samples = 20\ntest_samples = 20",
                 "name = \"mnist\""));
  const std::string here = directory_.path().string();
  EXPECT_EQ(ChildProcess({"run", no_data, "--quiet", "--data", here}, here).wait(), 3);
  EXPECT_FALSE(io::file_exists(directory_ / "runs"));
  io::make_directories(directory_ / "runs" / "another");
  EXPECT_EQ(ChildProcess({"run", no_data, "--quiet", "--data", here}, here).wait(), 3);
  EXPECT_EQ(io::list_directory(directory_ / "runs"), std::vector<std::string>{"another"});
}

/// Whoever comes first has it; to the others it is either taken or full, never broken.
TEST_F(JobsAtOnce, WithTheSameOutOneRunsAndTheOthersAreRefused) {
  const std::string experiment = file(kTiny);
  constexpr int kRounds = 10, kJobs = 6;
  for (int round = 0; round < kRounds; ++round) {
    const io::Path out = directory_ / ("same-" + std::to_string(round));
    std::vector<ChildProcess> jobs;
    for (int seed = 1; seed <= kJobs; ++seed)
      jobs.emplace_back(std::vector<std::string>{"run", experiment, "--quiet", "--threads", "1", "--out",
                                                 out.string(), "--seeds", std::to_string(seed) + ","});
    int winner = 0;
    for (int seed = 1; seed <= kJobs; ++seed) {
      const int code = jobs[static_cast<std::size_t>(seed) - 1].wait();
      if (code == 0) {
        EXPECT_EQ(winner, 0) << "both ran: seeds " << winner << " and " << seed;
        winner = seed;
      } else {
        EXPECT_EQ(code, static_cast<int>(ExitCode::io)) << "seed " << seed;
      }
    }
    ASSERT_GT(winner, 0) << "nobody ran in round " << round;
    EXPECT_TRUE(io::file_exists(out / "summary.json"));
    EXPECT_EQ(io::read_json(out / "manifest.json").at("seeds"), nlohmann::json::array({winner}));
    for (const VerifiedFile& f : verify_run(out)) EXPECT_EQ(f.state, VerifiedFile::State::intact) << f.file;
  }
}

/// As when a network's disk took its time between the look and the lock: what a run finished in between
/// stays.
TEST_F(JobsAtOnce, ADirectoryIsLookedAtAgainUnderTheLock) {
  class Late final : public io::FileSystem {
   public:
    explicit Late(io::Path run) : run_(std::move(run)) {}
    std::int64_t make_directory(const Path& path) override {
      const std::int64_t result = FileSystem::make_directory(path);
      if (path == run_) {
        io::FileSystem machine;
        const std::int64_t other = machine.open(run_ / "experiment.toml", Mode::create_new);
        machine.close(static_cast<int>(other));
      }
      return result;
    }

   private:
    io::Path run_;
  };
  const io::Path run = directory_ / "run";
  Late disk(run);
  const io::ScopedFileSystem scope(disk);
  EXPECT_THAT([&] { RunDirectory(run, "[task]", false); },
              testing::ThrowsMessage<IoError>(testing::HasSubstr("a run never overwrites another")));
}

}  // namespace
}  // namespace apical
