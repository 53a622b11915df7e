// SPDX-License-Identifier: Apache-2.0
// What is shown of a published experiment, and what was done in it, in words.
#pragma once

#include <string>

#include "apical/analysis/display.h"
#include "apical/models/spiking_models.h"

namespace apical {

struct CourseDisplay {
  Display display;
  std::string course;  ///< what was done, in sentences
};

CourseDisplay display_of(const models::SpikingOptions& options, std::size_t epochs);

}  // namespace apical
