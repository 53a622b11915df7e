// SPDX-License-Identifier: Apache-2.0
// The layered reference network of Max et al. 2025: backpropagation (or feedback alignment; Lillicrap et al.
// 2016) pipelined over time, written as a circuit without leak on the error side:
//   u_i = gamma W_i r_{i-1},  gamma = g_basal / (g_basal + g_leak)
//   delta_i = phi'(u_i) * (B_i delta_{i+1}),  output: phi'(u) * (y - r)
//   dW_i/dt = eta delta_i (x) r_{i-1}
#pragma once

#include <vector>

#include "apical/circuit/circuit.h"
#include "apical/models/area_activation.h"
#include "apical/models/model.h"

namespace apical::models {

struct LayeredReference {
  std::vector<std::size_t> layers;
  std::vector<AreaActivation> activation = {{}};
  double dt_ms = 0.01;
  double g_leak = 0.03, g_basal = 0.1;  ///< 1/ms
  bool transposed_feedback = true;      ///< backpropagation; otherwise fixed random feedback (FA)
  double random_feedback = 1;
  std::vector<double> eta = {1};  ///< 1/ms
  std::vector<double> weight_range = {1};
  double initial_voltage_sd = 1;
  bool released_derivative = false;
};

/// Populations "a1.rep", "a1.err", …, as in the error-neuron microcircuit. Throws ConfigError.
Circuit build(const LayeredReference& m);

void fields(FieldVisitor& v, LayeredReference& m);
Model layered_reference_model();

}  // namespace apical::models
