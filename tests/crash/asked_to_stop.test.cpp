// SPDX-License-Identifier: Apache-2.0
// Every kind of run and command that keeps state, asked to stop at random moments, from the first file to the
// middle of learning: it ends within a second, says that it can be resumed, and can.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include "apical/core/random.h"
#include "apical/io/test_directory.h"
#include "support/child_process.h"
#include "support/figures.h"
#include "support/long_commands.h"
#include "support/run_files.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using test::ChildProcess;
using Seconds = std::chrono::duration<double>;

/// What is promised, and what a machine that is busy with other tests may take.
constexpr double kPromised = 1, kBusy = 3;

std::vector<double>& all_latencies() {
  static std::vector<double> all;
  return all;
}

double p99(std::vector<double> seconds) {
  std::sort(seconds.begin(), seconds.end());
  return seconds.empty() ? 0 : seconds[(seconds.size() * 99 + 99) / 100 - 1];
}

class AskedToStop : public testing::TestWithParam<test::LongCommand> {
 protected:
  static void TearDownTestSuite() {
    const std::vector<double>& all = all_latencies();
    const auto held = std::count_if(all.begin(), all.end(), [](double s) { return s <= kPromised; });
    test::figure("O1", fmt::format("asked to stop, all kinds so far; p99 {:.2f} s", p99(all)), all.size(),
                 static_cast<std::size_t>(held));
  }

  struct Ending {
    int code;
    double seconds;
  };
  enum class From { start, begun };
  Ending asked_after(double seconds, const fs::path& out, int signal, From from = From::start) {
    std::vector<std::string> c = GetParam().arguments(directory_.path());
    c.insert(c.end(), GetParam().longer.begin(), GetParam().longer.end());
    c.insert(c.end(), {"--out", out.string(), "--threads", "1", "--quiet"});
    if (test::can_be_resumed(out)) c.emplace_back("--resume");
    const ChildProcess child(c);
    child.wait_until_it_hears(signal);
    if (from == From::begun) test::wait_until_it_has_begun(out);
    std::this_thread::sleep_for(Seconds(seconds));
    const auto asked = std::chrono::steady_clock::now();
    child.kill(signal);
    const int code = child.wait();
    return {code, Seconds(std::chrono::steady_clock::now() - asked).count()};
  }

  void ask(std::size_t times) {
    if (!GetParam().missing().empty()) GTEST_SKIP() << GetParam().missing();
    std::vector<double> took;
    std::size_t held = 0, resumed = 0;
    for (std::size_t k = 0; k < times; ++k) {
      const int signal = k % 2 == 0 ? SIGTERM : SIGINT;
      const fs::path out = directory_ / ("run-" + std::to_string(k));
      const double moment = uniform({2028, Stream::perturbation, 1, k});
      const Ending first = asked_after(moment, out, signal);
      took.push_back(first.seconds);
      // Before anything has begun there is nothing to resume, and it says so; the same command begins again.
      const bool answered = first.code == 75 || first.code == 128 + signal;
      EXPECT_TRUE(answered) << "moment " << moment << ": ended with " << first.code;
      EXPECT_LT(first.seconds, kBusy) << "moment " << moment;
      held += answered && first.seconds <= kPromised ? 1U : 0U;
      if (k % 4 != 0) continue;
      const Ending again = asked_after(2, out, signal, From::begun);
      EXPECT_EQ(again.code, 75) << "what was stopped at " << moment << " does not go on";
      took.push_back(again.seconds);
      held += again.code == 75 && again.seconds <= kPromised ? 1U : 0U;
      ++resumed;
    }
    EXPECT_GT(resumed, 0U);
    all_latencies().insert(all_latencies().end(), took.begin(), took.end());
    test::figure("O1", fmt::format("asked to stop, {}; p99 {:.2f} s", GetParam().name, p99(took)),
                 took.size(), held);
  }
  io::TestDirectory directory_;
};

TEST_P(AskedToStop, EndsWithinASecondAndGoesOn) { ask(4); }

using SlowAskedToStop = AskedToStop;
TEST_P(SlowAskedToStop, EndsWithinASecondAndGoesOn) { ask(40); }

const auto kName = [](const auto& kind) { return std::string(kind.param.name); };
INSTANTIATE_TEST_SUITE_P(Kinds, AskedToStop, testing::ValuesIn(test::long_commands()), kName);
INSTANTIATE_TEST_SUITE_P(Kinds, SlowAskedToStop, testing::ValuesIn(test::long_commands()), kName);

}  // namespace
}  // namespace apical
