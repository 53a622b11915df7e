// SPDX-License-Identifier: Apache-2.0
// What is said before a run of what it will measure holds afterwards: nothing else is measured, and all of it
// is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "apical/experiment/measurable.h"
#include "apical/experiments.h"
#include "apical/io/test_directory.h"

namespace apical {
namespace {

struct Kind {
  const char* name;
  std::string text;
  friend void PrintTo(const Kind& k, std::ostream* out) { *out << k.name; }
};

const std::vector<Kind>& kinds() {
  static const std::string small_task =
      "[task]\nname = \"yin-yang\"\ntrain_samples = 60\nvalidation_samples = 20\ntest_samples = 20\n";
  static const std::vector<Kind> all{
      {"rate", small_task + "[model]\nname = \"error-neuron-microcircuit\"\nlayers = [4, 6, 3]\n"
                            "[training]\nepochs = 1\nvalidate_every = 1\n"},
      {"layered", small_task + "[model]\nname = \"backpropagation\"\nlayers = [4, 8, 3]\n"
                               "[training]\nepochs = 1\n"},
      {"steering",
       "[task]\nname = \"cart-pole\"\n[model]\nname = \"error-neuron-microcircuit\"\n"
       "layers = [4, 3, 1]\n[training]\nepochs = 1\nsteps_per_control = 1\n"},
      {"reward",
       "[task]\nname = \"cart-pole-v1\"\n[model]\nname = \"backpropagation\"\nlayers = [4, 8, 2]\n"
       "[training]\nenvironment_steps = 2000\n[reward]\nmethod = \"ppo\"\n"},
      {"course",
       "[model]\nname = \"burstprop-xor\"\nneurons = 40\nin_degree = 20\nexample_s = 0.2\n"
       "alpha_s = 0.1\n[training]\nepochs = 1\n"}};
  return all;
}

class Measured : public testing::TestWithParam<Kind> {};

TEST_P(Measured, IsWhatWasSaidBefore) {
  const Experiment experiment = read_experiment(TomlDocument::parse(GetParam().text, "test.toml"));
  const std::optional<std::vector<std::string>> said = split_quantities(experiment);
  ASSERT_TRUE(said);
  const io::TestDirectory directory;
  const std::atomic<bool> stop{false};
  ThreadPool pool(2);
  const RunResult result = run_experiment(experiment, {.directory = directory / "run"}, {pool}, stop);
  std::set<std::string> measured;
  for (const Measurement& m : result.measured) {
    for (const char* split : {"train", "validation", "test"}) {
      if (m.where == split) measured.insert(m.where + "_" + m.metric);
    }
  }
  EXPECT_THAT(measured, testing::IsSubsetOf(*said));
  for (const std::string& name : *said) {
    if (name.starts_with("train_")) continue;  // depends on the method, and on episodes that ended
    EXPECT_TRUE(measured.contains(name)) << name << " was said, and not measured";
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, Measured, testing::ValuesIn(kinds()),
                         [](const auto& kind) { return std::string(kind.param.name); });

}  // namespace
}  // namespace apical
