// SPDX-License-Identifier: Apache-2.0
// What the tests of both forms of burstprop share.
#pragma once

#include <algorithm>

#include "apical/engine/layered/test_networks.h"
#include "apical/rules/backpropagation.h"

namespace apical::layered {

/// With weights above the first layer times `size`: how far `rule`, with symmetric feedback, is from what it
/// does to small signals. These a hidden layer passes on by a quarter, the slope of the sigmoid that makes a
/// burst probability; the output sends P = 0.2 of them.
template <class Rule>
double error_to_scaled_backpropagation(Case<> c, Rule rule, double size) {
  for (std::size_t l = 1; l < c.net.description.depth(); ++l) {
    for (double& w : c.net.parameters.W[l].flat()) w *= size;
  }
  Backpropagation<double> exact;
  const auto credit = credit_of<double>(rule, c.net, c.batch());
  auto scaled = credit_of<double>(exact, c.net, c.batch());
  double worst = 0, factor = 0.2;
  for (std::size_t l = scaled.dW.size(); l-- > 0; factor *= 0.25) {
    for (double& g : scaled.dW[l].flat()) g *= factor;
    worst = std::max(worst, relative_error<double>({credit.dW[l]}, {scaled.dW[l]}));
  }
  return worst;
}

}  // namespace apical::layered
