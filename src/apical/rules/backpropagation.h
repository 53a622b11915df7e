// SPDX-License-Identifier: Apache-2.0
// Backpropagation (Rumelhart, Hinton & Williams, Nature 323:533, 1986): errors travel through the transposed
// forward weights. The reference that the other rules are measured against.
#pragma once

#include "apical/rules/delta_rule.h"
#include "apical/rules/rule_options.h"

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

struct BackpropagationOptions {
  template <class T>
  RulePointer<T> make(const NetworkDescription&, std::uint64_t) const {
    return std::make_unique<Backpropagation<T>>();
  }
};
inline void fields(FieldVisitor&, BackpropagationOptions&) {}
RuleEntries backpropagation_rules();

}  // namespace apical::layered
