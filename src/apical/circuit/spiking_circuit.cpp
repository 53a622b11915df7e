// SPDX-License-Identifier: Apache-2.0
#include "apical/circuit/spiking_circuit.h"

#include <fmt/format.h>

#include <cmath>
#include <set>

#include "apical/core/field_error.h"
#include "apical/core/stored_name.h"
#include "apical/core/time_grid.h"

namespace apical::spike {
namespace {

template <class List>
std::size_t index_of(const List& list, const std::string& name, const char* kind) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i].name == name) return i;
    names.push_back(list[i].name);
  }
  throw ConfigError(fmt::format("unknown {} '{}'", kind, name), {}, suggestion(name, names));
}

/// A condition on the options of these names in the text of a circuit; the first that is given there is to
/// blame.
using Options = std::initializer_list<const char*>;

void require(bool condition, Options about, const std::string& message) {
  if (!condition) throw FieldError::about({about.begin(), about.end()}, message);
}

void positive(double value, Options about, const std::string& what) {
  require(std::isfinite(value) && value > 0, about,
          fmt::format("{} is {}; it must be finite and positive", what, value));
}

void finite(double value, Options about, const std::string& what) {
  require(std::isfinite(value), about, fmt::format("{} is {}; it must be finite", what, value));
}

void rate(double rate_Hz, double dt_s, Options about, const std::string& what) {
  require(rate_Hz >= 0 && rate_Hz * dt_s < 1, about,
          fmt::format("{} is {} Hz; with steps of {} s it must be at least 0 and below {} Hz", what, rate_Hz,
                      dt_s, 1 / dt_s));
}

std::string burst_message(const std::string& name, double shortest_s, double span_s, double refractory_s) {
  return fmt::format(
      "population '{}': the extra spike of a burst comes {} to {} s after its event; that must be at least "
      "two steps and within the refractory time of {} s",
      name, shortest_s, shortest_s + span_s, refractory_s);
}

void check(const PyramidalParameters& p, double dt_s, const std::string& name) {
  for (const double tau : {p.threshold_tau_s, p.soma_tau_s, p.soma_adaptation_tau_s, p.dendrite_tau_s,
                           p.dendrite_adaptation_tau_s, p.excitatory_tau_s, p.inhibitory_tau_s}) {
    require(std::isfinite(tau) && tau > dt_s, {"neuron"},
            fmt::format("population '{}' has a time constant of {} s; Euler steps of {} s need longer ones",
                        name, tau, dt_s));
  }
  positive(p.soma_capacitance_F, {"neuron"}, fmt::format("somatic capacitance of '{}'", name));
  positive(p.dendrite_capacitance_F, {"neuron"}, fmt::format("dendritic capacitance of '{}'", name));
  positive(p.dendrite_slope_V, {"neuron"}, fmt::format("dendritic slope of '{}'", name));
  require(p.burst_shortest_s >= 2 * dt_s && p.burst_shortest_s + p.burst_span_s <= p.refractory_s, {"neuron"},
          burst_message(name, p.burst_shortest_s, p.burst_span_s, p.refractory_s));
}

void check(const EscapeBurst& p, double dt_s, const std::string& name) {
  rate(p.maximum_rate_Hz, dt_s, {"neuron"}, fmt::format("the largest event rate of '{}'", name));
  positive(p.slope_V, {"neuron"}, fmt::format("somatic slope of '{}'", name));
  positive(p.dendrite_slope_V, {"neuron"}, fmt::format("dendritic slope of '{}'", name));
  positive(p.soma_resistance_ohm, {"neuron"}, fmt::format("somatic resistance of '{}'", name));
  positive(p.dendrite_resistance_ohm, {"neuron"}, fmt::format("dendritic resistance of '{}'", name));
  positive(p.synaptic_tau_s, {"neuron"}, fmt::format("synaptic time constant of '{}'", name));
  require(p.burst_shortest_s >= 2 * dt_s && p.burst_shortest_s + p.burst_span_s <= p.refractory_s, {"neuron"},
          burst_message(name, p.burst_shortest_s, p.burst_span_s, p.refractory_s));
}

