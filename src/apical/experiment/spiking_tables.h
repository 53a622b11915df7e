// SPDX-License-Identifier: Apache-2.0
// The options of [training] and [record] where neurons spike.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "apical/core/fields.h"

namespace apical {

/// [training] of a course with stages of an epoch.
struct CourseTraining {
  std::size_t epochs = 0;
};
void fields(FieldVisitor& v, CourseTraining& o);

struct SpikeRecordRequest {
  bool spikes = false;                   ///< all spikes, to a file in SONATA's layout per seed
  double from_s = 0, until_s = 0;        ///< biological time
  std::vector<std::string> populations;  ///< all but Poisson sources if none are named
  std::size_t seeds = 1;                 ///< the first so many
  std::size_t raster_neurons = 20;       ///< of each population of the first seed; 0: no raster
  double raster_s = 0.5;                 ///< of each part that is drawn
};

/// [record], for a course that ends at `end_s`.
struct SpikeRecordOptions {
  SpikeRecordRequest request;
  std::vector<std::string> populations = {};  ///< that can be recorded
  std::size_t seeds = 1;                      ///< of the run
  double end_s = 1;
};
void fields(FieldVisitor& v, SpikeRecordOptions& o);

}  // namespace apical
