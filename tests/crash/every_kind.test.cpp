// SPDX-License-Identifier: Apache-2.0
// Every kind of run and command that keeps state, killed twenty times at random moments and continued: what
// is left is byte for byte what a run leaves that nothing happened to.
#include <gtest/gtest.h>

#include <cstdlib>

#include "apical/io/test_directory.h"
#include "support/kill_often.h"
#include "support/paths.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using test::ChildProcess;

struct Kind {
  const char* name;
  std::vector<std::string> command;  ///< verb, file below experiments/, options
  bool needs_data = false;           ///< MNIST, in the folder that APICAL_DATA names
  friend void PrintTo(const Kind& k, std::ostream* out) { *out << k.name; }
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all{
      {"rate",
       {"run", "yin-yang/error-neurons.toml", "--seeds", "2", "--set", "task.train_samples=300", "--set",
        "task.validation_samples=100", "--set", "task.test_samples=100", "--set", "model.layers=[4, 30, 3]",
        "--set", "training.epochs=200"}},
      {"layered",
       {"run", "yin-yang/layered.toml", "--seeds", "2", "--set", "training.epochs=60", "--set",
        "training.align_every=10", "--set", "model.name=burstprop"}},
      {"reward",
       {"compare", "cart-pole-v1/methods.toml", "--models", "PPO, backpropagation", "--set",
        "training.environment_steps=30000"}},
      {"spiking_xor",
       {"run", "payeur2021/xor.toml", "--seeds", "2", "--set", "model.neurons=40", "--set",
        "model.in_degree=20", "--set", "model.example_s=0.5", "--set", "model.alpha_s=0.2", "--set",
        "training.epochs=20"}},
      {"spiking_digits",
       {"run", "payeur2021/mnist.toml", "--seeds", "2", "--set", "model.hidden=50", "--set",
        "model.train_images=60", "--set", "model.test_images=30", "--set", "training.epochs=2"},
       true},
      {"probe",
       {"probe", "protocols/feedback.toml", "--seeds", "2", "--set", "training.epochs=4", "--set",
        "protocol.epochs=[2, 4]", "--set", "protocol.samples=20"}},
      {"spiking_probe",
       {"probe", "protocols/spiking-feedback.toml", "--seeds", "2", "--set", "training.epochs=12", "--set",
        "protocol.epochs=[4, 12]"}},
      {"comparison",
       {"compare", "yin-yang/compare.toml", "--seeds", "2", "--set", "task.train_samples=300", "--set",
        "model.layers=[4, 20, 3]", "--set", "training.epochs=4"}},
  };
  return all;
}

class SlowKilledEveryKind : public testing::TestWithParam<Kind> {
 protected:
  /// Begins, or continues what is there.
  ChildProcess begin(const fs::path& out, const char* threads) const {
    std::vector<std::string> c = GetParam().command;
    c[1] = std::string(test::kSourceDir) + "/experiments/" + c[1];
    c.insert(c.end(), {"--set", "run.checkpoint_every_s=0.02", "--out", out.string(), "--threads", threads,
                       "--quiet"});
    if (test::can_be_resumed(out)) c.emplace_back("--resume");
    return ChildProcess(c);
  }
  io::TestDirectory directory_;
};

TEST_P(SlowKilledEveryKind, TwentyTimesLeavesTheSameBytes) {
  if (GetParam().needs_data && std::getenv("APICAL_DATA") == nullptr) {
    GTEST_SKIP() << "needs MNIST in the folder that APICAL_DATA names";
  }
  // Moments within three tenths of the run, so that twenty kills fall within one or two, from the first file
  // to the report.
  constexpr int kKills = 20;
  constexpr double kShare = 0.3;
  test::kill_often([&](const fs::path& out, const char* threads) { return begin(out, threads); },
                   directory_.path(), kKills, kShare);
}

INSTANTIATE_TEST_SUITE_P(Kinds, SlowKilledEveryKind, testing::ValuesIn(kinds()),
                         [](const auto& kind) { return std::string(kind.param.name); });

}  // namespace
}  // namespace apical
