// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/layered/shared_parts.h"

#include <algorithm>

namespace apical::layered {

std::string why_not_shared(const NetworkDescription& net, std::size_t batch) {
  const auto samples = static_cast<double>(batch);
  for (std::size_t l = 0; l < net.depth(); ++l) {
    const Connection& c = net.connection(l);
    const auto weights = static_cast<double>(net.weights(l)),
               uses = c ? static_cast<double>(c->out().pixels()) : 1;
    const double products = samples * weights * uses;
    const double results = std::min({samples * static_cast<double>(net.layers[l].size),
                                     samples * static_cast<double>(net.fan_in(l)), weights});
    if (is_worth_sharing(products, results)) return "";
  }
  return "its products are too small: none makes 2 million multiply-adds, 128 of them for each number";
}

}  // namespace apical::layered
