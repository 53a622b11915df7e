// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/readout_loss.h"

#include <algorithm>
#include <cmath>

namespace apical {

double readout_loss(ReadoutLoss loss, std::span<const double> y, std::span<const double> target, double mask,
                    std::span<double> error) {
  double value = 0;
  if (loss == ReadoutLoss::mse) {
    for (std::size_t i = 0; i < y.size(); ++i) {
      const double difference = y[i] - target[i];
      error[i] = mask * difference;
      value += 0.5 * difference * difference;
    }
    return mask * value;
  }
  const double largest = *std::max_element(y.begin(), y.end());
  double sum = 0;
  for (const double v : y) sum += std::exp(v - largest);
  const double log_sum = largest + std::log(sum);
  for (std::size_t i = 0; i < y.size(); ++i) {
    error[i] = mask * (std::exp(y[i] - log_sum) - target[i]);
    value -= target[i] * (y[i] - log_sum);
  }
  return mask * value;
}

}  // namespace apical
