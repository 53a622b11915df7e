// SPDX-License-Identifier: Apache-2.0
// Teacher-student regression: a fixed random feed-forward network answers random inputs, and a student of
// the same shape is to give the same answers. Every seed has its own teacher and its own inputs.
//   u_l = gamma W_l r_{l-1},  r_l = phi(u_l),  W ~ U[-1, 1), inputs ~ U[0, 1)
// Targets are the output's rates, and its potentials u for circuits that are taught potentials.
// gamma = g_basal / (g_basal + g_leak) is the attenuation from the basal dendrite to the soma at rest.
#pragma once

#include <cstdint>
#include <span>

#include "apical/core/activation.h"
#include "apical/tasks/task.h"

namespace apical {

struct Teacher {
  std::vector<Matrix<double>> weights;  ///< per layer, W(post, pre)
  double gamma = 0.1 / (0.1 + 0.03);
  ActivationKind activation = ActivationKind::tanh;

  /// Output rates phi(u_L), or the output voltages u_L.
  std::vector<double> rates(std::span<const double> input) const;
  std::vector<double> voltages(std::span<const double> input) const;
};

/// Weights at address (seed, Stream::teacher_weight, layer from 0, post * pre_size + pre).
Teacher draw_teacher(std::uint64_t seed, const std::vector<std::size_t>& layers);

/// "8-4-2-1" → {8, 4, 2, 1}; FieldError unless it is at least two sizes between 1 and 100000.
std::vector<std::size_t> parse_layers(std::string_view text);

TaskInfo teacher_student_task();

}  // namespace apical
