// SPDX-License-Identifier: Apache-2.0
// Series with gaps: a number for each bin of time, NaN where there is none (a burst probability without
// events).
#pragma once

#include <vector>

namespace apical {

/// Pearson correlation over the bins in which both are numbers; 0 if either does not vary.
double correlation(const std::vector<double>& a, const std::vector<double>& b);
/// Over the bins in which there is a number; NaN if there are none.
double mean_of_bins(const std::vector<double>& x);

}  // namespace apical
