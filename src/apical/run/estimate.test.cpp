// SPDX-License-Identifier: Apache-2.0
#include "apical/run/estimate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

#include "apical/core/test_ranks.h"
#include "apical/engine/rate/engine.h"
#include "apical/learning/rate_learner.h"
#include "apical/models/error_neuron_microcircuit.h"
#include "apical/models/layered_reference.h"
#include "apical/run/forecast_parts.h"
#include "apical/tasks/task.h"

namespace apical {
namespace {

template <class Real>
double predicted_over_actual(const Circuit& c, std::size_t seeds) {
  ThreadPool pool(1);
  std::vector<std::uint64_t> numbers(seeds);
  for (std::size_t k = 0; k < seeds; ++k) numbers[k] = k;
  const rate::RateEngine<Real> engine(c, numbers, pool);
  PlannedWork work;
  work.seeds = seeds;
  work.double_precision = sizeof(Real) == 8;
  return static_cast<double>(estimate(c, work).state_bytes) / static_cast<double>(engine.bytes());
}

TEST(Forecast, SaysTimesInTheUnitsOfPeople) {
  EXPECT_EQ(about(1e-7), "less than 0.01 s");
  EXPECT_EQ(about(0.123), "about 0.12 s");
  EXPECT_EQ(about(9.96), "about 10 s");
  EXPECT_EQ(about(118.4), "about 118 s");
  EXPECT_EQ(about(150), "about 2.5 min");
  EXPECT_EQ(about(3000), "about 50 min");
  EXPECT_EQ(about(7 * 3600), "about 7.0 h");
  EXPECT_EQ(about(123 * 86400), "about 123 days");
}

/// Few chunks for many ranks: some have two of them, some one, some none.
TEST(Estimate, MemoryOfARankIsThatOfItsOwnRows) {
  models::ErrorNeuronMicrocircuit m{.layers = {4, 420, 380, 600, 3}};
  m.feedback_deviation = 0.1;
  const Circuit c = build(m);
  PlannedWork work;
  work.seeds = 1;
  work.layout = rate::Layout::wide;
  for (const std::size_t count : {2U, 3U, 5U}) {
    std::vector<double> held(count);
    test::as_ranks(count, [&](Ranks& ranks) {
      ThreadPool pool(1);
      const rate::RateEngine<float> engine(c, {1}, pool,
                                           {.layout = rate::Layout::wide, .sharing = {.ranks = &ranks}});
      held[ranks.rank()] = static_cast<double>(engine.own_bytes());
    });
    for (std::size_t rank = 0; rank < count; ++rank)
      EXPECT_NEAR(state_bytes_of_rank(c, work, {rank, count}), held[rank], 0.02 * state_bytes(c, work))
          << rank << " of " << count;
    if (count < 5) continue;
    const auto [least, most] = std::minmax_element(held.begin(), held.end());
    EXPECT_GT(*most, 1.5 * *least) << "nothing unequal was tried";
  }
}

TEST(Estimate, MemoryIsWithinAFifthOfTheEngines) {
  models::ErrorNeuronMicrocircuit m{.layers = {4, 120, 3}};
  std::vector<Circuit> circuits{build(m)};
  m.layers = {10, 300, 200};
  m.dense_laterals = true;
  circuits.push_back(build(m));
  m.lateral_range = 0.1;
  m.eta_rep_to_err = m.eta_err_to_rep = 0.1;
  m.feedback_deviation = 0.1;
  m.update_low_pass_ms = 3;
  circuits.push_back(build(m));
  m = {.layers = {4, 2, 1}};
  m.forward = m.feedback = models::Wiring::skip;
  circuits.push_back(build(m));
  circuits.push_back(build(models::LayeredReference{.layers = {16, 8, 4, 2, 1}}));
  circuits.push_back(build(models::LayeredReference{.layers = {400, 600, 10}}));
  Circuit delayed = build(models::LayeredReference{.layers = {20, 30, 10}});
  for (std::uint32_t j = 0; j < delayed.projections().size(); ++j)
    delayed.edit(ProjectionId{j}).delay_steps = 7;
  circuits.push_back(delayed);
  for (const Circuit& c : circuits) {
    for (std::size_t seeds : {1U, 10U, 20U}) {
      EXPECT_NEAR(predicted_over_actual<float>(c, seeds), 1, 0.2) << describe(c) << seeds;
      EXPECT_NEAR(predicted_over_actual<double>(c, seeds), 1, 0.2) << describe(c) << seeds;
    }
  }
}

/// The steps an engine really takes are those that were foretold.
TEST(Estimate, StepsAreThoseOfTheTrainer) {
  TaskParameters p;
  const auto data = std::make_shared<const Dataset>(make_dataset("xor", p));
  PlannedWork work;
  work.plan.epochs = 7;
  work.plan.validate_every = 3;
  work.plan.align_every = 0;
  work.presentation = {.presentation_ms = 0.5, .settling_ms = 4};
  work.train = data->train.size();
  work.validation = data->validation.size();
  work.test = data->test.size();
  work.seeds = 2;
  Circuit c = build(models::ErrorNeuronMicrocircuit{.layers = {data->inputs(), 4, data->outputs()}});
  c.dt_ms = 0.05;
  work.recordings = {{.width = 4, .every_ms = 0.1, .replicas = 2}};
  ThreadPool pool(1);
  RateLearner<float> learner(c, {data, data}, {1, 2}, work.presentation, pool);
  Trainer trainer(learner, work.plan, {});
  std::atomic<bool> stop = false;
  ASSERT_EQ(trainer.run(stop), Trainer::Outcome::finished);
  const Estimate e = estimate(c, work);
  EXPECT_EQ(e.steps(), learner.engine().step());
  EXPECT_EQ(e.learning_steps, static_cast<std::int64_t>(7 * work.train * 10));
  EXPECT_EQ(e.recording_bytes, static_cast<std::uint64_t>(e.learning_steps + 80) / 2 * 4 * 2 * 4);
  EXPECT_EQ(e.synapse_updates, static_cast<double>(e.synapses) * static_cast<double>(e.steps()) * 2);
}

TEST(Estimate, StepsOfSequencesAndPlantsAreThoseOfTheTrainer) {
  const auto expect_steps = [](const Dataset& made, const Presentation& presentation) {
    const auto data = std::make_shared<const Dataset>(made);
    const Circuit c = build(models::ErrorNeuronMicrocircuit{.layers = {data->inputs(), 4, data->outputs()}});
    PlannedWork work;
    work.plan = {.epochs = 3, .validate_every = 2};
    work.presentation = presentation;
    work.seeds = 1;
    const auto steps = [&](SplitName split) { return steps_of(*data, split, presentation, c.dt_ms); };
    work.steps = {steps(SplitName::train), steps(SplitName::validation), steps(SplitName::test)};
    ThreadPool pool(1);
    RateLearner<float> learner(c, {data}, {1}, presentation, pool);
    Trainer trainer(learner, work.plan, {});
    std::atomic<bool> stop = false;
    ASSERT_EQ(trainer.run(stop), Trainer::Outcome::finished);
    EXPECT_EQ(estimate(c, work).steps(), learner.engine().step()) << data->name;
  };
  expect_steps(
      make_dataset(
          "delayed-match-to-sample",
          TaskParameters{}.set("train_samples", 4).set("validation_samples", 3).set("test_samples", 2)),
      {.settling_ms = 0, .learning = LearningSteps::after_sample});
  expect_steps(make_dataset("cart-pole",
                            TaskParameters{}.set("samples", 5).set("stretches", 2).set("control_steps", 11)),
               {.presentation_ms = 0.3,
                .settling_ms = 3,
                .learning = LearningSteps::after_sample,
                .steps_per_control = 3});
}

TEST(Estimate, WhatIsDueBeforeTheFirstAndAfterTheLastEpochCounts) {
  const Circuit c = build(models::LayeredReference{.layers = {2, 2, 1}});
  PlannedWork work;
  work.presentation = {.presentation_ms = c.dt_ms, .settling_ms = 0};
  work.plan.epochs = 10;
  work.plan.validate_every = 4;         // 0, 4, 8, 10
  work.plan.align_every = 5;            // 0, 5, 10
  work.plan.align_epochs = {5, 7, 99};  // and 7
  work.plan.align_samples = 3;
  work.train = 100;
  work.validation = 20;
  work.test = 1;
  const Estimate e = estimate(c, work);
  EXPECT_EQ(e.learning_steps, 1000);
  EXPECT_EQ(e.resting_steps, 4 * 20 + 4 * 3 + 1);
}

TEST(Estimate, TimeFollowsFromTheSpeed) {
  const Circuit c = build(models::LayeredReference{.layers = {2, 2, 1}});
  PlannedWork work;
  work.presentation = {.presentation_ms = c.dt_ms, .settling_ms = 0};
  work.plan = {.epochs = 1, .validate_every = 0};
  work.train = 100;
  work.test = 50;
  work.seeds = 3;
  const auto synapses = static_cast<double>(estimate(c, work).synapses);
  EXPECT_FALSE(estimate(c, work).seconds.has_value());
  EXPECT_DOUBLE_EQ(*estimate(c, work, MeasuredSpeed{.learning = 30, .resting = 60}).seconds,
                   synapses * 3 * (100 / 30.0 + 50 / 60.0));
}

TEST(Estimate, TheProbeMeasuresAPlausiblePace) {
  const Circuit c = build(models::ErrorNeuronMicrocircuit{.layers = {4, 12, 3}});
  ThreadPool pool(1);
  TaskParameters p;
  p.set("train_samples", 30).set("validation_samples", 10).set("test_samples", 10);
  const auto data = std::make_shared<const Dataset>(make_dataset("yin-yang", p));
  RateLearner<float> learner(c, {data, data}, {1, 2}, {}, pool);
  const Pace pace = measure_pace(learner, 0.02);
  for (const double seconds : {pace.learning, pace.answering}) {
    EXPECT_GT(seconds, 1e-8);
    EXPECT_LT(seconds, 1);
  }
  PlannedWork work;
  work.train = 30;
  work.seeds = 2;
  work.plan.epochs = 10;
  // What a sample takes, and the estimate of an epoch made from it, are the same.
  const Estimate e = estimate(c, work, speed_of({.learning = 2, .answering = 1}, c, work));
  EXPECT_NEAR(*e.seconds - static_cast<double>(e.resting_steps) * 30.0 / (e.learning_steps / 10.0),
              2 * 30 * 10, 1e-6 * *e.seconds);
}

TEST(Estimate, ABudgetOfTimeEndsTheEpochs) {
  TrainingPlan plan;
  plan.epochs = 1'000'000'000;
  EXPECT_EQ(epochs_within(plan, 2), plan.epochs);
  plan.minutes = 0.3;
  EXPECT_EQ(epochs_within(plan, 2), 10U);  // the last one begins after 18 s
  EXPECT_EQ(epochs_within(plan, 50), 1U);  // one begins in any case
  plan.epochs = 3;
  EXPECT_EQ(epochs_within(plan, 2), 3U);
}

}  // namespace
}  // namespace apical
