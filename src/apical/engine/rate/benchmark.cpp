// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/rate/benchmark.h"

#include <algorithm>
#include <atomic>
#include <chrono>

#include "apical/core/random.h"
#include "apical/engine/rate/plain_pass.h"

namespace apical::rate {
namespace {

constexpr Step kPresentation = 20;  // steps; the presentation time of the error-neuron paper
constexpr std::size_t kSamples = 8;

using Clock = std::chrono::steady_clock;

template <class F>
double seconds_of(const F& f) {
  const auto start = Clock::now();
  f();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v[v.size() / 2];
}

/// How often `f` fits into the time of a repeat, found by doubling; this is the warm-up, too.
template <class F>
std::size_t count_for(double seconds, const F& f) {
  for (std::size_t n = 1;; n *= 2) {
    const double t = seconds_of([&] { f(n); });
    if (t >= seconds / 2)
      return std::max<std::size_t>(1, static_cast<std::size_t>(static_cast<double>(n) * seconds / t));
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

/// Plain passes over memory of the benchmark's own: one slice per thread, as the engine's sweeps.
template <class Real>
class Yardstick {
 public:
  Yardstick(ThreadPool& pool, double read_bytes, double written_bytes)
      : pool_(pool),
        both_(slice(written_bytes)),
        read_only_(slice(read_bytes - written_bytes)),
        changed_(both_ * pool.size(), Real(1)),
        fixed_(read_only_ * pool.size(), Real(1)) {}

  /// Each thread goes over its slice `times` times: no waiting for others, which a step cannot do without.
  void operator()(std::size_t times) const {
    pool_.run(pool_.size(), [&](std::size_t k) {
      for (std::size_t i = 0; i < times; ++i) {
        if (both_ > 0) plain_pass(changed_.data() + k * both_, both_, Real(0.5), Real(0.5));
        if (read_only_ > 0)
          sink_.store(plain_read(fixed_.data() + k * read_only_, read_only_), std::memory_order_relaxed);
      }
    });
  }
  double bytes() const { return static_cast<double>((2 * changed_.size() + fixed_.size()) * sizeof(Real)); }

 private:
  std::size_t slice(double bytes) const {
    return round_up(static_cast<std::size_t>(bytes / sizeof(Real) / pool_.size()), kBlock);
  }
  ThreadPool& pool_;
  std::size_t both_, read_only_;
  mutable AlignedBuffer<Real> changed_;
  AlignedBuffer<Real> fixed_;
  mutable std::atomic<Real> sink_{};  // so that no compiler drops the reading
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
  r.bytes_written_per_step = static_cast<double>(engine.bytes_written_per_step());
  const Yardstick<Real> plain(pool, r.bytes_per_step / 2, r.bytes_per_step / 2);
  const Yardstick<Real> mixed(pool, r.bytes_per_step - r.bytes_written_per_step, r.bytes_written_per_step);

  const auto steps = [&](std::size_t samples) { presenter.present(samples); };
  const std::size_t samples = count_for(options.seconds_per_repeat, steps);
  const std::size_t plain_passes = count_for(options.seconds_per_repeat, plain),
                    mixed_passes = count_for(options.seconds_per_repeat, mixed);
  std::vector<double> step_ns, plain_ns, mixed_ns;
  for (int repeat = 0; repeat < options.repeats; ++repeat) {
    step_ns.push_back(1e9 * seconds_of([&] { steps(samples); }) /
                      static_cast<double>(samples * kPresentation));
    plain_ns.push_back(1e9 * seconds_of([&] { plain(plain_passes); }) / static_cast<double>(plain_passes));
    mixed_ns.push_back(1e9 * seconds_of([&] { mixed(mixed_passes); }) / static_cast<double>(mixed_passes));
  }
  r.median_ns = median(step_ns);
  r.min_ns = *std::min_element(step_ns.begin(), step_ns.end());
  const double updates = static_cast<double>(engine.circuit().plastic_synapse_count() * c.replicas);
  r.synapse_updates_per_second = updates / r.median_ns * 1e9;
  r.gigabytes_per_second = r.bytes_per_step / r.median_ns;
  r.plain_gigabytes_per_second = plain.bytes() / median(plain_ns);
  r.fraction = r.gigabytes_per_second / r.plain_gigabytes_per_second;
  r.mixed_gigabytes_per_second = mixed.bytes() / median(mixed_ns);
  r.mixed_fraction = r.gigabytes_per_second / r.mixed_gigabytes_per_second;
  r.goal = sizeof(Real) == 4 ? c.goal : 0;
  return r;
}

template BenchmarkResult benchmark<float>(const BenchmarkCase&, const BenchmarkOptions&);
template BenchmarkResult benchmark<double>(const BenchmarkCase&, const BenchmarkOptions&);

}  // namespace apical::rate
