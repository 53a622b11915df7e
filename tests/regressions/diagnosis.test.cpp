// SPDX-License-Identifier: Apache-2.0
// apical diagnose, from a run to what it says: a run for each check that must trigger it, and runs that are
// fine.
#include "apical/analysis/diagnosis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "apical/io/json.h"
#include "apical/learning/examination.h"
#include "apical/learning/layered_learner.h"
#include "apical/models/layered_models.h"
#include "apical/tasks/task.h"
#include "support/command_line.h"
#include "support/small_experiments.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using test::Answer;
using test::apical_says;
using test::with;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string kLayered = test::yin_yang(400, 100, 200) + R"([model]
name = "backpropagation"
layers = [4, 30, 3]
batch = 20
[training]
epochs = 20
[run]
seeds = 2
)";

const std::string kCircuit = test::yin_yang(300, 60, 200) + R"([model]
name = "error-neuron-microcircuit"
layers = [4, 20, 3]
activation = "logistic"
eta = [30, 3]
[training]
epochs = 10
[run]
seeds = 2
)";

/// Inhibition within an area that is stable in continuous time, and at steps below a sixth of the membrane's
/// time constant.
const std::string kOscillating = test::yin_yang(100, 60, 100) + R"([model]
name = "dendritic-microcircuit"
layers = [4, 20, 3]
lookahead = false
eta = 0
dt_ms = 2
[[projection]]
name = "inhibition"
from = "a1.pyr"
to = "a1.pyr"
compartment = "basal"
pathway = "lateral"
weights = {low = -1}
[training]
epochs = 1
presentation_ms = 50
target_potentials = "task_numbers"
[run]
seeds = 2
)";

constexpr const char* kSpiking = R"([model]
name = "burstprop-xor"
neurons = 40
in_degree = 20
example_s = 0.5
alpha_s = 0.2
[training]
epochs = 3
[run]
seeds = 2
)";

class Diagnose : public test::CommandLine {
 protected:
  /// What the checks say, after a run of `text` that may end in any way.
  std::vector<std::string> attention(const std::string& text) {
    fs::remove_all(out());
    ran_ = apical_says({"run", file(text), "--out", out(), "--quiet"});
    const Answer a = apical_says({"diagnose", out(), "--json"});
    EXPECT_THAT(a.code, testing::AnyOf(0, 1)) << ran_.err << a.err;
    std::vector<std::string> checks;
    if (a.code > 1) return checks;
    told_ = nlohmann::json::parse(a.out);
    for (const nlohmann::json& f : told_.at("runs").at(0).at("findings")) {
      if (f.at("verdict") == "attention") checks.push_back(f.at("check"));
    }
    EXPECT_EQ(a.code == 1, !checks.empty());
    return checks;
  }
  Answer ran_;
  nlohmann::json told_;
};

TEST_F(Diagnose, RunsThatLearnedWellAreClean) {
  for (const std::string& text : {kLayered, kCircuit, std::string(kSpiking)}) {
    EXPECT_THAT(attention(text), IsEmpty()) << text << told_.dump(1);
    EXPECT_EQ(ran_.code, 0) << ran_.err;
    EXPECT_THAT(ran_.err, Not(HasSubstr("diagnosis")));
  }
}

struct Case {
  const char* check;
  std::string text;
  friend void PrintTo(const Case& c, std::ostream* out) { *out << c.check; }
};

std::vector<Case> cases() {
  const std::string layered = kLayered, circuit = kCircuit;
  const auto model = [&](const std::string& name, const std::string& more) {
    return with(layered, "\"backpropagation\"", "\"" + name + "\"\n" + more);
  };
  return {
      {"finite", model("backpropagation", "optimiser = \"sgd\"\nlearning_rate = 1e30")},
      {"saturated", model("backpropagation", "activation = \"tanh\"\ngain = [500, 1]\nlearning_rate = 1e-4")},
      {"dead", model("backpropagation", "activation = \"relu\"\ngain = 0")},
      {"not settled", model("equilibrium-propagation", "free_steps = 1\nnudged_steps = 1")},
      {"evaluation",
       model("contrastive-hebbian", "phase_steps = 1\nprediction_steps = 40\nsettling_gain = 0.9")},
      {"chance", with(model("backpropagation", "learning_rate = 1e-9"), "epochs = 20", "epochs = 1")},
      {"single seed", with(layered, "seeds = 2", "seeds = 1")},
      // Feedback that decays as fast as the weights beside it becomes their transpose.
      {"equals backpropagation", model("kolen-pollack", "weight_decay = 0.05")},
      {"alignment", with(model("feedback-alignment", "learning_rate = 1e-9"), "epochs = 20",
                         "epochs = 1\nalign_every = 1")},
      {"loss", with(circuit, "[30, 3]", "[3e5, 3e4]")},
      {"time step", kOscillating},
      {"weights at bounds",
       with(std::string(kSpiking), "alpha_s = 0.2", "alpha_s = 0.2\noutput_eta = 1e3\nhidden_eta = 1e3")},
  };
}

class DiagnoseTriggers : public Diagnose, public testing::WithParamInterface<Case> {};

TEST_P(DiagnoseTriggers, IsFound) {
  EXPECT_THAT(attention(GetParam().text), Contains(std::string(GetParam().check)))
      << ran_.err << told_.dump(1);
  if (ran_.code == 4) return;  // the fault itself is the message
  EXPECT_EQ(ran_.code, 0) << ran_.err;
  EXPECT_THAT(ran_.err, HasSubstr(std::string("diagnosis: ") + GetParam().check + ": "));
  if (GetParam().check != std::string("single seed")) {
    EXPECT_THAT(io::read_text(fs::path(out()) / "report.html"),
                HasSubstr(std::string(GetParam().check) + ": "));
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, DiagnoseTriggers, testing::ValuesIn(cases()), [](const auto& shipped) {
  std::string name = shipped.param.check + std::to_string(shipped.index);
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
});

TEST(Examinations, FindSamplesThatTestsShareWithTraining) {
  TaskParameters p;
  p.set("train_samples", 200).set("validation_samples", 20).set("test_samples", 100);
  Dataset data = make_dataset("yin-yang", p);
  const auto share = [](const Dataset& d) {
    Examination x;
    examine_data(d, 1, x);
    for (const Measurement& m : x.figures) {
      if (m.metric == examined::kLeaked) return m.value;
    }
    return -1.0;
  };
  EXPECT_EQ(share(data), 0);
  data.test = data.train;
  EXPECT_EQ(share(data), 1);
}

TEST_F(Diagnose, AComparisonIsDiagnosedRunByRun) {
  const std::string two =
      kLayered +
      "[[variant]]\nlabel = \"wild\"\nmodel.optimiser = \"sgd\"\nmodel.learning_rate = 1e30\n"
      "[[variant]]\nlabel = \"tame\"\n";
  EXPECT_EQ(apical_says({"compare", file(two), "--out", out(), "--quiet"}).code, 4);
  const Answer a = apical_says({"diagnose", out()});
  EXPECT_EQ(a.code, 1);
  EXPECT_THAT(a.out, HasSubstr("wild\n"));
  EXPECT_THAT(a.out, HasSubstr("tame\n"));
  EXPECT_THAT(a.out, HasSubstr("was not finite"));
}

TEST_F(Diagnose, SaysWhatIsNoRun) {
  const Answer a = apical_says({"diagnose", directory_.path().string()});
  EXPECT_EQ(a.code, 3);
  EXPECT_THAT(a.err, HasSubstr("holds neither a run"));
}

}  // namespace
}  // namespace apical
