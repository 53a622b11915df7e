// SPDX-License-Identifier: Apache-2.0
// Trials of an in-silico experiment: a blank, then a stimulus that is held, and from some step on a target,
// which need not be the one that belongs to it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "apical/circuit/circuit.h"
#include "apical/engine/rate/network.h"

namespace apical {

/// What is shown in place of a sample's target, in the steps [onset, offset) of a trial; throughout where
/// samples are learned outside of trials.
struct TargetMismatch {
  enum class Kind {
    shift,    ///< y_i + by, in the units of the target: rates, or potentials where a circuit is taught these
    permute,  ///< y_(i + by), modulo the number of outputs: another class
    swap,     ///< the target of the sample so many places further in its split
    omit,     ///< none; in trials only
  };
  Kind kind = Kind::permute;
  double by = 1;
  std::vector<std::uint32_t> units = {};  ///< outputs that are mismatched; empty: all
  rate::Step onset = rate::Perturbation::kFromStart, offset = rate::Perturbation::kForGood;

  bool acts_at(rate::Step step) const { return onset <= step && step < offset; }
};
template <>
inline constexpr std::array<std::string_view, 4> kNames<TargetMismatch::Kind>{"shift", "permute", "swap",
                                                                              "omit"};

/// ConfigError for outputs that are not there, a target that nothing can permute …
void validate(const TargetMismatch& mismatch, std::size_t outputs);
/// Makes of the target of one of `samples` samples what is shown; `read` gives the target of any of them.
void apply(const TargetMismatch& mismatch, std::size_t sample, std::size_t samples,
           const std::function<void(std::size_t sample, std::span<double> out)>& read,
           std::span<double> target);

/// Steps count from the onset of the stimulus.
struct Trial {
  rate::Step blank = 0;  ///< without stimulus and target, before the onset
  rate::Step hold = 0;   ///< of the stimulus
  rate::Step target_onset = 0, target_offset = std::numeric_limits<rate::Step>::max();  ///< equal: no target
  rate::Learning learning = {};
};

/// Called after every step of every trial; from several threads, but for one replica always in the order of
/// its steps. `step` is -blank in the first.
template <class Real>
using TrialSampler = std::function<void(rate::Network<Real>&, std::size_t first_replica, std::size_t replicas,
                                        std::size_t trial, rate::Step step)>;

}  // namespace apical
