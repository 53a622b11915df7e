// SPDX-License-Identifier: Apache-2.0
// The rule in a network as an experiment (Payeur et al. 2021, Fig. 2E-G): a burn-in, then phases with another
// weight of the input to the targets' dendrites in each, and a last one with a current into presynaptic
// dendrites.
#include <fmt/format.h>

#include <algorithm>

#include "apical/models/payeur2021_rule.h"
#include "apical/models/spiking_fields.h"
#include "apical/models/spiking_models.h"

namespace apical::payeur2021 {

using namespace course;

Course rule_course(const RuleNetworkOptions& o) {
  constexpr double kBinsOfAPhase = 25;
  Stage s{.name = "run", .watched = "run"};
  s.phases.push_back({.name = "burn-in", .duration_s = 4 * o.alpha_s});
  for (const double factor : o.phases) {
    s.phases.push_back({.name = fmt::format("{:g} d0", factor), .duration_s = o.phase_s, .plastic = true});
    s.phases.back().weights = {{"drive", factor * o.dendritic_weight}};
  }
  s.phases.push_back({.name = "pre +I", .duration_s = o.phase_s, .plastic = true});
  s.phases.back().injections = {
      {.population = "pre", .into = CellPart::dendrite, .constant_A = o.final_presynaptic_current_A}};
  s.measures = {{.quantities = {MeasureKind::mean_weight},
                 .of = {"plastic"},
                 .each = Each::phase,
                 .name = "weight",
                 .text = "mean weight after phase {number}, {phase}",
                 .title = "Mean plastic weight at the end of each phase"},
                {.quantities = {MeasureKind::event_Hz, MeasureKind::burst_probability},
                 .of = {"pre", "post"},
                 .each = Each::phase}};
  Course c;
  c.stages = {s};
  c.activity_bin_s = o.phase_s / kBinsOfAPhase;
  return c;
}

}  // namespace apical::payeur2021

namespace apical::models {
namespace {

using payeur2021::RuleNetworkOptions;

void fields(Fields& f, RuleNetworkOptions& o) {
  neurons(f, "neurons", o.neurons, "per side");
  count(f, "pool", o.pool, 100, kMostNeurons, "",
        "Poisson sources of each sign, 5 Hz each; every input neuron has 100 excitatory and 30 inhibitory "
        "contacts per compartment on average");
  density(f, "contact_probability", o.contact_probability, "of plastic synapses");
  within_1(f, "initial_weight", o.initial_weight, "of plastic synapses, which stay from 0 to 1");
  f("eta", o.eta, "", "learning rate");
  positive(f, "alpha_s", o.alpha_s, "s", "averaging time of event and burst rates");
  from_0(f, "dendritic_weight", o.dendritic_weight, "", "d0, of the input to the targets' dendrites");
  positive(f, "phase_s", o.phase_s, "s", "duration of each phase; a burn-in of 4 alpha comes first");
  std::vector<double> phases(o.phases.begin(), o.phases.end());
  each(f, "phases", phases, "d0", "dendritic weight in each of five phases", "0 or more",
       [](double v) { return v >= 0; });
  if (phases.size() != o.phases.size())
    throw FieldError({"phases"}, fmt::format("has {} entries; expected {}", phases.size(), o.phases.size()));
  std::copy(phases.begin(), phases.end(), o.phases.begin());
  scaled(f, "final_presynaptic_current_pA", o.final_presynaptic_current_A, kPico, "pA",
         "into presynaptic dendrites in a last phase");
}

void all_fields(Fields& f, RuleNetworkOptions& o) {
  fields(f, o);
  quirk_fields(f, o.quirks, {.plastic = true});
}

CircuitAndCourse build(const RuleNetworkOptions& o) {
  return {payeur2021::rule_network(o), payeur2021::rule_course(o)};
}

}  // namespace

SpikingModel burstprop_rule_network() {
  return spiking_recipe<RuleNetworkOptions>(
      "burstprop-rule-network",
      "the burst-dependent rule between two populations of two-compartment neurons: weights follow changes "
      "of burst "
      "probability (Fig. 2E-G)",
      kPayeur, {quirk_preset()},
      [](RuleNetworkOptions& o, std::string_view, std::size_t choice) {
        apply_quirk_preset(o.quirks, choice);
      },
      all_fields, build);
}

}  // namespace apical::models
