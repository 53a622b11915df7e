// SPDX-License-Identifier: Apache-2.0
// Arrays as a data set: shapes, numbers and labels are checked once, here, and what is wrong is told with
// where it stands.
#pragma once

#include "apical/tasks/array_data.h"
#include "apical/tasks/dataset.h"

namespace apical {

/// What the axes of inputs are, behind the first, which is the sample's.
enum class InputAxes {
  feature,  ///< [sample, feature]
  time,     ///< [sample, time, feature]: a course, not held
  flatten,  ///< any number of axes: all their numbers are features, the last axis fastest
};

enum class InputScale {
  none,
  unit,      ///< x / 255, of bytes
  standard,  ///< (x - mean) / sd of each feature over the training samples; 0 where a feature never changes
};

struct ArraySettings {
  InputAxes axes = InputAxes::feature;
  InputScale scale = InputScale::none;
  std::size_t classes = 0;  ///< 0: those that occur in training, in order; else labels are 0 to classes - 1
  double validation_fraction = 0, test_fraction = 0;  ///< taken at random out of the training samples
  std::uint64_t split_seed = 0;
  double dt_ms = 0.1;               ///< of a step, where there is an axis of time
  std::uint32_t steps_per_row = 1;  ///< of the axis of time
};

/// Inputs in float, double or bytes are shared with the arrays and not copied, but for those with an axis of
/// time; targets are copied as double. DataError for shapes that do not fit, no samples, numbers that are not
/// finite and labels that are no classes; ConfigError for settings that the arrays do not go with.
Dataset dataset_of(const ArrayParts& parts, const ArraySettings& settings);

}  // namespace apical
