// SPDX-License-Identifier: Apache-2.0
// Whole runs of the delayed match to sample of Max, Jaras, Granier, Wilmes & Petrovici (Fig. 2b) from given
// trials and initial weights: {"train": [[delay, first, second, target], …], "test": …, "seeds":
// [{"forward_1": …, "expected_test_loss": …}, …]}. What was printed of them is compared to its digits.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <nlohmann/json.hpp>

#include "apical/errors.h"
#include "apical/experiments.h"
#include "apical/learning.h"
#include "apical/tasks.h"
#include "golden/comparison.h"
#include "golden/microcircuits.h"

namespace apical::golden {
namespace {

using nlohmann::json;

constexpr double kDigitsOfLosses = 1e-4;    // relative: four digits
constexpr double kDigitsOfWeights = 1e-4;   // absolute: four decimals, and the last is rounded
constexpr double kDigitsOfOutcomes = 1e-9;  // an accuracy is a count

/// The settings of experiments/max2026/figure-2b.toml.
constexpr const char* kSettings = R"(
[task]
name = "delayed-match-to-sample"
[model]
name = "error-neuron-microcircuit"
layers = [1, 2, 1]
activation = ["soft_relu", "tanh"]
slope = [1, 20]
offset = [0, 0.5]
derivative_of = ["", "linear"]
released_derivative = true
g_leak = 0.3
lookahead = false
feedback_deviation = 0.5
lateral_range = 0.3
initial_voltage_sd = 0
eta = 4000
[training]
epochs = 10
learn = "after_sample"
shuffle = false
reset_somata = "forward"
validate_every = 0
[run]
precision = "double"
)";

Split split_of(const json& trials) {
  Split split;
  split.targets = Matrix<double>(trials.size(), 1);
  for (std::size_t i = 0; i < trials.size(); ++i) {
    const MatchTrial trial{trials[i].at(1), trials[i].at(2), trials[i].at(0)};
    if (trials[i].at(3) != trial.target())
      throw DataError(fmt::format("trial {} has another target than its cues say", i + 1));
    split.sequences.push_back(trial.sequence());
    split.targets(i, 0) = trial.target();
    split.labels.push_back(trial.target() > 0 ? 1 : 0);
  }
  return split;
}

std::vector<double> flat(const json& numbers) {
  return numbers.is_array() ? doubles(numbers) : std::vector<double>{numbers.get<double>()};
}

/// By the names that weights have in files.
ParameterValues weights_of(const Learner& learner, const json& seed) {
  const std::vector<Parameter> parameters = learner.parameters();
  ParameterValues values;
  const std::pair<const char*, const char*> places[] = {
      {"forward_1", "input->a1.rep.basal"},
      {"forward_2", "a1.rep->a2.rep.basal"},
      {"feedback_noise", "a2.err->a1.err.dendrite.deviation"},
      {"w_rep_to_err_1", "a1.rep->a1.err.dendrite"},
      {"w_rep_to_err_2", "a2.rep->a2.err.target"},
      {"w_err_to_rep_1", "a1.err->a1.rep.apical"},
      {"w_err_to_rep_2", "a2.err->a2.rep.apical"}};
  for (const auto& [recorded, name] : places) {
    const auto at = std::find_if(parameters.begin(), parameters.end(),
                                 [name = name](const Parameter& p) { return p.name == name; });
    if (at == parameters.end()) throw DataError(fmt::format("the circuit has no weights '{}'", name));
    values[static_cast<std::size_t>(at - parameters.begin())] = flat(seed.at(recorded));
  }
  return values;
}

struct LastTest final : Observer {
  std::vector<Score> scores;
  void on(const Evaluated& e) override {
    if (e.split == SplitName::test) scores.assign(e.scores.begin(), e.scores.end());
  }
};

Verdict replay_match_runs(const json& file) {
  Experiment e = read_experiment(TomlDocument::parse(kSettings, "figure 2b"));
  e.seeds.clear();
  for (const json& seed : file.at("seeds")) e.seeds.push_back(seed.at("seed"));
  auto data = std::make_shared<Dataset>();
  data->name = e.task;
  data->train = split_of(file.at("train"));
  data->test = split_of(file.at("test"));
  data->class_names = {"non-match", "match"};
  data->readout = Readout::sign;
  data->sequence_dt_ms = MatchTiming{}.dt_ms;
  ThreadPool pool(1);
  RateLearner<double> learner(e.circuit(), {e.seeds.size(), data}, e.seeds, e.presentation, pool);
  std::vector<ParameterValues> start;
  for (const json& seed : file.at("seeds")) start.push_back(weights_of(learner, seed));
  learner.set_parameters(start);
  LastTest test;
  Trainer trainer(learner, e.plan, {&test});
  const std::atomic<bool> never{false};
  trainer.run(never);

  Comparison all(0, kDigitsOfLosses);
  const std::vector<Parameter> parameters = learner.parameters();
  for (std::size_t r = 0; r < e.seeds.size(); ++r) {
    const json& seed = file.at("seeds").at(r);
    const std::string name = fmt::format("seed {}: ", e.seeds[r]);
    all.close(name + "test loss", test.scores.at(r).loss(), seed.at("expected_test_loss"));
    all.within(name + "test accuracy", test.scores.at(r).accuracy(), seed.at("expected_accuracy"),
               kDigitsOfOutcomes);
    if (!seed.contains("expected_final_forward")) continue;
    std::vector<double> forward;
    for (const char* projection : {"input->a1.rep.basal", "a1.rep->a2.rep.basal"}) {
      const auto at = std::find_if(parameters.begin(), parameters.end(),
                                   [&](const Parameter& p) { return p.name == projection; });
      for (const double w : learner.parameter(static_cast<std::size_t>(at - parameters.begin()), r))
        forward.push_back(w);
    }
    const std::vector<double> expected = doubles(seed.at("expected_final_forward"));
    for (std::size_t i = 0; i < expected.size(); ++i)
      all.within(fmt::format("{}final weight {}", name, i + 1), forward.at(i), expected[i], kDigitsOfWeights);
  }
  return all.verdict();
}

}  // namespace

void add_match_run_formats(std::vector<Format>& list) {
  list.push_back({"runs of delayed match to sample from given trials and weights",
                  [](const json& j) {
                    return j.is_object() && j.contains("train") && j.contains("test") &&
                           j.contains("seeds") && j.at("seeds").is_array() && !j.at("seeds").empty() &&
                           j.at("seeds").at(0).contains("forward_1");
                  },
                  replay_match_runs});
}

}  // namespace apical::golden
