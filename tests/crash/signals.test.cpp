// SPDX-License-Identifier: Apache-2.0
// Every command ends when it is asked to, in the middle of whatever it does: of a step that takes days, too.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "apical/io/directory.h"
#include "apical/io/file.h"
#include "apical/io/test_directory.h"
#include "support/child_process.h"
#include "support/paths.h"

namespace apical {
namespace {

using test::ChildProcess;

constexpr const char* kOneEndlessSample = R"([task]
name = "yin-yang"
train_samples = 40
validation_samples = 20
test_samples = 20
[model]
name = "error-neuron-microcircuit"
layers = [4, 6, 3]
activation = "logistic"
dt_ms = 1e-5
[training]
presentation_ms = 10
settling_ms = 10000
epochs = 1
[run]
seeds = 1
)";

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
  /// The exit code after the signal. A command that does not end keeps the test from ending.
  int ended(const std::vector<std::string>& arguments) const {
    const ChildProcess child(arguments);
    std::this_thread::sleep_for(std::chrono::milliseconds(400));
    child.kill(GetParam());
    return child.wait();
  }
  std::string out() const { return directory_ / "out"; }
  io::TestDirectory directory_;
};

TEST_P(EndedBy, ARunInTheMiddleOfAnEndlessSampleCanBeResumed) {
  EXPECT_EQ(ended({"run", file(kOneEndlessSample), "--out", out(), "--threads", "1"}), 75);
}

TEST_P(EndedBy, ACheck) {
  EXPECT_EQ(ended({"check", file(kManyVariants), "--threads", "1"}), 128 + GetParam());
}

TEST_P(EndedBy, ABenchmark) {
  EXPECT_EQ(ended({"bench", "--repeats", "1000", "--threads", "1"}), 128 + GetParam());
}

TEST_P(EndedBy, AProbe) {
  EXPECT_EQ(
      ended({"probe", std::string(test::kSourceDir) + "/experiments/protocols/mismatch.toml", "--threads",
             "1", "--set", "training.epochs=100000", "--set", "protocol.epochs=[100000]", "--out", out()}),
      75);
}

INSTANTIATE_TEST_SUITE_P(Signals, EndedBy, testing::Values(SIGTERM, SIGINT));

}  // namespace
}  // namespace apical
