// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/layered_alignment.h"

#include <cmath>
#include <limits>
#include <string>

namespace apical {

void LayeredAlignment::count(std::vector<CreditProducts> areas) {
  ++samples_;
  areas.push_back(total_of(areas));
  for (std::size_t a = 0; a < areas.size(); ++a) {
    const double angle = areas[a].angle();
    if (std::isnan(angle)) continue;
    angle_sum_[a] += angle;
    ++defined_[a];
  }
}

std::vector<AreaAlignment> LayeredAlignment::result() const {
  std::vector<CreditProducts> batch(credit_sum_.size());
  for (std::size_t l = 0; l < batch.size(); ++l) {
    for (std::size_t i = 0; i < credit_sum_[l].size(); ++i) {
      const double a = credit_sum_[l].flat()[i], b = gradient_sum_[l].flat()[i];
      batch[l].ab += a * b;
      batch[l].aa += a * a;
      batch[l].bb += b * b;
    }
  }
  batch.push_back(total_of(batch));
  std::vector<AreaAlignment> out;
  for (std::size_t a = 0; a < batch.size(); ++a) {
    const double mean = defined_[a] > 0 ? angle_sum_[a] / static_cast<double>(defined_[a]) : std::numeric_limits<double>::quiet_NaN();
    out.push_back({a + 1 < batch.size() ? "a" + std::to_string(a + 1) : "total", mean, batch[a].angle(), samples_ - defined_[a]});
  }
  return out;
}

}  // namespace apical
