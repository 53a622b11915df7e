// SPDX-License-Identifier: Apache-2.0
// How what a step does is written down while a network is built: kernels with their arguments, and closures,
// in the order in which they are emitted.
#pragma once

#include <algorithm>
#include <memory>
#include <utility>

#include "apical/engine/rate/network.h"

namespace apical::rate {

/// Pairs of neurons that a projection joins.
inline std::size_t one_to_one_size(const Circuit& c, const Projection& j) {
  return std::min(c[j.from].size, c[j.to].size);
}

template <class Real>
template <class Args>
Args& Network<Real>::emit(Phase phase, void (*kernel)(const Args&)) {
  struct Bound {
    void (*kernel)(const Args&);
    Args args;
  };
  auto bound = std::make_shared<Bound>(Bound{kernel, {}});
  args_.push_back(bound);
  ops_[phase].push_back({[](const void* p) {
                           const auto* b = static_cast<const Bound*>(p);
                           b->kernel(b->args);
                         },
                         bound.get()});
  return bound->args;
}

template <class Real>
template <std::invocable F>
void Network<Real>::emit(Phase phase, F f) {
  auto bound = std::make_shared<F>(std::move(f));
  args_.push_back(bound);
  ops_[phase].push_back({[](const void* p) { (*static_cast<const F*>(p))(); }, bound.get()});
}

template <class Real>
template <class Args>
Args& Network<Real>::keep(Args args) {
  auto owned = std::make_shared<Args>(args);
  args_.push_back(owned);
  return *owned;
}

}  // namespace apical::rate
