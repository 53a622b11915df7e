// SPDX-License-Identifier: Apache-2.0
// The yardstick of a sweep: what this machine reaches when it does nothing but read and write every weight
// once, w = a w + b, vectorised with the instruction set the engine uses.
#pragma once

#include <cstddef>

namespace apical::rate {

/// `w` is aligned to kAlignment, `n` a multiple of kBlock; so below.
template <class Real>
void plain_pass(Real* w, std::size_t n, Real a, Real b);

/// Reads only: the sum of w, for weights that a step uses and does not change.
template <class Real>
Real plain_read(const Real* w, std::size_t n);

}  // namespace apical::rate
