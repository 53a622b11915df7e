// SPDX-License-Identifier: Apache-2.0
// Of a layered network: there are no steps in time, so batches are what is counted and timed.
#include <fmt/format.h>

#include <cmath>

#include "apical/models/network_text.h"
#include "apical/run/forecast_parts.h"
#include "apical/run/layered_estimate.h"
#include "apical/run/make_learner.h"
#include "apical/run/sample_cost.h"
#include "apical/run/training_session.h"

namespace apical {

namespace {

struct NetworkSize {
  std::size_t units = 0, weights = 0;
};

NetworkSize size_of(const layered::NetworkDescription& net) {
  NetworkSize size;
  for (std::size_t l = 0; l < net.depth(); ++l) {
    size.weights += net.weights(l);
    size.units += net.layers[l].size;
  }
  return size;
}

/// Of results.h5: single precision and the number of the batch.
double recording_bytes(const Experiment& e, const Learner& learner, std::uint64_t updates) {
  double bytes = 0;
  for (const RecordRequest& r : e.recordings) {
    for (const Variable& v : learner.variables()) {
      if (v.population != r.population || v.projection != r.projection || v.name != r.variable) continue;
      const double rows = std::floor(static_cast<double>(updates) / static_cast<double>(r.every_batches));
      bytes += rows * static_cast<double>(r.replicas) *
               static_cast<double>(v.width * sizeof(float) + sizeof(std::int64_t));
    }
  }
  return bytes;
}

}  // namespace

Forecast sizes_of(const models::LayeredNetwork& network) {
  const auto [units, weights] = size_of(network.network);
  Forecast f;
  f.lines.push_back({"network", fmt::format("{} units, {} weights", units, weights)});
  f.lines.push_back({"layers", models::shapes_text(network.network)});
  f.figures = {{"units", std::uint64_t{units}}, {"weights", std::uint64_t{weights}}};
  return f;
}

Forecast forecast_of(const Experiment& e, const models::LayeredNetwork& network, const Resources& resources) {
  // As 'run' does, so that it refuses nothing that was not refused here.
  std::unique_ptr<Learner> made = make_learner(e, resources);
  Learner* const learner = made.get();
  const TrainingSession session(e, std::move(made));
  const Dataset& data = learner->data(0);
  const SampleCost sample = cost_of_sample(e, data);
  Experiment left = e;
  left.plan.epochs -= session.epochs_trained();
  const LayeredEstimate cost = estimate(left, *learner);
  const layered::NetworkDescription& net = network.network;
  const auto [units, weights] = size_of(net);
  const std::size_t batch = !e.reward ? network.batch
                            : e.reward->plan.method == RewardMethod::actor_critic
                                ? 1
                                : learner->batch() / e.reward->plan.minibatches;
  Forecast f;
  f.lines.push_back({"network", fmt::format("{} units, {} weights, batches of {}", units, weights, batch)});
  f.lines.push_back({"layers", models::shapes_text(net)});
  if (e.reward) {
    f.lines.push_back(
        {"environment",
         fmt::format("{} iterations of {} steps; validations of {} episodes, test of {}", e.plan.epochs,
                     learner->batch(), learner->samples(0, SplitName::validation),
                     learner->samples(0, SplitName::test))});
  } else {
    f.lines.push_back({"data", fmt::format("{} training, {} validation, {} test samples{}", data.train.size(),
                                           data.validation.size(), data.test.size(), provenance_text(data))});
  }
  f.lines.push_back({"memory", bytes_text(static_cast<double>(learner->bytes())) +
                                   " of state, the same for each checkpoint"});
  f.lines.push_back(
      {"work", fmt::format("{} updates per seed; {:.3g} synaptic events and {:.3g} weight writes per {}",
                           cost.updates, sample.synaptic_events, sample.weight_writes,
                           e.reward ? "environment step" : "sample")});
  const double recorded = recording_bytes(e, *learner, cost.updates);
  if (!e.recordings.empty()) f.lines.push_back({"recordings", bytes_text(recorded)});
  f.lines.push_back({"time", time_text(cost.seconds, e.plan, resources.pool.size())});
  f.figures = {{"units", std::uint64_t{units}},
               {"weights", std::uint64_t{weights}},
               {"state_bytes", std::uint64_t{learner->bytes()}},
               {"updates_per_seed", cost.updates},
               {"synaptic_events_per_sample", sample.synaptic_events},
               {"weight_writes_per_sample", sample.weight_writes},
               {"seconds", cost.seconds}};
  f.data_provenance = data.provenance;
  return f;
}

}  // namespace apical
