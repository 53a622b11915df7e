// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/rate/benchmark.h"

#include <algorithm>
#include <chrono>

#include "apical/core/random.h"
#include "apical/engine/rate/plain_pass.h"

namespace apical::rate {
namespace {

constexpr Step kPresentation = 20;  // steps; the presentation time of the error-neuron paper
constexpr std::size_t kSamples = 8;

using Clock = std::chrono::steady_clock;

double seconds_of(const std::function<void()>& f) {
  const auto start = Clock::now();
  f();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v[v.size() / 2];
}

/// How often `f` fits into the time of a repeat, found by doubling; this is the warm-up, too.
std::size_t count_for(double seconds, const std::function<void(std::size_t)>& f) {
  for (std::size_t n = 1;; n *= 2) {
    const double t = seconds_of([&] { f(n); });
    if (t >= seconds / 2) return std::max<std::size_t>(1, static_cast<std::size_t>(static_cast<double>(n) * seconds / t));
  }
}

template <class Real>
class Presenter {
 public:
  Presenter(RateEngine<Real>& engine, std::uint64_t seed) : engine_(engine) {
    for (const auto id : {engine.circuit().stimulus(), engine.circuit().target()}) {
      if (!id) continue;
      const std::size_t size = engine.circuit()[*id].size;
      std::vector<Real> values(kSamples * size);
      for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = static_cast<Real>(uniform({seed, Stream::task_input, id->value, i}, 0.1, 0.9));
      }
      externals_.push_back({*id, size, std::move(values)});
    }
  }
  void present(std::size_t samples) {
    const auto all = [&](Network<Real>& network, std::size_t, std::size_t count) {
      for (std::size_t k = 0; k < samples; ++k) {
        for (const auto& [id, size, values] : externals_) {
          const auto value = std::span<const Real>(values).subspan(k % kSamples * size, size);
          for (std::size_t replica = 0; replica < count; ++replica) network.set_external(id, replica, value);
        }
        network.advance(kPresentation, Learning::all());
      }
    };
    engine_.for_each_network(all);
  }

 private:
  struct External {
    PopulationId id;
    std::size_t size;
    std::vector<Real> values;
  };
  RateEngine<Real>& engine_;
  std::vector<External> externals_;
};

}  // namespace

template <class Real>
BenchmarkResult benchmark(const BenchmarkCase& c, const BenchmarkOptions& options) {
  ThreadPool pool(options.threads);
  std::vector<std::uint64_t> seeds(c.replicas);
  for (std::size_t i = 0; i < seeds.size(); ++i) seeds[i] = options.seed + i;
  RateEngine<Real> engine(c.circuit, seeds, pool, {.layout = options.layout});
  Presenter<Real> presenter(engine, options.seed);

  BenchmarkResult r;
  r.name = c.name;
  r.note = c.note;
  r.precision = sizeof(Real) == 4 ? "float" : "double";
  r.instruction_set = current_target();
  r.replicas = c.replicas;
  r.threads = pool.size();
  r.lanes = engine.uses_lanes();
  r.uses_threads = engine.uses_threads();
  r.repeats = options.repeats;
  r.bytes_per_step = static_cast<double>(engine.bytes_per_step());

  // Half as many bytes, because each is read and written; one slice per thread, as the engine's sweeps.
  const std::size_t slice = round_up(static_cast<std::size_t>(r.bytes_per_step) / 2 / sizeof(Real) / pool.size() + 1, kBlock);
  AlignedBuffer<Real> buffer(slice * pool.size(), Real(1));
  const auto plain = [&](std::size_t times) {
    const bool together = slice * sizeof(Real) > 16384;  // below, handing out work costs more than the pass
    const auto part = [&](std::size_t k) { plain_pass(buffer.data() + k * slice, slice, Real(0.5), Real(0.5)); };
    for (std::size_t i = 0; i < times; ++i) {
      if (together) {
        pool.run(pool.size(), part);
      } else {
        for (std::size_t k = 0; k < pool.size(); ++k) part(k);
      }
    }
  };
  const auto steps = [&](std::size_t samples) { presenter.present(samples); };
  const std::size_t samples = count_for(options.seconds_per_repeat, steps);
  const std::size_t passes = count_for(options.seconds_per_repeat, plain);
  std::vector<double> step_ns, pass_ns;
  for (int repeat = 0; repeat < options.repeats; ++repeat) {
    step_ns.push_back(1e9 * seconds_of([&] { steps(samples); }) / static_cast<double>(samples * kPresentation));
    pass_ns.push_back(1e9 * seconds_of([&] { plain(passes); }) / static_cast<double>(passes));
  }
  r.median_ns = median(step_ns);
  r.min_ns = *std::min_element(step_ns.begin(), step_ns.end());
  const double updates = static_cast<double>(engine.circuit().plastic_synapse_count() * c.replicas);
  r.synapse_updates_per_second = updates / r.median_ns * 1e9;
  r.gigabytes_per_second = r.bytes_per_step / r.median_ns;
  r.plain_gigabytes_per_second = static_cast<double>(2 * buffer.size() * sizeof(Real)) / median(pass_ns);
  r.fraction = r.gigabytes_per_second / r.plain_gigabytes_per_second;
  r.reference_us = c.reference_us;
  r.reference_source = c.reference_source;
  r.goal_ns = c.goal_ns;
  if (c.reference_us > 0) r.speedup = static_cast<double>(c.replicas) * c.reference_us * 1e3 / r.median_ns;
  return r;
}

template BenchmarkResult benchmark<float>(const BenchmarkCase&, const BenchmarkOptions&);
template BenchmarkResult benchmark<double>(const BenchmarkCase&, const BenchmarkOptions&);

}  // namespace apical::rate
