// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "apical/engine/spike/neuron.kernels.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, so that each pass sees its own target.
#include <algorithm>
#include <bit>
#include <cstring>

#include "apical/core/matrix.h"
#include "apical/engine/spike/neuron_kernels.h"

#include <hwy/highway.h>

#include <hwy/contrib/math/math-inl.h>

HWY_BEFORE_NAMESPACE();
namespace apical::spike::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Which neurons crossed, one bit per lane in whole bytes per vector. Written without a branch and read when
// the block is done: a misprediction in the middle would throw away the loads that are under way.
template <class D>
class Crossed {
 public:
  explicit Crossed(std::size_t n) : bytes_(byte_of(round_up(n, hn::Lanes(D())))) {
    std::memset(bits_ + bytes_ / 8 * 8, 0, 8);
  }
  HWY_INLINE void set(std::size_t i, hn::Mask<D> mask) { hn::StoreMaskBits(D(), mask, bits_ + byte_of(i)); }
  // Potentials are listed as they were before `current` was added.
  template <class T>
  std::size_t list(std::size_t n, const T* potentials, T current, Crossing<T>* out) const {
    std::size_t count = 0;
    for (std::size_t at = 0; at < bytes_; at += 8) {
      std::uint64_t bits = 0;
      std::memcpy(&bits, bits_ + at, sizeof bits);
      for (; bits != 0; bits &= bits - 1) {
        const auto bit = static_cast<std::size_t>(std::countr_zero(bits));
        const std::size_t i = (at + bit / 8) * per_byte() + bit % 8;
        if (i >= n) return count;  // padding
        out[count++] = {static_cast<std::uint32_t>(i), potentials[i] - current};
      }
    }
    return count;
  }

 private:
  static constexpr std::size_t per_byte() { return std::min<std::size_t>(hn::Lanes(D()), 8); }
  static constexpr std::size_t byte_of(std::size_t i) { return i / per_byte(); }

  std::size_t bytes_;
  alignas(8) std::uint8_t bits_[kBlock + 8];
};

template <class D, class V>
HWY_INLINE V clamped_exp(D d, V x) {
  using T = hn::TFromD<D>;
  return hn::Exp(d, hn::Min(hn::Max(x, hn::Set(d, T{-80})), hn::Set(d, T{80})));
}

