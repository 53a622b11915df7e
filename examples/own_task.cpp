// SPDX-License-Identifier: Apache-2.0
// A task that Apical does not have: which of two numbers is larger. A data set is a value to be filled in.
#include <apical/circuits.h>
#include <apical/learning.h>
#include <apical/tasks.h>

#include <atomic>
#include <cstdio>
#include <memory>
#include <random>

using namespace apical;

namespace {

Split draw(std::size_t samples, unsigned seed) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<double> number(-1, 1);
  Matrix<double> inputs(samples, 2);  // one row per sample
  Split split;
  for (std::size_t i = 0; i < samples; ++i) {
    for (double& x : inputs.row(i)) x = number(generator);
    split.labels.push_back(inputs(i, 0) > inputs(i, 1) ? 0 : 1);
  }
  split.inputs = Inputs(std::move(inputs));
  split.targets = one_hot(split.labels, 2);
  return split;
}

Dataset which_is_larger() {
  Dataset data;
  data.name = "which-is-larger";
  data.train = draw(400, 1);
  data.validation = draw(100, 2);
  data.test = draw(100, 3);
  data.class_names = {"first", "second"};
  data.readout = Readout::largest_output;
  return data;
}

struct Accuracy : Observer {
  double test = 0;
  void on(const Evaluated& e) override {
    if (e.split == SplitName::test) test = e.scores[0].accuracy();
  }
};

}  // namespace

int main() {
  const auto data = std::make_shared<const Dataset>(which_is_larger());
  models::ErrorNeuronMicrocircuit model{.layers = {2, 10, 2}};
  model.activation = {{.kind = ActivationKind::tanh}, {.kind = ActivationKind::linear}};
  ThreadPool pool(1);
  RateLearner<double> learner(models::build(model), {data}, {1}, Presentation{}, pool);
  Accuracy accuracy;
  const std::atomic<bool> stop{false};
  Trainer trainer(learner, {.epochs = 5}, {&accuracy});
  trainer.run(stop);
  std::printf("%s: %.0f %% of the test samples\n", data->name.c_str(), 100 * accuracy.test);
  return accuracy.test > 0.8 ? 0 : 1;
}
