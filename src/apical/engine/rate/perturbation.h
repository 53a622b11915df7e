// SPDX-License-Identifier: Apache-2.0
// What an experimenter can do to a circuit while it runs: silence, clamp, inject, disturb, cut, freeze. A
// perturbation is a pure function of seed and step: it has no state of its own.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apical/circuit/circuit.h"

namespace apical::rate {

using Step = std::int64_t;

/// Acts in the steps [onset, offset), counted from the event that the network was told of last. A step in
/// which it acts:
///   clamp "rate"     r = value, whatever the potential says; an external population's too (deafferentation).
///                    Mismatches follow, slopes and potentials do not.
///   clamp "soma"     u = u_look = value at the end of the step (voltage clamp); the rate follows in the
///   next. clamp compartment  v_c = value inject           v_c += value on top of all synaptic input, gates
///   included; a low-passed dendrite filters it noise            the same with value z, z ~ N(0, 1) per
///   neuron, drawn anew every `hold_steps` steps scale            the projection transmits value x; 0 cuts it
///   (a gate scaled to 0 is closed). The presynaptic
///                    factor of its rule stays that of the neurons.
///   freeze           the projection's weights stay as they are
/// Several on one quantity act in the order inject and noise, then clamp; scales multiply.
struct Perturbation {
  enum class Kind { clamp, inject, noise, scale, freeze };
  static constexpr Step kFromStart = std::numeric_limits<Step>::min() / 4;
  static constexpr Step kForGood = std::numeric_limits<Step>::max() / 4;

  Kind kind = Kind::clamp;
  std::optional<PopulationId> population = {};  ///< of clamp, inject, noise
  std::optional<ProjectionId> projection = {};  ///< of scale, freeze
  std::string variable = {};                    ///< "rate" or "soma" (clamp), or a compartment
  double value = 0;                             ///< rate or potential; sd; factor
  std::vector<std::uint32_t> units = {};        ///< neurons, of scale the presynaptic ones; empty: all
  Step hold_steps = 1;
  Step onset = kFromStart, offset = kForGood;

  bool acts_at(Step step) const { return onset <= step && step < offset; }
  Perturbation during(Step first, Step end) const;
  Perturbation only(std::vector<std::uint32_t> neurons) const;

  static Perturbation silence(PopulationId p) { return clamp(p, "rate", 0); }
  static Perturbation clamp(PopulationId p, std::string variable, double value);
  static Perturbation inject(PopulationId p, std::string compartment, double potential);
  static Perturbation noise(PopulationId p, std::string compartment, double sd, Step hold_steps = 1);
  static Perturbation scale(ProjectionId j, double factor);
  static Perturbation cut(ProjectionId j) { return scale(j, 0); }
  static Perturbation freeze(ProjectionId j);
};

}  // namespace apical::rate

namespace apical {
template <>
inline constexpr std::array<std::string_view, 5> kNames<rate::Perturbation::Kind>{"clamp", "inject", "noise",
                                                                                  "scale", "freeze"};
}

namespace apical::rate {

/// ConfigError for what the circuit does not have or cannot do: an unknown compartment, a neuron past the
/// end, plasticity that is not there to be frozen.
void validate(const Perturbation& perturbation, const Circuit& circuit, std::string_view called = {});

}  // namespace apical::rate
