// SPDX-License-Identifier: Apache-2.0
// Learning rates beyond all measure: weights that have grown out of every scale are a numerical fault, though
// activations with a bound would keep every output and loss finite.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apical/models/layered_models.h"
#include "apical/models/recurrent_models.h"
#include "apical/models/registry.h"
#include "apical/run/fault_record.h"
#include "apical/run/metrics_file.h"
#include "support/command_line.h"
#include "support/small_experiments.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using test::Answer;
using test::apical_says;
using test::with;
using testing::HasSubstr;

class Divergence : public test::CommandLine {
 protected:
  void expect_fault(const std::string& text, const std::string& what) const {
    fs::remove_all(out());
    const Answer a = apical_says({"run", file(text), "--out", out(), "--quiet"});
    EXPECT_EQ(a.code, 4) << what << a.out << a.err;
    EXPECT_THAT(a.err, HasSubstr("numerical fault")) << what;
    EXPECT_TRUE(io::file_exists(fault_state_file(out()))) << what;
    EXPECT_FALSE(io::file_exists(fs::path(out()) / "summary.json")) << what;
  }
};

TEST_F(Divergence, OfEveryLayeredRuleIsAFault) {
  for (const models::LayeredModelRecipe& m : models::layered_models()) {
    const std::string text =
        test::yin_yang(40, 20, 20) + "[model]\nname = \"" + m.name +
        "\"\nlayers = [4, 8, 3]\nlearning_rate = 1e30\n" +
        (m.name == "spiking-burstprop" ? "calibration = 10\n" : "") +  // nothing is learned before
        "[training]\nepochs = 3\n[run]\nseeds = 1\n";
    const Answer checked = apical_says({"check", file(text)});
    if (checked.code == 3) continue;  // it cannot learn this task, or bounds its rate
    expect_fault(text, m.name);
  }
}

TEST_F(Divergence, OfEveryRecurrentRuleIsAFault) {
  for (const models::RecurrentModelRecipe& m : models::recurrent_models()) {
    expect_fault(
        with(test::small_recurrent_network(), "\"bptt\"", "\"" + m.name + "\"\nlearning_rate = 1e30"),
        m.name);
  }
}

TEST_F(Divergence, OfCircuitsWhoseRatesAreBoundedIsAFault) {
  const std::string text = with(test::small_circuit(), "\"logistic\"", "\"logistic\"\neta = 1e30");
  expect_fault(text, "error neurons");
}

TEST_F(Divergence, NamesTheLayerAndTheUnit) {
  const std::string text = test::yin_yang(40, 20, 20) +
                           "[model]\nname = \"backpropagation\"\nlayers = [4, 8, 3]\noptimiser = "
                           "\"sgd\"\nlearning_rate = 1e15\n[training]\nepochs = 1\n[run]\nseeds = [7]\n";
  const Answer a = apical_says({"run", file(text), "--out", out(), "--quiet"});
  EXPECT_TRUE(
      testing::Value(a.err, testing::ContainsRegex("weights of 'layer [12]' is .* in unit [0-9]+ at step")))
      << a.err;
  EXPECT_THAT(a.err, HasSubstr("seed 7"));
}

}  // namespace
}  // namespace apical
