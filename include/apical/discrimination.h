// SPDX-License-Identifier: Apache-2.0
// How well an experiment would tell theories apart: numbers in, numbers out. A theory is what it predicts
// over seeds (seeds x readouts, on one scale for all theories); noise of measurement has a variance per
// readout; out come bits per animal, errors, and how many animals are enough.
//
//   TheoryReadouts a{"error neurons", 1, fit, held_out}, b{…};
//   separation_of({{a, b}}, readouts, {.cell_sd = 1, .cells = 20}, {}, pool).animals_95
//
// DataError for what does not fit, naming theory and readout.
#pragma once

#include "apical/analysis/discrimination.h"
#include "apical/analysis/statistics.h"
#include "apical/core/random.h"
