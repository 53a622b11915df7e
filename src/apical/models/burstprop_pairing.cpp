// SPDX-License-Identifier: Apache-2.0
// Pairing protocols as experiments (Payeur et al. 2021, Fig. 2B-D). One synapse and given spike trains: there
// is no network, and a course of nothing but a protocol that gives curves.
#include <fmt/format.h>

#include "apical/core/time_grid.h"
#include "apical/models/spiking_fields.h"
#include "apical/models/spiking_models.h"
#include "apical/rules/burst_pairing.h"

namespace apical::models {
namespace {

using namespace payeur2021;

inline bool is_probability(double v) { return v >= 0 && v <= 1; }

void fields(Fields& f, PairingParameters& p) {
  f("learning_rate", p.learning_rate, "", "eta");
  positive(f, "burst_threshold_s", p.burst_threshold_s, "s", "a longer interval starts an event");
  positive(f, "pre_tau_s", p.pre_tau_s, "s", "of the presynaptic trace");
  positive(f, "alpha_s", p.alpha_s, "s", "averaging time of event and burst rates");
  positive(f, "dt_s", p.dt_s, "s", "time step");
  expect(p.dt_s < p.pre_tau_s && p.dt_s < p.alpha_s, "dt_s", p.dt_s, "less than pre_tau_s and alpha_s");
}

void fields(Fields& f, PeriodicExperiment& e) {
  each(f, "frequencies_Hz", e.frequencies_Hz, "Hz", "of simultaneous pre- and postsynaptic spikes",
       "more than 0", [](double v) { return v > 0; });
  count(f, "pairings_per_epoch", e.protocol.pairings_per_epoch, 1, kMostRepetitions, "", "");
  count(f, "epochs", e.protocol.epochs, 1, kMostRepetitions, "", "of pairings");
  from_0(f, "interval_between_epochs_s", e.protocol.interval_between_epochs_s, "s",
         "in which the estimates decay");
  from_0(f, "first_pairing_s", e.protocol.first_pairing_s, "s", "after the start of an epoch");
  from_0(f, "tail_s", e.protocol.tail_s, "s", "after the last period of an epoch");
  f("post_delay_s", e.protocol.post_delay_s, "s",
    "postsynaptic spike minus presynaptic spike: a multiple of dt_s");
  positive(f, "initial_event_Hz", e.protocol.initial.event_Hz, "Hz", "estimate at the start");
  from_0(f, "initial_burst_Hz", e.protocol.initial.burst_Hz, "Hz", "estimate at the start");
  fields(f, e.protocol.parameters);
  check_on_grid("post_delay_s", e.protocol.post_delay_s, {e.protocol.parameters.dt_s, "dt_s", "s"});
}

void train_fields(Fields& f, double& duration_s, int& repetitions) {
  positive(f, "duration_s", duration_s, "s", "of a train");
  count(f, "repetitions", repetitions, 1, kMostRepetitions, "", "of each point, per seed");
}

void fields(Fields& f, PoissonExperiment& e) {
  from_0(f, "refractory_s", e.refractory_s, "s", "of the trains");
  rates(f, "rates_Hz", e.rates_Hz, e.refractory_s, "refractory_s", "of both trains");
  each(f, "initial_burst_probabilities", e.initial_burst_probabilities, "",
       "estimates at the start, one curve each", "numbers from 0 to 1", is_probability);
  positive(f, "initial_event_Hz", e.initial_event_Hz, "Hz", "estimate at the start");
  train_fields(f, e.duration_s, e.repetitions);
  fields(f, e.parameters);
}

void fields(Fields& f, BurstPoissonExperiment& e) {
  each(f, "burst_probabilities", e.burst_probabilities, "", "of both trains", "numbers from 0 to 1",
       is_probability);
  within_1(f, "initial_burst_probability", e.initial_burst_probability, "estimate at the start");
  from_0(f, "gap_s", e.gap_s, "s", "least interval inside a burst");
  from_0(f, "span_s", e.span_s, "s", "range of intervals inside a burst");
  f("event_refractory_s", e.event_refractory_s, "s", "between events");
  expect(
      e.event_refractory_s >= e.gap_s + e.span_s, "event_refractory_s", e.event_refractory_s,
      fmt::format("at least gap_s + span_s = {:g}: a burst ends before the next event", e.gap_s + e.span_s),
      {"gap_s", "span_s"});
  rates(f, "event_rates_Hz", e.event_rates_Hz, e.event_refractory_s, "event_refractory_s",
        "of both trains and of the estimate at the start, one curve each");
  train_fields(f, e.duration_s, e.repetitions);
  fields(f, e.parameters);
}

template <class Options>
SpikingModel pairing(std::string name, std::string description, void (*walk)(Fields&, Options&),
                     CircuitAndCourse (*build)(const Options&)) {
  return spiking_recipe<Options>(
      std::move(name), std::move(description), kPayeur, {}, [](Options&, std::string_view, std::size_t) {},
      walk, build);
}

CircuitAndCourse with(course::CurveProtocol protocol) {
  CircuitAndCourse both;
  both.course.protocol = std::move(protocol);
  return both;
}

std::vector<std::string> labels(const std::vector<double>& values, const char* pattern) {
  std::vector<std::string> out;
  out.reserve(values.size());
  for (const double v : values) out.push_back(fmt::format(fmt::runtime(pattern), v));
  return out;
}

CircuitAndCourse build_periodic(const PeriodicExperiment& o) {
  double sum = 0;
  for (const double f : o.frequencies_Hz)
    sum += o.protocol.epochs * (o.protocol.pairings_per_epoch / f + o.protocol.tail_s);
  return with(
      {.x_label = "frequency of pairing (Hz)",
       .x_unit = "Hz",
       .description = fmt::format(
           "{} epochs of {} simultaneous pre- and postsynaptic spikes at one frequency, {:g} s apart; "
           "weight changes are summed. No part of it is random.",
           o.protocol.epochs, o.protocol.pairings_per_epoch, o.protocol.interval_between_epochs_s),
       .labels = {"periodic"},
       .duration_s = sum,
       .run = [o](std::uint64_t) { return run_pairing(o); }});
}

CircuitAndCourse build_poisson(const PoissonExperiment& o) {
  return with({.x_label = "rate of both trains (Hz)",
               .x_unit = "Hz",
               .description = fmt::format(
                   "Independent Poisson trains of {:g} s before and behind one synapse; each seed is "
                   "the mean of {} repetitions.",
                   o.duration_s, o.repetitions),
               .labels = labels(o.initial_burst_probabilities, "P(0) = {:g}"),
               .duration_s = static_cast<double>(o.rates_Hz.size() * o.initial_burst_probabilities.size()) *
                             o.repetitions * o.duration_s,
               .run = [o](std::uint64_t seed) { return run_pairing(o, seed); }});
}

CircuitAndCourse build_burst_poisson(const BurstPoissonExperiment& o) {
  return with(
      {.x_label = "burst probability of both trains",
       .x_unit = "",
       .description = fmt::format("Trains of events, each followed by a second spike with the given "
                                  "probability, for {:g} s on both sides of one synapse; each seed is the "
                                  "mean of {} repetitions.",
                                  o.duration_s, o.repetitions),
       .labels = labels(o.event_rates_Hz, "{:g} Hz"),
       .duration_s = static_cast<double>(o.burst_probabilities.size() * o.event_rates_Hz.size()) *
                     o.repetitions * o.duration_s,
       .run = [o](std::uint64_t seed) { return run_pairing(o, seed); }});
}

}  // namespace

SpikingModel burstprop_pairing_periodic() {
  return pairing<PeriodicExperiment>(
      "burstprop-pairing-periodic",
      "one synapse with the burst-dependent rule, paired spikes at one frequency "
      "(Fig. 2B)",
      fields, build_periodic);
}

SpikingModel burstprop_pairing_poisson() {
  return pairing<PoissonExperiment>(
      "burstprop-pairing-poisson",
      "one synapse with the burst-dependent rule, Poisson trains on both sides (Fig. 2C)", fields,
      build_poisson);
}

SpikingModel burstprop_pairing_burst_poisson() {
  return pairing<BurstPoissonExperiment>(
      "burstprop-pairing-burst-poisson",
      "one synapse with the burst-dependent rule, trains of events and bursts on "
      "both sides (Fig. 2D)",
      fields, build_burst_poisson);
}

}  // namespace apical::models
