// SPDX-License-Identifier: Apache-2.0
// Relative projection densities between visual areas of macaque cortex, as used by Max et al. 2025 (after
// Markov et al. 2014, Cereb Cortex 24:17). Names of areas 2 to 7 are a plausible reading, not given by the
// authors: V1, V2, V4, TEO, MT, TEpd and one more.
#pragma once

#include "apical/core/matrix.h"

namespace apical::models {

/// density(target, source), 7 x 7, powers of ten from 10^0 to 10^-1.5, or 0 where no projection was found.
const Matrix<double>& macaque_visual_densities();

}  // namespace apical::models
