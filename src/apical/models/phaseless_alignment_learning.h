// SPDX-License-Identifier: Apache-2.0
// Phaseless alignment learning (Max, Kriener, Pineda Garcia, Nowotny, Jaras, Senn & Petrovici 2024, Nat Mach
// Intell 6:619): the dendritic microcircuit with noise xi in the apical dendrites of hidden areas, from which
// the feedback weights learn to align with the forward weights: the noise comes back from above in the fast
// part h of the rates.
//
//   dB_i/dt = eta (xi_i (x) h_{i+1} - alpha_i R_i),  R_i = B_i, or gated by h > 0, or phi'_i B_i phi'_{i+1}
// Noise acts and feedback learns only in steps with feedback learning.
#pragma once

#include "apical/models/dendritic_microcircuit.h"

namespace apical {
namespace models {
/// What feedback weights decay by.
enum class FeedbackDecay { plain, gated, slope_weighted };
}  // namespace models
template <>
inline constexpr std::array<std::string_view, 3> kNames<models::FeedbackDecay>{"plain", "gated",
                                                                               "slope_weighted"};
}  // namespace apical

namespace apical::models {

/// eta_feedback, alpha and noise_scale depend on the task and have no published default. Those here let
/// feedback settle at a fraction of the transposed weights, with weights of size 1; larger noise or smaller
/// alpha can make the loop of forward and feedback weights unstable.
struct PhaselessAlignmentLearning : DendriticMicrocircuit {
  PhaselessAlignmentLearning() { transposed_feedback = false; }
  // One entry per area but the last, or one for all.
  std::vector<double> eta_feedback = {0.2};  ///< 1/ms
  std::vector<double> alpha = {0.1};
  std::vector<double> noise_scale = {0.5};
  FeedbackDecay decay = FeedbackDecay::plain;
  CompartmentNoise::Process noise_process = CompartmentNoise::Process::ornstein_uhlenbeck;
  CompartmentNoise::Amplitude noise_amplitude = CompartmentNoise::Amplitude::constant;
  double noise_tau_ms = 0.1;
  int noise_hold_steps = 1;
  std::optional<double> high_pass_ms = {};  ///< of h; default 10 dt
  bool high_pass = true;                    ///< false: h is the rate itself
  // Filters of the forward rule's factors; 0: off.
  double presynaptic_low_pass_ms = 0, postsynaptic_low_pass_ms = 0;

  // Behaviour of the released program that differs from what is meant; off by default.
  bool released_output_slope = false;  ///< slope-weighted: feedback from the output area does not decay
};

/// Populations as in the dendritic microcircuit. Throws ConfigError.
Circuit build(const PhaselessAlignmentLearning& m);

void fields(FieldVisitor& v, PhaselessAlignmentLearning& m);
Model phaseless_alignment_learning_model();

}  // namespace apical::models
