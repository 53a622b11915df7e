// SPDX-License-Identifier: Apache-2.0
#include "apical/models/pyramidal_hierarchy.h"

#include <fmt/format.h>

#include "apical/models/area_fields.h"
#include "apical/models/per_area.h"

namespace apical::models {
namespace {

Population pyramidal_population(const PyramidalHierarchy& m, std::size_t i) {
  const AreaActivation& f = per_area(m.activation, i, m.areas(), "activation");
  const bool output = i + 1 == m.areas();
  Population p;
  p.area = fmt::format("a{}", i + 1);
  p.name = p.area + ".pyr";
  p.size = m.layers[i + 1];
  p.leak = m.g_leak;
  p.compartments = {{"basal", m.g_basal}};
  if (output) {
    p.compartments.push_back(
        {.name = "target", .conductance = m.g_target, .when_absent = WhenAbsent::disconnects});
  } else {
    p.compartments.push_back({"apical", m.g_apical});
  }
  set_activation(p, f, m.released_derivative);
  p.slope_sd = m.slope_sd;
  p.offset_sd = m.offset_sd;
  p.lookahead = m.lookahead;
  p.lookahead_gain = m.lookahead_gain;
  p.initial_soma_sd = m.initial_voltage_sd;
  return p;
}

}  // namespace

Pyramids build_pyramids(const PyramidalHierarchy& m) {
  check_layers(m.layers, 2);
  const std::size_t areas = m.areas();
  Pyramids b;
  Circuit& c = b.circuit;
  c.dt_ms = m.dt_ms;
  const PopulationId input = c.add_external("input", m.layers.front());
  const PopulationId target = c.add_external("target", m.layers.back());
  c.edit(input).absent_input_holds = m.absent_input_holds;
  for (std::size_t i = 0; i < areas; ++i) b.pyr.push_back(c.add_population(pyramidal_population(m, i)));
  for (std::size_t i = 0; i < areas; ++i) {
    const double range = per_area(m.weight_range, i, areas, "weight_range");
    PlasticityRule rule;
    rule.eta = per_area(m.eta, i, areas, "eta");
    rule.post.kind = m.rate_rule ? PostFactor::Kind::rate_residual : PostFactor::Kind::voltage_residual;
    rule.post.compartment = "basal";
    rule.post.attenuation = m.gamma(i);
    rule.pre.kind = PreFactor::Kind::transmitted;
    rule.update_low_pass_ms = m.update_low_pass_ms;
    b.up.push_back(
        c.connect(i == 0 ? input : b.pyr[i - 1], b.pyr[i],
                  {.compartment = "basal", .weights = InitialWeights::uniform(-range, range), .rule = rule}));
  }
  for (std::size_t i = 0; i + 1 < areas; ++i) {
    const PopulationId from = b.pyr[i + 1], to = b.pyr[i];
    if (!m.transposed_feedback) {
      b.down.push_back(
          c.connect(from, to,
                    {.compartment = "apical",
                     .pathway = Pathway::feedback,
                     .weights = InitialWeights::uniform(-m.random_feedback, m.random_feedback)}));
    } else if (m.feedback_deviation > 0) {
      b.down.push_back(c.connect(from, to,
                                 {.compartment = "apical",
                                  .pathway = Pathway::feedback,
                                  .view = TransposedView{.of = b.up[i + 1],
                                                         .deviation = InitialWeights::uniform(
                                                             -m.feedback_deviation, m.feedback_deviation)}}));
    } else {
      b.down.push_back(c.connect(from, to,
                                 {.compartment = "apical",
                                  .pathway = Pathway::feedback,
                                  .view = TransposedView{.of = b.up[i + 1]}}));
    }
  }
  c.connect(target, b.pyr.back(),
            {.compartment = "target",
             .topology = apical::Topology::one_to_one,
             .pathway = Pathway::teaching,
             .weights = InitialWeights::eye()});
  c.set_stimulus(input);
  c.set_target(target);
  c.set_readout(b.pyr.back());
  return b;
}

void pyramidal_fields(FieldVisitor& v, PyramidalHierarchy& m) {
  area_fields(v, m);
  v({"g_apical", "1/ms", "conductance from the apical dendrite to the soma", at_least(0)}, m.g_apical);
  v({"g_target", "1/ms", "conductance that draws the output's soma to the target potential", at_least(0)},
    m.g_target);
  v.words({"rule", "", "forward plasticity compares rates, or voltages"}, m.rate_rule, "rate", "voltage");
  v({"update_low_pass_ms", "ms", "time constant of a low-pass on forward updates; 0: off", at_least(0)},
    m.update_low_pass_ms);
  v({"self_predicting", "", "laterals start so that they cancel the feedback"}, m.self_predicting);
  v({"lateral_range", "", "laterals that do not start self-predicting are uniform in +- this", at_least(0)},
    m.lateral_range);
  v({"lookahead", "", "rates follow the prospective potential"}, m.lookahead);
  v({"lookahead_gain", "", "multiplies tau du/dt in the prospective potential", more_than(0)},
    m.lookahead_gain);
  v({"slope_sd", "", "sd of the slope over neurons, drawn per seed", at_least(0)}, m.slope_sd);
  v({"offset_sd", "", "sd of the offset over neurons, drawn per seed", at_least(0)}, m.offset_sd);
  v({"absent_input_holds", "", "a missing input keeps the last basal potential, as in the authors' program"},
    m.absent_input_holds);
}

void transposed_fields(FieldVisitor& v, PyramidalHierarchy& m) {
  feedback_fields(v, m.transposed_feedback);
  v({"feedback_deviation", "", "transposed feedback deviates by a fixed uniform +- this", at_least(0)},
    m.feedback_deviation);
}

}  // namespace apical::models
