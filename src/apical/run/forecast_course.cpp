// SPDX-License-Identifier: Apache-2.0
// Of a course in a circuit of spiking neurons: the network of one seed is built and runs for a moment.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "apical/engine/spike/network.h"
#include "apical/io/archive.h"
#include "apical/procedure/course_rounds.h"
#include "apical/procedure/course_samples.h"
#include "apical/procedure/spiking_course.h"
#include "apical/run/forecast_parts.h"
#include "apical/run/session.h"

namespace apical {
namespace {

using Clock = std::chrono::steady_clock;

double elapsed(Clock::time_point since) {
  return std::chrono::duration<double>(Clock::now() - since).count();
}

struct Cost {
  std::size_t neurons = 0, sources = 0, synapses = 0, plastic_synapses = 0, background_trains = 0;
  double biological_s = 0;           ///< of one seed
  double seconds = 0;                ///< of all seeds on so many threads
  std::size_t network_bytes = 0;     ///< of one seed; as many at a time as threads, all seeds if they train
  std::size_t checkpoint_bytes = 0;  ///< of all seeds; 0 of a protocol of its own
  std::size_t recorded_bytes =
      0;  ///< spikes of all recorded seeds, in memory until the run ends; at the rates of the probe
};

Cost cost_of(const SpikingExperiment& e, std::size_t threads) {
  Cost s;
  s.biological_s = e.course.duration_s();
  const std::size_t at_a_time = std::min(threads, e.seeds.size());
  const std::size_t turns_taken = (e.seeds.size() + at_a_time - 1) / at_a_time;
  const auto turns = static_cast<double>(turns_taken);
  const auto start = Clock::now();
  if (e.course.protocol) {  // cheap enough to be its own probe
    make_course(e.circuit, e.course, {.seed = e.seeds.front()})->run_round(0);
    s.seconds = elapsed(start) * turns;
    return s;
  }
  for (const auto& g : e.circuit.groups) {
    (std::holds_alternative<spike::PoissonSource>(g.model) ? s.sources : s.neurons) += g.size;
  }
  for (const auto& b : e.circuit.background)
    s.background_trains += e.circuit.groups[spike::group_index(e.circuit, b.target)].size;
  spike::Network<float> network(e.circuit, e.seeds.front());
  const double building = elapsed(start);
  s.synapses = network.synapses();
  for (std::size_t c = 0; c < e.circuit.connections.size(); ++c)
    s.plastic_synapses += e.circuit.connections[c].rule ? network.synapses(c) : 0;
  const std::size_t state = io::save_state(network).size();
  s.network_bytes = network.synapse_bytes() + state;
  s.checkpoint_bytes = state * e.seeds.size();
  constexpr double kWarmUpSeconds = 0.2, kProbeSeconds = 0.2;  // biological, wall
  const double dt = e.circuit.dt_s;
  network.advance(std::llround(kWarmUpSeconds / dt));  // rates settle
  const auto probe = Clock::now();
  const spike::Step first = network.step();
  network.reset_counts();
  while (elapsed(probe) < kProbeSeconds) network.advance(100);
  const double probed_s = static_cast<double>(network.step() - first) * dt,
               per_second = elapsed(probe) / probed_s;
  if (e.record.spikes) {
    double spikes = 0;
    for (const std::string& p : e.record.populations)
      spikes += static_cast<double>(network.counts(network.group(p)).spikes);
    const double recorded_s = std::min(e.record.until_s, s.biological_s) - e.record.from_s;
    constexpr std::size_t kBytes = sizeof(double) + sizeof(std::uint64_t);  // time and neuron
    s.recorded_bytes = e.record.seeds * kBytes * static_cast<std::size_t>(spikes / probed_s * recorded_s);
  }
  s.seconds = (building + s.biological_s * per_second) * turns;
  return s;
}

}  // namespace

Forecast sizes_of(const SpikingExperiment& e) {
  std::size_t neurons = 0;
  for (const auto& g : e.circuit.groups) neurons += g.size;
  Forecast f;
  f.lines.push_back({"course", e.about.empty() ? e.title : e.about});
  f.lines.push_back({"network", fmt::format("{} neurons and Poisson inputs", neurons)});
  f.figures = {{"neurons", std::uint64_t{neurons}}};
  return f;
}

Forecast forecast_of(const Experiment& experiment, const SpikingExperiment& e, const Resources& resources) {
  open(experiment, resources);  // refuses what 'run' refuses
  const std::shared_ptr<const Dataset> samples = load_samples(e.course, e.circuit, resources);
  const Cost cost = cost_of(e, resources.pool.size());
  Forecast f;
  f.lines.push_back({"course", e.about.empty() ? e.title : e.about});
  if (!e.circuit.groups.empty()) f.circuit = spike::describe(e.circuit);
  if (cost.neurons > 0) {
    f.lines.push_back(
        {"network",
         fmt::format("{} neurons, {} synapses, {} of them plastic, {} Poisson inputs", cost.neurons,
                     cost.synapses, cost.plastic_synapses, cost.sources + cost.background_trains)});
    std::string memory =
        bytes_text(static_cast<double>(cost.network_bytes)) + " for each seed that is simulated";
    if (cost.checkpoint_bytes > 0)
      memory +=
          fmt::format(", {} for each checkpoint", bytes_text(static_cast<double>(cost.checkpoint_bytes)));
    f.lines.push_back({"memory", memory});
    if (cost.recorded_bytes > 0)
      f.lines.push_back({"recordings", "about " + bytes_text(static_cast<double>(cost.recorded_bytes)) +
                                           " of spikes, in memory until the run ends"});
  }
  if (samples) {
    f.lines.push_back(
        {"data", fmt::format("{} of {} training and {} of {} test samples of {}{}", e.course.samples->train,
                             samples->train.size(), e.course.samples->test, samples->test.size(),
                             samples->name, provenance_text(*samples))});
    f.data_provenance = samples->provenance;
  }
  if (const std::shared_ptr<const Replays> replays = load_replays(e.course, e.circuit, resources)) {
    for (const std::string& line : in_words(*replays)) f.lines.push_back({"spikes", line});
  }
  f.lines.push_back({"work", fmt::format("{:g} s of biological time per seed", cost.biological_s)});
  f.lines.push_back({"time", about(cost.seconds) + ", from a probe"});
  f.figures = {{"neurons", std::uint64_t{cost.neurons}},
               {"sources", std::uint64_t{cost.sources}},
               {"synapses", std::uint64_t{cost.synapses}},
               {"plastic_synapses", std::uint64_t{cost.plastic_synapses}},
               {"background_trains", std::uint64_t{cost.background_trains}},
               {"biological_seconds_per_seed", cost.biological_s},
               {"network_bytes", std::uint64_t{cost.network_bytes}},
               {"checkpoint_bytes", std::uint64_t{cost.checkpoint_bytes}},
               {"recorded_bytes", std::uint64_t{cost.recorded_bytes}},
               {"seconds", cost.seconds}};
  return f;
}

}  // namespace apical
