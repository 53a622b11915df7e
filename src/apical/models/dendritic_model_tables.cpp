// SPDX-License-Identifier: Apache-2.0
// The three models whose errors live in apical dendrites. Constants and prospective coding are those of Max,
// Jaras, Granier, Wilmes & Petrovici 2026, who simulated all of them alike.
#include "apical/models/dendritic_microcircuit.h"
#include "apical/models/dendritic_predictive_coding.h"
#include "apical/models/model_tables.h"
#include "apical/models/phaseless_alignment_learning.h"

namespace apical::models {
namespace {

using Numbers = std::vector<double>;

std::vector<Parameter> pyramidal_parameters() {
  return joined(
      area_parameters(),
      {
          {"g_apical", 0.06, "1/ms", "conductance from the apical dendrite to the soma"},
          {"g_target", 0.06, "1/ms", "conductance that draws the output's soma to the target potential"},
          {"rule",
           std::string("rate"),
           "",
           "forward plasticity compares rates, or voltages",
           {"rate", "voltage"}},
          {"update_low_pass_ms", 0.0, "ms", "time constant of a low-pass on forward updates; 0: off"},
          {"self_predicting", true, "", "laterals start so that they cancel the feedback"},
          {"lateral_range", 1.0, "", "laterals that do not start self-predicting are uniform in +- this"},
          {"lookahead", true, "", "rates follow the prospective potential"},
          {"lookahead_gain", 1.0, "", "multiplies tau du/dt in the prospective potential"},
          {"slope_sd", 0.0, "", "sd of the slope over neurons, drawn per seed"},
          {"offset_sd", 0.0, "", "sd of the offset over neurons, drawn per seed"},
          {"absent_input_holds", false, "",
           "a missing input keeps the last basal potential, as in the authors' program"},
      });
}

std::vector<Parameter> transposed_parameters() {
  return joined(feedback_parameters(),
                {{"feedback_deviation", 0.0, "", "transposed feedback deviates by a fixed uniform +- this"}});
}

std::vector<Parameter> interneuron_parameters() {
  return {
      {"g_dendrite", 0.1, "1/ms", "conductance from an interneuron's dendrite to its soma"},
      {"g_nudge", 0.06, "1/ms", "conductance that draws an interneuron to its partner in the area above"},
      {"inter_low_pass_ms", 0.0, "ms", "time constant of the interneurons' dendrites; 0: instantaneous"},
      {"eta_pyr_to_inter", Numbers{0}, "1/ms",
       "learning rate of synapses onto interneurons, one per area but the last, or one"},
      {"eta_inter_to_pyr", Numbers{0}, "1/ms",
       "learning rate of synapses from interneurons, one per area but the last, or one"},
  };
}

void read_pyramids(const Values& v, PyramidalHierarchy& m) {
  read_areas(v, m);
  m.g_apical = v.number("g_apical");
  m.g_target = v.number("g_target");
  if (v.has("feedback_deviation")) m.feedback_deviation = v.number("feedback_deviation");
  m.rate_rule = v.text("rule") == "rate";
  m.update_low_pass_ms = v.number("update_low_pass_ms");
  m.self_predicting = v.flag("self_predicting");
  m.lateral_range = v.number("lateral_range");
  m.lookahead = v.flag("lookahead");
  m.lookahead_gain = v.number("lookahead_gain");
  m.slope_sd = v.number("slope_sd");
  m.offset_sd = v.number("offset_sd");
  m.absent_input_holds = v.flag("absent_input_holds");
}

void read_interneurons(const Values& v, DendriticMicrocircuit& m) {
  read_pyramids(v, m);
  m.g_dendrite = v.number("g_dendrite");
  m.g_nudge = v.number("g_nudge");
  m.inter_low_pass_ms = v.number("inter_low_pass_ms");
  m.eta_pyr_to_inter = v.numbers("eta_pyr_to_inter");
  m.eta_inter_to_pyr = v.numbers("eta_inter_to_pyr");
}

Circuit build_microcircuit(const Values& v) {
  DendriticMicrocircuit m;
  read_interneurons(v, m);
  m.mirrored_inhibition = v.flag("mirrored_inhibition");
  return build(m);
}

Circuit build_predictive_coding(const Values& v) {
  DendriticPredictiveCoding m;
  read_pyramids(v, m);
  m.eta_lateral = v.numbers("eta_lateral");
  return build(m);
}

Circuit build_alignment_learning(const Values& v) {
  PhaselessAlignmentLearning m;
  read_interneurons(v, m);
  m.eta_feedback = v.numbers("eta_feedback");
  m.alpha = v.numbers("alpha");
  m.noise_scale = v.numbers("noise_scale");
  const std::string& decay = v.text("feedback_decay");
  m.decay = decay == "gated"            ? FeedbackDecay::gated
            : decay == "slope_weighted" ? FeedbackDecay::slope_weighted
                                        : FeedbackDecay::plain;
  const std::string& amplitude = v.text("noise_amplitude");
  m.noise_process = v.text("noise_process") == "held_white" ? CompartmentNoise::Process::held_white
                                                            : CompartmentNoise::Process::ornstein_uhlenbeck;
  for (const auto a : {CompartmentNoise::Amplitude::constant, CompartmentNoise::Amplitude::soma,
                       CompartmentNoise::Amplitude::lookahead, CompartmentNoise::Amplitude::compartment}) {
    if (name_of(a) == amplitude) m.noise_amplitude = a;
  }
  m.noise_tau_ms = v.number("noise_tau_ms");
  m.noise_hold_steps = count_of(v, "noise_hold_steps");
  m.high_pass = v.flag("high_pass");
  if (v.number("high_pass_ms") != 0) m.high_pass_ms = v.number("high_pass_ms");
  m.presynaptic_low_pass_ms = v.number("presynaptic_low_pass_ms");
  m.postsynaptic_low_pass_ms = v.number("postsynaptic_low_pass_ms");
  m.released_output_slope = v.flag("released_output_slope");
  return build(m);
}

}  // namespace

Model dendritic_microcircuit_model() {
  return {
      "dendritic-microcircuit",
      "interneurons learn to cancel top-down feedback in apical dendrites; what remains there is the error",
      "Sacramento, Costa, Bengio & Senn, Adv Neural Inf Process Syst 31:8721, 2018; constants and "
      "prospective coding as in Max et al. 2026, doi:10.1371/journal.pcbi.1014164",
      joined(joined(joined(pyramidal_parameters(), transposed_parameters()), interneuron_parameters()),
             {{"mirrored_inhibition", true, "",
               "transposed feedback: synapses from interneurons are minus the feedback, as in the program of "
               "Max et al."}}),
      build_microcircuit};
}

Model dendritic_predictive_coding_model() {
  std::vector<Parameter> table =
      joined(joined(pyramidal_parameters(), transposed_parameters()),
             {{"eta_lateral", Numbers{0}, "1/ms",
               "learning rate of synapses within an area, one per area but the last, or one"}});
  set_default(table, "activation", std::vector<std::string>{"linear"});
  set_default(table, "rule", std::string("voltage"));
  return {"dendritic-predictive-coding",
          "synapses within an area cancel, in its apical dendrites, the feedback it caused itself; what "
          "remains there is the error",
          "Mikulasch, Rudelt, Wibral & Priesemann, Trends Neurosci 46:45, 2023; constants and prospective "
          "coding as in Max et al. 2026, doi:10.1371/journal.pcbi.1014164",
          std::move(table), build_predictive_coding};
}

Model phaseless_alignment_learning_model() {
  return {
      "phaseless-alignment-learning",
      "the dendritic microcircuit with feedback weights that align with the forward ones, learned from noise "
      "in apical dendrites",
      "Max, Kriener, Pineda Garcia, Nowotny, Jaras, Senn & Petrovici, Nat Mach Intell 6:619, 2024; constants "
      "as in Max et al. 2026, doi:10.1371/journal.pcbi.1014164",
      joined(joined(pyramidal_parameters(), interneuron_parameters()),
             {
                 {"eta_feedback", Numbers{0.2}, "1/ms",
                  "learning rate of the feedback weights, one per area but the last, or one; our choice"},
                 {"alpha", Numbers{0.1}, "",
                  "decay of the feedback weights, relative to eta_feedback; our choice"},
                 {"feedback_decay",
                  std::string("plain"),
                  "",
                  "feedback weights decay: all, where h > 0, or times both phi'",
                  {"plain", "gated", "slope_weighted"}},
                 {"noise_scale", Numbers{0.5}, "",
                  "multiplies the noise in apical dendrites, one per area but the last, or one; our choice"},
                 {"noise_process",
                  std::string("ornstein_uhlenbeck"),
                  "",
                  "course of the noise in time",
                  {"ornstein_uhlenbeck", "held_white"}},
                 {"noise_amplitude",
                  std::string("constant"),
                  "",
                  "its sd follows the size of this, per neuron",
                  {"constant", "soma", "lookahead", "compartment"}},
                 {"noise_tau_ms", 0.1, "ms", "correlation time of Ornstein-Uhlenbeck noise"},
                 {"noise_hold_steps", 1.0, "steps", "Euler steps between draws"},
                 {"high_pass", true, "", "feedback learns from high-passed rates h; false: from rates"},
                 {"high_pass_ms", 0.0, "ms", "time constant of h; 0: ten Euler steps"},
                 {"presynaptic_low_pass_ms", 0.0, "ms",
                  "low-pass of the presynaptic factor of the forward rule; 0: off"},
                 {"postsynaptic_low_pass_ms", 0.0, "ms", "low-pass of its postsynaptic factor; 0: off"},
                 {"released_output_slope", false, "",
                  "slope_weighted: feedback from the output does not decay, as in the authors' program"},
             }),
      build_alignment_learning};
}

}  // namespace apical::models
