// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "apical/engine/spike/neuron_kernels.h"

namespace apical::spike::reference {

template <class T>
std::size_t pyramidal_step(const PyramidalState<T>& s, const PyramidalStep<T>& c, bool active_dendrite,
                           bool somatic_drive, std::size_t n, Crossing<T>* out) noexcept {
  std::size_t crossed = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const T v = s.v[i], vd = s.vd[i], drive = somatic_drive ? v : vd;
    const T soma = c.excitatory_scale * s.g[0][i] * (c.excitatory - v) +
                   c.inhibitory_scale * s.g[1][i] * (c.inhibitory - v);
    const T dendrite = c.excitatory_scale * s.g[2][i] * (c.excitatory - drive) +
                       c.inhibitory_scale * s.g[3][i] * (c.inhibitory - drive);
    T v_new = v + c.soma_leak * (c.rest - v + soma) + c.soma_adaptation * c.ws_scale * s.ws[i];
    T vd_new = vd + c.dendrite_leak * (c.rest - vd + dendrite) + c.dendrite_adaptation * s.wd[i];
    if (active_dendrite) {
      const T f = 1 / (1 + std::exp(-(vd - c.midpoint) * c.inverse_slope));
      v_new += c.soma_regenerative * f;
      vd_new += c.dendrite_regenerative * f;
      if (s.bap[i] > 0) {
        vd_new += c.back_propagation;
        s.bap[i] -= 1;
      }
    }
    s.wd[i] += c.wd_rate * (vd_new - c.rest - s.wd[i]);
    if (v_new > c.theta_rest + c.theta_scale * s.theta[i])
      out[crossed++] = {static_cast<std::uint32_t>(i), vd_new};
    s.v[i] = v_new + c.soma_current;
    s.vd[i] = vd_new + c.dendrite_current;
  }
  return crossed;
}

template <class T>
std::size_t interneuron_step(const InterneuronState<T>& s, const InterneuronStep<T>& c, std::size_t n,
                             Crossing<T>* out) noexcept {
  std::size_t crossed = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const T v = s.v[i];
    const T soma = c.excitatory_scale * s.g[0][i] * (c.excitatory - v) +
                   c.inhibitory_scale * s.g[1][i] * (c.inhibitory - v);
    const T upstroke = c.slope * std::exp((v - c.threshold) * c.inverse_slope);
    T v_new = v + c.leak * (c.rest - v + upstroke - s.w[i] * c.inverse_leak_S + soma);
    v_new = std::clamp(v_new, c.floor, c.ceiling);
    if (s.refractory[i] > 0) {
      v_new = c.rest;
      s.refractory[i] -= 1;
    }
    s.w[i] += c.adaptation_rate * (c.adaptation_S * (v - c.rest) - s.w[i]);
    if (v_new > 0) out[crossed++] = {static_cast<std::uint32_t>(i), v_new};
    s.v[i] = v_new + c.current;
  }
  return crossed;
}

template std::size_t pyramidal_step(const PyramidalState<float>&, const PyramidalStep<float>&, bool, bool,
                                    std::size_t, Crossing<float>*) noexcept;
template std::size_t pyramidal_step(const PyramidalState<double>&, const PyramidalStep<double>&, bool, bool,
                                    std::size_t, Crossing<double>*) noexcept;
template std::size_t interneuron_step(const InterneuronState<float>&, const InterneuronStep<float>&,
                                      std::size_t, Crossing<float>*) noexcept;
template std::size_t interneuron_step(const InterneuronState<double>&, const InterneuronStep<double>&,
                                      std::size_t, Crossing<double>*) noexcept;

}  // namespace apical::spike::reference
