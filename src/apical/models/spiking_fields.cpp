// SPDX-License-Identifier: Apache-2.0
#include "apical/models/spiking_fields.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <string_view>

namespace apical::models {

const char* const kPayeur =
    "Payeur, Guerguiev, Zenke, Richards & Naud (2021), Burst-dependent synaptic plasticity can coordinate "
    "learning in hierarchical circuits, "
    "Nature Neuroscience 24, doi 10.1038/s41593-021-00857-x";

void scaled(Fields& f, const char* name, double& v, double per_si, const char* unit, const char* meaning) {
  constexpr double kDigits = 1e6;
  double shown = std::round(v * per_si * kDigits) / kDigits;
  f(name, shown, unit, meaning);
  v = shown / per_si;
}

namespace {
std::vector<std::string> with_others(const char* name, const std::vector<std::string>& others) {
  std::vector<std::string> names{name};
  names.insert(names.end(), others.begin(), others.end());
  return names;
}
}  // namespace

void expect(bool holds, const char* name, double v, const std::string& expected,
            const std::vector<std::string>& others) {
  if (!holds) throw FieldError(with_others(name, others), fmt::format("is {}; expected {}", v, expected));
}

namespace {
/// Of quantities in this unit: times end somewhere, so that they can be counted in steps.
double longest(std::string_view unit) {
  return unit == "s" ? kLongestS : std::numeric_limits<double>::infinity();
}
}  // namespace

void positive(Fields& f, const char* name, double& v, const char* unit, const char* meaning) {
  f.visitor()({name, unit, meaning, {.low = 0, .high = longest(unit), .above = true}}, v);
}

void from_0(Fields& f, const char* name, double& v, const char* unit, const char* meaning) {
  f.visitor()({name, unit, meaning, within(0, longest(unit))}, v);
}

void within_1(Fields& f, const char* name, double& v, const char* meaning) {
  f.visitor()({name, "", meaning, within(0, 1)}, v);
}

void probability(Fields& f, const char* name, double& v, const char* meaning) {
  f.visitor()({name, "", meaning, between(0, 1)}, v);
}

void density(Fields& f, const char* name, double& v, const char* meaning) {
  f.visitor()({name, "", meaning, {.low = 0, .high = 1, .above = true}}, v);
}

void neurons(Fields& f, const char* name, std::size_t& v, const char* meaning) {
  count(f, name, v, 1, kMostNeurons, "", meaning);
}

void rates(Fields& f, const char* name, std::vector<double>& list, double refractory_s,
           const char* refractory, const char* meaning) {
  const std::string limit =
      refractory_s > 0 ? fmt::format(" and less than 1/{} = {:g}", refractory, 1 / refractory_s) : "";
  each(f, name, list, "Hz", meaning, "more than 0" + limit,
       [&](double v) { return v > 0 && v * refractory_s < 1; }, {refractory});
}

void refuse_empty(const char* name) { throw FieldError(name, "is empty; expected one number or more"); }

void refuse_entry(const char* name, double v, const std::string& expected,
                  const std::vector<std::string>& others) {
  throw FieldError(with_others(name, others), fmt::format("holds {}; expected {}", v, expected));
}

void quirk_fields(Fields& f, spike::Quirks& q, const QuirkScope& scope) {
  f.choice("dendritic_drive", q.dendritic_drive, {"dendritic", "somatic"},
           "potential in the driving force of dendritic synapses (Q1: the program takes the somatic)");
  if (scope.short_term) {
    f.choice("facilitation_jump", q.facilitation_jump, {"f", "u_rest"},
             "what u jumps by at a spike, times 1-u: f = 0.1, or u at rest (Q2: the latter in the program)");
  }
  f.choice("detector", q.detector, {"interspike_interval", "accumulating", "accumulating_mainline"},
           "how events are told from bursts (Q3: accumulating in the program; Q9: as in the simulator it was "
           "forked from)");
  if (scope.plastic) {
    count(f, "presynaptic_detector_lag_steps", q.presynaptic_detector_lag_steps, 0, 10000, "steps",
          "spikes reach the presynaptic detector so much later (Q3: 8 in the program)");
    f.choice("homeostatic_rate", q.homeostatic_rate, {"events", "all_spikes"},
             "what presynaptic homeostasis measures: the event rate estimate, or a 30 s average of all "
             "spikes (Q4: the latter in the program)");
    f.choice("first_event", q.first_event, {"no_depression", "burst_probability_one"},
             "burst probability at a neuron's first event, 0/0 (Q5)");
  }
  f("float32_trace_decay", q.float32_trace_decay,
    "decay factors of traces rounded to float32 (Q6: in the program)");
  if (scope.minimum_rate)
    f("minimum_rate_ignored", q.minimum_rate_ignored,
      "the minimum rate is 2 Hz whatever e_min_Hz says (Q7: in the program)");
  scaled(f, "initial_dendritic_adaptation_mV", q.initial_dendritic_adaptation_V, kMilli, "mV",
         "adaptation of dendrites at the start (Q8: 0.1 in the program)");
}

FieldInfo quirk_preset() {
  return {{.name = "quirks",
           .meaning = "what options marked Q1 … Q9 are unless they are given: as intended but for what the "
                      "experiment cannot do without, all as intended, or all as in the published program",
           .choices = {"recipe", "intended", "published"}},
          std::string("recipe")};
}

void apply_quirk_preset(spike::Quirks& q, std::size_t choice) {
  if (choice > 0) q = choice == 1 ? spike::Quirks{} : spike::Quirks::published();
}

}  // namespace apical::models
