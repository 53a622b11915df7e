// SPDX-License-Identifier: Apache-2.0
#include "apical/run/memory_need.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "apical/core/ranks.h"
#include "apical/engine/rate/sharing.h"
#include "apical/engine/spike/layout.h"
#include "apical/learning/examination.h"
#include "apical/procedure/course_replays.h"
#include "apical/run/estimate.h"
#include "apical/run/forecast_parts.h"

namespace apical {
namespace {

double bytes_of_number(const Experiment& e) { return e.double_precision ? sizeof(double) : sizeof(float); }

/// Larger models are not examined.
bool is_examined(double state) { return state <= static_cast<double>(kMostCopied); }

PlannedWork sizes_planned(const Experiment& e) {
  PlannedWork work;
  work.presentation = e.presentation;
  work.seeds = e.seeds.size();
  work.double_precision = e.double_precision;
  if (e.task_info().sequences) work.layout = rate::Layout::wide;
  return work;
}

/// Of every replica, in double precision, for each plastic synapse: weights, and the sums of credit and
/// gradient (AlignmentMeter). 0 if nobody asks for angles.
double angle_bytes(const Experiment& e, const Circuit& circuit, double state) {
  const bool is_aligned = e.plan.align_every > 0 || !e.plan.align_epochs.empty();
  if (!is_examined(state) && !is_aligned) return 0;
  return static_cast<double>(e.seeds.size()) * 3 * sizeof(double) *
         static_cast<double>(circuit.plastic_synapse_count());
}

/// Of circuits in continuous time.
MemoryNeed need_of(const Experiment& e, const Circuit& circuit, std::size_t /*threads*/) {
  const PlannedWork work = sizes_planned(e);
  MemoryNeed need;
  need.state = state_bytes(circuit, work);
  need.passing = need.state;
  const double seeds = static_cast<double>(work.seeds), angles = angle_bytes(e, circuit, need.state);
  need.passing = std::max(need.passing, angles);
  if (!is_examined(need.state)) return need;
  // What it was, beside angles or a circuit with another time step; and units over samples, twice.
  const double units = seeds * 2 * sizeof(double) * static_cast<double>(kExaminedSamples) *
                       static_cast<double>(circuit.neuron_count());
  need.passing = need.state + std::max(need.state, angles) + units;
  return need;
}

/// What a layered network of one seed keeps, in numbers.
struct LayeredNumbers {
  double weights = 0, units = 0;
  double state = 0, credit = 0;
};

double moments(const layered::OptimiserSettings& o) {
  switch (o.kind) {
    case layered::OptimiserKind::sgd:
      return 0;
    case layered::OptimiserKind::momentum:
      return 1;
    case layered::OptimiserKind::adam:
      return 2;
  }
  return 0;
}

LayeredNumbers numbers_of(const models::LayeredNetwork& n) {
  LayeredNumbers out;
  for (std::size_t l = 0; l < n.network.depth(); ++l) {
    out.weights += static_cast<double>(n.network.weights(l));
    out.units += static_cast<double>(n.network.layers[l].size);
  }
  // Rules other than backpropagation have feedback weights, as many as forward ones above the first layer.
  const bool transports = n.rule.as<layered::BackpropagationOptions>() != nullptr;
  const double feedback = transports ? 0 : out.weights - static_cast<double>(n.network.weights(0));
  out.state = (out.weights + out.units) * (1 + moments(n.settings.optimiser)) + feedback;
  out.credit = out.weights + out.units;
  return out;
}

/// Of each unit and input for a batch: what it receives, its activity, error, and what the rule keeps beside.
double batch_numbers(const models::LayeredNetwork& n, double rows) {
  constexpr double kArrays = 4;
  return rows * kArrays * (static_cast<double>(n.network.inputs) + numbers_of(n).units);
}

MemoryNeed need_of(const Experiment& e, const models::LayeredNetwork& network, std::size_t threads) {
  const double seeds = static_cast<double>(e.seeds.size()), number = bytes_of_number(e),
               at_once = std::min(seeds, static_cast<double>(threads));
  const LayeredNumbers one = numbers_of(network);
  MemoryNeed need;
  need.state = seeds * number * one.state;
  need.working = seeds * number * one.credit;
  if (!e.reward) {
    need.working += at_once * number * batch_numbers(network, static_cast<double>(network.batch));
  } else {
    const RewardPlan& plan = e.reward->plan;
    const LayeredNumbers value = numbers_of(e.reward->value);
    const double environments = static_cast<double>(plan.environments),
                 steps = environments * static_cast<double>(plan.steps);
    const bool online = plan.method == RewardMethod::actor_critic;
    // Rows: the environments of one step where traces learn online, else a mini-batch.
    const double rows = online ? environments : steps / static_cast<double>(plan.minibatches);
    constexpr double kExperience = 64, kEnvironment = 512;  // bytes: of a step, and of an environment
    const double inputs = static_cast<double>(network.network.inputs);
    // The value network answers for all steps of a rollout at once.
    const double observed = online ? 0
                                   : steps * (number * (2 * inputs + 4) + kExperience) +
                                         number * batch_numbers(e.reward->value, steps);
    const double traces = online ? environments * number * (one.weights + value.weights) : 0;
    need.state += seeds * (number * value.state + traces + environments * kEnvironment / 4);
    need.working +=
        seeds *
        (number * (value.credit + batch_numbers(network, rows) + batch_numbers(e.reward->value, rows)) +
         observed + environments * kEnvironment);
  }
  need.passing = need.state;
  // What it was; of the seeds that are at it: credit, gradient, and products and parts of them; the sums of
  // both, in double precision.
  if (is_examined(need.state)) need.passing += at_once * (6 * number + 2 * sizeof(double)) * one.credit;
  return need;
}

/// Steps of samples, whose number the data say, are not counted.
MemoryNeed need_of(const Experiment& e, const models::RecurrentNetwork& n, std::size_t threads) {
  const double seeds = static_cast<double>(e.seeds.size()), units = static_cast<double>(n.units),
               weights = static_cast<double>(n.weights()) + units + static_cast<double>(n.outputs),
               feedback =
                   recurrent::has_feedback_of_its_own(n.rule) ? units * static_cast<double>(n.outputs) : 0;
  MemoryNeed need;
  need.state = sizeof(double) * seeds * (weights * (1 + moments(n.optimiser)) + feedback);
  need.working = sizeof(double) * weights *
                 (2 * seeds + seeds * static_cast<double>(n.batch) / 4 + 4 * static_cast<double>(threads));
  if (n.rule.kind == recurrent::RuleKind::rtrl)  // the influence of every synapse on every unit, old and new
    need.working += 2 * sizeof(double) * static_cast<double>(threads) * units * units *
                    static_cast<double>(n.units + n.inputs + 1);
  need.passing = need.state;
  return need;
}

/// Targets first ... end - 1 of a connection.
struct Targets {
  std::size_t first, end;
  double count() const { return static_cast<double>(end - first); }
};

/// Synapses that a topology is expected to have onto some targets.
double expected_synapses(const SpikingCircuit& circuit, const spike::Connection& c, Targets onto) {
  const std::size_t pre = circuit.groups[spike::group_index(circuit, c.source)].size;
  if (const auto* random = std::get_if<spike::RandomPairs>(&c.topology))
    return random->probability * static_cast<double>(pre) * onto.count();
  if (const auto* listed = std::get_if<spike::ListedPairs>(&c.topology))
    return static_cast<double>(
        std::count_if(listed->pairs.begin(), listed->pairs.end(),
                      [&](const auto& pair) { return pair.second >= onto.first && pair.second < onto.end; }));
  if (std::holds_alternative<spike::OneToOne>(c.topology))
    return Targets{std::min(onto.first, pre), std::min(onto.end, pre)}.count();
  return static_cast<double>(pre) * onto.count();
}

/// Of one network.
struct SpikingBytes {
  double synapses = 0, neurons = 0;  ///< synapses onto neurons of this rank; all neurons
  double weights = 0, largest = 0;   ///< of all synapses: what a checkpoint has; of the largest projection
  double built = 0;                  ///< beside them, while the largest projection is made
};

/// As `here` has it. See engine/spike/synapses.h for what a synapse takes.
SpikingBytes network_bytes(const SpikingCircuit& circuit, RankPlace here = {}) {
  // Potentials, currents and averages of a neuron; a synapse in a list that has grown.
  constexpr double kNeuron = 256, kListed = 6, kWeight = 4, kPosition = 4;
  const std::vector<spike::GroupLayout> places = spike::layout(circuit, 1, here);
  SpikingBytes bytes;
  for (const spike::Connection& c : circuit.connections) {
    const std::size_t target = spike::group_index(circuit, c.target),
                      pre = circuit.groups[spike::group_index(circuit, c.source)].size,
                      post = circuit.groups[target].size;
    const Targets own{places[target].boundaries.front(), places[target].boundaries.back()};
    const double synapses = expected_synapses(circuit, c, own);
    const double index = std::max(pre, post) <= 65536 ? 2 : 4;
    const auto* const listed = std::get_if<spike::ListedPairs>(&c.topology);
    const bool weighted =
        c.rule || c.view || c.follow || c.weight_sd > 0 || (listed && !listed->weights.empty());
    bytes.synapses += (index + (weighted ? kWeight : 0) + (c.rule ? index + kPosition : 0)) * synapses +
                      kPosition * static_cast<double>(pre + post);
    const double weights = weighted ? kWeight * expected_synapses(circuit, c, {0, post}) : 0;
    bytes.weights += weights;
    bytes.largest = std::max(bytes.largest, weights);
    bytes.built = std::max(bytes.built, kListed * synapses);
  }
  for (const spike::NeuronGroup& g : circuit.groups) bytes.neurons += kNeuron * static_cast<double>(g.size);
  return bytes;
}

MemoryNeed need_of(const Experiment& e, const SpikingExperiment& s, std::size_t threads) {
  const SpikingBytes one = network_bytes(s.circuit);
  const double seeds = static_cast<double>(e.seeds.size());
  MemoryNeed need;
  need.state = (one.synapses + one.neurons) *
               (s.course.trains() ? seeds : std::min(seeds, static_cast<double>(threads)));
  need.passing = std::max(s.course.trains() ? seeds * (one.weights + one.neurons) : 0, one.built);
  return need;
}

/// Of tasks that draw their samples: each seed may have some of its own.
double drawn_samples_bytes(const Experiment& e) {
  if (e.task.empty() || std::holds_alternative<SpikingExperiment>(e.subject)) return 0;
  double samples = 0;
  for (const char* split : {"train_samples", "validation_samples", "test_samples"}) {
    const FieldValue* n = e.task_parameters.find(split);
    if (n != nullptr && std::holds_alternative<double>(*n)) samples += std::get<double>(*n);
  }
  double inputs = 0, outputs = 0;
  if (e.is_circuit()) {
    const Circuit& c = e.circuit();
    if (c.stimulus()) inputs = static_cast<double>(c[*c.stimulus()].size);
    if (c.readout()) outputs = static_cast<double>(c[*c.readout()].size);
  } else if (e.is_recurrent()) {
    inputs = static_cast<double>(e.recurrent().inputs);
    outputs = static_cast<double>(e.recurrent().outputs);
  } else {
    inputs = static_cast<double>(e.layered().network.inputs);
    outputs = static_cast<double>(e.layered().network.outputs());
  }
  // Labels, orders, and what recognises samples that training and test have in common.
  constexpr double kBeside = 50;
  const double sets = e.task_seed_given ? 1 : static_cast<double>(e.seeds.size());
  return sets * samples * ((inputs + outputs) * sizeof(double) + kBeside);
}

}  // namespace

MemoryNeed memory_need(const Experiment& e, std::size_t threads) {
  MemoryNeed need = std::visit([&](const auto& subject) { return need_of(e, subject, threads); }, e.subject);
  need.data = drawn_samples_bytes(e);
  return need;
}

MemoryNeed memory_need(const Experiment& e, const Resources& resources) {
  MemoryNeed need = memory_need(e, resources.pool.size());
  if (const auto* spiking = std::get_if<SpikingExperiment>(&e.subject))
    need.data += replayed_bytes(spiking->course, resources);
  return need;
}

namespace {

RankMemory shared_need_of(const Experiment& experiment, const SpikingExperiment& e, RankPlace place) {
  const SpikingBytes one = network_bytes(e.circuit, place);
  const double seeds = static_cast<double>(experiment.seeds.size()),
               kept = seeds * (one.synapses + one.neurons);
  RankMemory need;
  need.each = kept + one.built;
  need.saving = need.each;
  // The weights of one projection are there twice while they come together.
  if (e.course.trains())
    need.saving = std::max(need.each, kept + seeds * (one.weights + one.neurons) + one.largest);
  return need;
}

/// The largest of the arrays that ranks divide.
double largest_divided(const Experiment& e, const Circuit& circuit) {
  double largest = 0;
  for (std::uint32_t k = 0; k < circuit.projections().size(); ++k) {
    const Projection& j = circuit[ProjectionId{k}];
    if (rate::cut_of(circuit, {k}).divisible())
      largest = std::max(largest,
                         static_cast<double>(circuit[j.from].size) * static_cast<double>(circuit[j.to].size));
  }
  return largest * bytes_of_number(e);
}

RankMemory shared_need_of(const Experiment& e, const Circuit& circuit, RankPlace place) {
  const PlannedWork work = sizes_planned(e);
  const double state = state_bytes(circuit, work), own = state_bytes_of_rank(circuit, work, place);
  RankMemory need;
  // What it was before a validation; angles are between whole matrices, which come together on every rank.
  need.each = own + std::max(own, angle_bytes(e, circuit, state));
  // One array is there twice while it comes together.
  need.saving = std::max(need.each, own + state + largest_divided(e, circuit));
  return need;
}

template <class Network>
RankMemory shared_need_of(const Experiment& e, const Network& network, RankPlace /*place*/) {
  const MemoryNeed whole = need_of(e, network, 1);
  const double all = whole.state + whole.working + whole.passing;
  return {.each = all, .saving = all};
}

}  // namespace

RankMemory memory_of_rank(const Experiment& e, RankPlace place) {
  return std::visit([&](const auto& subject) { return shared_need_of(e, subject, place); }, e.subject);
}

MemoryOfRanks memory_of_ranks(const Experiment& e, std::size_t ranks) {
  MemoryOfRanks of{.least = memory_of_rank(e, {0, ranks}), .most = memory_of_rank(e, {0, ranks})};
  for (std::size_t rank = 1; rank < ranks; ++rank) {
    const RankMemory one = memory_of_rank(e, {rank, ranks});
    of.least = {.each = std::min(of.least.each, one.each), .saving = std::min(of.least.saving, one.saving)};
    of.most = {.each = std::max(of.most.each, one.each), .saving = std::max(of.most.saving, one.saving)};
  }
  return of;
}

std::string gigabytes_text(double bytes) {
  if (bytes >= 1e11) return fmt::format("{:.0f} GB", bytes / 1e9);
  return bytes >= 1e8 ? fmt::format("{:.3g} GB", bytes / 1e9) : bytes_text(bytes);
}

std::string too_much(const MemoryNeed& need, const Memory& available) {
  if (need.total() <= available.bytes) return "";
  return fmt::format(
      "it needs {} of memory ({} of state, {} to learn with, {} for checkpoints and the look at its end, "
      "{} of samples), but {} are {}",
      gigabytes_text(need.total()), gigabytes_text(need.state), gigabytes_text(need.working),
      gigabytes_text(need.passing), gigabytes_text(need.data), gigabytes_text(available.bytes), available.of);
}

void check_memory(const Experiment& e, const Resources& resources) {
  MemoryNeed need = memory_need(e, resources);
  if (const Ranks* const ranks = resources.ranks; ranks != nullptr && ranks->size() > 1) {
    const RankMemory shared = memory_of_rank(e, {ranks->rank(), ranks->size()});
    need = {
        .state = shared.each, .passing = ranks->leads() ? shared.saving - shared.each : 0, .data = need.data};
  }
  const std::string complaint = too_much(need, resources.memory);
  if (complaint.empty()) return;
  throw IoError(
      fmt::format("{}: {}\n  fewer units, seeds or environments need less; --ignore-memory "
                  "(in Python ignore_memory=True) runs it all the same",
                  e.label, complaint));
}

}  // namespace apical
