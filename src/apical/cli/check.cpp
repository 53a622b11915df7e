// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <ostream>

#include "apical/cli/experiment_arguments.h"
#include "apical/experiment/experiment.h"
#include "apical/io/json.h"
#include "apical/models/network_text.h"
#include "apical/run/estimate.h"
#include "apical/run/layered_estimate.h"
#include "apical/run/make_learner.h"
#include "apical/run/sample_cost.h"
#include "apical/run/spiking_run.h"

namespace apical::cli {
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

/// For the end of the line of the data.
std::string provenance_text(const Dataset& data) {
  return data.provenance.empty() ? "" : "; not as published: " + data.provenance;
}

std::string bytes_text(double bytes) {
  const char* units[] = {"B", "kB", "MB", "GB", "TB"};
  int unit = 0;
  while (bytes >= 1000 && unit < 4) {
    bytes /= 1000;
    ++unit;
  }
  return fmt::format("{:.3g} {}", bytes, units[unit]);
}

std::string time_text(double seconds, const TrainingPlan& plan, const ThreadPool& pool) {
  const std::string limit =
      plan.minutes > 0 ? fmt::format("; training.minutes ends learning after {:g} min", plan.minutes) : "";
  return fmt::format("  time        about {:.2g} s on {} threads, from a probe of 0.2 s{}\n", seconds,
                     pool.size(), limit);
}

/// Of a layered network: there are no steps in time, so batches are what is counted and timed.
void check_layered(Context& context, const Experiment& e, const Dataset& data, ThreadPool& pool,
                   nlohmann::json* json) {
  const std::unique_ptr<Learner> learner = make_learner(e, pool);
  const LayeredEstimate cost = estimate(e, *learner);
  const SampleCost sample = cost_of_sample(e, data);
  const layered::NetworkDescription& net = e.layered().network;
  std::size_t weights = 0, units = 0;
  for (std::size_t l = 0; l < net.depth(); ++l) {
    weights += net.weights(l);
    units += net.layers[l].size;
  }
  if (json != nullptr) {
    (*json)["experiments"].push_back({{"label", e.label},
                                      {"units", units},
                                      {"weights", weights},
                                      {"state_bytes", learner->bytes()},
                                      {"updates_per_seed", cost.updates},
                                      {"synaptic_events_per_sample", sample.synaptic_events},
                                      {"weight_writes_per_sample", sample.weight_writes},
                                      {"seconds", cost.seconds},
                                      {"data_provenance", data.provenance}});
    return;
  }
  context.out << fmt::format("{}: {} on {}, {} seeds, {}\n", e.label, e.model, e.task, e.seeds.size(),
                             e.double_precision ? "double" : "float");
  const std::size_t batch = !e.reward ? e.layered().batch
                            : e.reward->plan.method == RewardMethod::actor_critic
                                ? 1
                                : learner->batch() / e.reward->plan.minibatches;
  context.out << fmt::format("  network     {} units, {} weights, batches of {}\n", units, weights, batch);
  context.out << fmt::format("  layers      {}\n", models::shapes_text(net));
  if (e.reward) {
    context.out << fmt::format(
        "  environment {} iterations of {} steps; validations of {} episodes, test of {}\n", e.plan.epochs,
        learner->batch(), learner->samples(0, SplitName::validation), learner->samples(0, SplitName::test));
  } else {
    context.out << fmt::format("  data        {} training, {} validation, {} test samples{}\n",
                               data.train.size(), data.validation.size(), data.test.size(),
                               provenance_text(data));
  }
  context.out << fmt::format("  memory      {} of state, the same for each checkpoint\n",
                             bytes_text(static_cast<double>(learner->bytes())));
  context.out << fmt::format(
      "  work        {} updates per seed; {:.3g} synaptic events and {:.3g} weight writes per {}\n",
      cost.updates, sample.synaptic_events, sample.weight_writes, e.reward ? "environment step" : "sample");
  context.out << time_text(cost.seconds, e.plan, pool);
}

void check_spiking(Context& context, const TomlDocument& document, unsigned threads, nlohmann::json* json) {
  const SpikingExperiment e = read_spiking_experiment(document);
  const SpikingEstimate cost = estimate_spiking(e, threads);
  if (json != nullptr) {
    (*json)["experiments"].push_back({{"label", e.label},
                                      {"model", e.model},
                                      {"neurons", cost.neurons},
                                      {"sources", cost.sources},
                                      {"synapses", cost.synapses},
                                      {"plastic_synapses", cost.plastic_synapses},
                                      {"background_trains", cost.background_trains},
                                      {"biological_seconds_per_seed", cost.biological_s},
                                      {"network_bytes", cost.network_bytes},
                                      {"checkpoint_bytes", cost.checkpoint_bytes},
                                      {"recorded_bytes", cost.recorded_bytes},
                                      {"seconds", cost.seconds}});
    return;
  }
  context.out << fmt::format("{}: {}, {} seeds, float\n", e.label, e.about, e.seeds.size());
  if (cost.neurons > 0) {
    context.out << fmt::format(
        "  network     {} neurons, {} synapses, {} of them plastic, {} Poisson inputs\n", cost.neurons,
        cost.synapses, cost.plastic_synapses, cost.sources + cost.background_trains);
    context.out << fmt::format("  memory      {} for each seed that is simulated",
                               bytes_text(static_cast<double>(cost.network_bytes)));
    if (cost.checkpoint_bytes > 0)
      context.out << fmt::format(", {} for each checkpoint",
                                 bytes_text(static_cast<double>(cost.checkpoint_bytes)));
    context.out << '\n';
    if (cost.recorded_bytes > 0)
      context.out << fmt::format("  recordings  about {} of spikes, in memory until the run ends\n",
                                 bytes_text(static_cast<double>(cost.recorded_bytes)));
  }
  context.out << fmt::format("  work        {:g} s of biological time per seed\n", cost.biological_s);
  context.out << fmt::format("  time        about {:.2g} s, from a probe\n", cost.seconds);
}

int check(Context& context, const Arguments& arguments) {
  const std::string& file = arguments.positionals.front();
  const TomlDocument document = read_document(arguments, file);
  nlohmann::json all;
  all["schema"] = "apical-check/1";
  if (is_spiking(document)) {
    check_spiking(context, document, threads(arguments), arguments.has("--json") ? &all : nullptr);
    if (arguments.has("--json")) context.out << io::json_text(all);
    return 0;
  }
  ThreadPool pool(threads(arguments));
  for (const Experiment& e : read_variants(document)) {
    const std::vector<std::shared_ptr<const Dataset>> data = e.make_data();
    if (!e.is_circuit()) {
      check_layered(context, e, *data.front(), pool, arguments.has("--json") ? &all : nullptr);
      continue;
    }
    check_presentation(e.circuit(), *data.front(), e.presentation);
    const PlannedWork work = planned(e, *data.front());
    const Estimate cost =
        estimate(e.circuit(), work,
                 measure_speed(e.circuit(), e.seeds.size(), e.double_precision, pool, 0.2, work.layout));
    if (arguments.has("--json")) {
      all["experiments"].push_back({{"label", e.label},
                                    {"neurons", e.circuit().neuron_count()},
                                    {"synapses", e.circuit().synapse_count()},
                                    {"plastic_synapses", e.circuit().plastic_synapse_count()},
                                    {"state_bytes", cost.state_bytes},
                                    {"recording_bytes", cost.recording_bytes},
                                    {"steps_per_seed", cost.steps()},
                                    {"synapse_updates", cost.synapse_updates},
                                    {"seconds", cost.seconds.value_or(NAN)},
                                    {"data_provenance", data.front()->provenance}});
      continue;
    }
    context.out << fmt::format("{}: {} on {}, {} seeds, {}\n", e.label,
                               e.model.empty() ? e.circuit().name : e.model, e.task, e.seeds.size(),
                               e.double_precision ? "double" : "float");
    context.out << fmt::format("  circuit     {} neurons, {} synapses, {} of them plastic\n",
                               e.circuit().neuron_count(), e.circuit().synapse_count(),
                               e.circuit().plastic_synapse_count());
    const char* shown = data.front()->closed_loop
                            ? "  data        {} training samples, {} validation and {} test stretches{}\n"
                            : "  data        {} training, {} validation, {} test samples{}\n";
    context.out << fmt::format(fmt::runtime(shown), work.train, work.validation, work.test,
                               provenance_text(*data.front()));
    context.out << fmt::format("  memory      {} of state, the same for each checkpoint\n",
                               bytes_text(static_cast<double>(cost.state_bytes)));
    context.out << fmt::format("  recordings  {}\n", bytes_text(static_cast<double>(cost.recording_bytes)));
    context.out << fmt::format("  work        {} steps per seed, {:.3g} synapse updates in all\n",
                               cost.steps(), cost.synapse_updates);
    context.out << time_text(cost.seconds.value_or(NAN), e.plan, pool);
    if (arguments.has("--circuit")) context.out << describe(e.circuit());
  }
  if (arguments.has("--json")) context.out << io::json_text(all);
  return 0;
}

}  // namespace

Command check_command() {
  Command c;
  c.name = "check";
  c.summary = "parse and build an experiment, say what it will cost, run nothing";
  c.positionals = {{"EXPERIMENT", "a TOML file", 1, 1}};
  c.options = experiment_options();
  c.options.push_back({"--circuit", "", "also print every population and projection"});
  c.examples = {"apical check experiments/yin-yang/compare.toml",
                "apical check experiments/yin-yang/error-neurons.toml --circuit"};
  c.run = check;
  return c;
}

}  // namespace apical::cli
