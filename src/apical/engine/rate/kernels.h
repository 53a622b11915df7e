// SPDX-License-Identifier: Apache-2.0
// The arithmetic of one step, as free functions on plain arrays. Each exists once in SIMD form
// (rate.kernels.cpp, the instruction set is chosen at run time) and once as a scalar twin
// (kernels_reference.h) that must give the same bits on every machine with fused multiply-add.
//
// Vectors hold one value per neuron (wide layout, padded with zeros to kBlock) or kLanes values per neuron,
// one per replica (lane layout). Element-wise kernels do not care; sweeps exist for both layouts and sum
// in the same order, so a replica has the same bits in either.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "apical/core/activation.h"

namespace apical::rate {

inline constexpr std::size_t kLanes = 16;  ///< replicas side by side in the lane layout
inline constexpr std::size_t kBlock = 16;  ///< virtual lanes of a sum, and padding of wide vectors

constexpr std::size_t round_up_block(std::size_t n) { return (n + kBlock - 1) / kBlock * kBlock; }

/// r = phi(source); on request slope = phi'(lookahead) and mismatch = slope * (teacher - r), and the rate of
/// the step before is kept.
template <class Real>
struct ActivateArgs {
  ActivationKind kind = ActivationKind::linear;
  ActivationKind derivative_of = ActivationKind::linear;
  bool released_derivative = false;
  bool source_is_lookahead = true;
  const Real* soma = nullptr;
  const Real* lookahead = nullptr;
  const Real* slope_parameter = nullptr;   ///< null: 1
  const Real* offset_parameter = nullptr;  ///< null: 0
  Real* rate = nullptr;
  Real* previous_rate = nullptr;  ///< null: not asked for; else what `rate` was
  Real* slope = nullptr;          ///< null: not asked for
  Real* mismatch = nullptr;       ///< null: not asked for; needs slope
  const Real* teacher = nullptr;
  const bool* teacher_present = nullptr;
  std::size_t n = 0;      ///< padded length, a multiple of kBlock
  std::size_t valid = 0;  ///< length without padding; phi(0) need not be 0, so padding is cleared
};

/// out = gain (lookahead - a v)  or  gain (rate - phi(a v)).
template <class Real>
struct ResidualArgs {
  bool of_rate = false;
  ActivationKind kind = ActivationKind::linear;
  const Real* lookahead = nullptr;
  const Real* rate = nullptr;
  const Real* potential = nullptr;
  const Real* slope_parameter = nullptr;
  const Real* offset_parameter = nullptr;
  Real attenuation = 0, gain = 1;
  Real* out = nullptr;
  std::size_t n = 0, valid = 0;  ///< as in ActivateArgs
};

/// One pass over a matrix M of `outer` rows and `inner` columns (inner contiguous), which is W(post, pre) or
/// its transpose, whichever has the longer rows:
///   axpy_out[i] += M_a(o,i) axpy_in[o]        dot_out[o] += sum_i M_d(o,i) dot_in[i]
/// One of the two is the forward product, which uses the updated weights M + scale outer_update (x)
/// inner_update; the other, if present, is a transposed feedback product, which uses the weights before
/// the update, plus `deviation`, times `view_scale`. `store` keeps the updated weights.
template <class Real>
struct SweepArgs {
  Real* weights = nullptr;
  std::size_t outer = 0, inner = 0;
  std::size_t stride = 0;  ///< elements between rows in units of one neuron (wide: padded inner)
  const Real* axpy_in = nullptr;
  Real* axpy_out = nullptr;  ///< null: no such product
  bool axpy_overwrites = false;
  const Real* dot_in = nullptr;
  Real* dot_out = nullptr;  ///< null: no such product
  bool dot_overwrites = false;
  bool forward_is_dot = true;
  const Real* outer_update = nullptr;  ///< null: nothing pending
  const Real* inner_update = nullptr;
  Real update_scale = 0;
  bool store = false;
  const Real* deviation = nullptr;  ///< same layout as weights; enters the feedback product only
  Real view_scale = 1;
};

/// How an input meets what a compartment already has: v = x, v += x or v *= x.
enum class Combine { set, add, multiply };

/// v = w x, v += w x or v *= w x, element by element.
template <class Real>
struct OneToOneArgs {
  Combine mode = Combine::set;
  const Real* weights = nullptr;  ///< null: 1
  const Real* in = nullptr;
  Real* out = nullptr;
  std::size_t n = 0;  ///< any length
};

/// out (= or +=) part_0 + part_1 + ..., from left to right.
template <class Real>
struct AddUpArgs {
  const Real* parts = nullptr;
  std::size_t count = 0, stride = 0;  ///< from one part to the next
  Real* out = nullptr;
  bool overwrites = false;
  std::size_t n = 0;  ///< a multiple of kBlock
};

/// Euler step of the soma and the lookahead potential that the next step will see:
///   d = sum_c coefficient_c v_c;  look = u + gain (d - u);  u += k (d - u),  k = dt / tau.
/// A compartment may take one last one-to-one input on the way; its potential is stored with it.
template <class Real>
struct IntegrateArgs {
  static constexpr std::size_t kMaxCompartments = 8;
  struct Compartment {
    Real coefficient = 0;
    Real* potential = nullptr;
    const Real* in = nullptr;       ///< null: none
    const Real* weights = nullptr;  ///< null: 1
    Combine mode = Combine::set;
  };
  std::size_t compartments = 0;
  Compartment compartment[kMaxCompartments] = {};
  Real step = 0, lookahead_gain = 1;
  Real* soma = nullptr;
  Real* lookahead = nullptr;
  std::size_t n = 0;
};

/// to = from for each of `count` pairs, from the first on.
template <class Real>
struct CopyArgs {
  struct Pair {
    Real* to;
    const Real* from;
    std::size_t n;  ///< a multiple of kBlock
  };
  const Pair* pairs = nullptr;
  std::size_t count = 0;
};

template <class Real>
struct KernelTable {
  void (*activate)(const ActivateArgs<Real>&);
  void (*residual)(const ResidualArgs<Real>&);
  void (*sweep)(const SweepArgs<Real>&);
  void (*lane_sweep)(const SweepArgs<Real>&);
  void (*one_to_one)(const OneToOneArgs<Real>&);
  void (*add_up)(const AddUpArgs<Real>&);
  void (*integrate)(const IntegrateArgs<Real>&);
  void (*copy)(const CopyArgs<Real>&);
};

/// The kernels of the best instruction set of this processor.
template <class Real>
const KernelTable<Real>& kernels();

/// Names of the instruction sets this binary and processor both have, best first.
std::vector<std::string> available_targets();
/// The one in use.
std::string current_target();
/// Forces one (tests, reproducing on older machines); "" returns to the best. Engines built before keep
/// the one they were built with. Throws ConfigError for a name not in available_targets().
void force_target(const std::string& name);

}  // namespace apical::rate
