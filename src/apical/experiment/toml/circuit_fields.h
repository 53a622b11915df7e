// SPDX-License-Identifier: Apache-2.0
// The options of the parts of a circuit, once for reading, writing and the documentation. As in
// core/fields.h, but parts lie within parts and refer to others by name, so that members are named rather
// than handed over: fields(v, x) calls v(field, member) for every option that means something for x as it is
// so far. One that an engine would ignore (the decay of an external population, the weights of a transposed
// view) does not.
#pragma once

#include "apical/circuit/circuit.h"
#include "apical/core/fields.h"

namespace apical {

template <class V>
void fields(V& v, const Compartment&) {
  v({"name", "", "of the compartment, e.g. basal"}, &Compartment::name);
  v({"conductance", "1/ms", "to the soma", at_least(0)}, &Compartment::conductance);
  v({"when_absent", "", "without input the compartment counts as 0, or is not connected to the soma"},
    &Compartment::when_absent);
  v({"low_pass_ms", "ms", "time constant of its potential; 0: follows its input at once", at_least(0)},
    &Compartment::low_pass_ms);
}

template <class V>
void fields(V& v, const CompartmentNoise& n) {
  v({"compartment", "", "whose potential it is added to"}, &CompartmentNoise::compartment);
  v({"process", "", "course in time"}, &CompartmentNoise::process);
  v({"amplitude", "", "its sd follows the size of this, per neuron"}, &CompartmentNoise::amplitude);
  v({"scale", "", "multiplies the amplitude", at_least(0)}, &CompartmentNoise::scale);
  if (v.when(n.process == CompartmentNoise::Process::ornstein_uhlenbeck))
    v({"tau_ms", "ms", "correlation time of Ornstein-Uhlenbeck noise", more_than(0)},
      &CompartmentNoise::tau_ms);
  v({"hold_steps", "steps", "between draws", at_least(1)}, &CompartmentNoise::hold_steps);
}

/// Beyond name, kind and size.
template <class V>
void fields(V& v, const Population& p) {
  v({"area", "", "default: the name up to the first dot; none for external populations"}, &Population::area);
  const bool external = p.kind == Population::Kind::external;
  if (v.when(external)) {
    v({"absent_input_holds", "", "external: targets keep their last potential while it is absent"},
      &Population::absent_input_holds);
  }
  if (!v.when(!external)) return;
  v({"leak", "1/ms", "leak conductance of the soma", at_least(0)}, &Population::leak);
  v({"compartments", "", "each with name, conductance, when_absent, low_pass_ms"}, &Population::compartments);
  v({"activation", "", "phi"}, &Population::activation);
  v({"slope", "", "of the activation, all neurons"}, &Population::slope);
  v({"offset", "", "of the activation, all neurons"}, &Population::offset);
  v({"slope_sd", "", "heterogeneity, drawn per seed and neuron", at_least(0)}, &Population::slope_sd);
  v({"offset_sd", "", "heterogeneity, drawn per seed and neuron", at_least(0)}, &Population::offset_sd);
  v({"slopes", "", "one per neuron, in place of slope and slope_sd"}, &Population::slopes);
  v({"offsets", "", "one per neuron, in place of offset and offset_sd"}, &Population::offsets);
  v({"derivative_of", "", "another function for phi'"}, &Population::derivative_of);
  v({"derivative", "", "phi' as it is, or without slope and offset as in the error-neuron paper's program"},
    &Population::derivative);
  v({"lookahead", "", "the rate follows the prospective potential, else the soma"}, &Population::lookahead);
  v({"lookahead_gain", "", "multiplies tau du/dt in the prospective potential", more_than(0)},
    &Population::lookahead_gain);
  v({"initial_soma_sd", "", "initial potentials are normal with this sd", at_least(0)},
    &Population::initial_soma_sd);
  v({"teacher", "", "external population of target rates, for projections that transmit a mismatch"},
    &Population::teacher);
  v({"noise", "", "in one compartment"}, &Population::noise);
}

template <class V>
void fields(V& v, const DerivedWeights&) {
  v({"of", "", "projection whose weights these start as"}, &DerivedWeights::of);
  v({"transposed", "", "as its transpose"}, &DerivedWeights::transposed);
  v({"times", "", "as its product with this one's weights"}, &DerivedWeights::times);
}

template <class V>
void fields(V& v, const InitialWeights& w) {
  using Law = InitialWeights::Law;
  v({"law", "", "how weights are drawn"}, &InitialWeights::law);
  if (v.when(w.law != Law::explicit_values && w.law != Law::derived))
    v({"low", "", "lower end, constant, or mean of normal weights"}, &InitialWeights::low);
  if (v.when(w.law == Law::uniform || w.law == Law::uniform_upper || w.law == Law::normal))
    v({"high", "", "upper end, or sd of normal weights"}, &InitialWeights::high);
  if (v.when(w.law == Law::explicit_values))
    v({"values", "", "[post][pre], or the name of a CSV file; one_to_one: a single row"},
      &InitialWeights::values);
  if (v.when(w.law == Law::derived))
    v({"derivation", "", "from weights of other projections"}, &InitialWeights::derivation);
  v({"scale", "", "multiplies what was drawn, e.g. a density between areas"}, &InitialWeights::scale);
  v({"identity", "", "added on the diagonal"}, &InitialWeights::identity);
}

template <class V>
void fields(V& v, const TransposedView& view) {
  v({"of", "", "projection whose weights are shown transposed"}, &TransposedView::of);
  v({"scale", "", "multiplies them"}, &TransposedView::scale);
  v({"deviation", "", "fixed, added to them"}, &TransposedView::deviation);
  if (v.when(view.deviation.has_value()))
    v({"shares_deviation_with", "", "view with the same deviation"}, &TransposedView::shares_deviation_with);
}

template <class V>
void fields(V& v, const PostFactor& f) {
  using Kind = PostFactor::Kind;
  v({"kind", "", "postsynaptic quantity"}, &PostFactor::kind);
  if (!v.when(f.kind != Kind::none)) return;
  if (v.when(f.kind != Kind::rate))
    v({"compartment", "", "that a residual or the factor reads"}, &PostFactor::compartment);
  if (v.when(f.kind == Kind::voltage_residual || f.kind == Kind::rate_residual))
    v({"attenuation", "", "of the compartment's potential at the soma; default: conductance times tau"},
      &PostFactor::attenuation);
  if (v.when(f.kind == Kind::compartment))
    v({"now", "", "of this step, else of the step before"}, &PostFactor::now);
  v({"gain", "", "multiplies the factor"}, &PostFactor::gain);
  v({"low_pass_ms", "ms", "time constant of a low-pass on it; 0: off", at_least(0)},
    &PostFactor::low_pass_ms);
}

template <class V>
void fields(V& v, const PreFactor& f) {
  v({"kind", "", "presynaptic quantity"}, &PreFactor::kind);
  if (v.when(f.kind == PreFactor::Kind::transmitted))
    v({"low_pass_ms", "ms", "time constant of a low-pass on it; 0: off", at_least(0)},
      &PreFactor::low_pass_ms);
  if (v.when(f.kind == PreFactor::Kind::high_passed_rate))
    v({"high_pass_ms", "ms", "time constant of the high-pass", at_least(0)}, &PreFactor::high_pass_ms);
}

template <class V>
void fields(V& v, const WeightDecay&) {
  v({"alpha", "", "strength of the decay"}, &WeightDecay::alpha);
  v({"toward", "", "what weights decay to; forget: what was there before goes in each step"},
    &WeightDecay::toward);
  v({"post", "", "postsynaptic gate"}, &WeightDecay::post);
  v({"pre", "", "presynaptic gate"}, &WeightDecay::pre);
}

template <class V>
void fields(V& v, const PlasticityRule& r) {
  v({"formula", "",
     "dw/dt in 1/ms, of what the synapse knows, in place of all below; its numbers are further keys"},
    &PlasticityRule::formula);
  if (!v.when(!r.formula)) return;
  v({"eta", "1/ms", "learning rate"}, &PlasticityRule::eta);
  v({"post", "", "postsynaptic factor"}, &PlasticityRule::post);
  v({"pre", "", "presynaptic factor"}, &PlasticityRule::pre);
  v({"decay", "", "of the weights"}, &PlasticityRule::decay);
  v({"update_low_pass_ms", "ms", "time constant of a low-pass on updates; 0: off", at_least(0)},
    &PlasticityRule::update_low_pass_ms);
}

/// Beyond name, from, to and compartment.
template <class V>
void fields(V& v, const Projection& j) {
  v({"transmits", "", "quantity of the presynaptic neuron"}, &Projection::transmits);
  v({"effect", "", "adds to the compartment, or multiplies what others add"}, &Projection::effect);
  v({"topology", "", "all to all, or neuron k to neuron k"}, &Projection::topology);
  v({"pathway", "", "label for learning switches and analyses"}, &Projection::pathway);
  v({"density", "", "probability that a synapse exists", within(0, 1)}, &Projection::density);
  v({"delay_steps", "steps", "on top of one step", at_least(0)}, &Projection::delay_steps);
  v({"view", "", "the transpose of another projection in place of weights of its own"}, &Projection::view);
  if (v.when(!j.view)) v({"weights", "", "how they start"}, &Projection::weights);
  v({"rule", "", "of plasticity; without one weights stay"}, &Projection::rule);
  v({"draw_address", "", "where random numbers are drawn; default: that of the order in the file"},
    &Projection::draw_address);
}

}  // namespace apical
