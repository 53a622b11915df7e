// SPDX-License-Identifier: Apache-2.0
// How well any model could do, given how much subjects differ (Nili et al., PLoS Comput Biol 10:e1003553,
// 2014). One RDM for each subject: the mean over sessions, because sessions of one subject are no subjects.
#pragma once

#include <span>
#include <vector>

#include "apical/analysis/rdm_compare.h"

namespace apical {

/// What one RDM adds to a pool: midranks (measures of ranks), z-scores with the population's SD (pearson and
/// whitened-pearson), entries over their root mean square (cosine and whitened-cosine). DataError if the RDM
/// is constant and the measure has no pool of it.
std::vector<double> pool_part(std::span<const double> rdm, RdmMeasure measure);
/// Mean of the parts, weighted; for whitened-pearson less its minimum. Of the RDMs with one weight each.
std::vector<double> pooled_parts(std::span<const std::vector<double>> parts, std::span<const double> weights,
                                 RdmMeasure measure);
std::vector<double> pooled_rdm(std::span<const Rdm> rdms, RdmMeasure measure);

struct NoiseCeiling {
  double lower = 0;  ///< mean over subjects of f(pool of all others, subject)
  double upper = 0;  ///< mean over subjects of f(pool of all, subject)
};
/// For tau-a the pool is not the optimum, so its upper bound is approximate. DataError for fewer than two
/// subjects.
NoiseCeiling noise_ceiling(std::span<const Rdm> subjects, RdmMeasure measure);
constexpr bool ceiling_is_exact(RdmMeasure m) { return !uses_order_only(m); }

}  // namespace apical
