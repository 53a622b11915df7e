// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/layered_alignment.h"

#include <string>
#include <utility>

namespace apical {

std::vector<std::string> LayeredAlignment::layer_names(std::size_t layers) {
  std::vector<std::string> names;
  for (std::size_t l = 1; l <= layers; ++l) names.push_back("a" + std::to_string(l));
  return names;
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
  return angles_.result(std::move(batch));
}

}  // namespace apical
