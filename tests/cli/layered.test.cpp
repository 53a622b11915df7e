// SPDX-License-Identifier: Apache-2.0
// Layered networks through the command line: run, check, compare, models, and what is said when parts do not
// fit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "apical/experiment/experiment.h"
#include "apical/io/file.h"
#include "apical/io/json.h"
#include "apical/run/summary.h"
#include "support/command_line.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using test::Answer;
using test::apical_says;
using test::CommandLine;
using test::with;
using testing::HasSubstr;

constexpr const char* kGood = R"([task]
name = "yin-yang"
train_samples = 60
validation_samples = 30
test_samples = 30
[model]
name = "backpropagation"
layers = [4, 6, 3]
learning_rate = 0.01
[training]
epochs = 2
align_every = 1
align_samples = 5
[run]
seeds = 2
)";

using LayeredCli = CommandLine;

TEST_F(LayeredCli, ARunLeavesFiguresCostsAndAReport) {
  const Answer a = apical_says({"run", file(kGood), "--out", out(), "--quiet", "--json"});
  ASSERT_EQ(a.code, 0) << a.err;
  const nlohmann::json s = nlohmann::json::parse(a.out);
  EXPECT_EQ(s.at("seeds").size(), 2U);
  EXPECT_NEAR(last_measure(s, "total", "angle_deg").at("mean").get<double>(), 0, 1e-2);
  EXPECT_EQ(s.at("cost_per_sample").at("synaptic_events"), 4 * 6 + 2 * 6 * 3);
  EXPECT_THAT(s.at("needs").get<std::vector<std::string>>(),
              testing::ElementsAre("weight transport", "separate phases", "signed signals"));
  EXPECT_GE(s.at("samples_to_95_percent").get<double>(), 0);
  const std::string report = io::read_text(fs::path(out()) / "report.html");
  EXPECT_THAT(report, HasSubstr("What learning took"));
  EXPECT_THAT(report, HasSubstr("Validation accuracy over synaptic events"));
  // As resolved it is the same experiment.
  const Experiment e = read_experiment(TomlDocument::read((fs::path(out()) / "experiment.toml").string()));
  EXPECT_EQ(e.resolved, io::read_text(fs::path(out()) / "experiment.toml"));
}

TEST_F(LayeredCli, CheckTellsTheCost) {
  const Answer a = apical_says({"check", file(kGood)});
  ASSERT_EQ(a.code, 0) << a.err;
  EXPECT_THAT(a.out, HasSubstr("9 units, 42 weights, batches of 20"));
  EXPECT_THAT(a.out, HasSubstr("6 updates per seed"));
}

TEST_F(LayeredCli, ModelsListsRulesBesideCircuits) {
  const Answer all = apical_says({"models"});
  EXPECT_THAT(all.out, HasSubstr("  error-neuron-microcircuit "));
  EXPECT_THAT(all.out, HasSubstr("  equilibrium-propagation "));
  const Answer one = apical_says({"models", "weight-mirror"});
  EXPECT_THAT(one.out, HasSubstr("weight transport   no"));
  EXPECT_THAT(one.out, HasSubstr("mirror_sigma"));
  EXPECT_THAT(apical_says({"models", "weight-miror"}).err, HasSubstr("did you mean 'weight-mirror'?"));
}

TEST_F(LayeredCli, AComparisonOfATaskNamesWhatItLeavesOut) {
  const Answer a = apical_says({"compare", "--task", "yin-yang", "--seeds", "2", "--set", "training.epochs=0",
                                "--set", "task.train_samples=40", "--set", "task.validation_samples=10",
                                "--set", "task.test_samples=10", "--models", "backpropagation,error neurons",
                                "--out", out(), "--quiet"});
  ASSERT_EQ(a.code, 0) << a.err;
  EXPECT_THAT(a.out, HasSubstr("synaptic events/sample"));
  EXPECT_THAT(a.out, testing::Not(HasSubstr("not compared")));  // it was asked for two
}

TEST_F(LayeredCli, LabelsWithCommasAndVariantsWithEpochsOfTheirOwnCanBeAskedFor) {
  const Answer a = apical_says({"compare", "--task", "yin-yang", "--seeds", "1", "--set", "training.epochs=1",
                                "--set", "task.train_samples=40", "--set", "task.validation_samples=10",
                                "--set", "task.test_samples=10", "--models",
                                "node perturbation,predictive coding, fixed prediction,predictive coding",
                                "--out", out(), "--quiet", "--json"});
  ASSERT_EQ(a.code, 0) << a.err;
  const nlohmann::json runs = nlohmann::json::parse(a.out).at("runs");
  ASSERT_EQ(runs.size(), 3U);
  EXPECT_EQ(runs.at(1).at("label"), "predictive coding, fixed prediction");
  const std::string resolved = io::read_text(fs::path(out()) / "node_perturbation" / "experiment.toml");
  EXPECT_THAT(resolved, HasSubstr("\nepochs = 1\n"));  // 300 in the file
}

TEST_F(LayeredCli, MistakesAreExplained) {
  struct Mistake {
    std::string text;
    std::vector<std::string> says;
  };
  const std::vector<Mistake> mistakes{
      {with(kGood, "\"backpropagation\"", "\"backpropagaton\""),
       {"experiment.toml:7:8: unknown model", "did you mean 'backpropagation'?"}},
      {with(kGood, "learning_rate", "lerning_rate"),
       {":9:1: unknown key 'lerning_rate' in [model]", "did you mean 'learning_rate'?"}},
      {with(kGood, "[4, 6, 3]", "[5, 6, 3]"),
       {"task 'yin-yang' has 4 inputs and 3 outputs, but the network has 5 and 3"}},
      {with(kGood, "0.01\n", "[0.1, 0.2, 0.3]\n"), {":9:17: learning_rate has 3 entries"}},
      {with(kGood, "0.01\n", "0.01\nactivation = \"sigmoid\"\n"),
       {"activation is 'sigmoid'; expected linear, relu, logistic"}},
      {with(kGood, "0.01\n", "0.01\noutput = \"linear\"\n"), {"softmax and ce go together"}},
      {with(kGood, "epochs = 2", "presentation_ms = 1"), {"unknown key 'presentation_ms' in [training]"}},
      {std::string(kGood) + "[[record]]\npopulation = \"a3\"\nvariable = \"rate\"\n",
       {"unknown area 'a3'", "did you mean 'a1'?"}},
      {std::string(kGood) + "[[record]]\npopulation = \"a1\"\nvariable = \"soma\"\n",
       {"unknown variable 'soma' of population 'a1'"}},
      {std::string(kGood) + "[[record]]\npopulation = \"a1\"\nvariable = \"rate\"\nevery_ms = 1\n",
       {"'record[1].every_ms' does not go with layered networks, which know no time"}},
      {std::string(kGood) + "[[population]]\nname = \"x\"\nsize = 3\n", {"'population' belongs to circuits"}},
      {with(kGood, "\"backpropagation\"", "\"recirculation\""), {"as many outputs as inputs"}},
  };
  for (const Mistake& m : mistakes) {
    const Answer a = apical_says({"run", file(m.text), "--out", out(), "--quiet"});
    EXPECT_EQ(a.code, 3) << a.err;
    for (const std::string& text : m.says) EXPECT_THAT(a.err, HasSubstr(text));
    EXPECT_FALSE(fs::exists(out())) << a.err;
  }
}

}  // namespace
}  // namespace apical
