// SPDX-License-Identifier: Apache-2.0
// Against a circuit that learns: its stimulus is, at every recorded step, that of the sample that is said to
// be shown then.
#include "apical/learning/shown_samples.h"

#include <gtest/gtest.h>

#include <map>

#include "apical/learning/rate_learner.h"
#include "apical/models/error_neuron_microcircuit.h"
#include "apical/tasks/task.h"

namespace apical {
namespace {

constexpr std::uint64_t kSeed = 7;

Circuit small_circuit() {
  models::ErrorNeuronMicrocircuit m{.layers = {4, 5, 3}};
  m.eta = {1};
  return build(m);
}

std::shared_ptr<const Dataset> few_samples() {
  return std::make_shared<const Dataset>(make_dataset(
      "yin-yang",
      TaskParameters{}.set("train_samples", 6).set("validation_samples", 4).set("test_samples", 3)));
}

void expect_what_is_shown(const Presentation& presentation, const TrainingPlan& plan) {
  const Circuit c = small_circuit();
  const auto data = few_samples();
  ThreadPool pool(1);
  RateLearner<double> learner(c, {data}, {kSeed}, presentation, pool);
  std::map<std::int64_t, std::vector<float>> stimulus;
  learner.record({{.variable = {.population = c[*c.stimulus()].name, .name = "rate", .width = 4}}},
                 [&](std::size_t, std::int64_t step, std::vector<float> values) { stimulus[step] = values; });
  std::atomic<bool> stop{false};
  Trainer(learner, plan, {}).run(stop);

  const auto shown = shown_samples(c, *data, presentation, plan, kSeed);
  ASSERT_FALSE(shown.empty());
  std::size_t looked_at = 0;
  for (const ShownSample& s : shown) {
    std::vector<float> input(4);
    data->train.read_input(s.sample, std::span<float>(input));
    for (std::int64_t step = s.first_step + 1; step <= s.last_step; ++step, ++looked_at)
      ASSERT_EQ(stimulus.at(step), input) << "step " << step << ", epoch " << s.epoch;
  }
  EXPECT_EQ(looked_at, stimulus.size()) << "nothing is recorded that no sample is shown in";
  EXPECT_EQ(shown.back().epoch, plan.epochs);
}

TEST(ShownSamples, AreThoseOfTheStepsThatARecordingCounts) {
  expect_what_is_shown({}, {.epochs = 3, .validate_every = 1, .test_every = 2, .align_every = 1});
  expect_what_is_shown({}, {.epochs = 2, .validate_every = 0, .shuffle = false});
}

TEST(ShownSamples, CountTheStepThatASampleIsLearnedIn) {
  expect_what_is_shown({.settling_ms = 0, .learning = LearningSteps::after_sample}, {.epochs = 2});
}

TEST(ShownSamples, AreNotKnownWhereEvaluationsSteerAPlant) {
  Dataset steered = make_dataset("yin-yang", TaskParameters{}.set("train_samples", 2));
  steered.closed_loop.emplace();
  EXPECT_TRUE(shown_samples(small_circuit(), steered, {}, {.epochs = 1}, kSeed).empty());
}

}  // namespace
}  // namespace apical
