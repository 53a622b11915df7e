// SPDX-License-Identifier: Apache-2.0
// The one shape in which anything that was measured is kept: a number, of which seed, when, where. Curves,
// tables, summaries, expectations and reports are made of these rows, for every kind of experiment.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "apical/analysis/curves.h"

namespace apical {

struct Measurement {
  double epoch = 0;  ///< 0: before training; of a course without training its stage
  std::string
      where;  ///< a split ("train", "validation", "test"), an area ("v1", "total"), a part of a course
  std::string metric;  ///< a name of the catalogue (metrics.h): "loss", "accuracy", "angle_deg" …
  std::uint64_t seed = 0;
  double value = 0;  ///< may be NaN or infinite

  /// What is measured, of whom and when: no two rows of a run share it. Ordered by epoch first.
  auto key() const { return std::tie(epoch, where, metric, seed); }
};

void sort_by_key(std::vector<Measurement>& rows);

/// Of one metric at one place, a curve for each seed in order of first appearance; x is the epoch. `rows` in
/// order of epoch.
std::vector<SeedCurve> curves_of(std::span<const Measurement> rows, std::string_view where,
                                 std::string_view metric);

/// What was measured last (or first) of each seed, in order of seeds; empty if it never was.
std::vector<SeedValue> last_of(std::span<const Measurement> rows, std::string_view where,
                               std::string_view metric);
std::vector<SeedValue> first_of(std::span<const Measurement> rows, std::string_view where,
                                std::string_view metric);

/// The values alone.
std::vector<double> values_of(std::span<const SeedValue> seeds);

/// One course of measurements: a metric at a place.
struct MeasuredCourse {
  std::string where, metric;
  // NOLINTNEXTLINE(modernize-use-nullptr): clang 14 takes the 0 in comparisons for a pointer
  auto operator<=>(const MeasuredCourse&) const = default;
};
/// All that were measured, by place, then metric.
std::vector<MeasuredCourse> courses_of(std::span<const Measurement> rows);

}  // namespace apical