// The arrays are padded to whole vectors, so the last vector may run over n; Crossed::list cuts there.
template <bool kActiveDendrite, bool kSomaticDrive, class T>
HWY_INLINE std::size_t pyramidal(const PyramidalState<T>& s, const PyramidalStep<T>& c, std::size_t n,
                                 Crossing<T>* HWY_RESTRICT out) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto rest = hn::Set(d, c.rest), excitatory = hn::Set(d, c.excitatory),
             inhibitory = hn::Set(d, c.inhibitory);
  const auto soma_leak = hn::Set(d, c.soma_leak),
             soma_adaptation = hn::Set(d, c.soma_adaptation * c.ws_scale);
  const auto dendrite_leak = hn::Set(d, c.dendrite_leak),
             dendrite_adaptation = hn::Set(d, c.dendrite_adaptation);
  const auto wd_rate = hn::Set(d, c.wd_rate), theta_rest = hn::Set(d, c.theta_rest);
  const auto theta_scale = hn::Set(d, c.theta_scale);
  const auto excitatory_scale = hn::Set(d, c.excitatory_scale),
             inhibitory_scale = hn::Set(d, c.inhibitory_scale);
  const auto soma_current = hn::Set(d, c.soma_current), dendrite_current = hn::Set(d, c.dendrite_current);
  T* HWY_RESTRICT pv = s.v;
  T* HWY_RESTRICT pvd = s.vd;
  T* HWY_RESTRICT pwd = s.wd;
  const T* HWY_RESTRICT pws = s.ws;
  const T* HWY_RESTRICT ptheta = s.theta;
  const T* HWY_RESTRICT g0 = s.g[0];
  const T* HWY_RESTRICT g1 = s.g[1];
  const T* HWY_RESTRICT g2 = s.g[2];
  const T* HWY_RESTRICT g3 = s.g[3];
  Crossed<decltype(d)> crossed(n);
  for (std::size_t i = 0; i < n; i += lanes) {
    const auto v = hn::Load(d, pv + i), vd = hn::Load(d, pvd + i);
    const auto ge = hn::Mul(hn::Load(d, g0 + i), excitatory_scale);
    const auto gi = hn::Mul(hn::Load(d, g1 + i), inhibitory_scale);
    const auto ged = hn::Mul(hn::Load(d, g2 + i), excitatory_scale);
    const auto gid = hn::Mul(hn::Load(d, g3 + i), inhibitory_scale);
    const auto ws = hn::Load(d, pws + i), wd = hn::Load(d, pwd + i);
    const auto drive = kSomaticDrive ? v : vd;
    auto soma = hn::MulAdd(ge, hn::Sub(excitatory, v), hn::Sub(rest, v));
    soma = hn::MulAdd(gi, hn::Sub(inhibitory, v), soma);
    auto dendrite = hn::MulAdd(ged, hn::Sub(excitatory, drive), hn::Sub(rest, vd));
    dendrite = hn::MulAdd(gid, hn::Sub(inhibitory, drive), dendrite);
    auto v_new = hn::MulAdd(soma_leak, soma, hn::MulAdd(soma_adaptation, ws, v));
    auto vd_new = hn::MulAdd(dendrite_leak, dendrite, hn::MulAdd(dendrite_adaptation, wd, vd));
    if constexpr (kActiveDendrite) {
      const auto one = hn::Set(d, T{1});
      const auto x = hn::Mul(hn::Sub(hn::Set(d, c.midpoint), vd), hn::Set(d, c.inverse_slope));
      const auto f = hn::Div(one, hn::Add(one, clamped_exp(d, x)));
      v_new = hn::MulAdd(hn::Set(d, c.soma_regenerative), f, v_new);
      vd_new = hn::MulAdd(hn::Set(d, c.dendrite_regenerative), f, vd_new);
      const auto bap = hn::Load(d, s.bap + i);
      const auto lasting = hn::Gt(bap, hn::Zero(d));
      vd_new = hn::Add(vd_new, hn::IfThenElseZero(lasting, hn::Set(d, c.back_propagation)));
      hn::Store(hn::Sub(bap, hn::IfThenElseZero(lasting, one)), d, s.bap + i);
    }
    hn::Store(hn::MulAdd(wd_rate, hn::Sub(hn::Sub(vd_new, rest), wd), wd), d, pwd + i);
    hn::Store(hn::Add(v_new, soma_current), d, pv + i);
    hn::Store(hn::Add(vd_new, dendrite_current), d, pvd + i);
    crossed.set(i, hn::Gt(v_new, hn::MulAdd(hn::Load(d, ptheta + i), theta_scale, theta_rest)));
  }
  return crossed.list(n, pvd, c.dendrite_current, out);
}

template <class T>
HWY_INLINE std::size_t interneurons(const InterneuronState<T>& s, const InterneuronStep<T>& c, std::size_t n,
                                    Crossing<T>* HWY_RESTRICT out) {
  const hn::ScalableTag<T> d;
  const auto rest = hn::Set(d, c.rest), excitatory = hn::Set(d, c.excitatory),
             inhibitory = hn::Set(d, c.inhibitory);
  const auto one = hn::Set(d, T{1});
  Crossed<decltype(d)> crossed(n);
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    const auto v = hn::Load(d, s.v + i), w = hn::Load(d, s.w + i), refractory = hn::Load(d, s.refractory + i);
    const auto ge = hn::Mul(hn::Load(d, s.g[0] + i), hn::Set(d, c.excitatory_scale));
    const auto gi = hn::Mul(hn::Load(d, s.g[1] + i), hn::Set(d, c.inhibitory_scale));
    auto drive = hn::MulAdd(ge, hn::Sub(excitatory, v), hn::Sub(rest, v));
    drive = hn::MulAdd(gi, hn::Sub(inhibitory, v), drive);
    const auto x = hn::Mul(hn::Sub(v, hn::Set(d, c.threshold)), hn::Set(d, c.inverse_slope));
    drive = hn::MulAdd(hn::Set(d, c.slope), clamped_exp(d, x), drive);
    drive = hn::NegMulAdd(w, hn::Set(d, c.inverse_leak_S), drive);
    auto v_new = hn::MulAdd(hn::Set(d, c.leak), drive, v);
    const auto clipped = hn::Min(hn::Max(v_new, hn::Set(d, c.floor)), hn::Set(d, c.ceiling));
    v_new = hn::IfThenElse(hn::IsNaN(v_new), v_new, clipped);  // Max and Min would hide it
    const auto pinned = hn::Gt(refractory, hn::Zero(d));
    v_new = hn::IfThenElse(pinned, rest, v_new);
    hn::Store(hn::Sub(refractory, hn::IfThenElseZero(pinned, one)), d, s.refractory + i);
    const auto subthreshold = hn::Mul(hn::Set(d, c.adaptation_S), hn::Sub(v, rest));
    hn::Store(hn::MulAdd(hn::Set(d, c.adaptation_rate), hn::Sub(subthreshold, w), w), d, s.w + i);
    crossed.set(i, hn::Gt(v_new, hn::Zero(d)));
    hn::Store(hn::Add(v_new, hn::Set(d, c.current)), d, s.v + i);
  }
  return crossed.list(n, s.v, c.current, out);
}

