// SPDX-License-Identifier: Apache-2.0
// Of a layered network: there are no steps in time, so batches are what is counted and timed.
#include <fmt/format.h>

#include "apical/models/network_text.h"
#include "apical/run/forecast_parts.h"
#include "apical/run/layered_estimate.h"
#include "apical/run/make_learner.h"
#include "apical/run/sample_cost.h"
#include "apical/run/training_session.h"

namespace apical {

namespace {

struct Size {
  std::size_t units = 0, weights = 0;
};

Size size_of(const layered::NetworkDescription& net) {
  Size size;
  for (std::size_t l = 0; l < net.depth(); ++l) {
    size.weights += net.weights(l);
    size.units += net.layers[l].size;
  }
  return size;
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
  const LayeredEstimate cost = estimate(e, *learner);
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
