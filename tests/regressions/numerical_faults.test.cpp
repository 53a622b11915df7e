// SPDX-License-Identifier: Apache-2.0
// Results that are no results: whatever is not finite, wherever an engine or an evaluation meets it, ends the
// run as a numerical fault that says where, with its state kept, and others beside it go on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "apical/io/journal.h"
#include "apical/io/json.h"
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
using testing::Not;

class NumericalFaults : public test::CommandLine {
 protected:
  Answer run(const std::string& text) const {
    return apical_says({"run", file(text), "--out", out(), "--quiet"});
  }
  std::string message(const std::string& text) const {
    const Answer a = run(text);
    EXPECT_EQ(a.code, 4) << a.out << a.err;
    EXPECT_TRUE(io::file_exists(fault_state_file(out()))) << a.err;
    EXPECT_THAT(a.err, HasSubstr("the state at the fault is in"));
    EXPECT_THAT(io::read_text(fs::path(out()) / "events.ndjson"), HasSubstr("numerical_fault"));
    EXPECT_FALSE(io::file_exists(fs::path(out()) / "summary.json"));
    for (const Measurement& m : read_measurements(out())) EXPECT_TRUE(std::isfinite(m.value)) << m.metric;
    return a.err;
  }
};

/// Weights stay below the limit, what goes through four layers of them does not stay finite.
const std::string kLayered = test::yin_yang(100, 40, 40) + R"([model]
name = "backpropagation"
layers = [4, 20, 20, 20, 3]
optimiser = "sgd"
learning_rate = 1e12
batch = 100
[training]
epochs = 1
[run]
seeds = [7]
)";

const std::string kCircuit = with(
    with(with(test::small_circuit(), "\"logistic\"", "\"relu\"\neta = 1e25"), "epochs = 1", "epochs = 3"),
    "seeds = 1", "seeds = [7]");

const std::string kReward = with(with(test::small_policy(), "learning_rate = 0.003", "learning_rate = 1e30"),
                                 "seeds = 2", "seeds = [7]");

TEST_F(NumericalFaults, OutputsThatOverflowAreOneWhereTheyAreEvaluated) {
  const std::string says = message(kLayered);
  EXPECT_THAT(says, HasSubstr("output of 'layer 4'"));
  EXPECT_THAT(says, HasSubstr("at step 1 (seed 7)"));
  EXPECT_TRUE(testing::Value(says, testing::ContainsRegex("unit [0-2] ")));
}

TEST_F(NumericalFaults, AValidationIsAnEvaluationToo) {
  message(with(kLayered, "epochs = 1", "epochs = 5\nvalidate_every = 1"));
  const auto lines = io::read_ndjson(fs::path(out()) / "events.ndjson").lines;
  EXPECT_EQ(lines.back().at("event"), "numerical_fault");
  EXPECT_EQ(lines.back().at("step"), 1) << "the first validation after training sees it, not the test";
  EXPECT_EQ(lines.back().at("population"), "layer 4");
}

TEST_F(NumericalFaults, CircuitsNamePopulationAndTime) {
  const std::string says = message(kCircuit);
  EXPECT_THAT(says, HasSubstr("seed 7)"));
  EXPECT_TRUE(
      testing::Value(says, testing::ContainsRegex("of '[ae]?[a-z0-9.]+' is .* at step [0-9]+ \\(t = ")));
}

/// With a full lookahead outputs do not depend on somata, which recordings and rules read.
TEST_F(NumericalFaults, SomataThatGrowBeyondAllNumbersAreOneThoughAnswersStayFinite) {
  const std::string grows = "[[edit]]\npopulation = \"a1.rep\"\nleak = 250\n";
  EXPECT_THAT(message(test::small_circuit() + grows), HasSubstr("somatic potential of 'a1.rep'"));
}

TEST_F(NumericalFaults, NetworksThatLearnFromRewardAreNamed) {
  const std::string says = message(kReward);
  EXPECT_THAT(says, HasSubstr("of 'value, layer "));
  EXPECT_THAT(says, HasSubstr("seed 7)"));
}

TEST_F(NumericalFaults, WhatIsTriedToSayWhatLearningCostsIsPartOfTheRun) {
  // Initial weights that no layer's output survives: the probe for the cost meets them first.
  const std::string wild =
      with(with(kLayered, "learning_rate = 1e12", "gain = 1e15"), "epochs = 1", "epochs = 2");
  const std::string says = message(wild);
  EXPECT_THAT(says, HasSubstr("seed 7)"));
  EXPECT_THAT(says, HasSubstr("of 'layer "));
  // Nor is its directory in the way: like any run that has begun, it can be gone on with.
  const Answer again = apical_says({"run", "--resume", "--out", out(), "--quiet"});
  EXPECT_EQ(again.code, 4) << again.err;
  EXPECT_THAT(again.err, HasSubstr("seed 7)"));
}

TEST_F(NumericalFaults, OfASweepAreNotedAndItGoesOn) {
  const std::string sweep = with(kLayered, "learning_rate = 1e12", "learning_rate = 0.1") +
                            "[sweep]\nname = \"rate\"\naxis = \"log\"\nat = [0.1, 1e12, 0.2]\n"
                            "[sweep.values]\nmodel.learning_rate = [0.1, 1e12, 0.2]\n";
  const Answer a = apical_says({"compare", file(sweep), "--out", out(), "--quiet"});
  EXPECT_EQ(a.code, 4);
  EXPECT_THAT(a.err, HasSubstr("numerical fault: output of 'layer 4'"));
  EXPECT_THAT(a.out, HasSubstr("rate 0.2"));
  EXPECT_THAT(a.out, Not(HasSubstr("not finite")));
  EXPECT_THAT(io::read_text(fs::path(out()) / "report.html"), HasSubstr("ended in a numerical fault"));
}

