// SPDX-License-Identifier: Apache-2.0
// Workers of a sweep as processes that are killed, asked to stop, and that work beside one another.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <thread>

#include "apical/core/random.h"
#include "apical/io/checkpoint.h"
#include "apical/io/directory.h"
#include "apical/io/json.h"
#include "support/child_process.h"
#include "support/command_line.h"
#include "support/run_files.h"
#include "support/small_experiments.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using test::apical_says;
using test::ChildProcess;

class SweepWorkers : public test::CommandLine {
 protected:
  /// Eight tasks that take some tenths of a second each.
  void plan(int epochs) {
    experiment_ = file(test::yin_yang(200, 40, 40) +
                       "[model]\nname = \"error-neuron-microcircuit\"\nlayers = [4, 40, 3]\n"
                       "[training]\nepochs = " +
                       std::to_string(epochs) +
                       "\n[run]\nseeds = 4\ncheckpoint_every_s = 0.01\n"
                       "[[variant]]\nlabel = \"a\"\n[[variant]]\nlabel = \"b\"\nmodel.eta = 20\n");
    // A busy machine may kill one more than three times before its first checkpoint.
    ASSERT_EQ(apical_says({"sweep", "plan", experiment_, "--attempts", "50", "--out", out("plan")}).code, 0);
  }
  std::vector<std::string> worker() const {
    return {"sweep", "run", out("plan"), "--quiet", "--threads", "1"};
  }
  nlohmann::json status() const {
    return io::parse_json(apical_says({"sweep", "status", out("plan"), "--json"}).out, "status");
  }
  int count(const char* state) const { return status().at("count").at(state); }
  void expect_whole() {
    ASSERT_EQ(apical_says({"compare", experiment_, "--quiet", "--out", out("whole")}).code, 0);
    ASSERT_EQ(apical_says({"sweep", "collect", out("plan"), "--out", out("collected")}).code, 0);
    fs::remove(fs::path(out("collected")) / "collected.json");
    EXPECT_EQ(test::difference(out("whole"), out("collected")), "");
  }
  static void wait_for(const std::function<bool()>& what) {
    constexpr std::chrono::seconds kPatience{60};
    const auto began = std::chrono::steady_clock::now();
    while (!what()) {
      ASSERT_LT(std::chrono::steady_clock::now() - began, kPatience);
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  std::string experiment_;
};

TEST_F(SweepWorkers, KilledFourteenTimesLeaveTheSameBytes) {
  plan(20);
  std::size_t killed = 0;
  for (std::uint64_t i = 0; killed < 14; ++i) {
    ASSERT_LT(i, 200U);
    std::vector<ChildProcess> two;
    two.reserve(2);
    for (int w = 0; w < 2; ++w) two.emplace_back(worker());
    const double after = 0.02 + 0.25 * uniform({2026, Stream::perturbation, 1, i});
    std::this_thread::sleep_for(std::chrono::duration<double>(after));
    for (const ChildProcess& w : two) w.kill();
    for (const ChildProcess& w : two) killed += w.wait() == -SIGKILL ? 1 : 0;
    if (status().at("complete")) break;
  }
  ASSERT_EQ(ChildProcess(worker()).wait(), 0);
  EXPECT_TRUE(status().at("complete"));
  expect_whole();
}

TEST_F(SweepWorkers, KilledByTheirTaskLeaveItAfterSomeAttempts) {
  const auto planned = [&](const char* every_s) {
    fs::remove_all(out("plan"));
    const std::string endless = file(test::yin_yang(200, 40, 40) +
                                     "[model]\nname = \"error-neuron-microcircuit\"\nlayers = [4, 40, 3]\n"
                                     "[training]\nepochs = 100000\n[run]\nseeds = 1\ncheckpoint_every_s = " +
                                     every_s + "\n");
    ASSERT_EQ(apical_says({"sweep", "plan", endless, "--out", out("plan")}).code, 0);
  };
  const io::Path task = io::Path(out("plan")) / "tasks" / "0000" / "000001";
  const auto killed_once = [&](int attempt, bool further) {
    const ChildProcess one(worker());
    const io::Path run = task / ("run." + std::to_string(attempt));
    const auto newest = [&] {
      const auto written = io::list_checkpoints(run / "checkpoints");
      return written.empty() ? 0 : written.back();
    };
    wait_for([&] { return io::file_exists(run / "run.lock"); });
    const std::uint64_t began = newest();
    if (further) wait_for([&] { return newest() > began; });
    one.kill();
    EXPECT_EQ(one.wait(), -SIGKILL);
  };
  planned("3600");
  for (int attempt = 1; attempt <= 3; ++attempt) killed_once(attempt, false);
  EXPECT_EQ(ChildProcess(worker()).wait(), 1);
  EXPECT_EQ(count("failed"), 1);
  EXPECT_THAT(apical_says({"sweep", "status", out("plan")}).out,
              testing::AllOf(testing::HasSubstr("failed 3 times: its worker, process"),
                             testing::HasSubstr("was killed and had come no further (out of memory?)")));
  ASSERT_EQ(apical_says({"sweep", "retry", out("plan")}).code, 0);
  EXPECT_EQ(count("open"), 1);
  // One that gets on each time comes to its end, however often it is killed.
  planned("0.01");
  for (int attempt = 1; attempt <= 5; ++attempt) killed_once(attempt, true);
  EXPECT_EQ(count("lost"), 1);
}

TEST_F(SweepWorkers, AskedToStopLeaveTheirTasksOpenAt75) {
  for (const int signal : {SIGTERM, SIGUSR1}) {
    fs::remove_all(out("plan"));
    plan(100000);
    std::vector<ChildProcess> two;
    two.reserve(2);
    for (int w = 0; w < 2; ++w) two.emplace_back(worker());
    wait_for([&] { return count("running") == 2; });
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    for (const ChildProcess& w : two) w.kill(signal);
    for (const ChildProcess& w : two) EXPECT_EQ(w.wait(), 75);
    // A machine that is too busy to save in time leaves what it saved before.
    EXPECT_EQ(count("open") + count("lost"), 8);
    // The next one goes on with what one of them saved, in its place.
    const ChildProcess next(worker());
    const auto begun_again = [&] {
      for (int number = 1; number <= 8; ++number) {
        const io::Path task = io::Path(out("plan")) / "tasks" / "0000" / ("00000" + std::to_string(number));
        if (io::file_exists(task / "run.2")) return !io::file_exists(task / "run.1");
      }
      return false;
    };
    wait_for(begun_again);
    next.kill(SIGTERM);
    EXPECT_EQ(next.wait(), 75);
  }
}

TEST_F(SweepWorkers, OfOneCommandShareTheTasks) {
  plan(6);
  std::vector<std::string> both = worker();
  both.insert(both.end(), {"--workers", "2"});
  ASSERT_EQ(ChildProcess(both).wait(), 0);
  const nlohmann::json s = status();
  EXPECT_TRUE(s.at("complete"));
  for (const nlohmann::json& task : s.at("tasks")) EXPECT_EQ(task.at("attempts"), 1);
  expect_whole();
}

TEST_F(SweepWorkers, OfOneCommandAreStoppedWithIt) {
  plan(100000);
  std::vector<std::string> both = worker();
  both.insert(both.end(), {"--workers", "2"});
  const ChildProcess parent(both);
  wait_for([&] { return count("running") == 2; });
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  parent.kill(SIGTERM);
  EXPECT_EQ(parent.wait(), 75);
  EXPECT_EQ(count("open") + count("lost"), 8);
}

}  // namespace
}  // namespace apical
