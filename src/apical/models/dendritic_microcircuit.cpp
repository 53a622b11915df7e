// SPDX-License-Identifier: Apache-2.0
#include "apical/models/dendritic_microcircuit.h"

#include <fmt/format.h>

#include "apical/models/per_area.h"

namespace apical::models {
namespace {

Population interneurons(const DendriticMicrocircuit& m, const Population& above, std::size_t i) {
  Population p;
  p.area = fmt::format("a{}", i + 1);
  p.name = p.area + ".inter";
  p.size = above.size;
  p.leak = m.g_leak;
  p.compartments = {{.name = "dendrite", .conductance = m.g_dendrite, .low_pass_ms = m.inter_low_pass_ms},
                    {"nudge", m.g_nudge}};
  p.activation = above.activation;
  p.slope = above.slope;
  p.offset = above.offset;
  p.slope_sd = m.slope_sd;
  p.offset_sd = m.offset_sd;
  p.lookahead = m.lookahead;
  p.lookahead_gain = m.lookahead_gain;
  p.initial_soma_sd = m.initial_voltage_sd;
  return p;
}

PlasticityRule cancel_apical(double eta) {
  PlasticityRule r;
  r.eta = eta;
  r.post = {.kind = PostFactor::Kind::compartment, .compartment = "apical", .gain = -1};
  r.pre.kind = PreFactor::Kind::transmitted;
  return r;
}

}  // namespace

Circuit build(const DendriticMicrocircuit& m) {
  Pyramids b = build_pyramids(m);
  Circuit& c = b.circuit;
  c.name = "dendritic-microcircuit";
  const std::size_t hidden = m.areas() - 1;
  const InitialWeights random = InitialWeights::uniform(-m.lateral_range, m.lateral_range);
  const double foreseen = m.g_dendrite / (m.g_leak + m.g_dendrite);
  for (std::size_t i = 0; i < hidden; ++i) {
    const PopulationId pyr = b.pyr[i], above = b.pyr[i + 1];
    const PopulationId inter = c.add_population(interneurons(m, c[above], i));

    ConnectOptions predict{.compartment = "dendrite", .pathway = Pathway::lateral};
    predict.weights =
        m.self_predicting ? InitialWeights::derived({.of = b.up[i + 1]}, m.gamma(i + 1) / foreseen) : random;
    predict.rule = PlasticityRule{};
    predict.rule->eta = per_area(m.eta_pyr_to_inter, i, hidden, "eta_pyr_to_inter");
    predict.rule->post = {
        .kind = PostFactor::Kind::rate_residual, .compartment = "dendrite", .attenuation = foreseen};
    predict.rule->pre.kind = PreFactor::Kind::transmitted;
    c.connect(pyr, inter, predict);

    c.connect(above, inter,
              {.compartment = "nudge",
               .transmits = m.lookahead ? Quantity::lookahead : Quantity::soma,
               .topology = Topology::one_to_one,
               .pathway = Pathway::teaching,
               .weights = InitialWeights::eye()});

    const double eta = per_area(m.eta_inter_to_pyr, i, hidden, "eta_inter_to_pyr");
    ConnectOptions cancel{.compartment = "apical", .pathway = Pathway::lateral};
    if (m.transposed_feedback && m.mirrored_inhibition) {
      cancel.view = TransposedView{.of = b.up[i + 1], .scale = -1, .deviation = c[b.down[i]].view->deviation};
      if (cancel.view->deviation) cancel.view->shares_deviation_with = b.down[i];
      c.connect(inter, pyr, cancel);
      if (eta == 0) continue;
      // Each increment is added to the refreshed matrix and forgotten in the next refresh.
      ConnectOptions increment{.compartment = "apical",
                               .name = c[inter].name + "->" + c[pyr].name + ".apical.increment",
                               .pathway = Pathway::lateral};
      increment.rule = cancel_apical(eta);
      increment.rule->decay = {.alpha = 1, .toward = WeightDecay::Toward::forget};
      c.connect(inter, pyr, increment);
    } else {
      cancel.weights = random;
      if (m.self_predicting) {
        // Transposed feedback with deviations is known as a view, which a derivation can read as well.
        cancel.weights = InitialWeights::derived({.of = b.down[i]}, -1);
      }
      cancel.rule = cancel_apical(eta);
      c.connect(inter, pyr, cancel);
    }
  }
  c.validate();
  return c;
}

void interneuron_fields(FieldVisitor& v, DendriticMicrocircuit& m) {
  v({"g_dendrite", "1/ms", "conductance from an interneuron's dendrite to its soma", at_least(0)},
    m.g_dendrite);
  v({"g_nudge", "1/ms", "conductance that draws an interneuron to its partner in the area above",
     at_least(0)},
    m.g_nudge);
  v({"inter_low_pass_ms", "ms", "time constant of the interneurons' dendrites; 0: instantaneous",
     at_least(0)},
    m.inter_low_pass_ms);
  v({"eta_pyr_to_inter", "1/ms",
     "learning rate of synapses onto interneurons, one per area but the last, or one"},
    m.eta_pyr_to_inter);
  v({"eta_inter_to_pyr", "1/ms",
     "learning rate of synapses from interneurons, one per area but the last, or one"},
    m.eta_inter_to_pyr);
}

void fields(FieldVisitor& v, DendriticMicrocircuit& m) {
  pyramidal_fields(v, m);
  transposed_fields(v, m);
  interneuron_fields(v, m);
  v({"mirrored_inhibition", "",
     "transposed feedback: synapses from interneurons are minus the feedback, as in the program of Max et "
     "al."},
    m.mirrored_inhibition);
}

Model dendritic_microcircuit_model() {
  return {
      "dendritic-microcircuit",
      "interneurons learn to cancel top-down feedback in apical dendrites; what remains there is the error",
      "Sacramento, Costa, Bengio & Senn, Adv Neural Inf Process Syst 31:8721, 2018; constants and "
      "prospective coding as in Max et al. 2026, doi:10.1371/journal.pcbi.1014164",
      Recipe<Circuit>(DendriticMicrocircuit{})};
}

}  // namespace apical::models
