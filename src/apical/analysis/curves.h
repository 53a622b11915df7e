// SPDX-License-Identifier: Apache-2.0
// Curves over training, one per seed, and their mean: seeds are the unit of replication.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "apical/analysis/interval.h"

namespace apical {

/// One seed's values; x in epochs (0 = before training), ascending. y may hold NaN: drawn as a gap.
struct SeedCurve {
  std::uint64_t seed = 0;
  std::vector<double> x, y;
};

struct SeedValue {
  std::uint64_t seed = 0;
  double value = 0;
};

struct MeanPoint {
  double x;
  MeanInterval interval;
};

/// Whose mean a curve of several seeds is.
enum class MeanOf {
  all_seeds,  ///< there is none where a seed is missing
  seeds_here  ///< each x is a run of its own, with seeds of its own
};

/// The mean curve as pieces without a gap. It exists only where every seed has a finite value: a mean over
/// the seeds that survive would flatter a model that diverges. Intervals stay within what is possible.
std::vector<std::vector<MeanPoint>> mean_over_seeds(std::span<const SeedCurve> seeds,
                                                    const ValueRange& possible = {},
                                                    MeanOf of = MeanOf::all_seeds);

/// Each seed's last value; NaN where a curve is empty or ends in one.
std::vector<SeedValue> last_values(std::span<const SeedCurve> seeds);

std::vector<double> finite_values(std::span<const SeedValue> values);

}  // namespace apical
