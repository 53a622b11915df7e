// SPDX-License-Identifier: Apache-2.0
// Watches a training: writes validation losses as CSV, and stops it once the loss is small enough.
#include <apical/circuits.h>
#include <apical/learning.h>
#include <apical/tasks.h>

#include <atomic>
#include <cstdio>
#include <memory>

using namespace apical;

namespace {

class StopWhenGood final : public Observer {
 public:
  StopWhenGood(double enough, std::atomic<bool>& stop) : enough_(enough), stop_(stop) {}
  void on(const Evaluated& e) override {
    if (e.split != SplitName::validation) return;
    for (const Score& replica : e.scores) {
      std::printf("%zu,%.5f\n", e.epoch, replica.loss());
      if (replica.loss() < enough_) stop_ = true;  // at the next safe point
    }
    ++seen_;
  }
  int seen() const { return seen_; }

 private:
  double enough_;
  std::atomic<bool>& stop_;
  int seen_ = 0;
};

}  // namespace

int main() {
  const auto data = std::make_shared<const Dataset>(
      make_dataset("yin-yang", TaskParameters{}.set("train_samples", 200).set("validation_samples", 100)));
  models::ErrorNeuronMicrocircuit model{.layers = {4, 60, 3}};
  model.activation = {{.kind = ActivationKind::logistic}};
  model.weight_range = {8, 1};
  model.eta = {300, 8};
  ThreadPool pool(1);
  RateLearner<float> learner(models::build(model), {data}, {1}, Presentation{}, pool);
  std::atomic<bool> stop{false};
  StopWhenGood observer(0.3, stop);
  std::puts("epoch,validation_loss");
  Trainer trainer(learner, {.epochs = 10}, {&observer});
  const bool finished = trainer.run(stop) == Trainer::Outcome::finished;
  std::puts(finished ? "all epochs" : "good enough");
  return observer.seen() > 0 ? 0 : 1;
}
