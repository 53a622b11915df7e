// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/series.h"

#include <cmath>

#include "apical/core/error.h"

namespace apical {

double mean_of_bins(const std::vector<double>& x) {
  double sum = 0, bins = 0;
  for (const double v : x) {
    if (std::isnan(v)) continue;
    sum += v;
    ++bins;
  }
  return sum / bins;
}

double correlation(const std::vector<double>& all_a, const std::vector<double>& all_b) {
  APICAL_CHECK(all_a.size() == all_b.size());
  std::vector<double> a, b;
  for (std::size_t i = 0; i < all_a.size(); ++i) {
    if (std::isnan(all_a[i]) || std::isnan(all_b[i])) continue;
    a.push_back(all_a[i]);
    b.push_back(all_b[i]);
  }
  const double ma = mean_of_bins(a), mb = mean_of_bins(b);
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - ma) * (b[i] - mb);
    aa += (a[i] - ma) * (a[i] - ma);
    bb += (b[i] - mb) * (b[i] - mb);
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}

}  // namespace apical
