// SPDX-License-Identifier: Apache-2.0
// Two signals at once as experiments (Payeur et al. 2021, Fig. 3): a burn-in, then sine currents into somata
// and dendrites while events and bursts are counted in bins.
#include <fmt/format.h>

#include "apical/models/payeur2021_propagation.h"
#include "apical/models/spiking_fields.h"
#include "apical/models/spiking_models.h"

namespace apical::payeur2021 {
namespace {

using namespace course;

Course drives_after_burn_in(const PropagationOptions& o, const char* dendrites_of) {
  Stage s{.name = "run", .watched = "run"};
  s.phases = {{.name = "burn-in", .duration_s = o.burn_in_s, .drawn = Drawn::nowhere},
              {.name = "drives on", .duration_s = o.duration_s, .bin_s = o.bin_s, .drawn = Drawn::beginning}};
  s.phases[1].injections = {{.population = "pyr1",
                             .into = CellPart::soma,
                             .amplitude_A = o.soma_amplitude_A,
                             .period_s = o.soma_period_s},
                            {.population = dendrites_of,
                             .into = CellPart::dendrite,
                             .amplitude_A = o.dendrite_amplitude_A,
                             .period_s = o.dendrite_period_s}};
  Course c;
  c.stages = {s};
  c.activity_bin_s = o.bin_s;
  return c;
}

Measure mean_of(MeasureKind quantity, std::vector<std::string> of, const char* name, const char* text) {
  return {.quantities = {quantity}, .of = std::move(of), .mean_of_bins = true, .name = name, .text = text};
}

Series event_rate(const char* of) { return {SeriesKind::event_Hz, of}; }
Series burst_rate(const char* of) { return {SeriesKind::burst_Hz, of}; }
Series probability(const char* of) { return {SeriesKind::burst_probability, of}; }
Series soma_drive(const char* of) { return {SeriesKind::soma_current, of}; }
Series dendrite_drive(const char* of) { return {SeriesKind::dendrite_current, of}; }

Correlation r(const char* name, Series a, Series b, const char* text) {
  return {.name = name, .phase = "", .between = std::move(a), .and_of = std::move(b), .text = text};
}

}  // namespace

Course propagation_course(const PropagationOptions& o) {
  Course c = drives_after_burn_in(o, "pyr2");
  Stage& s = c.stages.front();
  s.measures = {mean_of(MeasureKind::event_Hz, {"pyr1", "pyr2"}, "", "event rate of {of}"),
                mean_of(MeasureKind::burst_probability, {"pyr1", "pyr2"}, "", "burst probability of {of}")};
  s.correlations = {r("r_event_rate_1_soma_drive", event_rate("pyr1"), soma_drive("pyr1"),
                      "r(event rate 1, somatic drive)"),
                    r("r_event_rate_2_event_rate_1", event_rate("pyr2"), event_rate("pyr1"),
                      "r(event rate 2, event rate 1)"),
                    r("r_burst_probability_2_dendrite_drive", probability("pyr2"), dendrite_drive("pyr2"),
                      "r(burst probability 2, dendritic drive)"),
                    r("r_burst_probability_2_soma_drive", probability("pyr2"), soma_drive("pyr1"),
                      "r(burst probability 2, somatic drive)"),
                    r("r_burst_probability_1_burst_rate_2", probability("pyr1"), burst_rate("pyr2"),
                      "r(burst probability 1, burst rate 2)"),
                    r("r_burst_probability_1_burst_probability_2", probability("pyr1"), probability("pyr2"),
                      "r(burst probability 1, burst probability 2)"),
                    r("r_burst_probability_1_event_rate_2", probability("pyr1"), event_rate("pyr2"), "")};
  return c;
}

Course multiplexing_course(const PropagationOptions& o) {
  Course c = drives_after_burn_in(o, "pyr1");
  Stage& s = c.stages.front();
  s.measures = {mean_of(MeasureKind::event_Hz, {"pyr1"}, "{quantity}", "event rate"),
                mean_of(MeasureKind::burst_probability, {"pyr1"}, "{quantity}", "burst probability")};
  s.correlations = {
      r("r_event_rate_soma_drive", event_rate("pyr1"), soma_drive("pyr1"), "r(event rate, somatic drive)"),
      r("r_event_rate_dendrite_drive", event_rate("pyr1"), dendrite_drive("pyr1"),
        "r(event rate, dendritic drive)"),
      r("r_burst_probability_dendrite_drive", probability("pyr1"), dendrite_drive("pyr1"),
        "r(burst probability, dendritic drive)"),
      r("r_burst_probability_soma_drive", probability("pyr1"), soma_drive("pyr1"),
        "r(burst probability, somatic drive)")};
  return c;
}

}  // namespace apical::payeur2021

