// SPDX-License-Identifier: Apache-2.0
#include "apical/run/memory_need.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "apical/core/test_ranks.h"
#include "apical/engine/spike/network.h"
#include "apical/models/layered_models.h"
#include "apical/run/forecast.h"
#include "apical/run/make_learner.h"
#include "apical/run/session.h"
#include "support/small_experiments.h"

namespace apical {
namespace {

using testing::HasSubstr;

Experiment experiment(const std::string& text) { return read_experiment(TomlDocument::parse(text, "test")); }

Experiment yin_yang(const std::string& model, const std::string& more = "") {
  return experiment(fmt::format(R"([task]
name = "yin-yang"
train_samples = 40
validation_samples = 20
test_samples = 20
[model]
{}
[training]
epochs = 1
[run]
seeds = 3
{})",
                                model, more));
}

Experiment cart_pole(const std::string& reward) {
  return experiment(fmt::format(R"([task]
name = "cart-pole-v1"
[model]
name = "backpropagation"
layers = [4, 32, 2]
[reward]
{}
[training]
environment_steps = 64
[run]
seeds = 1
)",
                                reward));
}

/// What a learner says of itself lies within a factor of what was computed from sizes.
void expect_like_the_learner(const Experiment& e, double factor) {
  ThreadPool pool(1);
  const double said = static_cast<double>(make_learner(e, {pool})->bytes()),
               computed = memory_need(e, 1).state;
  EXPECT_GT(computed, said / factor) << e.label;
  EXPECT_LT(computed, said * factor) << e.label;
}

TEST(MemoryNeed, OfLayeredNetworksIsAboutWhatLearnersKeep) {
  std::size_t compared = 0;
  for (const models::LayeredModelRecipe& m : models::layered_models()) {
    // As many hidden units as outputs, so that no rule can have an objection.
    const std::string layers = m.example.size() == 3 ? "[4, 60, 3]" : "[4, 60, 60, 3]";
    try {
      expect_like_the_learner(yin_yang(fmt::format("name = \"{}\"\nlayers = {}", m.name, layers)), 4);
      ++compared;
    } catch (const ConfigError&) {  // it cannot learn classes
    }
  }
  EXPECT_GT(2 * compared, models::layered_models().size());
}

TEST(MemoryNeed, OfCircuitsIsAboutWhatLearnersKeep) {
  expect_like_the_learner(yin_yang("name = \"error-neuron-microcircuit\"\nlayers = [4, 40, 3]"), 1.3);
  expect_like_the_learner(
      yin_yang("name = \"layered-reference\"\nlayers = [4, 40, 3]", "precision = \"double\""), 1.3);
}

TEST(MemoryNeed, GrowsWithEnvironmentsAndSteps) {
  const double program = MemoryNeed{}.program,
               few = memory_need(cart_pole("environments = 4\nsteps = 16"), 1).total() - program,
               many = memory_need(cart_pole("environments = 4000\nsteps = 16"), 1).total() - program,
               longer = memory_need(cart_pole("environments = 4000\nsteps = 160"), 1).total() - program;
  EXPECT_GT(many, 10 * few);
  EXPECT_GT(longer, 2 * many);
  EXPECT_GT(memory_need(cart_pole("environments = 1000000000\nsteps = 64"), 1).total(), 1e12);
}

/// None of these could be built; that the test ends shows that none was.
TEST(MemoryNeed, WhatIsTooLargeIsRefusedByItsSizesAlone) {
  const std::string wide = "layers = [4, 300000, 300000, 3]";
  std::vector<Experiment> large{cart_pole("environments = 1000000000\nsteps = 64")};
  for (const char* name : {"backpropagation", "feedback-alignment", "kolen-pollack", "predictive-coding"})
    large.push_back(yin_yang(fmt::format("name = \"{}\"\n{}", name, wide)));
  for (const char* name : {"error-neuron-microcircuit", "layered-reference"})
    large.push_back(yin_yang(fmt::format("name = \"{}\"\n{}", name, wide)));
  ThreadPool pool(1);
  const Resources resources{pool, {}, {}, {.bytes = 3e9, .of = "free on this machine"}};
  for (const Experiment& e : large) {
    EXPECT_THAT([&] { open(e, resources); },
                testing::ThrowsMessage<IoError>(testing::AllOf(HasSubstr(" GB of memory"),
                                                               HasSubstr("but 3 GB are free on this machine"),
                                                               HasSubstr("--ignore-memory"))))
        << e.model;
    const Forecast f = forecast(e, resources);
    EXPECT_THAT(f.refusal, HasSubstr("GB")) << e.model;
    EXPECT_THAT(f.lines.back().text, HasSubstr("3 GB are free on this machine")) << e.model;
  }
}

TEST(MemoryNeed, WithinTheLimitNothingIsRefused) {
  const Experiment e = yin_yang("name = \"backpropagation\"\nlayers = [4, 20, 3]");
  const MemoryNeed need = memory_need(e, 1);
  EXPECT_EQ(too_much(need, {.bytes = need.total(), .of = "free"}), "");
  EXPECT_NE(too_much(need, {.bytes = need.total() - 1, .of = "free"}), "");
  EXPECT_EQ(too_much(need, {}), "");
}

/// Parts are of equal work, and onto some neurons come more synapses than onto others.
TEST(MemoryNeed, OfEachRankOfASpikingCircuitIsWhatItHolds) {
  const Experiment e = experiment(test::small_areas());
  const SpikingCircuit& circuit = std::get<SpikingExperiment>(e.subject).circuit;
  constexpr double kNeurons = 256.0 * (600 + 1100 + 700), kListed = 6;
  for (const std::size_t count : {2U, 3U, 5U}) {
    std::vector<double> held(count);
    test::as_ranks(count, [&](Ranks& ranks) {
      const spike::Network<float> network(circuit, 1, nullptr, {.ranks = &ranks});
      std::size_t largest = 0;
      for (std::size_t c = 0; c < circuit.connections.size(); ++c)
        largest = std::max(largest, network.synapses(c));
      held[ranks.rank()] =
          static_cast<double>(network.synapse_bytes()) + kListed * static_cast<double>(largest) + kNeurons;
    });
    for (std::size_t rank = 0; rank < count; ++rank)
      EXPECT_NEAR(memory_of_rank(e, {rank, count}).each, held[rank], 0.05 * held[rank]) << rank << count;
    const auto [least, most] = std::minmax_element(held.begin(), held.end());
    EXPECT_GT(*most, 1.1 * *least) << "nothing unequal was tried";
    EXPECT_NEAR(memory_of_ranks(e, count).least.each, *least, 0.05 * *least);
    EXPECT_NEAR(memory_of_ranks(e, count).most.each, *most, 0.05 * *most);
  }
}

}  // namespace
}  // namespace apical