template <bool kActiveDendrite, class T>
HWY_INLINE std::size_t dispatch_drive(const PyramidalState<T>& s, const PyramidalStep<T>& c,
                                      bool somatic_drive, std::size_t n, Crossing<T>* out) {
  return somatic_drive ? pyramidal<kActiveDendrite, true>(s, c, n, out)
                       : pyramidal<kActiveDendrite, false>(s, c, n, out);
}

std::size_t BurstPoissonF(const PyramidalState<float>& s, const PyramidalStep<float>& c, bool q1,
                          std::size_t n, Crossing<float>* out) {
  return dispatch_drive<false>(s, c, q1, n, out);
}
std::size_t BurstPoissonD(const PyramidalState<double>& s, const PyramidalStep<double>& c, bool q1,
                          std::size_t n, Crossing<double>* out) {
  return dispatch_drive<false>(s, c, q1, n, out);
}
std::size_t TwoCompartmentF(const PyramidalState<float>& s, const PyramidalStep<float>& c, bool q1,
                            std::size_t n, Crossing<float>* out) {
  return dispatch_drive<true>(s, c, q1, n, out);
}
std::size_t TwoCompartmentD(const PyramidalState<double>& s, const PyramidalStep<double>& c, bool q1,
                            std::size_t n, Crossing<double>* out) {
  return dispatch_drive<true>(s, c, q1, n, out);
}
std::size_t InterneuronsF(const InterneuronState<float>& s, const InterneuronStep<float>& c, std::size_t n,
                          Crossing<float>* out) {
  return interneurons(s, c, n, out);
}
std::size_t InterneuronsD(const InterneuronState<double>& s, const InterneuronStep<double>& c, std::size_t n,
                          Crossing<double>* out) {
  return interneurons(s, c, n, out);
}

}  // namespace apical::spike::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace apical::spike {
HWY_EXPORT(BurstPoissonF);
HWY_EXPORT(BurstPoissonD);
HWY_EXPORT(TwoCompartmentF);
HWY_EXPORT(TwoCompartmentD);
HWY_EXPORT(InterneuronsF);
HWY_EXPORT(InterneuronsD);

std::size_t burst_poisson_step(const PyramidalState<float>& s, const PyramidalStep<float>& c,
                               bool somatic_drive, std::size_t n, Crossing<float>* out) noexcept {
  return HWY_DYNAMIC_DISPATCH(BurstPoissonF)(s, c, somatic_drive, n, out);
}
std::size_t burst_poisson_step(const PyramidalState<double>& s, const PyramidalStep<double>& c,
                               bool somatic_drive, std::size_t n, Crossing<double>* out) noexcept {
  return HWY_DYNAMIC_DISPATCH(BurstPoissonD)(s, c, somatic_drive, n, out);
}
std::size_t two_compartment_step(const PyramidalState<float>& s, const PyramidalStep<float>& c,
                                 bool somatic_drive, std::size_t n, Crossing<float>* out) noexcept {
  return HWY_DYNAMIC_DISPATCH(TwoCompartmentF)(s, c, somatic_drive, n, out);
}
std::size_t two_compartment_step(const PyramidalState<double>& s, const PyramidalStep<double>& c,
                                 bool somatic_drive, std::size_t n, Crossing<double>* out) noexcept {
  return HWY_DYNAMIC_DISPATCH(TwoCompartmentD)(s, c, somatic_drive, n, out);
}
std::size_t interneuron_step(const InterneuronState<float>& s, const InterneuronStep<float>& c, std::size_t n,
                             Crossing<float>* out) noexcept {
  return HWY_DYNAMIC_DISPATCH(InterneuronsF)(s, c, n, out);
}
std::size_t interneuron_step(const InterneuronState<double>& s, const InterneuronStep<double>& c,
                             std::size_t n, Crossing<double>* out) noexcept {
  return HWY_DYNAMIC_DISPATCH(InterneuronsD)(s, c, n, out);
}
}  // namespace apical::spike
#endif
