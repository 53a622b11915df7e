// SPDX-License-Identifier: Apache-2.0
#include "apical/run/sample_cost.h"

#include <algorithm>
#include <optional>

#include "apical/engine/layered/product_count.h"
#include "apical/learning/layered_state.h"
#include "apical/learning/reward_learner.h"
#include "apical/rules/handed_rule.h"
#include "apical/run/estimate.h"

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

/// Weights, and feedback weights that a rule hands to an optimiser, times their changes in a batch.
double writes_per_batch(layered::LayeredModel<float>& model) {
  const layered::NetworkDescription& net = model.network().description;
  double plastic = 0;
  for (std::size_t l = 0; l < net.depth(); ++l) plastic += static_cast<double>(net.weights(l));
  for (const layered::Trainable<float>& feedback : model.rule().learned_feedback()) {
    if (feedback.decays) plastic += static_cast<double>(feedback.values.size());
  }
  return plastic * model.rule().updates_per_batch();
}

/// Whose weights stay: what is counted does not depend on them, and what diverges as it learns shows in the
/// run.
models::LayeredNetwork still(models::LayeredNetwork network) {
  network.settings.optimiser.learning_rate = 0;
  return network;
}

/// A batch is learned by a network of its own while products are counted. Phases that come only now and then
/// (a mirror's) are spread over as many batches as it takes to see them.
SampleCost of(const models::LayeredNetwork& description, const Dataset& data, std::uint64_t seed) {
  constexpr int kBatches = 12;
  const layered::NetworkDescription& net = description.network;
  const std::size_t n = std::min(description.batch, data.train.size());
  layered::Rows<float> X, Y;
  const auto x = X.resize(n, net.inputs), y = Y.resize(n, net.outputs());
  for (std::size_t i = 0; i < n; ++i) {
    data.train.read_input(i, x.row(i));
    data.train.read_target(i, y.row(i));
  }
  layered::LayeredModel<float> model(
      layered::make_network<float>(net, description.init, seed, description.gains, description.output_bias),
      layered::make_rule<float>(description.rule, net, seed), still(description).settings);
  layered::ProductCount count;
  {
    // A rule that a program hands in has one memory for all networks, and this is not what it learns from.
    std::optional<layered::Resting<float>> resting;
    if (description.rule.as<layered::HandedRuleOptions>() != nullptr) resting.emplace(model.rule());
    const layered::CountingProducts counting(count);
    try {
      for (int batch = 0; batch < kBatches; ++batch) model.learn_batch(X.view(), Y.view());
    } catch (const NumericalFault& fault) {
      locate_fault(model, fault, seed);
    }
  }
  const double samples = static_cast<double>(n);
  SampleCost cost;
  cost.synaptic_events = count.transmitted / (samples * kBatches);
  cost.weight_writes = writes_per_batch(model) / samples;
  cost.weight_reads = cost.synaptic_events + cost.weight_writes;
  return cost;
}

/// Of one environment step, policy and value network together: one iteration is made while products are
/// counted.
SampleCost of(const models::LayeredNetwork& policy, RewardSettings settings, const Dataset& data,
              std::uint64_t seed) {
  ThreadPool alone(1);
  settings.value = still(settings.value);
  // The learner does not outlive this function, so neither need its view of the data.
  RewardLearner<float> learner(still(policy), settings,
                               {std::shared_ptr<const Dataset>(&data, [](const Dataset*) {})}, {seed}, alone);
  const std::vector<std::uint32_t> steps(learner.batch());
  layered::ProductCount count;
  {
    const layered::CountingProducts counting(count);
    learner.learn({std::span(steps)}, true);
  }
  const RewardPlan& plan = settings.plan;
  const std::size_t updates =
      plan.method == RewardMethod::actor_critic ? plan.steps : plan.passes * plan.minibatches;
  const double all = static_cast<double>(steps.size());
  SampleCost cost;
  cost.synaptic_events = count.transmitted / all;
  cost.weight_writes = static_cast<double>(updates) *
                       (writes_per_batch(learner.policy(0)) + writes_per_batch(learner.value(0))) / all;
  cost.weight_reads = cost.synaptic_events + cost.weight_writes;
  return cost;
}

/// Values that pass synapses in a step: those of the network, and what its rule sends through weights.
double events_per_step(const models::RecurrentNetwork& d) {
  using recurrent::RuleKind;
  const double n = static_cast<double>(d.units), outputs = static_cast<double>(d.outputs),
               inputs = static_cast<double>(d.inputs), forward = static_cast<double>(d.weights()),
               feedback = n * outputs, recurrent = n * n;
  switch (d.rule.kind) {
    case RuleKind::bptt:
    case RuleKind::uoro:
      return forward + feedback + recurrent;
    case RuleKind::rtrl:
      return forward + feedback + recurrent * n * (n + inputs + 1);
    case RuleKind::kf_rtrl:
      return forward + feedback + recurrent * n;
    case RuleKind::snap_1:
    case RuleKind::rflo:
    case RuleKind::e_prop:
      return forward + feedback;
    case RuleKind::reward:
      break;
  }
  return forward;
}

SampleCost of(const models::RecurrentNetwork& network, const Dataset& data) {
  double steps = 0;
  for (const InputSequence& course : data.train.sequences) steps += course.steps();
  SampleCost cost;
  cost.synaptic_events = events_per_step(network) * steps / static_cast<double>(data.train.sequences.size());
  cost.weight_writes = static_cast<double>(network.weights()) / static_cast<double>(network.batch);
  cost.weight_reads = cost.synaptic_events + cost.weight_writes;
  return cost;
}

}  // namespace

SampleCost cost_of_sample(const Experiment& e, const Dataset& data) {
  const std::uint64_t seed = e.seeds.front();
  if (e.reward) return of(e.layered(), *e.reward, data, seed);
  if (e.is_recurrent()) return of(e.recurrent(), data);
  return e.is_circuit() ? of(e.circuit(), e.presentation, data) : of(e.layered(), data, seed);
}

}  // namespace apical
