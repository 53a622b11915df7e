// SPDX-License-Identifier: Apache-2.0
// The options of the parts of a spiking circuit, once for reading, writing and the documentation. As in
// core/fields.h, but parts lie within parts, so that members are named rather than handed over (compare
// circuit_fields.h): fields(v, x) calls v(field, member) for every option that means something for x as it is
// so far. Quantities are kept in SI units and written in readable ones.
#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "apical/circuit/spiking_circuit.h"
#include "apical/core/fields.h"

namespace apical::spike {

/// An option with two keys: "soma_tau_ms", and "soma_tau_s" for values that no number of ms gives to the last
/// bit. `field` is as it is shown, its bounds too.
struct Quantity {
  Quantity(Field shown, std::string si_name, int power)
      : field(std::move(shown)), si(std::move(si_name)), exponent(power) {}
  Field field;
  std::string si;
  int exponent;  ///< a shown unit is 10^exponent SI units
  /// The same option under its other key.
  Field in_si() const {
    Field f = field;
    f.name = si;
    f.unit = "";
    f.bounds.low *= std::pow(10.0, exponent);
    f.bounds.high *= std::pow(10.0, exponent);
    return f;
  }
};
inline Quantity in(const char* name, const char* unit, const char* si_unit, int exponent, const char* meaning,
                   apical::Bounds bounds) {
  return {
      {std::string(name) + "_" + unit, unit, meaning, bounds}, std::string(name) + "_" + si_unit, exponent};
}
inline Quantity mV(const char* name, const char* meaning, apical::Bounds b = {}) {
  return in(name, "mV", "V", -3, meaning, b);
}
inline Quantity ms(const char* name, const char* meaning, apical::Bounds b = {}) {
  return in(name, "ms", "s", -3, meaning, b);
}
inline Quantity pA(const char* name, const char* meaning, apical::Bounds b = {}) {
  return in(name, "pA", "A", -12, meaning, b);
}
inline Quantity pF(const char* name, const char* meaning, apical::Bounds b = {}) {
  return in(name, "pF", "F", -12, meaning, b);
}
inline Quantity nS(const char* name, const char* meaning, apical::Bounds b = {}) {
  return in(name, "nS", "S", -9, meaning, b);
}
inline Quantity Mohm(const char* name, const char* meaning, apical::Bounds b = {}) {
  return in(name, "Mohm", "ohm", 6, meaning, b);
}

/// The shown number of which `si` is the nearest value to the last bit; none if no number is.
std::optional<double> shown_value(double si, int exponent);
/// Division by a power of ten that a double holds gives the double nearest to the decimal number.
double value_in_si(double shown, int exponent);

/// A number that "none" makes infinite.
struct OrUnbounded {
  explicit OrUnbounded(Field f) : field(std::move(f)) {}
  Field field;
};

/// Of [circuit].
struct TimeStep {
  double dt_s = 1e-4;
};
template <class V>
void fields(V& v, const TimeStep&) {
  v(ms("dt", "time step", more_than(0)), &TimeStep::dt_s);
}

/// `active_dendrite`: of the two-compartment model; else of the burst-Poisson model.
template <class V>
void visit_pyramidal(V& v, bool active_dendrite) {
  using P = PyramidalParameters;
  v(mV("rest", "resting potential"), &P::rest_V);
  v(mV("reset", "somatic potential after a spike"), &P::reset_V);
  v(mV("excitatory_reversal", "of excitatory synapses"), &P::excitatory_reversal_V);
  v(mV("inhibitory_reversal", "of inhibitory synapses"), &P::inhibitory_reversal_V);
  v(mV("threshold", "of spikes, at rest"), &P::threshold_V);
  v(mV("threshold_jump", "its rise at a spike"), &P::threshold_jump_V);
  v(ms("threshold_tau", "decay of that", more_than(0)), &P::threshold_tau_s);
  v(ms("soma_tau", "somatic membrane", more_than(0)), &P::soma_tau_s);
  v(pF("soma_capacitance", "somatic membrane", more_than(0)), &P::soma_capacitance_F);
  v(pA("soma_adaptation", "current that a spike adds"), &P::soma_adaptation_A);
  v(ms("soma_adaptation_tau", "its decay", more_than(0)), &P::soma_adaptation_tau_s);
  v(ms("dendrite_tau", "dendritic membrane", more_than(0)), &P::dendrite_tau_s);
  v(pF("dendrite_capacitance", "dendritic membrane", more_than(0)), &P::dendrite_capacitance_F);
  v(nS("dendrite_adaptation", "current per depolarisation"), &P::dendrite_adaptation_S);
  v(ms("dendrite_adaptation_tau", "its time constant", more_than(0)), &P::dendrite_adaptation_tau_s);
  v(mV("dendrite_midpoint", "of the sigmoid of the dendritic potential"), &P::dendrite_midpoint_V);
  v(mV("dendrite_slope", "of the same", more_than(0)), &P::dendrite_slope_V);
  v(ms("excitatory_tau", "decay of conductances", more_than(0)), &P::excitatory_tau_s);
  v(ms("inhibitory_tau", "decay of conductances", more_than(0)), &P::inhibitory_tau_s);
  v({"dendritic_drive", "", "whose potential stands in the driving force of dendritic synapses"},
    &P::dendritic_drive);
  if (v.when(active_dendrite)) {
    v(pA("dendrite_to_soma", "the regenerative current, as the soma feels it"), &P::dendrite_to_soma_A);
    v(pA("dendrite_regenerative", "the same, as the dendrite feels it"), &P::dendrite_regenerative_A);
    v(pA("back_propagation", "current pulse into the dendrite after a spike"), &P::back_propagation_A);
    v(ms("back_propagation", "its duration", at_least(0)), &P::back_propagation_s);
  } else {
    v(ms("refractory", "between events", at_least(0)), &P::refractory_s);
    v(ms("burst_shortest", "from an event to its extra spike, at least", at_least(0)), &P::burst_shortest_s);
    v(ms("burst_span", "range of that interval", at_least(0)), &P::burst_span_s);
  }
}

template <class V>
void fields(V& v, const EscapeBurst&) {
  using N = EscapeBurst;
  v(mV("rest", "resting potential"), &N::rest_V);
  v({"maximum_rate_Hz", "Hz", "event rate at the largest potential", at_least(0)}, &N::maximum_rate_Hz);
  v(mV("threshold", "potential of half that rate"), &N::threshold_V);
  v(mV("slope", "of the sigmoid", more_than(0)), &N::slope_V);
  v(mV("dendrite_midpoint", "dendritic potential at which half of the events become bursts"),
    &N::dendrite_midpoint_V);
  v(mV("dendrite_slope", "of that sigmoid", more_than(0)), &N::dendrite_slope_V);
  v(Mohm("soma_resistance", "potential per current", more_than(0)), &N::soma_resistance_ohm);
  v(Mohm("dendrite_resistance", "potential per current", more_than(0)), &N::dendrite_resistance_ohm);
  v(mV("unit_psp", "that a synapse of weight 1 adds"), &N::unit_psp_V);
  v(ms("synaptic_tau", "its decay", more_than(0)), &N::synaptic_tau_s);
  v(ms("refractory", "between events", at_least(0)), &N::refractory_s);
  v(ms("burst_shortest", "from an event to its extra spike, at least", at_least(0)), &N::burst_shortest_s);
  v(ms("burst_span", "range of that interval", at_least(0)), &N::burst_span_s);
}

template <class V>
void fields(V& v, const ExponentialIf&) {
  using N = ExponentialIf;
  v(nS("leak", "membrane", more_than(0)), &N::leak_S);
  v(ms("tau", "membrane", more_than(0)), &N::tau_s);
  v(mV("rest", "resting potential"), &N::rest_V);
  v(mV("slope", "of the spike's upstroke", more_than(0)), &N::slope_V);
  v(mV("threshold", "of the spike"), &N::threshold_V);
  v(mV("reset", "potential after a spike"), &N::reset_V);
  v(ms("refractory", "after a spike", at_least(0)), &N::refractory_s);
  v(nS("adaptation", "current per depolarisation"), &N::adaptation_S);
  v(pA("adaptation_jump", "current that a spike adds"), &N::adaptation_jump_A);
  v(ms("adaptation_tau", "decay of both", more_than(0)), &N::adaptation_tau_s);
  v(mV("excitatory_reversal", "of excitatory synapses"), &N::excitatory_reversal_V);
  v(mV("inhibitory_reversal", "of inhibitory synapses"), &N::inhibitory_reversal_V);
  v(ms("excitatory_tau", "decay of conductances", more_than(0)), &N::excitatory_tau_s);
  v(ms("inhibitory_tau", "decay of conductances", more_than(0)), &N::inhibitory_tau_s);
}

template <class V>
void fields(V& v, const PoissonSource&) {
  v({"rate_Hz", "Hz", "of each source", at_least(0)}, &PoissonSource::rate_Hz);
}

template <class V>
void fields(V&, const Relay&) {}

template <class V>
void fields(V& v, const RateEstimator&) {
  using E = RateEstimator;
  v({"alpha_s", "s", "time constant of moving averages of event and burst rates", more_than(0)}, &E::alpha_s);
  v(ms("burst_limit", "longest interval inside a burst", more_than(0)), &E::burst_limit_s);
  v({"detector", "",
     "what starts an event: a longer interval; a trace of spikes that decays with the limit, below 1/e "
     "before "
     "the spike; or below 1 + 1/e after it"},
    &E::detector);
  v({"presynaptic_lag_steps", "steps", "by which spikes count later for the neuron's own synapses",
     within(0, kLongestDelay)},
    &E::presynaptic_lag_steps);
  v({"all_spikes_tau_s", "s", "time constant of the moving average of all spikes", more_than(0)},
    &E::all_spikes_tau_s);
  v({"all_spikes_initial_Hz", "Hz", "where that starts", at_least(0)}, &E::all_spikes_initial_Hz);
  v({"float32_decay", "", "decay factors per step are rounded to single precision"}, &E::float32_decay);
}

template <class V>
void fields(V& v, const Drive&) {
  v(pA("constant", "all the time"), &Drive::constant_A);
  v(pA("amplitude", "of a sine"), &Drive::amplitude_A);
  v({"period_s", "s", "of the sine", more_than(0)}, &Drive::period_s);
  v({"start_s", "s", "where the sine is 0 and rises"}, &Drive::start_s);
}

inline bool has_adapting_dendrite(const NeuronModel& m) {
  return std::holds_alternative<TwoCompartment>(m) || std::holds_alternative<BurstPoisson>(m);
}

/// Beyond name, kind, size and the constants of the kind, which stand under `neuron`.
template <class V>
void fields(V& v, const NeuronGroup& g) {
  v({"estimator", "", "how events and bursts are told apart, and averaged"}, &NeuronGroup::estimator);
  if (!v.when(has_membrane(g.model))) return;
  v({"soma_current", "", "into every soma"}, &NeuronGroup::soma_current);
  if (v.when(!std::holds_alternative<ExponentialIf>(g.model)))
    v({"dendrite_current", "", "into every dendrite"}, &NeuronGroup::dendrite_current);
  if (v.when(!std::holds_alternative<EscapeBurst>(g.model)))
    v(mV("initial_voltage_sd", "potentials begin normal around rest, each compartment on its own",
         at_least(0)),
      &NeuronGroup::initial_voltage_sd_V);
  if (v.when(has_adapting_dendrite(g.model)))
    v(mV("initial_dendritic_adaptation", "adaptation of dendrites at the start"),
      &NeuronGroup::initial_dendritic_adaptation_V);
}

template <class V>
void fields(V& v, const RandomPairs&) {
  v({"density", "", "random pairs: the probability of each", within(0, 1)}, &RandomPairs::probability);
  v({"autapses", "", "random pairs: whether a neuron may contact itself"}, &RandomPairs::autapses);
}
template <class V>
void fields(V&, const AllToAll&) {}
template <class V>
void fields(V&, const OneToOne&) {}
template <class V>
void fields(V& v, const ListedPairs&) {
  v({"pairs", "", "listed: [[from, to], …], neurons counted from 0"}, &ListedPairs::pairs);
  v({"weights", "", "listed: one for each pair, in place of weight"}, &ListedPairs::weights);
}

template <class V>
void fields(V& v, const ShortTermParameters&) {
  using S = ShortTermParameters;
  v(ms("depression_tau", "recovery of x to 1; a spike transmits x u", more_than(0)), &S::depression_tau_s);
  v(ms("facilitation_tau", "recovery of u to u_rest", more_than(0)), &S::facilitation_tau_s);
  v({"u_rest", "", "u at rest", within(0, 1)}, &S::u_rest);
  v({"f", "", "at a spike u grows by f (1 - u)", within(0, 1)}, &S::f);
  v({"jump", "", "u_rest: by u_rest (1 - u) instead"}, &S::jump);
}

template <class V>
void fields(V& v, const BurstRule& r) {
  using R = BurstRule;
  v({"formula", "",
     "dw/dt of what the synapse knows, in place of eta and fixed_burst_probability; its numbers are further "
     "keys. Homeostasis is then off unless it is given"},
    &R::formula);
  if (v.when(!r.formula)) v({"eta", "", "learning rate"}, &R::eta);
  v(ms("pre_tau", "time constant of the presynaptic trace", more_than(0)), &R::pre_tau_s);
  v({"minimum_rate_Hz", "Hz", "of the target, below which homeostasis sets in; 0: nowhere", at_least(0)},
    &R::minimum_rate_Hz);
  v(OrUnbounded({"maximum_rate_Hz", "Hz", "above which it does; \"none\": nowhere", more_than(0)}),
    &R::maximum_rate_Hz);
  v({"w_min", "", "lower bound of weights"}, &R::w_min);
  v({"w_max", "", "upper bound of weights"}, &R::w_max);
  if (v.when(!r.formula))
    v({"fixed_burst_probability", "", "that bursts are compared with; default: the target's moving average",
       within(0, 1)},
      &R::fixed_burst_probability);
  v({"homeostatic_rate", "",
     "what is compared with the minimum: the event rate, or the moving average of "
     "all spikes"},
    &R::homeostatic_rate);
  v({"first_event", "", "burst probability at a neuron's first event, 0/0: taken for 0, or for 1"},
    &R::first_event);
  v({"float32_decay", "", "the trace's decay factor per step is rounded to single precision"},
    &R::float32_decay);
}

template <class V>
void fields(V& v, const FollowRule&) {
  v({"of", "", "projection whose changes these weights follow"}, &FollowRule::of);
  v({"scale", "", "multiplies the changes"}, &FollowRule::scale);
  v({"transposed", "", "that one runs the other way; false: between the same populations"},
    &FollowRule::transposed);
}

template <class V>
void fields(V& v, const WeightView&) {
  v({"of", "", "projection whose weights are shown"}, &WeightView::of);
  v({"scale", "", "multiplies them"}, &WeightView::scale);
  v({"transposed", "", "that one runs the other way; false: between the same populations"},
    &WeightView::transposed);
}

/// Beyond name, from, to, and topology with what belongs to it.
template <class V>
void fields(V& v, const Connection& c) {
  v({"receptor", "", "what synapses act on"}, &Connection::receptor);
  v({"transmits", "", "all spikes, the first of bursts and single ones, or the second of bursts"},
    &Connection::reads);
  v({"delay_steps", "steps", "0: acts on the next step", within(0, kLongestDelay)}, &Connection::delay_steps);
  v({"view", "", "weights of another projection in place of its own"}, &Connection::view);
  if (v.when(!c.view)) {
    v({"weight", "", "mean at the start, in leak conductances of the target's compartment"},
      &Connection::weight);
    v({"weight_sd", "", "spread at the start: weights are normal", at_least(0)}, &Connection::weight_sd);
  }
  v({"short_term", "", "short-term plasticity"}, &Connection::short_term);
  v({"rule", "", "burst-dependent plasticity"}, &Connection::rule);
  v({"follow", "", "weights change as those of another projection, in place of a rule"}, &Connection::follow);
  v({"draw_address", "", "where random numbers are drawn; default: that of the order in the file",
     within(0, kMostAddresses - 1)},
    &Connection::draw_address);
}

/// Beyond to and receptor.
template <class V>
void fields(V& v, const Background&) {
  v({"rate_Hz", "Hz", "of each neuron's train", at_least(0)}, &Background::rate_Hz);
  v({"weight", "", "of its synapse"}, &Background::weight);
  v({"draw_address", "", "where random numbers are drawn; default: that of the order in the file",
     within(0, kMostAddresses - 1)},
    &Background::draw_address);
}

inline constexpr std::array<std::string_view, 4> kTopologies{"random", "dense", "one_to_one", "listed"};

/// Calls f(constants, defaults, walk) with what a model of a neuron holds and the walk over its options.
template <class Model, class F>
void with_constants(Model& model, F&& f) {
  std::visit(
      [&](auto& m) {
        using M = std::remove_cvref_t<decltype(m)>;
        if constexpr (std::is_same_v<M, TwoCompartment> || std::is_same_v<M, BurstPoisson>) {
          f(m.parameters, M{}.parameters,
            [](auto& v, const auto&) { visit_pyramidal(v, std::is_same_v<M, TwoCompartment>); });
        } else {
          f(m, M{}, [](auto& v, const auto& object) { spike::fields(v, object); });
        }
      },
      model);
}

}  // namespace apical::spike
