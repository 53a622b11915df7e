// SPDX-License-Identifier: Apache-2.0
// What a shell, a cluster or a user does to a process: limits of the size of files and of processor time, no
// standard descriptors, and checkpoints that were removed to have room.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

#include "support/child_process.h"
#include "support/command_line.h"
#include "support/paths.h"
#include "support/run_files.h"
#include "support/small_experiments.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using test::Answer;
using test::apical_says;
using test::ChildProcess;
using test::with;
using testing::HasSubstr;

/// A soft limit as long as this lives, for processes that are begun.
class Limit {
 public:
  Limit(__rlimit_resource_t of, rlim_t soft) : of_(of) {
    getrlimit(of_, &before_);
    const rlimit now{soft, before_.rlim_max};
    setrlimit(of_, &now);
  }
  ~Limit() { setrlimit(of_, &before_); }
  Limit(const Limit&) = delete;
  Limit& operator=(const Limit&) = delete;

 private:
  __rlimit_resource_t of_;
  rlimit before_{};
};

class Limits : public test::CommandLine {
 protected:
  std::vector<std::string> run(const std::string& to) const {
    std::vector<std::string> c{"run",    directory_ / "experiment.toml", "--out", out(to), "--threads", "1",
                               "--quiet"};
    if (test::can_be_resumed(out(to))) c.emplace_back("--resume");
    return c;
  }
};

TEST_F(Limits, OfTheSizeOfFilesAreFaultsOfTheDiskAndTheRunGoesOn) {
  file(test::with_recording(test::small_circuit()));
  ASSERT_EQ(ChildProcess(run("whole")).wait(), 0);
  for (const rlim_t bytes : {100, 1000, 4000, 10'000, 40'000}) {
    fs::remove_all(out("broken"));
    {
      const Limit limit(RLIMIT_FSIZE, bytes);
      EXPECT_EQ(ChildProcess(run("broken")).wait(), 5) << bytes;
    }
    EXPECT_EQ(ChildProcess(run("broken")).wait(), 0) << bytes;
    EXPECT_EQ(test::difference(out("whole"), out("broken")), "") << bytes;
  }
}

TEST_F(Limits, OfProcessorTimeAreRequestsToStop) {
  file(with(test::small_network(), "epochs = 2", "epochs = 100000000"));
  const Limit limit(RLIMIT_CPU, 1);
  const ChildProcess child(run("run"));
  EXPECT_EQ(child.wait(), 75);
  EXPECT_TRUE(fs::exists(fs::path(out()) / "checkpoints"));
}

TEST_F(Limits, WithoutStandardDescriptorsNoFileOfTheRunTakesTheirPlace) {
  file(with(test::small_network(), "epochs = 2", "epochs = 100000000"));
  std::vector<std::string> words = run("run");
  std::vector<char*> argv{const_cast<char*>(test::kBinary)};
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    for (const int descriptor : {0, 1, 2}) ::close(descriptor);
    ::execv(test::kBinary, argv.data());
    ::_exit(127);
  }
  while (!fs::exists(fs::path(out()) / "metrics.ndjson"))
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  for (const char* descriptor : {"0", "1", "2"})
    EXPECT_EQ(fs::read_symlink("/proc/" + std::to_string(child) + "/fd/" + descriptor), "/dev/null");
  ::kill(child, SIGTERM);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 75);
}

TEST_F(Limits, ARunWhoseCheckpointsWereRemovedDoesNotBeginAgainAsIfThereHadBeenNone) {
  file(with(test::small_network(), "epochs = 2", "epochs = 1000000") + "checkpoint_every_s = 0.05\n");
  for (const int signal : {SIGTERM, SIGKILL}) {
    fs::remove_all(out());
    const fs::path checkpoints = fs::path(out()) / "checkpoints";
    const ChildProcess child(run("run"));
    while (!fs::exists(checkpoints / "checkpoint-000000000003.apc"))
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    child.kill(signal);
    child.wait();
    fs::remove_all(checkpoints);
    const std::string metrics = io::read_text(fs::path(out()) / "metrics.ndjson");
    const Answer a = apical_says(run("run"));
    EXPECT_EQ(a.code, 3) << a.err;
    EXPECT_THAT(a.err, HasSubstr("the checkpoints of this run are gone"));
    EXPECT_EQ(io::read_text(fs::path(out()) / "metrics.ndjson"), metrics);
  }
}

}  // namespace
}  // namespace apical
