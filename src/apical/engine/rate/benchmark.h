// SPDX-License-Identifier: Apache-2.0
// Times the rate engine on a circuit as training uses it (every rule on, a target shown, a new sample every
// presentation) and beside it, in turns, a plain read+write pass over as many bytes of memory. A shared
// machine has slow moments; taking turns lets both have their share of them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "apical/circuit/circuit.h"
#include "apical/engine/rate/engine.h"

namespace apical::rate {

struct BenchmarkCase {
  std::string name;  ///< e.g. "4-120-3"
  std::string note;  ///< what the circuit has besides its sizes
  Circuit circuit;
  std::size_t replicas = 1;
  double goal = 0;  ///< the fraction of a plain pass that a step should reach, float; 0: none
};

struct BenchmarkOptions {
  unsigned threads = 1;
  int repeats = 7;
  double seconds_per_repeat = 0.02;
  Layout layout = Layout::automatic;
  std::uint64_t seed = 1;
};

/// Times are per Euler step of all replicas together.
struct BenchmarkResult {
  std::string name, note, precision, instruction_set;
  std::size_t replicas = 1;
  unsigned threads = 1;
  bool lanes = false;         ///< replicas in SIMD lanes
  bool uses_threads = false;  ///< more threads would be used
  int repeats = 0;
  double median_ns = 0, min_ns = 0;
  double synapse_updates_per_second = 0;  ///< plastic synapses of all replicas; from the median, as all below
  double bytes_per_step = 0;              ///< of weights and deviations, read and written, all replicas
  double bytes_written_per_step = 0;      ///< of these
  double gigabytes_per_second = 0;
  double plain_gigabytes_per_second =
      0;                ///< a plain read+write pass over as many bytes, same threads; median
  double fraction = 0;  ///< of the plain pass
  double mixed_gigabytes_per_second =
      0;  ///< plain passes that read and write what the step does, and only read the rest
  double mixed_fraction = 0;
  double goal = 0;  ///< for `fraction`; 0: none
};

template <class Real>
BenchmarkResult benchmark(const BenchmarkCase& c, const BenchmarkOptions& options);

}  // namespace apical::rate
