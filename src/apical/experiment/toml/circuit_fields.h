// SPDX-License-Identifier: Apache-2.0
// The keys under which the parts of a circuit stand in TOML, once for reading, writing and the documentation.
// visit_fields(v, x) calls v(key, member) for every key that means something for x as it is so far: a key
// that an engine would ignore (the decay of an external population, the weights of a transposed view) is not
// one.
#pragma once

#include "apical/circuit/circuit.h"

namespace apical {

template <class V>
void visit_fields(V& v, const Compartment&) {
  v("name", &Compartment::name);
  v("conductance", &Compartment::conductance);
  v("when_absent", &Compartment::when_absent);
  v("low_pass_ms", &Compartment::low_pass_ms);
}

template <class V>
void visit_fields(V& v, const CompartmentNoise& n) {
  v("compartment", &CompartmentNoise::compartment);
  v("process", &CompartmentNoise::process);
  v("amplitude", &CompartmentNoise::amplitude);
  v("scale", &CompartmentNoise::scale);
  if (n.process == CompartmentNoise::Process::ornstein_uhlenbeck) v("tau_ms", &CompartmentNoise::tau_ms);
  v("hold_steps", &CompartmentNoise::hold_steps);
}

/// Beyond name, kind and size.
template <class V>
void visit_fields(V& v, const Population& p) {
  v("area", &Population::area);
  if (p.kind == Population::Kind::external) {
    v("absent_input_holds", &Population::absent_input_holds);
    return;
  }
  v("leak", &Population::leak);
  v("compartments", &Population::compartments);
  v("activation", &Population::activation);
  v("slope", &Population::slope);
  v("offset", &Population::offset);
  v("slope_sd", &Population::slope_sd);
  v("offset_sd", &Population::offset_sd);
  v("slopes", &Population::slopes);
  v("offsets", &Population::offsets);
  v("derivative_of", &Population::derivative_of);
  v("derivative", &Population::derivative);
  v("lookahead", &Population::lookahead);
  v("lookahead_gain", &Population::lookahead_gain);
  v("initial_soma_sd", &Population::initial_soma_sd);
  v("teacher", &Population::teacher);
  v("noise", &Population::noise);
}

template <class V>
void visit_fields(V& v, const DerivedWeights&) {
  v("of", &DerivedWeights::of);
  v("transposed", &DerivedWeights::transposed);
  v("times", &DerivedWeights::times);
}

template <class V>
void visit_fields(V& v, const InitialWeights& w) {
  using Law = InitialWeights::Law;
  v("law", &InitialWeights::law);
  if (w.law != Law::explicit_values && w.law != Law::derived) v("low", &InitialWeights::low);
  if (w.law == Law::uniform || w.law == Law::uniform_upper || w.law == Law::normal)
    v("high", &InitialWeights::high);
  if (w.law == Law::explicit_values) v("values", &InitialWeights::values);
  if (w.law == Law::derived) v("derivation", &InitialWeights::derivation);
  v("scale", &InitialWeights::scale);
  v("identity", &InitialWeights::identity);
}

template <class V>
void visit_fields(V& v, const TransposedView& view) {
  v("of", &TransposedView::of);
  v("scale", &TransposedView::scale);
  v("deviation", &TransposedView::deviation);
  if (view.deviation) v("shares_deviation_with", &TransposedView::shares_deviation_with);
}

template <class V>
void visit_fields(V& v, const PostFactor& f) {
  using Kind = PostFactor::Kind;
  v("kind", &PostFactor::kind);
  if (f.kind == Kind::none) return;
  if (f.kind != Kind::rate) v("compartment", &PostFactor::compartment);
  if (f.kind == Kind::voltage_residual || f.kind == Kind::rate_residual)
    v("attenuation", &PostFactor::attenuation);
  if (f.kind == Kind::compartment) v("now", &PostFactor::now);
  v("gain", &PostFactor::gain);
  v("low_pass_ms", &PostFactor::low_pass_ms);
}

template <class V>
void visit_fields(V& v, const PreFactor& f) {
  v("kind", &PreFactor::kind);
  if (f.kind == PreFactor::Kind::transmitted) v("low_pass_ms", &PreFactor::low_pass_ms);
  if (f.kind == PreFactor::Kind::high_passed_rate) v("high_pass_ms", &PreFactor::high_pass_ms);
}

template <class V>
void visit_fields(V& v, const WeightDecay&) {
  v("alpha", &WeightDecay::alpha);
  v("toward", &WeightDecay::toward);
  v("post", &WeightDecay::post);
  v("pre", &WeightDecay::pre);
}

template <class V>
void visit_fields(V& v, const PlasticityRule&) {
  v("eta", &PlasticityRule::eta);
  v("post", &PlasticityRule::post);
  v("pre", &PlasticityRule::pre);
  v("decay", &PlasticityRule::decay);
  v("update_low_pass_ms", &PlasticityRule::update_low_pass_ms);
}

/// Beyond name, from, to and compartment.
template <class V>
void visit_fields(V& v, const Projection& j) {
  v("transmits", &Projection::transmits);
  v("effect", &Projection::effect);
  v("topology", &Projection::topology);
  v("pathway", &Projection::pathway);
  v("density", &Projection::density);
  v("delay_steps", &Projection::delay_steps);
  v("view", &Projection::view);
  if (!j.view) v("weights", &Projection::weights);
  v("rule", &Projection::rule);
  v("draw_address", &Projection::draw_address);
}

}  // namespace apical
