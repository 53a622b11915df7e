// SPDX-License-Identifier: Apache-2.0
// What a credit rule in Python is told of a batch, as copies that are made when they are asked for.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstdint>
#include <variant>

#include "apical/rules/handed_rule.h"

namespace apical::python {

class ToldBatch {
 public:
  using Array = nanobind::ndarray<nanobind::numpy>;

  template <class T>
  explicit ToldBatch(const layered::ToldBatch<T>& told) : told_(&told) {}
  /// The call is over, and what it was about gone.
  void end() { told_ = std::monostate(); }

  std::size_t depth() const;
  std::size_t samples() const;
  std::uint64_t seed() const;
  bool resting() const;
  Array activity(std::size_t layer) const;  ///< 0: the input
  Array potential(std::size_t layer) const;
  Array slope(std::size_t layer) const;
  Array weights(std::size_t layer) const;
  Array offsets(std::size_t layer) const;
  Array feedback(std::size_t layer) const;  ///< from the layer above this one
  Array error() const;
  Array target() const;

 private:
  template <class F>
  auto with(F&& f) const;

  std::variant<std::monostate, const layered::ToldBatch<float>*, const layered::ToldBatch<double>*> told_;
};

/// `credit(ToldBatch)` gives for each layer a pair: gradients of the weights, and of the offsets or None. It
/// is called with the GIL on threads of the engine.
layered::HandedRule handed_rule(nanobind::object credit);

}  // namespace apical::python
