// SPDX-License-Identifier: Apache-2.0
// Of a recurrent network: batches of samples that run their course are what is counted and timed.
#include <fmt/format.h>

#include <algorithm>

#include "apical/run/forecast_parts.h"
#include "apical/run/layered_estimate.h"
#include "apical/run/make_learner.h"
#include "apical/run/sample_cost.h"
#include "apical/run/training_session.h"

namespace apical {
namespace {

std::uint32_t longest_course(const Dataset& data) {
  std::uint32_t most = 0;
  for (const InputSequence& course : data.train.sequences) most = std::max(most, course.steps());
  return most;
}

}  // namespace

Forecast sizes_of(const models::RecurrentNetwork& network) {
  Forecast f;
  f.lines.push_back(
      {"network", fmt::format("{} inputs, {} recurrent units, {} outputs, {} weights", network.inputs,
                              network.units, network.outputs, network.weights())});
  f.figures = {{"units", std::uint64_t{network.units + network.outputs}},
               {"weights", std::uint64_t{network.weights()}}};
  return f;
}

Forecast forecast_of(const Experiment& e, const models::RecurrentNetwork& network,
                     const Resources& resources) {
  // As 'run' does, so that it refuses nothing that was not refused here.
  std::unique_ptr<Learner> made = make_learner(e, resources);
  Learner* const learner = made.get();
  const TrainingSession session(e, std::move(made));
  const Dataset& data = learner->data(0);
  const SampleCost sample = cost_of_sample(e, data);
  Experiment left = e;
  left.plan.epochs -= session.epochs_trained();
  const LayeredEstimate cost = estimate(left, *learner);
  Forecast f = sizes_of(network);
  f.lines.push_back({"data", fmt::format("{} training, {} validation, {} test samples of at most {} steps{}",
                                         data.train.size(), data.validation.size(), data.test.size(),
                                         longest_course(data), provenance_text(data))});
  f.lines.push_back({"memory", bytes_text(static_cast<double>(learner->bytes())) +
                                   " of state, the same for each checkpoint"});
  f.lines.push_back({"work", fmt::format("{} updates per seed; {:.3g} synaptic events and {:.3g} weight "
                                         "writes per sample",
                                         cost.updates, sample.synaptic_events, sample.weight_writes)});
  f.lines.push_back({"time", time_text(cost.seconds, e.plan, resources.pool.size())});
  f.figures.insert(f.figures.end(), {{"state_bytes", std::uint64_t{learner->bytes()}},
                                     {"updates_per_seed", cost.updates},
                                     {"synaptic_events_per_sample", sample.synaptic_events},
                                     {"weight_writes_per_sample", sample.weight_writes},
                                     {"seconds", cost.seconds}});
  f.data_provenance = data.provenance;
  return f;
}

}  // namespace apical
