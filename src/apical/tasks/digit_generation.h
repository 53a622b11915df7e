// SPDX-License-Identifier: Apache-2.0
// Generating digits: a one-hot digit goes in, the first MNIST training image of that digit is to come out
// (pixels / 255). Ten samples in order of first occurrence (5 0 4 1 9 2 3 6 7 8), train, validation and
// test alike (Max, Jaras, Granier, Wilmes & Petrovici 2025, bioRxiv 2025.07.11.664263, Figs. 4 and 5).
#pragma once

#include "apical/tasks/idx_images.h"

namespace apical {

/// The samples from labelled images; DataError if a digit does not occur.
Split digit_generation_split(const LabelledImages& images);

TaskInfo digit_generation_task();

}  // namespace apical
