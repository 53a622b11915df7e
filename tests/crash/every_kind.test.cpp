// SPDX-License-Identifier: Apache-2.0
// Every kind of run and command that keeps state, killed a hundred times at random moments and continued:
// what is left is byte for byte what a run leaves that nothing happened to.
#include <gtest/gtest.h>

#include "apical/io/test_directory.h"
#include "apical/io/test_server.h"
#include "support/command_line.h"
#include "support/kill_often.h"
#include "support/long_commands.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using test::ChildProcess;

class SlowKilledEveryKind : public testing::TestWithParam<test::LongCommand> {
 protected:
  /// Begins, or continues what is there.
  ChildProcess begin(const fs::path& out, const char* threads) const {
    std::vector<std::string> c = GetParam().arguments(directory_.path());
    c.insert(c.end(), {"--set", "run.checkpoint_every_s=0.02", "--out", out.string(), "--threads", threads,
                       "--quiet"});
    if (test::can_be_resumed(out)) c.emplace_back("--resume");
    return ChildProcess(c);
  }
  io::TestDirectory directory_;
};

TEST_P(SlowKilledEveryKind, AHundredTimesLeavesTheSameBytes) {
  if (!GetParam().missing().empty()) GTEST_SKIP() << GetParam().missing();
  // Moments within three tenths of the run, so that a hundred kills fall within some runs, from the first
  // file to the report.
  constexpr int kKills = 100;
  constexpr double kShare = 0.3;
  test::kill_often([&](const fs::path& out, const char* threads) { return begin(out, threads); },
                   directory_.path(), kKills, kShare);
}

class SlowKilledCommand : public test::CommandLine {
 protected:
  /// Kills it so often, each time after at most so many seconds, and lets it end.
  static void kill_and_end(const std::vector<std::string>& command, int kills, double most_s) {
    int killed = 0;
    for (std::uint64_t i = 0; killed < kills && i < 10U * static_cast<unsigned>(kills); ++i) {
      const ChildProcess child(command);
      std::this_thread::sleep_for(
          std::chrono::duration<double>(most_s * uniform({2027, Stream::perturbation, 3, i})));
      child.kill();
      const int code = child.wait();
      ASSERT_TRUE(code == -SIGKILL || code == 0) << code;
      killed += code == -SIGKILL ? 1 : 0;
    }
    EXPECT_GE(killed, kills / 2) << "it ended too often before its kill";
    ASSERT_EQ(ChildProcess(command).wait(), 0);
    const auto count = static_cast<std::size_t>(killed);
    test::figure("D1", std::string("kills, ") + testing::UnitTest::GetInstance()->current_test_info()->name(),
                 count, HasFailure() ? 0 : count);
  }
  /// A folder of data sets with what APICAL_DATA has, or nothing.
  static fs::path data() {
    const char* folder = std::getenv("APICAL_DATA");
    return folder == nullptr ? fs::path() : fs::path(folder);
  }
};

TEST_F(SlowKilledCommand, ReproduceOfARunHasItsBits) {
  const std::string experiment =
      file(test::yin_yang(300, 100, 100) +
           "[model]\nname = \"error-neuron-microcircuit\"\nlayers = [4, 30, 3]\n[training]\nepochs = "
           "30\n[run]\nseeds = 2\ncheckpoint_every_s = 0.02\n");
  ASSERT_EQ(ChildProcess({"run", experiment, "--quiet", "--out", out("before")}).wait(), 0);
  const auto begin = [&](const fs::path& again, const char* threads) {
    std::vector<std::string> c{"reproduce", out("before"), "--threads", threads, "--out", again.string()};
    if (test::can_be_resumed(again)) c.emplace_back("--resume");
    return ChildProcess(c);
  };
  test::kill_often(begin, directory_.path(), 20, 0.5);
}

TEST_F(SlowKilledCommand, TuneFindsTheSame) {
  const std::string search = file(
      test::yin_yang(200, 60, 60) +
      "[model]\nname = \"backpropagation\"\nlayers = [4, 20, 3]\n[training]\nepochs = 9\n[run]\nseeds = 2\n"
      "[tune]\ntrials = 9\nseeds = [101, 102]\n[tune.space]\n"
      "\"model.learning_rate\" = {log_uniform = [1e-4, 1e-1]}\n");
  const auto command = [&](const std::string& to) {
    return std::vector<std::string>{"tune", search, "--threads", "1", "--quiet", "--out", out(to)};
  };
  ASSERT_EQ(ChildProcess(command("whole")).wait(), 0);
  kill_and_end(command("broken"), 20, 0.3);
  for (const char* found : {"tuned.toml", "tuning.json"})
    EXPECT_EQ(io::read_text(fs::path(out("whole")) / found), io::read_text(fs::path(out("broken")) / found));
}

TEST_F(SlowKilledCommand, FetchGoesOnWithWhatHasCome) {
  const fs::path mnist = data() / "mnist";
  if (data().empty() || !fs::exists(mnist))
    GTEST_SKIP() << "needs MNIST in the folder that APICAL_DATA names";
  fs::create_directories(out("data"));
  for (const auto& file : fs::directory_iterator(mnist))
    fs::copy(file.path(), directory_ / file.path().filename());
  io::TestServer::Habits slow;
  slow.requests = 200;
  slow.pause_ms = 10;
  const io::TestServer server(directory_.path(), slow);
  kill_and_end({"data", "fetch", "mnist", "--from", server.url(), "--data", out("data")}, 6, 1.0);
  EXPECT_EQ(ChildProcess({"data", "verify", "mnist", "--data", out("data")}).wait(), 0);
}

TEST_F(SlowKilledCommand, ConversionBeginsAgainToTheSameFiles) {
  const fs::path archive = data() / "cifar10" / "cifar10-jpeg.tar.xz";
  if (data().empty() || !fs::exists(archive)) GTEST_SKIP() << "needs cifar10-jpeg.tar.xz below APICAL_DATA";
  const auto command = [&](const std::string& to) {
    fs::create_directories(out(to));
    return std::vector<std::string>{"data", "convert", "cifar10", archive.string(), "--data", out(to)};
  };
  ASSERT_EQ(ChildProcess(command("whole")).wait(), 0);
  kill_and_end(command("broken"), 4, 3);
  for (const auto& file : fs::directory_iterator(fs::path(out("whole")) / "cifar10"))
    EXPECT_EQ(io::hash_file(file.path()),
              io::hash_file(fs::path(out("broken")) / "cifar10" / file.path().filename()));
}

INSTANTIATE_TEST_SUITE_P(Kinds, SlowKilledEveryKind, testing::ValuesIn(test::long_commands()),
                         [](const auto& kind) { return std::string(kind.param.name); });

}  // namespace
}  // namespace apical