TEST_F(NumericalFaults, OfAComparisonAreNotedAndItGoesOn) {
  const std::string two =
      kLayered + "[[variant]]\nlabel = \"wild\"\n[[variant]]\nlabel = \"tame\"\nmodel.learning_rate = 0.1\n";
  const Answer a = apical_says({"compare", file(two), "--out", out(), "--quiet"});
  EXPECT_EQ(a.code, 4);
  EXPECT_THAT(a.err, HasSubstr("wild: numerical fault"));
  EXPECT_THAT(a.out, HasSubstr("tame"));
  EXPECT_TRUE(io::file_exists(fs::path(out()) / "tame" / "summary.json"));
  EXPECT_THAT(io::read_text(fs::path(out()) / "report.html"), HasSubstr("ended in a numerical fault"));
}

TEST_F(NumericalFaults, AComparisonOfWhichNothingIsLeftHasAPageAllTheSame) {
  const std::string two =
      kLayered + "[[variant]]\nlabel = \"one\"\n[[variant]]\nlabel = \"two\"\nmodel.learning_rate = 1e26\n";
  const Answer a = apical_says({"compare", file(two), "--out", out(), "--quiet"});
  EXPECT_EQ(a.code, 4) << a.err;
  EXPECT_TRUE(io::file_exists(fs::path(out()) / "report.html"));
}

RC_GTEST_FIXTURE_PROP(NumericalFaults, ARunEndsWithFiniteFiguresOrAsAFault, ()) {
  const int power = *rc::gen::inRange(-3, 38);
  const std::string optimiser = *rc::gen::element<std::string>("sgd", "momentum", "adam");
  const std::string output = *rc::gen::element<std::string>("output = \"linear\"\nloss = \"mse\"",
                                                            "output = \"softmax\"\nloss = \"ce\"");
  const std::string hidden = *rc::gen::element<std::string>("[4, 3]", "[4, 5, 3]", "[4, 9, 8, 7, 3]");
  const std::string model =
      *rc::gen::element<std::string>("backpropagation", "feedback-alignment", "kolen-pollack");
  const std::string text = with(
      with(with(with(kLayered, "\"backpropagation\"", "\"" + model + "\""), "[4, 20, 20, 20, 3]", hidden),
           "\"sgd\"", "\"" + optimiser + "\"\n" + output),
      "1e12", "1e" + std::to_string(power));
  fs::remove_all(out());
  const Answer a = run(with(text, "epochs = 1", "epochs = 2\nalign_every = 1\nalign_samples = 5"));
  RC_ASSERT(a.code == 0 || a.code == 4);
  for (const Measurement& m : read_measurements(out()))
    RC_ASSERT(std::isfinite(m.value) || m.where[0] == 'a' || m.where == "total");
  RC_ASSERT((a.code == 0) == io::file_exists(fs::path(out()) / "summary.json"));
  RC_ASSERT((a.code == 4) == io::file_exists(fault_state_file(out())));
}

TEST_F(NumericalFaults, TimesThatNoStepsCountAreRefusedAtTheirKey) {
  struct Case {
    std::string text, says;
  };
  const std::string spiking =
      "[model]\nname = \"burstprop-multiplexing\"\npyramidal = 100\nburn_in_s = 0.1\n";
  for (const Case& c : {Case{spiking + "duration_s = 1e300\n", ":5:14: duration_s is 1e+300; expected"},
                        Case{with(kCircuit, "eta = 1e25", "dt_ms = 1e-12"), ":10:9: "},
                        Case{with(kCircuit, "epochs = 3", "epochs = 3\npresentation_ms = 1e10"), ":13:19: "},
                        Case{with(kCircuit, "epochs = 3", "epochs = 3\nsettling_ms = 1e300"), ":13:15: "}}) {
    for (const char* command : {"check", "run"}) {
      std::vector<std::string> arguments{command, file(c.text)};
      if (command == std::string("run")) arguments.insert(arguments.end(), {"--out", out(), "--quiet"});
      const Answer a = apical_says(arguments);
      EXPECT_EQ(a.code, 3) << c.text;
      EXPECT_THAT(a.err, HasSubstr(c.says));
      EXPECT_FALSE(fs::exists(out()));
    }
  }
}

TEST_F(NumericalFaults, ARewardRunWithoutAFinishedEpisodeHasATable) {
  for (const char* steps : {"8", "0"}) {
    const std::string text = with(
        with(with(kReward, "1e30", "0.001"), "environments = 4\nsteps = 64", "environments = 1\nsteps = 8"),
        "1000", steps);
    const Answer a =
        apical_says({"run", file(text), "--seeds", "2", "--out", out(std::string("run") + steps), "--quiet"});
    ASSERT_EQ(a.code, 0) << a.err;
    EXPECT_THAT(a.out, HasSubstr("test return"));
    EXPECT_THAT(a.out, Not(HasSubstr("finite")));
    if (steps == std::string("8")) {
      EXPECT_TRUE(testing::Value(a.out, testing::ContainsRegex("never, never +-  ")));
    }
  }
}

}  // namespace
}  // namespace apical
