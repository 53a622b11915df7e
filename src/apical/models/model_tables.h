// SPDX-License-Identifier: Apache-2.0
// Parameter tables of the registry: the parameters that recipes share, how they are read, and the tables.
#pragma once

#include <vector>

#include "apical/models/area_activation.h"
#include "apical/models/registry.h"

namespace apical::models {

/// `table` followed by `more`.
std::vector<Parameter> joined(std::vector<Parameter> table, const std::vector<Parameter>& more);
/// Replaces the default of a parameter of the table.
void set_default(std::vector<Parameter>& table, std::string_view name, Value value);

/// layers, activation and its shape, time step, conductances every model has, forward weights and their
/// rates.
std::vector<Parameter> area_parameters();
/// Whether feedback weights are transposes or random.
std::vector<Parameter> feedback_parameters();
/// The derivative phi', for models in which something transmits it.
std::vector<Parameter> derivative_parameters();

/// A whole number of at least 1. ConfigError for anything else.
int count_of(const Values& v, std::string_view name);
/// Counts of neurons. ConfigError unless all are whole and not negative.
std::vector<std::size_t> counts_of(const Values& v, std::string_view name);
/// One entry per area, or one for all.
std::vector<AreaActivation> activations_of(const Values& v);

/// What area_parameters(), and the other two where the table has them, say.
template <class Recipe>
void read_areas(const Values& v, Recipe& m) {
  m.layers = counts_of(v, "layers");
  m.activation = activations_of(v);
  m.dt_ms = v.number("dt_ms");
  m.g_leak = v.number("g_leak");
  m.g_basal = v.number("g_basal");
  m.eta = v.numbers("eta");
  m.weight_range = v.numbers("weight_range");
  m.initial_voltage_sd = v.number("initial_voltage_sd");
  if (v.has("feedback")) m.transposed_feedback = v.text("feedback") == "transposed";
  m.random_feedback = v.number("random_feedback");
  if (v.has("released_derivative")) m.released_derivative = v.flag("released_derivative");
}

Model error_neuron_microcircuit_model();
Model layered_reference_model();
Model dendritic_microcircuit_model();
Model dendritic_predictive_coding_model();
Model phaseless_alignment_learning_model();

}  // namespace apical::models