void check(const ExponentialIf& p, double dt_s, const std::string& name) {
  for (const double tau : {p.tau_s, p.adaptation_tau_s, p.excitatory_tau_s, p.inhibitory_tau_s}) {
    require(std::isfinite(tau) && tau > dt_s, {"neuron"},
            fmt::format("population '{}' has a time constant of {} s; Euler steps of {} s need longer ones",
                        name, tau, dt_s));
  }
  positive(p.leak_S, {"neuron"}, fmt::format("leak conductance of '{}'", name));
  positive(p.slope_V, {"neuron"}, fmt::format("spike slope of '{}'", name));
}

/// Engines count it in steps.
void in_steps(double time_s, double dt_s, const char* what, const std::string& name) {
  require(
      on_grid(time_s, dt_s), {"neuron"},
      fmt::format("the {} of '{}' is {:.12g} s, no multiple of the time step of {:.12g} s; the nearest: {} s",
                  what, name, time_s, dt_s, nearest_two(time_s, dt_s)));
}

void check(const Drive& drive, const char* option, const std::string& name) {
  finite(drive.constant_A, {option}, fmt::format("current into '{}'", name));
  finite(drive.amplitude_A, {option}, fmt::format("amplitude of the current into '{}'", name));
}

void check_receptor(const NeuronGroup& target, Receptor receptor, const std::string& what) {
  require(has_membrane(target.model), {"receptor"},
          fmt::format("{} targets '{}', which has no membrane", what, target.name));
  const bool dendritic =
      receptor == Receptor::dendrite_excitatory || receptor == Receptor::dendrite_inhibitory;
  require(!dendritic || has_dendrite(target.model), {"receptor"},
          fmt::format("{} targets the dendrite of '{}', which has a soma only", what, target.name));
}

/// What a view shows or a follower follows: named by `of`, between the same groups, with the same synapses.
const Connection& mirrored(const SpikingCircuit& d, const Connection& c, const std::string& of,
                           bool transposed, const char* does) {
  const Connection& other = d.connections[connection_index(d, of)];
  const std::string what = fmt::format("projection '{}' {} '{}'", c.name, does, of);
  const std::string &from = transposed ? other.target : other.source,
                    &to = transposed ? other.source : other.target;
  require(c.source == from && c.target == to, {"view", "follow"},
          fmt::format("{}{}, which would take it from '{}' to '{}'; it goes from '{}' to '{}'", what,
                      transposed ? ", transposed" : "", from, to, c.source, c.target));
  require(!std::holds_alternative<ListedPairs>(c.topology) && c.topology == other.topology,
          {"view", "follow"},
          fmt::format("{}, so both need the same topology: random pairs of one probability, all to all, or "
                      "one to one",
                      what));
  return other;
}

void check_mirrors(const SpikingCircuit& d, const Connection& c) {
  if (c.view) {
    require(!c.rule && !c.follow, {"view"},
            fmt::format("projection '{}' shows weights of '{}' and also has a rule", c.name, c.view->of));
    finite(c.view->scale, {"view"}, fmt::format("scale of the view '{}'", c.name));
    const Connection& other = mirrored(d, c, c.view->of, c.view->transposed, "shows weights of");
    require(
        !other.view, {"view"},
        fmt::format("projection '{}' shows weights of '{}', which has none of its own", c.name, other.name));
  }
  if (c.follow) {
    require(!c.rule, {"follow"},
            fmt::format("projection '{}' follows '{}' and also has a rule", c.name, c.follow->of));
    require(!c.short_term, {"short_term"},
            fmt::format("projection '{}' cannot be both plastic and subject to short-term "
                        "plasticity",
                        c.name));
    finite(c.follow->scale, {"follow"}, fmt::format("scale of the changes that '{}' follows", c.name));
    const Connection& other = mirrored(d, c, c.follow->of, c.follow->transposed, "follows");
    require(other.rule.has_value(), {"follow"},
            fmt::format("projection '{}' follows '{}', which has no rule to learn by", c.name, other.name));
  }
}

