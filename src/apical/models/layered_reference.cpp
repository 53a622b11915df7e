// SPDX-License-Identifier: Apache-2.0
#include "apical/models/layered_reference.h"

#include <fmt/format.h>

#include "apical/models/area_fields.h"
#include "apical/models/per_area.h"

namespace apical::models {

Circuit build(const LayeredReference& m) {
  check_layers(m.layers, 2);
  const std::size_t areas = m.layers.size() - 1;
  Circuit c;
  c.name = "layered-reference";
  c.dt_ms = m.dt_ms;
  const PopulationId input = c.add_external("input", m.layers[0]);
  const PopulationId target = c.add_external("target", m.layers.back());
  std::vector<PopulationId> rep, err;
  std::vector<ProjectionId> up;
  for (std::size_t i = 0; i < areas; ++i) {
    const AreaActivation& f = per_area(m.activation, i, areas, "activation");
    Population r;
    r.area = fmt::format("a{}", i + 1);
    r.name = r.area + ".rep";
    r.size = m.layers[i + 1];
    r.leak = m.g_leak;
    // The error reaches the synapse (compartment) but not the soma (conductance 0).
    r.compartments = {{"basal", m.g_basal}, {"error", 0}};
    set_activation(r, f, m.released_derivative);
    r.initial_soma_sd = m.initial_voltage_sd;
    const bool output = i + 1 == areas;
    if (output) r.teacher = target;
    rep.push_back(c.add_population(r));
    Population e;
    e.area = r.area;
    e.name = r.area + ".err";
    e.size = r.size;
    e.compartments = {{output ? "target" : "dendrite", 1.0}};
    e.initial_soma_sd = 0;
    err.push_back(c.add_population(e));
  }
  for (std::size_t i = 0; i < areas; ++i) {
    const double range = per_area(m.weight_range, i, areas, "weight_range");
    PlasticityRule rule;
    rule.eta = per_area(m.eta, i, areas, "eta");
    rule.post = {.kind = PostFactor::Kind::compartment, .compartment = "error", .now = true};
    rule.pre.kind = PreFactor::Kind::transmitted;
    up.push_back(
        c.connect(i == 0 ? input : rep[i - 1], rep[i],
                  {.compartment = "basal", .weights = InitialWeights::uniform(-range, range), .rule = rule}));
    c.connect(err[i], rep[i],
              {.compartment = "error",
               .topology = Topology::one_to_one,
               .pathway = Pathway::lateral,
               .weights = InitialWeights::eye()});
  }
  for (std::size_t i = 0; i < areas; ++i) {
    const bool output = i + 1 == areas;
    c.connect(rep[i], err[i],
              {.compartment = output ? "target" : "dendrite",
               .transmits = output ? Quantity::mismatch : Quantity::slope,
               .effect = output ? Effect::add : Effect::multiply,
               .topology = Topology::one_to_one,
               .pathway = Pathway::lateral,
               .weights = InitialWeights::eye()});
    if (output) continue;
    if (m.transposed_feedback) {
      c.connect(
          err[i + 1], err[i],
          {.compartment = "dendrite", .pathway = Pathway::feedback, .view = TransposedView{.of = up[i + 1]}});
    } else {
      c.connect(err[i + 1], err[i],
                {.compartment = "dendrite",
                 .pathway = Pathway::feedback,
                 .weights = InitialWeights::uniform(-m.random_feedback, m.random_feedback)});
    }
  }
  c.set_stimulus(input);
  c.set_target(target);
  c.set_readout(rep.back());
  c.validate();
  return c;
}

void fields(FieldVisitor& v, LayeredReference& m) {
  area_fields(v, m);
  feedback_fields(v, m.transposed_feedback);
  derivative_fields(v, m.activation, m.released_derivative);
}

Model layered_reference_model() {
  return {"layered-reference",
          "layered network with backpropagation or, with feedback = \"random\", feedback alignment, "
          "pipelined over time",
          "Rumelhart, Hinton & Williams, Nature 323:533, 1986; feedback alignment: Lillicrap, Cownden, Tweed "
          "& Akerman, Nat Commun 7:13276, 2016",
          Recipe<Circuit>(LayeredReference{})};
}

}  // namespace apical::models
