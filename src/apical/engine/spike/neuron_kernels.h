// SPDX-License-Identifier: Apache-2.0
// One time step of a block of neurons, structure of arrays. Explicit Euler from old values, then decays, then
// the threshold test, then injected currents (Payeur et al. 2021, Methods; the step order is that of their
// program):
//   V  += dt/tau_s [E_L - V + sum g (E - V)] + dt/C_s [g_s f(Vd) + b w_s]
//   Vd += dt/tau_d [E_L - Vd + sum g (E - X)] + dt/C_d [g_d f(Vd) + a w_d + zeta K],   X = Vd, or V
//   (DendriticDrive) g *= exp(-dt/tau), w_s *= exp(-dt/tau_ws), w_d += dt/tau_wd (Vd_new - E_L - w_d), theta
//   += dt/tau (theta0 - theta)
// What only decays between events (g, w_s, theta - theta0) is stored divided by a factor that decays for the
// whole block, so that a step reads it without writing it: a step is bound by memory traffic, not by
// arithmetic. Resets belong to the caller: crossings are rare, so the kernel only lists them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace apical::spike {

/// Neurons are worked on in blocks of at most this many: small enough for the first-level cache, one Poisson
/// walk each.
inline constexpr std::size_t kBlock = 512;

/// First elements of a block's arrays; all have the same length and 64-byte alignment.
template <class T>
struct PyramidalState {
  T *v, *vd, *wd;       ///< V
  T* bap;               ///< steps the back-propagating spike still lasts (two-compartment model only)
  const T *ws, *theta;  ///< dimensionless; threshold above rest, V; both scaled
  const T* g[4];        ///< conductances by Receptor, in units of the local leak; scaled
};

/// Constants of one step; the factors already hold dt.
template <class T>
struct PyramidalStep {
  T rest, excitatory, inhibitory;
  T soma_leak, soma_adaptation, soma_regenerative;  ///< dt/tau_s, dt b/C_s, dt g_s/C_s
  T dendrite_leak, dendrite_adaptation, dendrite_regenerative,
      back_propagation;  ///< dt/tau_d, dt a/C_d, dt g_d/C_d, dt zeta/C_d
  T wd_rate, theta_rest;
  T ws_scale, theta_scale, excitatory_scale, inhibitory_scale;  ///< stored value -> value in this step
  T midpoint, inverse_slope;
  T soma_current, dendrite_current;  ///< dt I/C, added after the threshold test
};

template <class T>
struct InterneuronState {
  T *v, *w;       ///< V, A
  T* refractory;  ///< steps left
  const T* g[2];  ///< scaled
};

template <class T>
struct InterneuronStep {
  T rest, excitatory, inhibitory, ceiling, floor;
  T leak, inverse_leak_S, slope, inverse_slope, threshold;  ///< dt/tau, 1/g_L, Delta_T, 1/Delta_T, theta
  T adaptation_rate, adaptation_S;                          ///< dt/tau_w, a
  T excitatory_scale, inhibitory_scale, current;
};

/// A neuron above threshold, and its dendritic potential (interneurons: its only one) before currents are
/// injected.
template <class T>
struct Crossing {
  std::uint32_t neuron;
  T potential;
};

/// Each advances `n` <= kBlock neurons, writes those above threshold in ascending order to `out` (room for n)
/// and returns their number. `somatic_drive`: DendriticDrive::somatic.
std::size_t burst_poisson_step(const PyramidalState<float>&, const PyramidalStep<float>&, bool somatic_drive,
                               std::size_t n, Crossing<float>* out) noexcept;
std::size_t burst_poisson_step(const PyramidalState<double>&, const PyramidalStep<double>&,
                               bool somatic_drive, std::size_t n, Crossing<double>* out) noexcept;
std::size_t two_compartment_step(const PyramidalState<float>&, const PyramidalStep<float>&,
                                 bool somatic_drive, std::size_t n, Crossing<float>* out) noexcept;
std::size_t two_compartment_step(const PyramidalState<double>&, const PyramidalStep<double>&,
                                 bool somatic_drive, std::size_t n, Crossing<double>* out) noexcept;
/// Exponential integrate-and-fire; V is clipped to [floor, ceiling], then a spike is V > 0.
std::size_t interneuron_step(const InterneuronState<float>&, const InterneuronStep<float>&, std::size_t n,
                             Crossing<float>* out) noexcept;
std::size_t interneuron_step(const InterneuronState<double>&, const InterneuronStep<double>&, std::size_t n,
                             Crossing<double>* out) noexcept;

/// The scalar twins, for tests.
namespace reference {
template <class T>
std::size_t pyramidal_step(const PyramidalState<T>&, const PyramidalStep<T>&, bool active_dendrite,
                           bool somatic_drive, std::size_t n, Crossing<T>* out) noexcept;
template <class T>
std::size_t interneuron_step(const InterneuronState<T>&, const InterneuronStep<T>&, std::size_t n,
                             Crossing<T>* out) noexcept;
}  // namespace reference

}  // namespace apical::spike