void check(const SpikingCircuit& d, const Connection& c) {
  const NeuronGroup& source = d.groups[group_index(d, c.source)];
  const NeuronGroup& target = d.groups[group_index(d, c.target)];
  const std::string what = fmt::format("projection '{}'", c.name);
  const bool trains_only = c.rule && std::holds_alternative<Relay>(target.model);
  if (!trains_only) check_receptor(target, c.receptor, what);
  finite(c.weight, {"weight"}, "weight of " + what);
  finite(c.weight_sd, {"weight_sd"}, "spread of the weights of " + what);
  require(c.weight_sd >= 0, {"weight_sd"},
          fmt::format("the weights of {} have a spread of {}; it cannot be negative", what, c.weight_sd));
  require(
      c.delay_steps >= 0 && c.delay_steps <= kLongestDelay, {"delay_steps"},
      fmt::format("{} has a delay of {} steps; 0 to {} are possible", what, c.delay_steps, kLongestDelay));
  if (const auto* random = std::get_if<RandomPairs>(&c.topology)) {
    require(
        random->probability >= 0 && random->probability <= 1, {"density"},
        fmt::format("{} has connection probability {}; it must lie in [0, 1]", what, random->probability));
  }
  if (std::holds_alternative<OneToOne>(c.topology)) {
    require(source.size == target.size, {"topology"},
            fmt::format("{} is one-to-one, but '{}' has {} neurons and '{}' {}", what, source.name,
                        source.size, target.name, target.size));
  }
  if (const auto* listed = std::get_if<ListedPairs>(&c.topology)) {
    require(
        listed->weights.empty() || listed->weights.size() == listed->pairs.size(), {"weights"},
        fmt::format("{} lists {} pairs and {} weights", what, listed->pairs.size(), listed->weights.size()));
    std::set<std::pair<std::uint32_t, std::uint32_t>> seen;
    for (const auto& pair : listed->pairs) {
      require(pair.first < source.size && pair.second < target.size, {"pairs"},
              fmt::format("{} lists the pair ({}, {}), but its populations have {} and {} neurons", what,
                          pair.first, pair.second, source.size, target.size));
      require(seen.insert(pair).second, {"pairs"},
              fmt::format("{} lists the pair ({}, {}) twice", what, pair.first, pair.second));
    }
    for (const double w : listed->weights) finite(w, {"weights"}, "a weight of " + what);
  }
  if (c.short_term) {
    require(!c.rule, {"short_term"},
            fmt::format("{} cannot be both plastic and subject to short-term plasticity", what));
    require(c.short_term->depression_tau_s > d.dt_s && c.short_term->facilitation_tau_s > d.dt_s,
            {"short_term"}, fmt::format("{}: short-term time constants must exceed the step", what));
    require(
        c.short_term->u_rest >= 0 && c.short_term->u_rest <= 1 && c.short_term->f >= 0 &&
            c.short_term->f <= 1,
        {"short_term"},
        fmt::format("{}: U = {} and f = {} must lie in [0, 1]", what, c.short_term->u_rest, c.short_term->f));
  }
  if (c.rule) {
    require(c.reads == Reads::events, {"rule"},
            fmt::format("{} is plastic by the burst rule, so it must read events", what));
    require(c.delay_steps == 0, {"rule"},
            fmt::format("{} is plastic by the burst rule, so its delay must be 0 steps", what));
    positive(c.rule->pre_tau_s, {"rule"}, "presynaptic time constant of " + what);
    require(c.rule->maximum_rate_Hz > 0, {"rule"},
            fmt::format("maximum rate of {} is {}; it must be positive", what, c.rule->maximum_rate_Hz));
    finite(c.rule->eta, {"rule"}, "learning rate of " + what);
    finite(c.rule->w_min, {"rule"}, "lower bound of weights of " + what);
    finite(c.rule->w_max, {"rule"}, "upper bound of weights of " + what);
    require(c.weight >= c.rule->w_min && c.weight <= c.rule->w_max, {"rule"},
            fmt::format("{} starts at weight {}, outside [{}, {}]", what, c.weight, c.rule->w_min,
                        c.rule->w_max));
  }
}

}  // namespace

bool has_dendrite(const NeuronModel& model) {
  return std::holds_alternative<TwoCompartment>(model) || std::holds_alternative<BurstPoisson>(model) ||
         std::holds_alternative<EscapeBurst>(model);
}

bool has_membrane(const NeuronModel& model) {
  return has_dendrite(model) || std::holds_alternative<ExponentialIf>(model);
}

