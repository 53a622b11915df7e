// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/rate/perturbation.h"

#include <fmt/format.h>

#include <cmath>

#include "apical/core/error.h"

namespace apical::rate {

Perturbation Perturbation::during(Step first, Step end) const {
  Perturbation p = *this;
  p.onset = first;
  p.offset = end;
  return p;
}

Perturbation Perturbation::only(std::vector<std::uint32_t> neurons) const {
  Perturbation p = *this;
  p.units = std::move(neurons);
  return p;
}

Perturbation Perturbation::clamp(PopulationId p, std::string variable, double value) {
  return {.kind = Kind::clamp, .population = p, .variable = std::move(variable), .value = value};
}

Perturbation Perturbation::inject(PopulationId p, std::string compartment, double potential) {
  return {.kind = Kind::inject, .population = p, .variable = std::move(compartment), .value = potential};
}

Perturbation Perturbation::noise(PopulationId p, std::string compartment, double sd, Step hold_steps) {
  return {.kind = Kind::noise,
          .population = p,
          .variable = std::move(compartment),
          .value = sd,
          .hold_steps = hold_steps};
}

Perturbation Perturbation::scale(ProjectionId j, double factor) {
  return {.kind = Kind::scale, .projection = j, .value = factor};
}

Perturbation Perturbation::freeze(ProjectionId j) { return {.kind = Kind::freeze, .projection = j}; }

void validate(const Perturbation& p, const Circuit& circuit, std::string_view called) {
  using Kind = Perturbation::Kind;
  const std::string_view kind = called.empty() ? name_of(p.kind) : called;
  const bool on_projection = p.kind == Kind::scale || p.kind == Kind::freeze;
  if (on_projection ? !p.projection || p.population : !p.population || p.projection) {
    throw ConfigError(fmt::format("perturbation '{}' needs a {}, and nothing else to act on", kind,
                                  on_projection ? "projection" : "population"));
  }
  if (!std::isfinite(p.value))
    throw ConfigError(
        fmt::format("the value of perturbation '{}' is {}; expected a finite number", kind, p.value));
  if (p.onset >= p.offset)
    throw ConfigError(
        fmt::format("perturbation '{}' ends at step {}, but begins at step {}", kind, p.offset, p.onset));
  if (p.kind == Kind::noise && (p.value < 0 || p.hold_steps < 1)) {
    throw ConfigError(fmt::format("noise has sd {} and is held for {} steps; expected at least 0 and 1",
                                  p.value, p.hold_steps));
  }
  if (on_projection) {
    const Projection& j = circuit[*p.projection];
    if (p.kind == Kind::freeze && !p.units.empty())
      throw ConfigError(fmt::format("projection '{}' can be frozen as a whole only", j.name));
    if (p.kind == Kind::freeze && !j.rule) {
      throw ConfigError(
          fmt::format("projection '{}' has no plasticity to freeze", j.name), {},
          j.view ? fmt::format("it shows the transpose of '{}': freeze that", circuit[j.view->of].name) : "");
    }
  } else {
    const Population& at = circuit[*p.population];
    const bool somatic = p.kind == Kind::clamp && (p.variable == "rate" || p.variable == "soma");
    if (!somatic) at.compartment_index(p.variable, fmt::format("perturbation '{}'", kind));
    if (at.kind == Population::Kind::external && p.variable != "rate") {
      throw ConfigError(
          fmt::format("population '{}' is external: it has a rate to clamp, but no soma", at.name));
    }
  }
  const Population& owner = circuit[on_projection ? circuit[*p.projection].from : *p.population];
  for (const std::uint32_t unit : p.units) {
    if (unit >= owner.size) {
      throw ConfigError(
          fmt::format("perturbation '{}' names neuron {} of population '{}', which has {} (counted from 0)",
                      kind, unit, owner.name, owner.size));
    }
  }
}

}  // namespace apical::rate