namespace apical::models {
namespace {

using payeur2021::PropagationOptions;

/// One population under both drives: what PropagationOptions says about two areas does not matter.
struct MultiplexingOptions {
  PropagationOptions population;
};

void drive_fields(Fields& f, PropagationOptions& o) {
  from_0(f, "burn_in_s", o.burn_in_s, "s", "before the drives begin");
  positive(f, "duration_s", o.duration_s, "s", "of the drives");
  positive(f, "bin_s", o.bin_s, "s", "in which events and bursts are counted");
  if (o.duration_s < 2 * o.bin_s)
    throw FieldError({"duration_s", "bin_s"},
                     fmt::format("is {:g}; expected at least two bins of {:g} s", o.duration_s, o.bin_s));
  scaled(f, "soma_amplitude_pA", o.soma_amplitude_A, kPico, "pA", "of the sine into somata");
  positive(f, "soma_period_s", o.soma_period_s, "s", "of the sine into somata");
  scaled(f, "dendrite_amplitude_pA", o.dendrite_amplitude_A, kPico, "pA", "of the sine into dendrites");
  positive(f, "dendrite_period_s", o.dendrite_period_s, "s", "of the sine into dendrites");
}

void fields(Fields& f, PropagationOptions& o) {
  neurons(f, "pyramidal", o.pyramidal, "neurons per area");
  neurons(f, "interneurons", o.interneurons, "of each kind");
  density(f, "connection_probability", o.in_degree_fraction, "of each pair, in every projection");
  f.choice("short_term", o.short_term, {"dynamic", "none"},
           "depressing and facilitating synapses, or all the time the mean efficacy that they would have in "
           "regular firing");
  drive_fields(f, o);
}

void fields(Fields& f, MultiplexingOptions& o) {
  neurons(f, "pyramidal", o.population.pyramidal, "neurons");
  drive_fields(f, o.population);
}

void propagation_fields(Fields& f, PropagationOptions& o) {
  fields(f, o);
  quirk_fields(f, o.quirks, {.short_term = true});
}

void multiplexing_fields(Fields& f, MultiplexingOptions& o) {
  fields(f, o);
  quirk_fields(f, o.population.quirks, {});
}

CircuitAndCourse build_propagation(const PropagationOptions& o) {
  return {payeur2021::propagation_network(o), payeur2021::propagation_course(o)};
}

CircuitAndCourse build_multiplexing(const MultiplexingOptions& o) {
  return {payeur2021::multiplexing_population(o.population), payeur2021::multiplexing_course(o.population)};
}

}  // namespace

SpikingModel burstprop_propagation() {
  return spiking_recipe<PropagationOptions>(
      "burstprop-propagation",
      "two areas of two-compartment neurons with interneurons: short-term plasticity sends event rates up "
      "and "
      "bursts down at once (Fig. 3)",
      kPayeur, {quirk_preset()},
      [](PropagationOptions& o, std::string_view, std::size_t choice) {
        apply_quirk_preset(o.quirks, choice);
      },
      propagation_fields, build_propagation);
}

SpikingModel burstprop_multiplexing() {
  return spiking_recipe<MultiplexingOptions>(
      "burstprop-multiplexing",
      "one population of two-compartment neurons: the event rate follows somatic input, burst probability "
      "dendritic input (Fig. 3)",
      kPayeur, {quirk_preset()},
      [](MultiplexingOptions& o, std::string_view, std::size_t choice) {
        apply_quirk_preset(o.population.quirks, choice);
      },
      multiplexing_fields, build_multiplexing);
}

}  // namespace apical::models
