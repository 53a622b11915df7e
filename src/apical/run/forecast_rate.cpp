// SPDX-License-Identifier: Apache-2.0
// Of a circuit in continuous time: steps and synapse updates, at a speed that a probe measures.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "apical/engine/rate/rule_cost.h"
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
  work.courses = data.is_sequence();
  if (work.courses) work.layout = rate::Layout::wide;
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

constexpr double kProbeSeconds = 0.4;

/// Held for no more steps than it takes to know how long one takes: a sample may have billions of them.
Experiment with_brief_samples(Experiment e) {
  const Circuit& c = e.circuit();
  const double steps = std::max(200.0, 2.0 * static_cast<double>(forward_depth(c)) + 2);
  e.presentation.presentation_ms = std::min(e.presentation.presentation_ms, steps * c.dt_ms);
  return e;
}

/// Rules that are interpreted, and what that costs; each formula is measured once, where it has most
/// synapses.
void add_interpreted_rules(const Circuit& circuit, bool double_precision, Forecast& f) {
  struct Interpreted {
    ProjectionId largest;
    std::size_t synapses = 0;
    std::vector<std::string> names;
  };
  std::map<std::string, Interpreted> by_formula;
  for (std::uint32_t k = 0; k < circuit.projections().size(); ++k) {
    const Projection& j = circuit.projections()[k];
    if (!j.rule || !j.rule->interpreted) continue;
    Interpreted& of = by_formula[j.rule->formula->text];
    of.names.push_back(j.name);
    const std::size_t synapses = circuit[j.from].size * circuit[j.to].size;
    if (synapses <= of.synapses) continue;
    of.synapses = synapses;
    of.largest = {k};
  }
  std::vector<std::string> texts;
  double slowest = 0;
  for (const auto& [formula, of] : by_formula) {
    rate::RuleCost cost;
    try {
      cost = double_precision ? rate::measure_rule_cost<double>(circuit, of.largest)
                              : rate::measure_rule_cost<float>(circuit, of.largest);
    } catch (const NumericalFault&) {  // timed with weights around zero, of which it may have no log or root
      texts.push_back(fmt::format("'{}' is interpreted ({})", formula, join_names(of.names)));
      continue;
    }
    slowest = std::max(slowest, cost.interpreted_ns);
    texts.push_back(fmt::format(
        "'{}' is interpreted ({}): {:.2g} ns per synapse and step, where a product of factors takes {:.2g}",
        formula, join_names(of.names), cost.interpreted_ns, cost.product_ns));
  }
  if (texts.empty()) return;
  f.lines.push_back({"rules", fmt::format("{}", fmt::join(texts, "; "))});
  f.figures.emplace_back("interpreted_ns_per_synapse", slowest);
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
  const MeasuredSpeed speed = speed_of(measure_pace(learner, kProbeSeconds, work.plan.epochs * work.train),
                                       circuit, planned(brief, *data));
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
  add_interpreted_rules(circuit, e.double_precision, f);
  f.data_provenance = data->provenance;
  f.circuit = describe(circuit);
  return f;
}

}  // namespace apical
