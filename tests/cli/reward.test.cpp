// SPDX-License-Identifier: Apache-2.0
// Learning from reward through the command line: run, stop and resume, compare, check, and what is said when
// parts do not fit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "apical/experiment/experiment.h"
#include "apical/io/file.h"
#include "apical/io/json.h"
#include "apical/run/metrics_file.h"
#include "apical/run/run.h"
#include "apical/run/summary.h"
#include "support/command_line.h"
#include "support/small_experiments.h"
#include "support/well_formed.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using test::Answer;
using test::apical_says;
using test::with;
using testing::HasSubstr;

const std::string kGood = test::small_policy();

class RewardCli : public test::CommandLine {
 protected:
  Answer run(const std::string& text, std::vector<std::string> more = {}, const std::string& name = "run") {
    std::vector<std::string> arguments{"run", file(text), "--out", out(name), "--quiet"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return apical_says(arguments);
  }
  std::string metrics(const std::string& name = "run") const {
    return io::read_text(fs::path(out(name)) / "metrics.ndjson");
  }
};

TEST_F(RewardCli, ARunTellsOfReturnsStepsAndGates) {
  const Answer a = run(kGood);
  ASSERT_EQ(a.code, 0) << a.err;
  EXPECT_THAT(a.out, HasSubstr("environment steps to solve, by seed"));
  EXPECT_THAT(a.out, HasSubstr("never, never")) << "1000 steps are too few";
  const std::vector<Measurement> rows = read_measurements(out());
  EXPECT_TRUE(curves_of(rows, "test", "loss").empty());
  for (const char* metric : {"environment_steps", "episodes", "return", "prediction_error", "entropy",
                             "value_loss", "kl", "policy_loss", "open_gates"}) {
    const std::vector<SeedCurve> curves = curves_of(rows, "train", metric);
    ASSERT_EQ(curves.size(), 2U) << metric << " of two seeds";
    EXPECT_EQ(curves[0].y.size(), 4U) << metric << " of every iteration";
    if (metric == std::string("environment_steps")) {
      EXPECT_THAT(curves[1].y, testing::ElementsAre(256, 512, 768, 1024));
    }
  }
  const std::vector<SeedValue> tested = last_of(rows, "test", "return");
  ASSERT_EQ(tested.size(), 2U);
  for (const SeedValue& v : tested) EXPECT_GE(v.value, 5);
  const nlohmann::json s = io::read_json(fs::path(out()) / "summary.json");
  const nlohmann::json& solved = last_measure(s, "train", "steps_to_solve");
  EXPECT_EQ(solved.at("n"), 0);
  EXPECT_TRUE(std::isnan(io::number_of(solved.at("values")[0], "steps_to_solve")));
  EXPECT_TRUE(last_measure(s, "test", "return").contains("mean"));
  // A pole earns 1 for each of at most 500 steps: two seeds far apart make no interval of anything else.
  for (const char* where : {"train", "test"}) {
    EXPECT_GT(last_measure(s, where, "return").at("low95"), 0) << where;
    EXPECT_LT(last_measure(s, where, "return").at("high95"), 500) << where;
  }
  EXPECT_NEAR(last_measure(s, "total", "angle_deg").at("mean").get<double>(), 0, 1e-2);
  EXPECT_GT(s.at("cost_per_sample").at("synaptic_events"), 4 * (2 * (4 * 6) + 6 * 2 + 6))
      << "passes over both networks";
  const std::string report = io::read_text(fs::path(out()) / "report.html");
  EXPECT_EQ(test::malformed(report), "");
  for (const char* part :
       {"environment steps", "Mean return of the last episodes over training", "475",
        "Fraction of open gates", "reward prediction error", "Environment steps to solve"}) {
    EXPECT_THAT(report, HasSubstr(part));
  }
}

/// Asks to stop after the second iteration.
class StopsEarly final : public Listener {
 public:
  explicit StopsEarly(std::atomic<bool>& stop) : stop_(stop) {}
  void on(const EpochEnded& e) override { stop_ = e.epoch == 2; }

 private:
  std::atomic<bool>& stop_;
};

TEST_F(RewardCli, AStoppedRunGoesOnBitForBit) {
  for (const std::string method : {"ppo", "reinforce", "actor-critic"}) {
    const std::string text = with(kGood, "[reward]", "[reward]\nmethod = \"" + method + "\"");
    ASSERT_EQ(run(text, {}, method + "-whole").code, 0);
    std::atomic<bool> stop{false};
    StopsEarly early(stop);
    ThreadPool pool;
    RunOptions options;
    options.directory = out(method + "-parts");
    options.listeners.push_back(&early);
    ASSERT_TRUE(
        run_experiment(read_experiment(TomlDocument::parse(text, "stopped")), options, {pool}, stop).stopped);
    EXPECT_LT(metrics(method + "-parts").size(), metrics(method + "-whole").size());
    const Answer rest = apical_says({"run", "--resume", "--out", out(method + "-parts"), "--quiet"});
    ASSERT_EQ(rest.code, 0) << rest.err;
    EXPECT_EQ(metrics(method + "-whole"), metrics(method + "-parts"));
  }
}

TEST_F(RewardCli, OneLineChangesTheRuleAndTheValueNetworkFollows) {
  const std::string text = "title = \"rules\"\n" + kGood + R"([[variant]]
label = "BP"
reference = true
[[variant]]
label = "FA"
model.name = "feedback-alignment"
[[variant]]
label = "EP"
model.name = "equilibrium-propagation"
[[variant]]
label = "BP below, PC for values"
value.name = "predictive-coding-zil"
)";
  const Answer a = apical_says({"compare", file(text), "--out", out(), "--quiet"});
  ASSERT_EQ(a.code, 0) << a.err;
  const auto resolved = [&](const char* label) {
    return io::read_text(fs::path(out()) / label / "experiment.toml");
  };
  const std::string ep = resolved("EP");
  EXPECT_THAT(ep.substr(ep.find("[value]")), HasSubstr("name = \"equilibrium-propagation\""));
  EXPECT_THAT(ep.substr(ep.find("[value]")), HasSubstr("layers = [4, 6, 1]"));
  EXPECT_THAT(resolved("BP_below,_PC_for_values"), HasSubstr("name = \"predictive-coding-zil\""));
  const Experiment e = read_experiment(TomlDocument::parse(ep, "ep"));
  EXPECT_EQ(e.resolved, ep) << "as resolved it is the same experiment";
  EXPECT_THAT(a.out, HasSubstr("EP"));
}

