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
#include "apical/core/recipe.h"
#include "apical/core/time_grid.h"
#include "apical/models/spiking_fields.h"

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
  std::vector<FieldInfo> presets;
  /// All other options, with the defaults that follow from the presets. FieldError for a choice there is not.
  std::function<Recipe<CircuitAndCourse>(const Presets&)> recipe;
};

/// Options with the walk over them and what is made of them.
template <class Options>
struct SpikingOptions {
  Options options;
  void (*walk)(Fields&, Options&);
  CircuitAndCourse (*make)(const Options&);
  friend void fields(FieldVisitor& v, SpikingOptions& o) {
    Fields f(v);
    o.walk(f, o.options);
  }
  friend CircuitAndCourse build(const SpikingOptions& o) {
    CircuitAndCourse made = o.make(o.options);
    Course& course = made.course;  // what a recipe derives adapts to the step, and is kept as used
    course.activity_bin_s = nearest_on_grid(course.activity_bin_s, made.circuit.dt_s);
    return made;
  }
};

/// A recipe with `Options` as its parameters' home: `fields` walks over them, `apply` makes a preset's
/// choice.
template <class Options>
SpikingModel spiking_recipe(std::string name, std::string description, std::string citation,
                            std::vector<FieldInfo> presets,
                            void (*apply)(Options&, std::string_view, std::size_t),
                            void (*fields)(Fields&, Options&), CircuitAndCourse (*build)(const Options&)) {
  const auto with = [presets, apply, fields, build](const Presets& chosen) {
    Options o;
    for (const FieldInfo& p : presets) {
      const auto at = chosen.find(p.name);
      if (at == chosen.end()) continue;
      check(p, at->second);
      const auto choice = std::find(p.choices.begin(), p.choices.end(), at->second);
      apply(o, p.name, static_cast<std::size_t>(choice - p.choices.begin()));
    }
    return Recipe<CircuitAndCourse>(SpikingOptions<Options>{o, fields, build});
  };
  return {std::move(name), std::move(description), std::move(citation), std::move(presets), with};
}

}  // namespace apical::models
