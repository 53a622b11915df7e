// SPDX-License-Identifier: Apache-2.0
// Backpropagation (Rumelhart, Hinton & Williams, Nature 323:533, 1986): errors travel through the transposed
// forward weights. The reference that the other rules are measured against.
#pragma once

#include "apical/rules/delta_rule.h"

namespace apical::layered {

template <class T>
class Backpropagation final : public DeltaRule<T> {
 public:
  std::string_view name() const override { return "backpropagation"; }
  Needs needs() const override {
    return {.weight_transport = true, .separate_phases = true, .signed_errors = true};
  }

 protected:
  MatrixView<const T> feedback(const Network<T>& network, std::size_t l) const override {
    return network.parameters.W[l].view();
  }
};

}  // namespace apical::layered
