// SPDX-License-Identifier: Apache-2.0
// Scalar twins of the kernels: the definition that the SIMD forms are tested against.
#pragma once

#include "apical/engine/rate/kernels.h"

namespace apical::rate::reference {

/// Activation functions may differ from the SIMD form by a few units in the last place; all else is equal
/// bit for bit.
template <class Real>
void activate(const ActivateArgs<Real>& a);
template <class Real>
void residual(const ResidualArgs<Real>& a);
template <class Real>
void sweep(const SweepArgs<Real>& a);
template <class Real>
void lane_sweep(const SweepArgs<Real>& a);
template <class Real>
void one_to_one(const OneToOneArgs<Real>& a);
template <class Real>
void add_up(const AddUpArgs<Real>& a);
template <class Real>
void integrate(const IntegrateArgs<Real>& a);
template <class Real>
void copy(const CopyArgs<Real>& a);

}  // namespace apical::rate::reference
