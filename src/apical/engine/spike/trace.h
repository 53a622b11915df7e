// SPDX-License-Identifier: Apache-2.0
// Exponentially decaying traces that cost nothing between events. x(k) = sum over events j <= k of exp(-(k-j)
// dt/tau) is stored as x(k) exp(+(k mod P) dt/tau): a decay is then one common factor, and every P steps (a
// power of two) the numbers are brought back to size. Exact up to rounding, unlike a per-step factor in
// float32 (which RateEstimator and BurstRule can ask for).
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "apical/circuit/spiking_circuit.h"
#include "apical/core/matrix.h"

namespace apical::spike {

/// Decay per step of a trace: dt/tau, or what remains of it when the factor exp(-dt/tau) is rounded to
/// float32.
inline double decay_rate(double dt_s, double tau_s, bool float32_factor) {
  if (!float32_factor) return dt_s / tau_s;
  return -std::log(static_cast<double>(static_cast<float>(std::exp(-dt_s / tau_s))));
}

template <class T>
class DecayingTraces {
 public:
  DecayingTraces() = default;
  /// `size` traces that decay by exp(-rate) per step.
  DecayingTraces(std::size_t size, double rate, double initial = 0)
      : scaled_(size, static_cast<T>(initial)),
        rate_(rate),
        mask_(period_of(rate) - 1),
        fine_(kFine),
        coarse_(static_cast<std::size_t>(mask_) / kFine + 1) {
    for (std::size_t i = 0; i < fine_.size(); ++i) fine_[i] = std::exp(rate * static_cast<double>(i));
    for (std::size_t i = 0; i < coarse_.size(); ++i)
      coarse_[i] = std::exp(rate * static_cast<double>(i * kFine));
  }

  /// Must be called for every range at the start of every step that is a multiple of period(), before add and
  /// value.
  void begin_step(Step k, std::size_t first, std::size_t last) {
    if (k == 0 || (k & mask_) != 0) return;
    const T factor = static_cast<T>(std::exp(-rate_ * static_cast<double>(mask_ + 1)));
    for (std::size_t i = first; i < last; ++i) scaled_[i] *= factor;
  }
  /// An event in step k is worth this much in stored units.
  double growth(Step k) const {
    const auto at = static_cast<std::size_t>(k & mask_);
    return coarse_[at / kFine] * fine_[at % kFine];
  }
  void add(std::size_t i, double amount) { scaled_[i] += static_cast<T>(amount); }
  /// Within step k, this step's additions included, its decay not.
  double value(std::size_t i, Step k) const { return static_cast<double>(scaled_[i]) / growth(k); }
  /// At the end of step k, after its decay.
  double value_after(std::size_t i, Step k) const {
    return k < 0 ? static_cast<double>(scaled_[i]) : value(i, k) * std::exp(-rate_);
  }
  const T* scaled() const { return scaled_.data(); }
  std::size_t size() const { return scaled_.size(); }
  Step period() const { return mask_ + 1; }
  std::size_t bytes() const { return scaled_.size() * sizeof(T); }

  template <class Archive>
  void visit_state(Archive& a, const std::string& name) {
    a(name, scaled_);
  }

 private:
  static constexpr std::size_t kFine = 512;

  /// A power of two over which a trace loses at most a factor e^16.
  static Step period_of(double rate) {
    return static_cast<Step>(std::bit_floor(static_cast<std::uint64_t>(std::clamp(16 / rate, 1.0, 0x1p24))));
  }

  AlignedBuffer<T> scaled_;
  double rate_ = 1;
  Step mask_ = 0;                                ///< P - 1
  std::vector<double> fine_{1.0}, coarse_{1.0};  ///< exp(rate k) as a product of two tabulated factors
};

}  // namespace apical::spike
