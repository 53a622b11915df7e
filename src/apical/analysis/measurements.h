// SPDX-License-Identifier: Apache-2.0
// The numbers of a run, one by one, as its metrics.ndjson holds them.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "apical/io/file.h"

namespace apical {

/// What was measured, of which seed, when. Ordered by epoch first.
struct MeasurementKey {
  double epoch = 0;
  std::string where;   ///< split ("validation", "test") or area ("a1", "total")
  std::string metric;  ///< "loss", "accuracy", "angle_deg" …
  std::uint64_t seed = 0;
  auto operator<=>(const MeasurementKey&) const = default;
};

struct Measurement {
  MeasurementKey key;
  double value = 0;  ///< may be NaN or infinite
};

/// Sorted by key. IoError or DataError if `run` has no readable metrics.
std::vector<Measurement> read_measurements(const io::Path& run);

}  // namespace apical
