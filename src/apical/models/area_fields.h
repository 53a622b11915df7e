// SPDX-License-Identifier: Apache-2.0
// Options that recipes of cortical areas share.
#pragma once

#include <vector>

#include "apical/core/fields.h"
#include "apical/models/area_activation.h"

namespace apical::models {

void layer_fields(FieldVisitor& v, std::vector<std::size_t>& layers);
/// Kind, slope and offset.
void activation_fields(FieldVisitor& v, std::vector<AreaActivation>& areas);
/// For models in which something transmits phi'.
void derivative_fields(FieldVisitor& v, std::vector<AreaActivation>& areas, bool& released_derivative);
/// Whether feedback weights are transposes or random.
void feedback_fields(FieldVisitor& v, bool& transposed);

/// What every recipe has: layers, activation, time step, conductances, forward weights and their rates.
template <class Recipe>
void area_fields(FieldVisitor& v, Recipe& m) {
  layer_fields(v, m.layers);
  activation_fields(v, m.activation);
  v({"dt_ms", "ms", "Euler step", more_than(0)}, m.dt_ms);
  v({"g_leak", "1/ms", "leak conductance of the soma", at_least(0)}, m.g_leak);
  v({"g_basal", "1/ms", "conductance from the basal dendrite to the soma", at_least(0)}, m.g_basal);
  v({"eta", "1/ms", "learning rate of the forward weights, one for all areas or one per area", at_least(0)},
    m.eta);
  v({"weight_range", "", "initial forward weights are uniform in +- this, one for all areas or one per area",
     at_least(0)},
    m.weight_range);
  v({"initial_voltage_sd", "", "initial somatic potentials are normal with this sd", at_least(0)},
    m.initial_voltage_sd);
  v({"random_feedback", "", "random feedback weights are uniform in +- this", at_least(0)},
    m.random_feedback);
}

}  // namespace apical::models