TEST_F(RewardCli, CheckAndTasksSayWhatThereIs) {
  const Answer checked = apical_says({"check", file(kGood)});
  ASSERT_EQ(checked.code, 0) << checked.err;
  EXPECT_THAT(checked.out, HasSubstr("4 iterations of 256 steps"));
  EXPECT_THAT(checked.out, HasSubstr("64 updates per seed"));
  EXPECT_THAT(checked.out, HasSubstr("per environment step"));
  const Answer task = apical_says({"tasks", "cart-pole-v1"});
  for (const char* part : {"episode_steps", "solved", "time limit"}) EXPECT_THAT(task.out, HasSubstr(part));
}

TEST_F(RewardCli, WhatDoesNotFitIsSaidWithItsPlace) {
  const auto refused = [&](const std::string& text, const std::string& why) {
    const Answer a = run(text, {}, "none");
    EXPECT_EQ(a.code, 3) << a.out;
    EXPECT_THAT(a.err, HasSubstr(why));
    EXPECT_THAT(a.err, HasSubstr("experiment.toml:"));
    EXPECT_FALSE(fs::exists(out("none")));
  };
  refused(with(kGood, "environment_steps = 1000", "epochs = 3"),
          "'training.epochs' does not go with task 'cart-pole-v1'");
  refused(with(kGood, "[training]", "[training]\nshuffle = true"), "'training.shuffle'");
  refused(with(kGood, "steps = 64", "steps = 64\nmethod = \"reinforce\"\nclip = 0.1"), "only ppo has gates");
  refused(with(kGood, "steps = 64", "steps = 64\nmethod = \"actor-critic\"\npasses = 2"),
          "it learns at every step");
  refused(with(kGood, "steps = 64", "steps = 64\nminibatches = 200"),
          "'reward.minibatches' is 200; expected two steps or more in each");
  refused(with(with(kGood, "steps = 64", "steps = 64\nmethod = \"actor-critic\""), "\"backpropagation\"",
               "\"predictive-coding-incremental\""),
          "experiment.toml:12:10: 'reward.method' is actor-critic");
  refused(
      with(with(kGood, "steps = 64", "steps = 64\nmethod = \"actor-critic\""), "learning_rate = 0.003",
           "name = \"target-propagation\""),
      "the value network learns by target-propagation, which has feedback that learns in a way of its own");
  refused(with(kGood, "steps = 64", "steps = 64\ngamma = 2"),
          "'reward.gamma' is 2; expected a number from 0 to 1");
  refused(with(kGood, "steps = 64", "steps = 64\ntime_limit = \"never\""), "never");
  refused(with(kGood, "learning_rate = 0.003", "name = \"error-neuron-microcircuit\""),
          "rewards are predicted by a layered network");
  refused("[task]\nname = \"cart-pole-v1\"\n[model]\nname = \"error-neuron-microcircuit\"\nlayers = [4, 2]\n",
          "this is a circuit");
  refused(
      "[task]\nname = \"yin-yang\"\n[model]\nname = \"backpropagation\"\nlayers = [4, 6, 3]\n[reward]\nsteps "
      "= 5\n",
      "'reward' does not go with task 'yin-yang'");
  refused(
      "[task]\nname = \"yin-yang\"\n[model]\nname = \"backpropagation\"\nlayers = [4, 6, "
      "3]\n[training]\nenvironment_steps = 5\n",
      "'training.environment_steps'");
  const Answer sizes = run(with(kGood, "layers = [4, 6, 2]", "layers = [4, 6, 3]"), {}, "none");
  EXPECT_EQ(sizes.code, 3);
  EXPECT_THAT(sizes.err, HasSubstr("policy network"));
  const Answer softmax =
      run(with(kGood, "layers = [4, 6, 2]", "layers = [4, 6, 2]\noutput = \"softmax\"\nloss = \"ce\""), {},
          "none");
  EXPECT_EQ(softmax.code, 3);
  EXPECT_THAT(softmax.err, HasSubstr("linear outputs"));
}

}  // namespace
}  // namespace apical