double EscapeBurst::dendrite_current_A(double burst_probability) const {
  return (dendrite_midpoint_V - rest_V +
          dendrite_slope_V * std::log(burst_probability / (1 - burst_probability))) /
         dendrite_resistance_ohm;
}

ExponentialIf ExponentialIf::parvalbumin() {
  ExponentialIf n;
  n.threshold_V = n.rest_V + 200e-12 / n.leak_S + n.slope_V;
  n.reset_V = n.rest_V + 15e-3;
  return n;
}

ExponentialIf ExponentialIf::somatostatin() {
  ExponentialIf n;
  n.leak_S = 5e-9;
  n.tau_s = 20e-3;
  n.slope_V = 4e-3;
  n.adaptation_S = 0.5e-9;
  n.adaptation_jump_A = 10e-12;
  n.refractory_s = 2e-3;
  n.reset_V = n.rest_V + 5e-3;
  n.threshold_V = n.rest_V + 25e-12 / (n.leak_S + n.adaptation_S) + n.slope_V -
                  n.slope_V * std::log(1 + n.adaptation_S / n.leak_S);
  return n;
}

std::size_t group_index(const SpikingCircuit& d, const std::string& name) {
  return index_of(d.groups, name, "population");
}

std::size_t connection_index(const SpikingCircuit& d, const std::string& name) {
  return index_of(d.connections, name, "projection");
}

namespace {

template <class List>
void remove_at(List& list, std::size_t index) {
  for (std::size_t i = index + 1; i < list.size(); ++i)
    list[i].draw_address = list[i].draw_address.value_or(static_cast<std::uint32_t>(i));
  list.erase(list.begin() + static_cast<std::ptrdiff_t>(index));
}

template <class List>
void check_addresses(const List& list, const char* kind) {
  std::set<std::uint32_t> seen;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::uint32_t address = list[i].draw_address.value_or(static_cast<std::uint32_t>(i));
    require(address < kMostAddresses && seen.insert(address).second, {"draw_address"},
            fmt::format("draw_address {} of a {} is taken or not below {}; each draws its own random numbers",
                        address, kind, kMostAddresses));
  }
}

}  // namespace

void remove_connection(SpikingCircuit& d, std::size_t index) {
  const std::string name = d.connections.at(index).name;
  for (const Connection& c : d.connections) {
    const bool mirrors = (c.view && c.view->of == name) || (c.follow && c.follow->of == name);
    if (!mirrors) continue;
    throw ConfigError(fmt::format("projection '{}' cannot be removed: '{}' {}", name, c.name,
                                  c.view ? "shows its weights" : "follows its changes"),
                      {}, fmt::format("remove '{}' first, or give it weights of its own", c.name));
  }
  remove_at(d.connections, index);
}

void remove_background(SpikingCircuit& d, std::size_t index) { remove_at(d.background, index); }

