// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/trainer.h"

#include <gtest/gtest.h>

#include <utility>

namespace apical {
namespace {

/// Learns nothing; its loss is the number of samples it was taught.
class CountingLearner final : public Learner {
 public:
  CountingLearner() {
    for (Split* split : {&data_.train, &data_.validation, &data_.test}) {
      split->inputs = Inputs(Matrix<double>(3, 1));
      split->targets = Matrix<double>(3, 1);
    }
  }
  std::span<const std::uint64_t> seeds() const override { return seeds_; }
  const Dataset& data(std::size_t) const override { return data_; }
  void settle(const Order&) override {}
  void learn(const Order& order, bool) override { taught_ += order.front().size(); }
  void evaluate(SplitName, const Order& order, bool, std::span<Score> scores) override {
    scores[0].loss_sum += static_cast<double>(taught_ * order.front().size());
    scores[0].loss_count += static_cast<double>(order.front().size());
  }
  std::vector<std::vector<AreaAlignment>> align(const Order&) override { return {{}}; }
  void scale_learning(double factor) override { factors_.push_back(factor); }
  std::size_t settling_samples() const override { return 0; }
  void check() const override {}
  std::size_t bytes() const override { return 0; }
  void visit_state(StateVisitor& a) override { a("taught", taught_); }
  const std::vector<double>& factors() const { return factors_; }
  std::size_t taught() const { return taught_; }

 private:
  std::vector<double> factors_;
  Dataset data_;
  std::vector<std::uint64_t> seeds_{1};
  std::size_t taught_ = 0;
};

struct Tests final : Observer {
  void on(const Evaluated& e) override {
    if (e.split == SplitName::test) seen.emplace_back(e.epoch, e.scores[0].loss());
  }
  std::vector<std::pair<std::size_t, double>> seen;
};

std::vector<std::pair<std::size_t, double>> tests_of(const TrainingPlan& plan) {
  CountingLearner learner;
  Tests tests;
  Trainer trainer(learner, plan, {&tests});
  const std::atomic<bool> stop{false};
  EXPECT_EQ(trainer.run(stop), Trainer::Outcome::finished);
  return tests.seen;
}

TEST(Trainer, TestsOnceAtTheEndUnlessACurveIsWanted) {
  using Seen = std::vector<std::pair<std::size_t, double>>;
  EXPECT_EQ(tests_of({.epochs = 4}), (Seen{{4, 12}}));
  EXPECT_EQ(tests_of({.epochs = 4, .test_every = 2}), (Seen{{0, 0}, {2, 6}, {4, 12}}));
  EXPECT_EQ(tests_of({.epochs = 3, .test_every = 2}), (Seen{{0, 0}, {2, 6}, {3, 9}}));
}

TEST(Trainer, NoEpochBeginsWhenTheTimeIsUpAndTheTestComesThen) {
  using Seen = std::vector<std::pair<std::size_t, double>>;
  // Any epoch takes longer than this.
  EXPECT_EQ(tests_of({.epochs = 50, .minutes = 1e-12}), (Seen{{1, 3}}));
  EXPECT_EQ(tests_of({.epochs = 3, .minutes = 1e6}), (Seen{{3, 9}}));
}

TEST(Trainer, TimeHandedBackToAContinuedRunCounts) {
  CountingLearner learner;
  Tests tests;
  Trainer trainer(learner, {.epochs = 50, .minutes = 10}, {&tests});
  trainer.set_learning_time({600, 600});
  const std::atomic<bool> stop{false};
  EXPECT_EQ(trainer.run(stop), Trainer::Outcome::finished);
  ASSERT_EQ(tests.seen.size(), 1U);
  EXPECT_EQ(tests.seen.front().first, 0U);
}

TEST(Trainer, WhoeverStopsAsAnEpochBeginsHasWholeEpochsOnly) {
  struct StopsAtTheBeginning : Observer {
    std::atomic<bool> stop{false};
    void on(const Progress& p) override { stop = p.epoch == 2 && p.sample == 0; }
  };
  CountingLearner learner;
  StopsAtTheBeginning stops;
  Trainer trainer(learner, {.epochs = 3, .validate_every = 0}, {&stops});
  ASSERT_EQ(trainer.run(stops.stop), Trainer::Outcome::stopped);
  EXPECT_EQ(trainer.epochs_trained(), 1U);
  EXPECT_EQ(learner.taught(), 3U) << "the samples of one epoch";
}

TEST(Trainer, AnEpochContinuedInItsMiddleTookAllItsTime) {
  struct Durations : Observer {
    std::vector<double> seconds;
    void on(const EpochTrained& e) override { seconds.push_back(e.seconds); }
  };
  // One trainer stops within its first epoch, another goes on from its state and time.
  struct StopsLater : Observer {
    std::atomic<bool> stop{false};
    void on(const Progress& p) override { stop = p.sample > 0 && p.sample < p.samples; }
  };
  CountingLearner learner;
  StopsLater stops;
  Trainer first(learner, {.epochs = 2, .validate_every = 0}, {&stops});
  ASSERT_EQ(first.run(stops.stop), Trainer::Outcome::stopped);
  Snapshot state;
  state.take(first);
  Durations durations;
  CountingLearner same;
  Trainer second(same, {.epochs = 2, .validate_every = 0}, {&durations});
  state.restore(second);
  const LearningTime before = first.learning_time();
  second.set_learning_time({before.seconds + 100, before.epoch_began_seconds});
  const std::atomic<bool> never{false};
  EXPECT_EQ(second.run(never), Trainer::Outcome::finished);
  ASSERT_EQ(durations.seconds.size(), 2U);
  EXPECT_GE(durations.seconds[0], 100);
  EXPECT_LT(durations.seconds[1], 100);
}

TEST(Trainer, LearningRatesFallByStepsOrEveryEpoch) {
  const auto factors = [](const TrainingPlan& plan) {
    CountingLearner learner;
    Trainer trainer(learner, plan, {});
    const std::atomic<bool> stop{false};
    trainer.run(stop);
    return learner.factors();
  };
  EXPECT_EQ(factors({.epochs = 3, .eta_decay = 0.5}), (std::vector<double>{1, 0.5, 0.25}));
  EXPECT_EQ(factors({.epochs = 5, .eta_decay = 0.5, .eta_decay_every = 2}),
            (std::vector<double>{1, 1, 0.5, 0.5, 0.25}));
}

TEST(Trainer, StopsAfterValidationsWithoutProgressAndTestsThen) {
  // The loss grows from validation to validation: the first one stays the best.
  EXPECT_EQ(tests_of({.epochs = 50, .patience = 3}), (std::vector<std::pair<std::size_t, double>>{{3, 9}}));
}

}  // namespace
}  // namespace apical
