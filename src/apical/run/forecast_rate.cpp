// SPDX-License-Identifier: Apache-2.0
// Of a circuit in continuous time: steps and synapse updates, at a speed that a probe measures.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apical/run/estimate.h"
#include "apical/run/forecast_parts.h"
#include "apical/run/make_learner.h"
#include "apical/run/training_session.h"

namespace apical {
namespace {

PlannedWork planned(const Experiment& e, const Dataset& data) {
  PlannedWork work;
  work.plan = e.plan;
  work.presentation = e.presentation;
  work.train = samples_of(data, SplitName::train);
  work.validation = samples_of(data, SplitName::validation);
  work.test = samples_of(data, SplitName::test);
  const auto steps = [&](SplitName split) {
    return steps_of(data, split, e.presentation, e.circuit().dt_ms);
  };
  work.steps = {steps(SplitName::train), steps(SplitName::validation), steps(SplitName::test)};
  if (data.is_sequence()) work.layout = rate::Layout::wide;
  work.seeds = e.seeds.size();
  work.double_precision = e.double_precision;
  for (const RecordRequest& r : e.recordings) {
    std::size_t width = 0;
    if (r.projection.empty()) {
      width = e.circuit()[e.circuit().population(r.population)].size;
    } else {
      const Projection& j = e.circuit()[e.circuit().projection(r.projection)];
      width = e.circuit()[j.from].size * e.circuit()[j.to].size;
    }
    work.recordings.push_back({width, r.every_ms, r.replicas});
  }
  return work;
}

/// Held for no more steps than it takes to know how long one takes: a sample may have billions of them.
Experiment with_brief_samples(Experiment e) {
  const Circuit& c = e.circuit();
  const double steps = std::max(200.0, 2.0 * static_cast<double>(forward_depth(c)) + 2);
  e.presentation.presentation_ms = std::min(e.presentation.presentation_ms, steps * c.dt_ms);
  return e;
}

}  // namespace

Forecast sizes_of(const Circuit& circuit) {
  Forecast f;
  f.lines.push_back(
      {"circuit", fmt::format("{} neurons, {} synapses, {} of them plastic", circuit.neuron_count(),
                              circuit.synapse_count(), circuit.plastic_synapse_count())});
  f.figures = {{"neurons", std::uint64_t{circuit.neuron_count()}},
               {"synapses", std::uint64_t{circuit.synapse_count()}},
               {"plastic_synapses", std::uint64_t{circuit.plastic_synapse_count()}}};
  return f;
}

Forecast forecast_of(const Experiment& e, const Circuit& circuit, const Resources& resources) {
  // As 'run' does, so that it refuses nothing that was not refused here.
  const Experiment brief = with_brief_samples(e);
  std::unique_ptr<Learner> made = make_learner(brief, resources);
  Learner& learner = *made;
  const TrainingSession session(e, std::move(made));
  const Dataset* const data = &learner.data(0);
  check_presentation(circuit, *data, e.presentation);
  PlannedWork work = planned(e, *data);
  work.plan.epochs -= session.epochs_trained();
  const MeasuredSpeed speed = speed_of(measure_pace(learner), circuit, planned(brief, *data));
  PlannedWork epoch = work;
  epoch.plan = {.epochs = 1};
  const Estimate one = estimate(circuit, epoch, speed);
  const double per_step = one.seconds ? static_cast<double>(one.synapses * work.seeds) / speed.learning : 0;
  work.plan.epochs = epochs_within(work.plan, static_cast<double>(one.learning_steps) * per_step);
  const Estimate cost = estimate(circuit, work, speed);
  Forecast f = sizes_of(circuit);
  const char* shown = data->closed_loop ? "{} training samples, {} validation and {} test stretches{}"
                                        : "{} training, {} validation, {} test samples{}";
  f.lines.push_back({"data", fmt::format(fmt::runtime(shown), work.train, work.validation, work.test,
                                         provenance_text(*data))});
  f.lines.push_back({"memory", bytes_text(static_cast<double>(cost.state_bytes)) +
                                   " of state, the same for each checkpoint"});
  f.lines.push_back({"recordings", bytes_text(static_cast<double>(cost.recording_bytes))});
  f.lines.push_back({"work", fmt::format("{} steps per seed, {:.3g} synapse updates in all", cost.steps(),
                                         cost.synapse_updates)});
  f.lines.push_back({"time", time_text(cost.seconds.value_or(NAN), e.plan, resources.pool.size())});
  f.figures.insert(f.figures.end(), {{"state_bytes", std::uint64_t{cost.state_bytes}},
                                     {"recording_bytes", cost.recording_bytes},
                                     {"steps_per_seed", static_cast<std::uint64_t>(cost.steps())},
                                     {"synapse_updates", cost.synapse_updates},
                                     {"seconds", cost.seconds.value_or(NAN)}});
  f.data_provenance = data->provenance;
  f.circuit = describe(circuit);
  return f;
}

}  // namespace apical