void validate_population(const SpikingCircuit& d, std::size_t index) {
  const NeuronGroup& g = d.groups.at(index);
  require_storable(g.name, "a population", "name", {"time", "raster_windows"});
  require(g.size > 0 && g.size <= kLargestGroup, {"size"},
          fmt::format("population '{}' has {} neurons; 1 to {} are possible", g.name, g.size, kLargestGroup));
  finite(g.initial_voltage_sd_V, {"initial_voltage_sd_mV", "initial_voltage_sd_V"},
         fmt::format("initial spread of potentials of '{}'", g.name));
  require(g.initial_voltage_sd_V >= 0, {"initial_voltage_sd_mV", "initial_voltage_sd_V"},
          fmt::format("the initial spread of potentials of '{}' is {} V; it cannot be negative", g.name,
                      g.initial_voltage_sd_V));
  check(g.soma_current, "soma_current", g.name);
  check(g.dendrite_current, "dendrite_current", g.name);
  positive(g.estimator.alpha_s, {"estimator"}, fmt::format("averaging time of '{}'", g.name));
  positive(g.estimator.burst_limit_s, {"estimator"}, fmt::format("burst limit of '{}'", g.name));
  positive(g.estimator.all_spikes_tau_s, {"estimator"},
           fmt::format("averaging time of all spikes of '{}'", g.name));
  require(g.estimator.presynaptic_lag_steps >= 0 && g.estimator.presynaptic_lag_steps <= kLongestDelay,
          {"estimator"},
          fmt::format("the presynaptic detector of '{}' lags {} steps; 0 to {} are possible", g.name,
                      g.estimator.presynaptic_lag_steps, kLongestDelay));
  finite(g.initial_dendritic_adaptation_V,
         {"initial_dendritic_adaptation_mV", "initial_dendritic_adaptation_V"},
         fmt::format("initial dendritic adaptation of '{}'", g.name));
  require(g.initial_dendritic_adaptation_V == 0 || std::holds_alternative<TwoCompartment>(g.model) ||
              std::holds_alternative<BurstPoisson>(g.model),
          {"initial_dendritic_adaptation_mV", "initial_dendritic_adaptation_V"},
          fmt::format("population '{}' has initial dendritic adaptation, but its dendrites do not adapt",
                      g.name));
  positive(g.soma_current.period_s, {"soma_current"},
           fmt::format("period of the somatic current of '{}'", g.name));
  positive(g.dendrite_current.period_s, {"dendrite_current"},
           fmt::format("period of the dendritic current of '{}'", g.name));
  const char* const refractory = "refractory time";
  if (const auto* m = std::get_if<TwoCompartment>(&g.model)) {
    check(m->parameters, d.dt_s, g.name);
    in_steps(m->parameters.back_propagation_s, d.dt_s, "back-propagating pulse", g.name);
  }
  if (const auto* m = std::get_if<BurstPoisson>(&g.model)) {
    check(m->parameters, d.dt_s, g.name);
    in_steps(m->parameters.refractory_s, d.dt_s, refractory, g.name);
  }
  if (const auto* m = std::get_if<EscapeBurst>(&g.model)) {
    check(*m, d.dt_s, g.name);
    in_steps(m->refractory_s, d.dt_s, refractory, g.name);
  }
  if (const auto* m = std::get_if<ExponentialIf>(&g.model)) {
    check(*m, d.dt_s, g.name);
    in_steps(m->refractory_s, d.dt_s, refractory, g.name);
  }
  if (const auto* m = std::get_if<PoissonSource>(&g.model)) {
    rate(m->rate_Hz, d.dt_s, {"neuron"}, fmt::format("the rate of '{}'", g.name));
  }
}

void validate_projection(const SpikingCircuit& d, std::size_t index) {
  require_storable(d.connections.at(index).name, "a projection", "name");
  check(d, d.connections.at(index));
  check_mirrors(d, d.connections.at(index));
}

void validate_background(const SpikingCircuit& d, std::size_t index) {
  const Background& b = d.background.at(index);
  const std::string what = fmt::format("background of '{}'", b.target);
  check_receptor(d.groups[group_index(d, b.target)], b.receptor, what);
  rate(b.rate_Hz, d.dt_s, {"rate_Hz"}, what);
  finite(b.weight, {"weight"}, "weight of the " + what);
}

void validate(const SpikingCircuit& d) {
  positive(d.dt_s, {"dt_ms", "dt_s"}, "the time step");
  constexpr double kFinestS = 1e-8;  // as of circuits of rates
  require(d.dt_s >= kFinestS, {"dt_ms", "dt_s"},
          fmt::format("the time step is {:g} s; it must be at least {:g} s", d.dt_s, kFinestS));
  require(!d.groups.empty(), {"population"}, "a spiking circuit needs at least one population");
  std::set<std::string> names;
  for (std::size_t i = 0; i < d.groups.size(); ++i) {
    require(names.insert(d.groups[i].name).second, {"name"},
            fmt::format("there are two populations named '{}'", d.groups[i].name));
    validate_population(d, i);
  }
  names.clear();
  for (std::size_t i = 0; i < d.connections.size(); ++i) {
    require(names.insert(d.connections[i].name).second, {"name"},
            fmt::format("there are two projections named '{}'", d.connections[i].name));
    validate_projection(d, i);
  }
  check_addresses(d.connections, "projection");
  check_addresses(d.background, "background");
  for (std::size_t i = 0; i < d.background.size(); ++i) validate_background(d, i);
}

}  // namespace apical::spike
