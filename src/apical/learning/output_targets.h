// SPDX-License-Identifier: Apache-2.0
// What a circuit is shown as the target of a sample. Tasks ask for output rates. A circuit whose readout
// compares its rates with a teacher is shown these; one whose target acts on a compartment (Sacramento et al.
// 2018 and its relatives) is shown the membrane potentials that stand for them.
#pragma once

#include <span>
#include <vector>

#include "apical/circuit/circuit.h"
#include "apical/learning/presentation.h"
#include "apical/tasks/dataset.h"

namespace apical {

/// Whether the circuit's readout compares rates with a teacher, or is taught nothing; else its targets are
/// potentials.
bool has_rate_targets(const Circuit& circuit);

class OutputTargets {
 public:
  /// `slopes`, `offsets`: of the readout's neurons. Where potentials are wanted they are the task's own, if
  /// it has any, else what `kind` says. ConfigError if a target of `data` has no potential.
  OutputTargets(const Circuit& circuit, const Dataset& data, TargetPotentials kind,
                std::vector<double> slopes, std::vector<double> offsets);

  /// What the target population shows: rates or potentials, one per output. `split` is one of `data`.
  void read(const Split& split, std::size_t sample, std::span<double> out) const;
  /// The rate that a value shown to output `i` stands for: losses compare rates, whatever a circuit is
  /// taught.
  double rate(double shown, std::size_t i) const;

 private:
  enum class Source { rates, potentials, inverse };
  void require_potentials(const Circuit& circuit, const Dataset& data, const Split& split) const;

  Source source_;
  bool shows_rates_;
  ActivationKind activation_;
  std::vector<double> slopes_, offsets_;
};

}  // namespace apical
