// SPDX-License-Identifier: Apache-2.0
// The program on a C library that finds no memory for the k-th allocation, and on a machine whose time of day
// jumps: it ends by itself with a message, or with the bytes of an undisturbed run.
#include "support/hostile_libc.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "apical/io/json.h"
#include "support/child_process.h"
#include "support/command_line.h"
#include "support/environment.h"
#include "support/figures.h"
#include "support/run_files.h"
#include "support/small_experiments.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using test::ChildProcess;
using test::EnvironmentVariable;

class HostileLibc : public test::CommandLine {
 protected:
  void SetUp() override {
#ifdef APICAL_SANITIZED
    GTEST_SKIP() << "sanitizers bring allocation functions of their own";
#endif
  }
  /// The exit code, minus a signal, or -1000 if it did not end in time.
  static int ended(const std::vector<std::string>& command) {
    const EnvironmentVariable preload("LD_PRELOAD", test::kHostileLibc);
    const ChildProcess child(command);
    std::atomic<bool> over{false}, hung{false};
    std::thread watch([&] {
      constexpr int kPatience = 3000;  // hundredths of a second
      for (int i = 0; i < kPatience && !over; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
      hung = !over;
      if (hung) child.kill();
    });
    const int code = child.wait();
    over = true;
    watch.join();
    return hung ? -1000 : code;
  }
  std::uint64_t allocations(const std::vector<std::string>& command) const {
    const EnvironmentVariable file("APICAL_COUNT_ALLOCATIONS", (directory_ / "count").c_str());
    EXPECT_EQ(ended(command), 0);
    return std::stoull(io::read_text(directory_ / "count"));
  }
  std::vector<std::string> command(const std::string& to) const {
    std::vector<std::string> c{"run",    directory_ / "experiment.toml", "--out", out(to), "--threads", "1",
                               "--quiet"};
    if (test::can_be_resumed(out(to))) c.emplace_back("--resume");
    return c;
  }

  /// About so many allocations of a run are refused, one each time or all large ones from there on.
  void refuse(const std::string& name, const std::string& experiment, std::uint64_t most) {
    file(experiment);
    const std::uint64_t before = allocations({"--version"}), all = allocations(command("whole"));
    ASSERT_GT(all, before);
    const std::uint64_t step = std::max<std::uint64_t>(1, (all - before) / most);
    std::size_t tried = 0, held = 0;
    std::map<int, int> ends;
    for (const char* later : {static_cast<const char*>(nullptr), "1"}) {
      const EnvironmentVariable rest("APICAL_FAIL_LATER_ALLOCATIONS", later);
      // What the libraries do before main() begins is theirs.
      for (std::uint64_t k = before + 1; k <= all; k += step) {
        fs::remove_all(out("broken"));
        int code = 0;
        {
          const EnvironmentVariable at("APICAL_FAIL_ALLOCATION", std::to_string(k).c_str());
          code = ended(command("broken"));
        }
        ++ends[code];
        bool good = code == 0 || code == 5;
        EXPECT_TRUE(good) << "allocation " << k << " of " << all
                          << (later != nullptr ? " and later ones" : "") << ": ended with " << code;
        const int again = ended(command("broken"));
        const std::string differs =
            again == 0 ? test::difference(out("whole"), out("broken")) : "ended otherwise";
        EXPECT_EQ(differs, "") << "allocation " << k << ": continued to " << again;
        ++tried;
        held += good && differs.empty() ? 1 : 0;
      }
    }
    EXPECT_GT(ends[5], 0) << "no refusal was noticed";
    test::figure("O5", "allocations without memory, " + name, tried, held);
  }
};

TEST_F(HostileLibc, WithoutMemoryForTheKthAllocationARunSaysSoAndGoesOn) {
  refuse("layered", test::small_network(), 30);
}

using SlowHostileLibc = HostileLibc;
TEST_F(SlowHostileLibc, WithoutMemoryForTheKthAllocationARunSaysSoAndGoesOn) {
  refuse("layered", test::small_network(), 400);
  fs::remove_all(out("whole"));
  refuse("recorded", test::with_recording(test::small_circuit()), 400);
}

TEST_F(HostileLibc, ATimeOfDayThatJumpsChangesNoFigureAndNoOrder) {
  std::size_t tried = 0, held = 0;
  for (const std::string& experiment :
       {test::with_recording(test::small_circuit()), test::small_network(), test::small_policy()}) {
    for (const char* name : {"whole", "broken"}) fs::remove_all(out(name));
    file(experiment);
    ASSERT_EQ(ChildProcess(command("whole")).wait(), 0);
    const EnvironmentVariable clock("APICAL_JUMPING_CLOCK", "1");
    const auto began = std::chrono::steady_clock::now();
    EXPECT_EQ(ended(command("broken")), 0);
    const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    EXPECT_EQ(test::difference(out("whole"), out("broken")), "");
    // What is said of durations is by a clock that nobody sets.
    const double told = io::read_json(fs::path(out("broken")) / "summary.json").at("wall_seconds");
    EXPECT_GE(told, 0);
    EXPECT_LE(told, took);
    for (const char* verb : {"report", "verify", "diagnose", "runs"}) {
      const int code = ended({verb, out("broken")});
      EXPECT_TRUE(code == 0 || (code == 1 && verb == std::string("diagnose"))) << verb << ' ' << code;
    }
    ++tried;
    held += HasFailure() ? 0 : 1;
  }
  test::figure("O11", "runs while the time of day jumps", tried, held);
}

/// What is recorded is several times what may wait for the disk, which is slow; the figure is in per cent of
/// that budget of 64 MiB.
using SlowHostileDisk = HostileLibc;
TEST_F(SlowHostileDisk, ARunThatRecordsTakesNoMoreMemoryThanItsBudget) {
  constexpr double kBudget = 64 << 20;
  const auto most = [&](const std::string& more) {
    fs::remove_all(out());
    file(test::with(test::with(test::small_circuit(), "[4, 6, 3]", "[4, 400, 3]"), "train_samples = 40",
                    "train_samples = 1500") +
         "checkpoint_every_s = 1\n" + more);
    const EnvironmentVariable preload("LD_PRELOAD", test::kHostileLibc),
        slow("APICAL_SLOW_WRITES_US", "2000");
    rusage used{};
    EXPECT_EQ(ChildProcess(command("run")).wait(used), 0);
    constexpr double kKilo = 1024;
    return static_cast<double>(used.ru_maxrss) * kKilo;
  };
  const double without = most("");
  const double with_it =
      most("[[record]]\npopulation = \"a1.rep\"\nvariable = \"apical\"\nevery_ms = 0.001\n");
  std::uintmax_t recorded = 0;
  for (const auto& entry : fs::recursive_directory_iterator(out()))
    recorded += entry.is_regular_file() ? entry.file_size() : 0;
  EXPECT_GT(static_cast<double>(recorded), 2 * kBudget) << "too little to show anything";
  const double share = (with_it - without) / kBudget;
  EXPECT_LT(share, 1.5);
  test::figure("D12",
               fmt::format("recording on a slow disk: {:.0f} MB in all, {:.0f} % of the budget in memory",
                           static_cast<double>(recorded) / 1e6, 100 * share),
               1);
}

}  // namespace
}  // namespace apical
