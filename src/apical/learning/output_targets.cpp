// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/output_targets.h"

#include <fmt/format.h>

#include <algorithm>

#include "apical/core/error.h"

namespace apical {

bool has_rate_targets(const Circuit& circuit) {
  return circuit[*circuit.readout()].teacher.has_value() || !circuit.target();
}

OutputTargets::OutputTargets(const Circuit& circuit, const Dataset& data, TargetPotentials kind,
                             std::vector<double> slopes, std::vector<double> offsets)
    : shows_rates_(has_rate_targets(circuit)),
      activation_(circuit[*circuit.readout()].activation),
      slopes_(std::move(slopes)),
      offsets_(std::move(offsets)) {
  const bool own = data.train.target_potentials.size() > 0;
  source_ = shows_rates_                             ? Source::rates
            : own                                    ? Source::potentials
            : kind == TargetPotentials::task_numbers ? Source::rates
                                                     : Source::inverse;
  if (source_ != Source::inverse) return;
  for (const Split* split : {&data.train, &data.validation, &data.test})
    require_potentials(circuit, data, *split);
}

void OutputTargets::require_potentials(const Circuit& circuit, const Dataset& data,
                                       const Split& split) const {
  std::vector<double> rates(split.outputs());
  for (std::size_t sample = 0; sample < split.size(); ++sample) {
    split.read_target(sample, std::span<double>(rates));
    for (std::size_t i = 0; i < rates.size(); ++i) {
      const double wanted = rates[i];
      if (inverse_activation(activation_, wanted, slopes_[i], offsets_[i])) continue;
      throw ConfigError(fmt::format("circuit '{}' is taught potentials, but no potential gives '{}' the rate "
                                    "{:g} that task '{}' asks for: "
                                    "its activation is {}",
                                    circuit.name, circuit[*circuit.readout()].name, wanted, data.name,
                                    name_of(activation_)),
                        {},
                        "give the output area an activation that reaches the targets, e.g. linear or "
                        "hard_sigmoid, or take them as potentials "
                        "with training.target_potentials = \"task_numbers\"");
    }
  }
}

void OutputTargets::read(const Split& split, std::size_t sample, std::span<double> out) const {
  if (source_ == Source::potentials) {
    const auto from = split.target_potentials.row(sample);
    std::copy(from.begin(), from.end(), out.begin());
    return;
  }
  split.read_target(sample, out);
  if (source_ == Source::rates) return;
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = inverse_activation(activation_, out[i], slopes_[i], offsets_[i]).value_or(0.0);
}

double OutputTargets::rate(double shown, std::size_t i) const {
  return shows_rates_ ? shown : activate(activation_, shown, slopes_[i], offsets_[i]);
}

}  // namespace apical
