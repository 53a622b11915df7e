// SPDX-License-Identifier: Apache-2.0
// The circuits that the rate engine is timed on, each by a name of its own; -x10: ten replicas in one engine.
#pragma once

#include "apical/engine/rate/benchmark.h"

namespace apical::models {

std::vector<rate::BenchmarkCase> rate_benchmark_cases();

struct RateBenchmarkOptions {
  unsigned threads = 0;  ///< the larger of the two numbers of threads timed; 0: all available
  int repeats = 7;
  double seconds_per_repeat = 0.02;
  std::vector<std::string> only = {};  ///< names of cases, with their note or without; empty: all
  /// Called after each measurement, so that a person sees something happen.
  std::function<void(const rate::BenchmarkResult&)> on_result = {};
};

/// Every case in float and double, on one thread and, where the engine can use them, on all. ConfigError for
/// an unknown name in `only`.
std::vector<rate::BenchmarkResult> bench_rate_engine(const RateBenchmarkOptions& options = {});

}  // namespace apical::models
