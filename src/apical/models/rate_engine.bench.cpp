// SPDX-License-Identifier: Apache-2.0
// Steps of the rate engine per circuit, precision and layout. Counters: time per step, synapse updates,
// memory traffic of weights. For the comparison with a plain pass over memory, and goals: apical bench.
#include <benchmark/benchmark.h>

#include "apical/core/random.h"
#include "apical/models/rate_benchmarks.h"

namespace apical::rate {
namespace {

constexpr Step kSteps = 20;

template <class Real>
void steps(benchmark::State& state, const BenchmarkCase& c, Layout layout) {
  ThreadPool pool(1);
  std::vector<std::uint64_t> seeds(c.replicas);
  for (std::size_t i = 0; i < seeds.size(); ++i) seeds[i] = i + 1;
  RateEngine<Real> engine(c.circuit, seeds, pool, {.layout = layout});
  for (const auto id : {engine.circuit().stimulus(), engine.circuit().target()}) {
    std::vector<double> values(engine.circuit()[*id].size);
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = uniform({1, Stream::task_input, id->value, i}, 0.1, 0.9);
    for (std::size_t r = 0; r < c.replicas; ++r) engine.template set_external<double>(*id, r, values);
  }
  for (auto _ : state) engine.advance(kSteps, Learning::all());
  const auto n = static_cast<double>(state.iterations() * kSteps);
  using benchmark::Counter;
  state.counters["step"] = Counter(n, Counter::kIsRate | Counter::kInvert);
  state.counters["updates"] =
      Counter(n * static_cast<double>(c.circuit.plastic_synapse_count() * c.replicas), Counter::kIsRate);
  state.counters["bytes"] =
      Counter(n * static_cast<double>(engine.bytes_per_step()), Counter::kIsRate, Counter::OneK::kIs1000);
}

[[maybe_unused]] const bool kRegistered = [] {
  for (const BenchmarkCase& c : models::rate_benchmark_cases()) {
    for (const Layout layout : {Layout::wide, Layout::lanes}) {
      const bool lanes = layout == Layout::lanes;
      if (lanes && c.replicas == 1) continue;
      const std::string name =
          "RateStep/" + c.name + "/" + c.note + "/" + std::to_string(c.replicas) + (lanes ? "/lanes" : "");
      benchmark::RegisterBenchmark((name + "/float").c_str(),
                                   [=](benchmark::State& s) { steps<float>(s, c, layout); });
      benchmark::RegisterBenchmark((name + "/double").c_str(),
                                   [=](benchmark::State& s) { steps<double>(s, c, layout); });
    }
  }
  return true;
}();

}  // namespace
}  // namespace apical::rate
