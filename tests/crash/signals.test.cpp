// SPDX-License-Identifier: Apache-2.0
// Every command ends when it is asked to, in the middle of whatever it does: of a step that takes days, too.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "apical/io/checkpoint.h"
#include "apical/io/directory.h"
#include "apical/io/file.h"
#include "apical/io/test_directory.h"
#include "support/child_process.h"
#include "support/command_line.h"
#include "support/paths.h"
#include "support/run_files.h"
#include "support/small_experiments.h"

namespace apical {
namespace {

using test::ChildProcess;

const std::string kOneEndlessSample =
    test::with(test::with(test::small_circuit(), "\"logistic\"", "\"logistic\"\ndt_ms = 1e-5"), "epochs = 1",
               "epochs = 1\npresentation_ms = 10\nsettling_ms = 10000");

constexpr const char* kManyVariants = R"([task]
name = "yin-yang"
[model]
name = "backpropagation"
[training]
epochs = 2
[sweep]
name = "hidden units"
at = [20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39]
[sweep.values]
model.layers = [[4,20,3], [4,21,3], [4,22,3], [4,23,3], [4,24,3], [4,25,3], [4,26,3], [4,27,3], [4,28,3], [4,29,3], [4,30,3], [4,31,3], [4,32,3], [4,33,3], [4,34,3], [4,35,3], [4,36,3], [4,37,3], [4,38,3], [4,39,3]]
)";

class EndedBy : public testing::TestWithParam<int> {
 protected:
  std::string file(const std::string& text) const {
    io::write_atomically(directory_ / "experiment.toml", std::string_view(text));
    return directory_ / "experiment.toml";
  }
  /// The exit code after the signal; `begun`: which comes once there is something to continue in out().
  int ended(const std::vector<std::string>& arguments, bool begun = false) const {
    const ChildProcess child(arguments);
    child.wait_until_it_hears(GetParam());
    if (begun) test::wait_until_it_has_begun(out());
    std::this_thread::sleep_for(std::chrono::milliseconds(400));
    const auto asked = std::chrono::steady_clock::now();
    child.kill(GetParam());
    const int code = child.wait();
    constexpr std::chrono::seconds kOnABusyMachine{2};  // one on another
    EXPECT_LT(std::chrono::steady_clock::now() - asked, kOnABusyMachine);
    return code;
  }
  int by_signal() const { return 128 + GetParam(); }
  /// A file that whoever opens it waits for: nobody ever writes into it.
  std::string endless(const std::string& name) const {
    EXPECT_EQ(::mkfifo((directory_ / name).c_str(), 0600), 0);
    return directory_ / name;
  }
  std::string folder() const { return directory_.path(); }
  std::string out() const { return directory_ / "out"; }
  io::TestDirectory directory_;
};

TEST_P(EndedBy, ARunInTheMiddleOfAnEndlessSampleCanBeResumed) {
  EXPECT_EQ(ended({"run", file(kOneEndlessSample), "--out", out(), "--threads", "1"}, true), 75);
}

TEST_P(EndedBy, ASpikingCourseOfOneRoundLeavesACheckpoint) {
  EXPECT_EQ(ended({"run", std::string(test::kSourceDir) + "/experiments/payeur2021/multiplexing.toml",
                   "--set", "model.duration_s=100000", "--threads", "1", "--out", out()},
                  true),
            75);
  EXPECT_FALSE(io::list_checkpoints(out() + "/checkpoints").empty());
}

TEST_P(EndedBy, ACheck) { EXPECT_EQ(ended({"check", file(kManyVariants), "--threads", "1"}), by_signal()); }

TEST_P(EndedBy, ABenchmark) {
  EXPECT_EQ(ended({"bench", "--repeats", "1000", "--threads", "1"}), by_signal());
}

TEST_P(EndedBy, AProbe) {
  EXPECT_EQ(
      ended({"probe", std::string(test::kSourceDir) + "/experiments/protocols/mismatch.toml", "--threads",
             "1", "--set", "training.epochs=100000", "--set", "protocol.epochs=[100000]", "--out", out()}),
      75);
}

TEST_P(EndedBy, AComparison) {
  EXPECT_EQ(ended({"compare", file(kManyVariants), "--threads", "1", "--set", "training.epochs=100000",
                   "--out", out()}),
            75);
}

TEST_P(EndedBy, ATuning) {
  const std::string search = test::yin_yang(200, 60, 60) +
                             "[model]\nname = \"backpropagation\"\nlayers = [4, 20, 3]\n[training]\nepochs = "
                             "90000\n[run]\nseeds = 1\n[tune]\ntrials = 9\nseeds = [101]\n[tune.space]\n"
                             "\"model.learning_rate\" = {log_uniform = [1e-4, 1e-1]}\n";
  EXPECT_EQ(ended({"tune", file(search), "--threads", "1", "--out", out()}), 75);
}

TEST_P(EndedBy, ARunThatIsReproduced) {
  const std::string run =
      test::with(test::small_circuit(), "epochs = 1", "epochs = 15000") + "checkpoint_every_s = 0.1\n";
  ASSERT_EQ(ChildProcess({"run", file(run), "--quiet", "--out", directory_ / "before"}).wait(), 0);
  EXPECT_EQ(ended({"reproduce", directory_ / "before", "--threads", "1", "--out", out()}), 75);
}

TEST_P(EndedBy, TheSettingUpOfManyAreas) {
  std::string layers = "4";
  for (int area = 0; area < 5000; ++area) layers += ", 5";
  const std::string deep = test::with(test::small_circuit(), "[4, 6, 3]", "[" + layers + ", 3]");
  EXPECT_THAT(ended({"run", file(deep), "--threads", "1", "--out", out()}), testing::AnyOf(75, by_signal()));
}

TEST_P(EndedBy, AConversion) {
  const char* data = std::getenv("APICAL_DATA");
  const std::string archive = std::string(data == nullptr ? "" : data) + "/cifar10/cifar10-jpeg.tar.xz";
  if (!io::file_exists(archive)) GTEST_SKIP() << "needs cifar10-jpeg.tar.xz below APICAL_DATA";
  EXPECT_EQ(ended({"data", "convert", "cifar10", archive, "--data", folder()}), by_signal());
}

TEST_P(EndedBy, WhatWaitsForAFile) {
  const std::string never = endless("never.toml");
  // Nothing has begun that could be resumed.
  for (const char* command : {"check", "run", "compare", "probe"})
    EXPECT_EQ(ended({command, never}), by_signal()) << command;
}

TEST(NoFile, IsWaitedForByNobody) {
  const io::TestDirectory directory;
  for (const char* name : {"manifest.json", "experiment.toml", "summary.json"})
    ASSERT_EQ(::mkfifo((directory / name).c_str(), 0600), 0);
  const std::string folder = directory.path();
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"report", folder},
                                             {"diagnose", folder},
                                             {"verify", folder},
                                             {"reproduce", folder, "--out", directory / "out"}}) {
    const test::Answer a = test::apical_says(arguments);
    EXPECT_NE(a.code, 0) << arguments[0];
    EXPECT_THAT(a.out + a.err, testing::HasSubstr("is a pipe; expected a file")) << arguments[0];
  }
  ASSERT_EQ(::mkfifo((directory / "train-labels-idx1-ubyte").c_str(), 0600), 0);
  const test::Answer data = test::apical_says({"data", "verify", "mnist", "--data", folder});
  EXPECT_EQ(data.code, 5);
  EXPECT_THAT(data.err, testing::HasSubstr("train-labels-idx1-ubyte: is a pipe; expected a file"));
  const std::string table = "[task]\nname = \"arrays\"\ntrain = \"/dev/zero\"\n";
  io::write_atomically(directory / "zero.toml",
                       table + "[model]\nname = \"backpropagation\"\nlayers = [1, 1]\n");
  const test::Answer a = test::apical_says({"check", directory / "zero.toml"});
  EXPECT_NE(a.code, 0);
}

