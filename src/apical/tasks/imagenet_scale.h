// SPDX-License-Identifier: Apache-2.0
// The means and deviations that pictures are customarily scaled by, whatever they are of: those of ImageNet's
// training set.
#pragma once

#include "apical/tasks/dataset.h"

namespace apical {

inline PixelScale imagenet_scale() {
  return PixelScale::standard({0.485, 0.456, 0.406}, {0.229, 0.224, 0.225});
}

}  // namespace apical
