// SPDX-License-Identifier: Apache-2.0
// Trains a microcircuit with error neurons (Max et al. 2025) on Yin-Yang (Kriener et al. 2022), three
// replicas side by side.
#include <apical/circuits.h>
#include <apical/learning.h>
#include <apical/tasks.h>

#include <atomic>
#include <cstdio>
#include <memory>

using namespace apical;

namespace {
/// Keeps the last test of every replica.
struct LastTest : Observer {
  std::vector<Score> scores;
  void on(const Evaluated& e) override {
    if (e.split == SplitName::test) scores.assign(e.scores.begin(), e.scores.end());
  }
};
}  // namespace

int main() {
  models::ErrorNeuronMicrocircuit model{.layers = {4, 60, 3}};  // input, one area, output
  model.activation = {{.kind = ActivationKind::logistic}};
  model.weight_range = {8, 1};
  model.eta = {300, 8};  // 1/ms, by area
  const Circuit circuit = models::build(model);

  const auto data =
      std::make_shared<const Dataset>(make_dataset("yin-yang", TaskParameters{}.set("train_samples", 1000)));
  const std::vector<std::uint64_t> seeds{1, 2, 3};
  ThreadPool pool(1);
  RateLearner<float> learner(circuit, {data, data, data}, seeds, Presentation{}, pool);

  LastTest last;
  const std::atomic<bool> stop{false};
  Trainer trainer(learner, {.epochs = 10}, {&last});
  trainer.run(stop);
  for (std::size_t k = 0; k < seeds.size(); ++k)
    std::printf("seed %d: loss %.4f, accuracy %.2f\n", static_cast<int>(seeds[k]), last.scores[k].loss(),
                last.scores[k].accuracy());
  return last.scores[0].accuracy() > 0.7 ? 0 : 1;
}