TEST_P(EndedBy, WhatIsStoppedBeforeItBeganSaysSoWhenItIsResumed) {
  const std::string never = endless("never.toml");
  io::make_directories(out());
  EXPECT_EQ(ended({"run", never, "--out", out()}), by_signal());
  const test::Answer again = test::apical_says({"run", "--resume", "--out", out()});
  EXPECT_EQ(again.code, 3);
  EXPECT_THAT(again.err, testing::HasSubstr("it was stopped before it began"));
  EXPECT_THAT(again.err, testing::HasSubstr("apical run EXPERIMENT --out"));
}

class ASession : public testing::Test {
 protected:
  io::TestDirectory directory_;
};

/// What a kernel accepts for a program that never looks.
class SilentServer {
 public:
  SilentServer() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(socket_, 4), 0);
    EXPECT_EQ(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~SilentServer() { ::close(socket_); }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }

 private:
  int socket_, port_ = 0;
};

TEST_P(EndedBy, ADownloadThatNobodyAnswers) {
  const SilentServer server;
  EXPECT_THAT(ended({"data", "fetch", "mnist", "--from", server.url(), "--data", folder()}),
              testing::AnyOf(75, by_signal()));  // by itself or by the alarm, whichever is sooner
}

/// What prints more than a pipe holds waits for its reader.
TEST_P(EndedBy, APageThatNobodyReads) {
  int pipe[2] = {};
  ASSERT_EQ(::pipe(pipe), 0);
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"reference"}, {"models", "--json"}}) {
    const ChildProcess child(arguments, {}, pipe[1]);
    std::this_thread::sleep_for(std::chrono::milliseconds(400));
    child.kill(GetParam());
    EXPECT_EQ(child.wait(), by_signal()) << arguments[0];
  }
  for (const int open : pipe) ::close(open);
}

/// As under nohup: who has the signal ignored when it starts is left alone.
TEST_F(ASession, ThatEndsDoesNotEndWhatIgnoresIt) {
  const auto before = std::signal(SIGHUP, SIG_IGN);
  io::write_atomically(directory_ / "experiment.toml", std::string_view(test::small_network()));
  const ChildProcess child({"run", directory_ / "experiment.toml", "--set", "training.epochs=40", "--out",
                            directory_ / "out", "--threads", "1"});
  std::signal(SIGHUP, before);
  child.kill(SIGHUP);
  EXPECT_EQ(child.wait(), 0);
}

INSTANTIATE_TEST_SUITE_P(Signals, EndedBy, testing::Values(SIGTERM, SIGINT, SIGHUP));

}  // namespace
}  // namespace apical
