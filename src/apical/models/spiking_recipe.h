// SPDX-License-Identifier: Apache-2.0
// A spiking model as a recipe: parameters in, a circuit and its course out. One file per recipe, which says
// its options once; spiking_models.cpp lists them.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "apical/circuit/course.h"
#include "apical/circuit/spiking_circuit.h"
#include "apical/models/layered_fields.h"
#include "apical/models/registry.h"

namespace apical::models {

struct CircuitAndCourse {
  SpikingCircuit circuit;
  Course course;
};

/// Choices that defaults of other parameters follow from, by name; those not in it keep their default.
using Presets = std::map<std::string, std::string, std::less<>>;

struct SpikingModel {
  std::string name, description, citation;
  /// In the order they are to be made.
  std::vector<Parameter> presets;
  /// All others, with the defaults that follow from the presets.
  std::function<std::vector<Parameter>(const Presets&)> parameters;
  /// ConfigError that opens with the parameter it is about.
  std::function<CircuitAndCourse(const Presets&, const Values&)> build;
};

/// A recipe with `Options` as its parameters' home: `fields` walks over them, `apply` makes a preset's
/// choice.
template <class Options>
SpikingModel spiking_recipe(std::string name, std::string description, std::string citation,
                            std::vector<Parameter> presets,
                            void (*apply)(Options&, std::string_view, std::size_t),
                            void (*fields)(Fields&, Options&), CircuitAndCourse (*build)(const Options&)) {
  const auto with = [presets, apply](const Presets& chosen) {
    Options o;
    for (const Parameter& p : presets) {
      const auto at = chosen.find(p.name);
      if (at == chosen.end()) continue;
      const auto choice = std::find(p.choices.begin(), p.choices.end(), at->second);
      if (choice == p.choices.end())
        throw ConfigError(p.name + " is '" + at->second + "'; expected " + join_names(p.choices, "or"));
      apply(o, p.name, static_cast<std::size_t>(choice - p.choices.begin()));
    }
    return o;
  };
  const auto parameters = [with, fields](const Presets& chosen) {
    Options o = with(chosen);
    std::vector<Parameter> list;
    Fields f(list);
    fields(f, o);
    return list;
  };
  const auto made = [with, fields, build](const Presets& chosen, const Values& values) {
    Options o = with(chosen);
    Fields f(values);
    fields(f, o);
    return build(o);
  };
  return {std::move(name), std::move(description), std::move(citation), presets, parameters, made};
}

/// The parameters' defaults as values.
inline Values defaults_of(const SpikingModel& model, const Presets& presets = {}) {
  std::map<std::string, Value, std::less<>> values;
  for (const Parameter& p : model.parameters(presets)) values.emplace(p.name, p.default_value);
  return Values(std::move(values));
}

}  // namespace apical::models
