// SPDX-License-Identifier: Apache-2.0
// Speed of the spiking engine on the XOR network and on one ten times larger. Goal: 0.015 s per biological second on one
// core for the former, and two threads at least 1.7 times as fast as one for the latter.
#include <benchmark/benchmark.h>

#include <chrono>

#include "apical/models/payeur2021_xor.h"

namespace apical::payeur2021 {
namespace {

// Arguments: neurons per population, threads.
void spike_xor(benchmark::State& state) {
  XorOptions options;
  options.neurons = static_cast<std::size_t>(state.range(0));
  ThreadPool pool(static_cast<unsigned>(state.range(1)));
  spike::Network<float> net(xor_network(options), 1, &pool);
  net.set_drive(0, spike::CurrentTarget::soma, {.constant_A = options.input_on_A});
  net.set_drive(1, spike::CurrentTarget::soma, {.constant_A = options.input_off_A});
  net.advance(10000);
  const std::uint64_t before = net.synaptic_events();
  const spike::Step first = net.step();
  constexpr spike::Step kSteps = 5000;
  for (auto _ : state) net.advance(kSteps);
  const double seconds = static_cast<double>(net.step() - first) * net.description().dt_s;
  state.counters["wall_s_per_bio_s"] =
      benchmark::Counter(seconds, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["synaptic_events_per_s"] =
      benchmark::Counter(static_cast<double>(net.synaptic_events() - before), benchmark::Counter::kIsRate);
  state.counters["bytes_per_synapse"] = static_cast<double>(net.synapse_bytes()) / static_cast<double>(net.synapses());
  state.counters["synapses"] = static_cast<double>(net.synapses());
}
BENCHMARK(spike_xor)->ArgNames({"neurons", "threads"})->Args({500, 1})->Args({500, 2})->Args({5000, 1})->Args({5000, 2})
    ->Unit(benchmark::kMillisecond)->UseRealTime()->MeasureProcessCPUTime();

}  // namespace
}  // namespace apical::payeur2021
