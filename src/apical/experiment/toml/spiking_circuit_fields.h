// SPDX-License-Identifier: Apache-2.0
// The keys under which the parts of a spiking circuit stand in TOML, once for reading, writing and the
// documentation (compare circuit_fields.h). visit_fields(v, x) calls v(key, member) for every key that means
// something for x as it is so far. Quantities are kept in SI units and written in readable ones.
#pragma once

#include <optional>
#include <string>
#include <type_traits>

#include "apical/circuit/spiking_circuit.h"

namespace apical::spike {

/// A quantity's two keys: "soma_tau_ms", and "soma_tau_s" for values that no number of ms gives to the last
/// bit.
struct Quantity {
  std::string shown, si;
  int exponent;  ///< a shown unit is 10^exponent SI units
};
inline Quantity in(const char* name, const char* unit, const char* si_unit, int exponent) {
  return {std::string(name) + "_" + unit, std::string(name) + "_" + si_unit, exponent};
}
inline Quantity mV(const char* name) { return in(name, "mV", "V", -3); }
inline Quantity ms(const char* name) { return in(name, "ms", "s", -3); }
inline Quantity pA(const char* name) { return in(name, "pA", "A", -12); }
inline Quantity pF(const char* name) { return in(name, "pF", "F", -12); }
inline Quantity nS(const char* name) { return in(name, "nS", "S", -9); }
inline Quantity Mohm(const char* name) { return in(name, "Mohm", "ohm", 6); }

/// The shown number of which `si` is the nearest value to the last bit; none if no number is.
std::optional<double> shown_value(double si, int exponent);
/// Division by a power of ten that a double holds gives the double nearest to the decimal number.
double value_in_si(double shown, int exponent);

/// A number that "none" makes infinite.
struct OrUnbounded {
  const char* name;
};

/// `active_dendrite`: of the two-compartment model; else of the burst-Poisson model.
template <class V>
void visit_pyramidal(V& v, bool active_dendrite) {
  using P = PyramidalParameters;
  v(mV("rest"), &P::rest_V);
  v(mV("reset"), &P::reset_V);
  v(mV("excitatory_reversal"), &P::excitatory_reversal_V);
  v(mV("inhibitory_reversal"), &P::inhibitory_reversal_V);
  v(mV("threshold"), &P::threshold_V);
  v(mV("threshold_jump"), &P::threshold_jump_V);
  v(ms("threshold_tau"), &P::threshold_tau_s);
  v(ms("soma_tau"), &P::soma_tau_s);
  v(pF("soma_capacitance"), &P::soma_capacitance_F);
  v(pA("soma_adaptation"), &P::soma_adaptation_A);
  v(ms("soma_adaptation_tau"), &P::soma_adaptation_tau_s);
  v(ms("dendrite_tau"), &P::dendrite_tau_s);
  v(pF("dendrite_capacitance"), &P::dendrite_capacitance_F);
  v(nS("dendrite_adaptation"), &P::dendrite_adaptation_S);
  v(ms("dendrite_adaptation_tau"), &P::dendrite_adaptation_tau_s);
  v(mV("dendrite_midpoint"), &P::dendrite_midpoint_V);
  v(mV("dendrite_slope"), &P::dendrite_slope_V);
  v(ms("excitatory_tau"), &P::excitatory_tau_s);
  v(ms("inhibitory_tau"), &P::inhibitory_tau_s);
  v("dendritic_drive", &P::dendritic_drive);
  if (active_dendrite) {
    v(pA("dendrite_to_soma"), &P::dendrite_to_soma_A);
    v(pA("dendrite_regenerative"), &P::dendrite_regenerative_A);
    v(pA("back_propagation"), &P::back_propagation_A);
    v(ms("back_propagation"), &P::back_propagation_s);
  } else {
    v(ms("refractory"), &P::refractory_s);
    v(ms("burst_shortest"), &P::burst_shortest_s);
    v(ms("burst_span"), &P::burst_span_s);
  }
}

template <class V>
void visit_fields(V& v, const EscapeBurst&) {
  using N = EscapeBurst;
  v(mV("rest"), &N::rest_V);
  v("maximum_rate_Hz", &N::maximum_rate_Hz);
  v(mV("threshold"), &N::threshold_V);
  v(mV("slope"), &N::slope_V);
  v(mV("dendrite_midpoint"), &N::dendrite_midpoint_V);
  v(mV("dendrite_slope"), &N::dendrite_slope_V);
  v(Mohm("soma_resistance"), &N::soma_resistance_ohm);
  v(Mohm("dendrite_resistance"), &N::dendrite_resistance_ohm);
  v(mV("unit_psp"), &N::unit_psp_V);
  v(ms("synaptic_tau"), &N::synaptic_tau_s);
  v(ms("refractory"), &N::refractory_s);
  v(ms("burst_shortest"), &N::burst_shortest_s);
  v(ms("burst_span"), &N::burst_span_s);
}

template <class V>
void visit_fields(V& v, const ExponentialIf&) {
  using N = ExponentialIf;
  v(nS("leak"), &N::leak_S);
  v(ms("tau"), &N::tau_s);
  v(mV("rest"), &N::rest_V);
  v(mV("slope"), &N::slope_V);
  v(mV("threshold"), &N::threshold_V);
  v(mV("reset"), &N::reset_V);
  v(ms("refractory"), &N::refractory_s);
  v(nS("adaptation"), &N::adaptation_S);
  v(pA("adaptation_jump"), &N::adaptation_jump_A);
  v(ms("adaptation_tau"), &N::adaptation_tau_s);
  v(mV("excitatory_reversal"), &N::excitatory_reversal_V);
  v(mV("inhibitory_reversal"), &N::inhibitory_reversal_V);
  v(ms("excitatory_tau"), &N::excitatory_tau_s);
  v(ms("inhibitory_tau"), &N::inhibitory_tau_s);
}

template <class V>
void visit_fields(V& v, const PoissonSource&) {
  v("rate_Hz", &PoissonSource::rate_Hz);
}

template <class V>
void visit_fields(V&, const Relay&) {}

template <class V>
void visit_fields(V& v, const RateEstimator&) {
  using E = RateEstimator;
  v("alpha_s", &E::alpha_s);
  v(ms("burst_limit"), &E::burst_limit_s);
  v("detector", &E::detector);
  v("presynaptic_lag_steps", &E::presynaptic_lag_steps);
  v("all_spikes_tau_s", &E::all_spikes_tau_s);
  v("all_spikes_initial_Hz", &E::all_spikes_initial_Hz);
  v("float32_decay", &E::float32_decay);
}

template <class V>
void visit_fields(V& v, const Drive&) {
  v(pA("constant"), &Drive::constant_A);
  v(pA("amplitude"), &Drive::amplitude_A);
  v("period_s", &Drive::period_s);
  v("start_s", &Drive::start_s);
}

inline bool has_adapting_dendrite(const NeuronModel& m) {
  return std::holds_alternative<TwoCompartment>(m) || std::holds_alternative<BurstPoisson>(m);
}

/// Beyond name, kind, size and the constants of the kind, which stand under `neuron`.
template <class V>
void visit_fields(V& v, const NeuronGroup& g) {
  v("estimator", &NeuronGroup::estimator);
  if (!has_membrane(g.model)) return;
  v("soma_current", &NeuronGroup::soma_current);
  if (!std::holds_alternative<ExponentialIf>(g.model)) v("dendrite_current", &NeuronGroup::dendrite_current);
  if (!std::holds_alternative<EscapeBurst>(g.model))
    v(mV("initial_voltage_sd"), &NeuronGroup::initial_voltage_sd_V);
  if (has_adapting_dendrite(g.model))
    v(mV("initial_dendritic_adaptation"), &NeuronGroup::initial_dendritic_adaptation_V);
}

template <class V>
void visit_fields(V& v, const RandomPairs&) {
  v("density", &RandomPairs::probability);
  v("autapses", &RandomPairs::autapses);
}
template <class V>
void visit_fields(V&, const AllToAll&) {}
template <class V>
void visit_fields(V&, const OneToOne&) {}
template <class V>
void visit_fields(V& v, const ListedPairs&) {
  v("pairs", &ListedPairs::pairs);
  v("weights", &ListedPairs::weights);
}

template <class V>
void visit_fields(V& v, const ShortTermParameters&) {
  using S = ShortTermParameters;
  v(ms("depression_tau"), &S::depression_tau_s);
  v(ms("facilitation_tau"), &S::facilitation_tau_s);
  v("u_rest", &S::u_rest);
  v("f", &S::f);
  v("jump", &S::jump);
}

template <class V>
void visit_fields(V& v, const BurstRule&) {
  using R = BurstRule;
  v("eta", &R::eta);
  v(ms("pre_tau"), &R::pre_tau_s);
  v("minimum_rate_Hz", &R::minimum_rate_Hz);
  v(OrUnbounded{"maximum_rate_Hz"}, &R::maximum_rate_Hz);
  v("w_min", &R::w_min);
  v("w_max", &R::w_max);
  v("fixed_burst_probability", &R::fixed_burst_probability);
  v("homeostatic_rate", &R::homeostatic_rate);
  v("first_event", &R::first_event);
  v("float32_decay", &R::float32_decay);
}

template <class V>
void visit_fields(V& v, const FollowRule&) {
  v("of", &FollowRule::of);
  v("scale", &FollowRule::scale);
  v("transposed", &FollowRule::transposed);
}

template <class V>
void visit_fields(V& v, const WeightView&) {
  v("of", &WeightView::of);
  v("scale", &WeightView::scale);
  v("transposed", &WeightView::transposed);
}

/// Beyond name, from, to, and topology with what belongs to it.
template <class V>
void visit_fields(V& v, const Connection& c) {
  v("receptor", &Connection::receptor);
  v("transmits", &Connection::reads);
  v("delay_steps", &Connection::delay_steps);
  v("view", &Connection::view);
  if (!c.view) {
    v("weight", &Connection::weight);
    v("weight_sd", &Connection::weight_sd);
  }
  v("short_term", &Connection::short_term);
  v("rule", &Connection::rule);
  v("follow", &Connection::follow);
  v("draw_address", &Connection::draw_address);
}

/// Beyond to and receptor.
template <class V>
void visit_fields(V& v, const Background&) {
  v("rate_Hz", &Background::rate_Hz);
  v("weight", &Background::weight);
  v("draw_address", &Background::draw_address);
}

inline constexpr std::array<std::string_view, 4> kTopologies{"random", "dense", "one_to_one", "listed"};

/// Calls f(constants, defaults, walk) with what a model of a neuron holds and the walk over its keys.
template <class Model, class F>
void with_constants(Model& model, F&& f) {
  std::visit(
      [&](auto& m) {
        using M = std::remove_cvref_t<decltype(m)>;
        if constexpr (std::is_same_v<M, TwoCompartment> || std::is_same_v<M, BurstPoisson>) {
          f(m.parameters, M{}.parameters,
            [](auto& v, const auto&) { visit_pyramidal(v, std::is_same_v<M, TwoCompartment>); });
        } else {
          f(m, M{}, [](auto& v, const auto& object) { visit_fields(v, object); });
        }
      },
      model);
}

}  // namespace apical::spike
