// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/sample_cost.h"

#include <algorithm>

#include "apical/engine/layered/product_count.h"
#include "apical/experiment/estimate.h"

namespace apical {
namespace {

SampleCost of(const Circuit& circuit, const Presentation& presentation, const Dataset& data) {
  PlannedWork work;
  work.plan.epochs = 1;
  work.presentation = presentation;
  work.train = samples_of(data, SplitName::train);
  work.steps = {steps_of(data, SplitName::train, presentation, circuit.dt_ms), 0, 0};
  const Estimate e = estimate(circuit, work);
  const double steps = static_cast<double>(e.learning_steps) / static_cast<double>(work.train);
  const double changes = presentation.learning == LearningSteps::every ? steps : 1;
  SampleCost cost;
  cost.synaptic_events = steps * static_cast<double>(e.synapses);
  cost.weight_writes = changes * static_cast<double>(circuit.plastic_synapse_count());
  cost.weight_reads = cost.synaptic_events + cost.weight_writes;
  return cost;
}

/// A batch is learned by a network of its own while products are counted. Phases that come only now and then (a mirror's)
/// are spread over as many batches as it takes to see them.
SampleCost of(const models::LayeredNetwork& description, const Dataset& data) {
  constexpr int kBatches = 12;
  const layered::NetworkDescription& net = description.network;
  const std::size_t n = std::min(description.batch, data.train.size());
  layered::Rows<float> X, Y;
  const auto x = X.resize(n, net.inputs), y = Y.resize(n, net.outputs());
  for (std::size_t i = 0; i < n; ++i) {
    data.train.read_input(i, x.row(i));
    data.train.read_target(i, y.row(i));
  }
  layered::LayeredSettings still = description.settings;
  still.optimiser.learning_rate = 0;
  layered::LayeredModel<float> model(layered::make_network<float>(net, description.init, 1, description.gains),
                                     layered::make_rule<float>(description.rule, net, 1), still);
  layered::ProductCount count;
  {
    const layered::CountingProducts counting(count);
    for (int batch = 0; batch < kBatches; ++batch) model.learn_batch(X.view(), Y.view());
  }
  double plastic = 0;
  for (std::size_t l = 0; l < net.depth(); ++l) plastic += static_cast<double>(net.weights(l));
  for (const layered::Trainable<float>& feedback : model.rule().learned_feedback()) {
    if (feedback.decays) plastic += static_cast<double>(feedback.values.size());
  }
  const double samples = static_cast<double>(n);
  SampleCost cost;
  cost.synaptic_events = count.transmitted / (samples * kBatches);
  cost.weight_writes = plastic * model.rule().updates_per_batch() / samples;
  cost.weight_reads = cost.synaptic_events + cost.weight_writes;
  return cost;
}

}  // namespace

SampleCost cost_of_sample(const Experiment& e, const Dataset& data) {
  return e.is_circuit() ? of(e.circuit(), e.presentation, data) : of(e.layered(), data);
}

}  // namespace apical
