// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/rate/kernels_reference.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace apical::rate::reference {
namespace {

template <class Real>
Real parameter(const Real* p, std::size_t i, Real otherwise) {
  return p ? p[i] : otherwise;
}

template <class Real>
void combine(Combine mode, Real x, Real& out) {
  out = mode == Combine::set ? x : mode == Combine::add ? out + x : out * x;
}

// The fixed tree: virtual lane k takes partner k + 8, then + 4, + 2, + 1.
template <class Real>
Real fold(std::array<Real, kBlock> lanes) {
  for (std::size_t width = kBlock / 2; width > 0; width /= 2) {
    for (std::size_t k = 0; k < width; ++k) lanes[k] += lanes[k + width];
  }
  return lanes[0];
}

// One sweep of one replica whose neighbours in memory are `lanes` apart.
template <class Real>
void sweep_replica(const SweepArgs<Real>& a, std::size_t lanes, std::size_t replica) {
  const auto at = [&](std::size_t k) { return k * lanes + replica; };
  if (a.axpy_out && a.axpy_overwrites) {
    for (std::size_t i = 0; i < a.inner; ++i) a.axpy_out[at(i)] = 0;
  }
  for (std::size_t o = 0; o < a.outer; ++o) {
    std::array<Real, kBlock> sum{};
    const Real push = a.outer_update ? a.outer_update[at(o)] * a.update_scale : Real(0);
    for (std::size_t i = 0; i < a.inner; ++i) {
      Real& weight = a.weights[at(o * a.stride + i)];
      const Real updated = a.outer_update ? std::fma(push, a.inner_update[at(i)], weight) : weight;
      Real viewed = weight;
      if (a.deviation) viewed += a.deviation[at(o * a.stride + i)];
      if (a.view_scale != Real(1)) viewed *= a.view_scale;
      const Real for_dot = a.forward_is_dot ? updated : viewed;
      const Real for_axpy = a.forward_is_dot ? viewed : updated;
      if (a.axpy_out) a.axpy_out[at(i)] = std::fma(for_axpy, a.axpy_in[at(o)], a.axpy_out[at(i)]);
      if (a.dot_out) sum[i % kBlock] = std::fma(for_dot, a.dot_in[at(i)], sum[i % kBlock]);
      if (a.store) weight = updated;
    }
    if (!a.dot_out) continue;
    // Where rows are padded the padding adds +0: no sum is -0 then.
    const Real total = a.inner % kBlock == 0 ? fold(sum) : fold(sum) + Real(0);
    a.dot_out[at(o)] = a.dot_overwrites ? total : a.dot_out[at(o)] + total;
  }
}

}  // namespace

template <class Real>
void activate(const ActivateArgs<Real>& a) {
  if (a.previous_rate) std::copy_n(a.rate, a.n, a.previous_rate);
  for (std::size_t i = a.valid; i < a.n; ++i) {
    a.rate[i] = 0;
    if (a.slope) a.slope[i] = 0;
    if (a.mismatch) a.mismatch[i] = 0;
  }
  for (std::size_t i = 0; i < a.valid; ++i) {
    const Real s = parameter(a.slope_parameter, i, Real(1)), o = parameter(a.offset_parameter, i, Real(0));
    a.rate[i] = apical::activate(a.kind, a.source_is_lookahead ? a.lookahead[i] : a.soma[i], s, o);
    if (a.slope) {
      a.slope[i] = a.released_derivative ? released_derivative(a.derivative_of, a.lookahead[i])
                                         : activation_derivative(a.derivative_of, a.lookahead[i], s, o);
    }
    if (a.mismatch) a.mismatch[i] = *a.teacher_present ? a.slope[i] * (a.teacher[i] - a.rate[i]) : Real(0);
  }
}

template <class Real>
void residual(const ResidualArgs<Real>& a) {
  for (std::size_t i = a.valid; i < a.n; ++i) a.out[i] = 0;
  for (std::size_t i = 0; i < a.valid; ++i) {
    const Real foreseen = a.attenuation * a.potential[i];
    const Real surprise =
        a.of_rate ? a.rate[i] - apical::activate(a.kind, foreseen, parameter(a.slope_parameter, i, Real(1)),
                                                 parameter(a.offset_parameter, i, Real(0)))
                  : a.lookahead[i] - foreseen;
    a.out[i] = a.gain * surprise;
  }
}

template <class Real>
void sweep(const SweepArgs<Real>& a) {
  sweep_replica(a, 1, 0);
}

template <class Real>
void lane_sweep(const SweepArgs<Real>& a) {
  for (std::size_t replica = 0; replica < kLanes; ++replica) sweep_replica(a, kLanes, replica);
}

template <class Real>
void one_to_one(const OneToOneArgs<Real>& a) {
  for (std::size_t i = 0; i < a.n; ++i)
    combine(a.mode, a.weights ? a.weights[i] * a.in[i] : a.in[i], a.out[i]);
}

template <class Real>
void add_up(const AddUpArgs<Real>& a) {
  for (std::size_t i = 0; i < a.n; ++i) {
    for (std::size_t k = 0; k < a.count; ++k) {
      const Real part = a.parts[k * a.stride + i];
      a.out[i] = k == 0 && a.overwrites ? part : a.out[i] + part;
    }
  }
}

template <class Real>
void integrate(const IntegrateArgs<Real>& a) {
  for (std::size_t i = 0; i < a.n; ++i) {
    Real d = 0;
    for (std::size_t k = 0; k < a.compartments; ++k) {
      const auto& c = a.compartment[k];
      if (c.in) combine(c.mode, c.weights ? c.weights[i] * c.in[i] : c.in[i], c.potential[i]);
      d = std::fma(c.coefficient, c.potential[i], d);
    }
    const Real pull = d - a.soma[i];
    a.lookahead[i] = a.lookahead_gain == Real(1) ? d : std::fma(a.lookahead_gain, pull, a.soma[i]);
    a.soma[i] = std::fma(a.step, pull, a.soma[i]);
  }
}

template <class Real>
void copy(const CopyArgs<Real>& a) {
  for (std::size_t k = 0; k < a.count; ++k) std::copy_n(a.pairs[k].from, a.pairs[k].n, a.pairs[k].to);
}

template void activate(const ActivateArgs<float>&);
template void activate(const ActivateArgs<double>&);
template void residual(const ResidualArgs<float>&);
template void residual(const ResidualArgs<double>&);
template void sweep(const SweepArgs<float>&);
template void sweep(const SweepArgs<double>&);
template void lane_sweep(const SweepArgs<float>&);
template void lane_sweep(const SweepArgs<double>&);
template void one_to_one(const OneToOneArgs<float>&);
template void one_to_one(const OneToOneArgs<double>&);
template void add_up(const AddUpArgs<float>&);
template void add_up(const AddUpArgs<double>&);
template void copy(const CopyArgs<float>&);
template void copy(const CopyArgs<double>&);
template void integrate(const IntegrateArgs<float>&);
template void integrate(const IntegrateArgs<double>&);

}  // namespace apical::rate::reference
