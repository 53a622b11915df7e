// SPDX-License-Identifier: Apache-2.0
// Whether a course can be done to a circuit.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "apical/circuit/course.h"
#include "apical/circuit/measure_patterns.h"
#include "apical/circuit/spiking_circuit.h"

namespace apical {
namespace {

using namespace course;
using spike::NeuronGroup;

void require(bool condition, const std::string& message, const std::string& hint = "") {
  if (!condition) throw ConfigError(message, {}, hint);
}

bool is_source(const NeuronGroup& g) { return std::holds_alternative<spike::PoissonSource>(g.model); }
bool shows_samples(const Stage& s) {
  return s.shows == Shows::training_samples || s.shows == Shows::test_samples;
}

class Checker {
 public:
  Checker(const Course& course, const SpikingCircuit& circuit) : course_(course), circuit_(circuit) {}

  void group_takes(const Injection& i, const std::string& whose) const {
    const NeuronGroup& g = circuit_.groups[spike::group_index(circuit_, i.population)];
    require(spike::has_membrane(g.model),
            fmt::format("{} injects a current into '{}', which has no membrane", whose, g.name));
    require(i.into == CellPart::soma || spike::has_dendrite(g.model),
            fmt::format("{} injects a current into the dendrite of '{}', whose neurons have one compartment",
                        whose, g.name));
    require(std::isfinite(i.constant_A) && std::isfinite(i.amplitude_A) && i.period_s > 0,
            fmt::format(
                "{} injects {} A and {} A with a period of {} s into '{}'; expected finite currents and a "
                "positive period",
                whose, i.constant_A, i.amplitude_A, i.period_s, g.name));
    const spike::Drive& own = i.into == CellPart::soma ? g.soma_current : g.dendrite_current;
    require(i.amplitude_A == 0 || own.amplitude_A == 0,
            fmt::format("{} injects a sine into '{}', into which the circuit injects one already", whose,
                        g.name));
  }

  void stimulus(const Stimulus& s) const {
    const std::string whose = fmt::format("stimulus '{}'", s.name);
    for (const Injection& i : s.injections) {
      group_takes(i, whose);
      require(i.amplitude_A == 0, whose + " injects a sine; stimuli are constant, sines belong to phases");
    }
    for (const SourceRates& r : s.rates) {
      const NeuronGroup& g = circuit_.groups[spike::group_index(circuit_, r.population)];
      require(is_source(g),
              fmt::format("{} sets rates of '{}', which is no population of Poisson sources", whose, g.name));
      require(r.rates_Hz.size() == 1 || r.rates_Hz.size() == g.size,
              fmt::format("{} has {} rates for the {} sources of '{}'; expected one for each, or one for all",
                          whose, r.rates_Hz.size(), g.size, g.name));
      for (const double Hz : r.rates_Hz)
        require(Hz >= 0 && Hz * circuit_.dt_s < 1,
                fmt::format("{} sets a rate of {} Hz; expected at least 0 and below 1/dt = {} Hz", whose, Hz,
                            1 / circuit_.dt_s));
    }
    for (const double t : s.target)
      require(t == 0 || t == 1, fmt::format("{} has a target of {}; expected 0 or 1", whose, t));
    require(s.target.size() == course_.stimuli.front().target.size(),
            fmt::format("{} has {} targets, '{}' has {}; expected the same number", whose, s.target.size(),
                        course_.stimuli.front().name, course_.stimuli.front().target.size()));
    classes(s.target.size());
  }

  void classes(std::size_t number) const {
    if (!course_.teacher || number == 0) return;
    const NeuronGroup& g = circuit_.groups[spike::group_index(circuit_, course_.teacher->population)];
    require(g.size % number == 0,
            fmt::format("the {} neurons of '{}' cannot be divided evenly into {} classes", g.size, g.name,
                        number));
  }

  void teacher(const Teacher& t) const {
    const NeuronGroup& g = circuit_.groups[spike::group_index(circuit_, t.population)];
    require(spike::has_dendrite(g.model),
            fmt::format("the teacher injects currents into dendrites of '{}', which has none", g.name));
    require(
        t.high_Hz > t.low_Hz,
        fmt::format("high_Hz of the teacher is {:g}; expected more than low_Hz = {:g}", t.high_Hz, t.low_Hz));
    if (t.law == Teacher::Law::distance) {
      require(t.high_Hz > t.low_Hz + 2,
              fmt::format(
                  "high_Hz of the teacher is {:g}; its law lets go within 1 Hz of both ends and needs more "
                  "than low_Hz + 2 = {:g}",
                  t.high_Hz, t.low_Hz + 2));
      return;
    }
    require(std::holds_alternative<spike::EscapeBurst>(g.model),
            fmt::format(
                "the teacher's law burst_probability needs neurons whose burst probability follows from a "
                "current alone; those of '{}' have dendrites with dynamics of their own",
                g.name),
            "escape_burst neurons, or law = \"distance\"");
    const double p = t.resting_burst_probability;
    require(p > 0 && p < 1,
            fmt::format("resting_burst_probability is {:g}; expected more than 0 and less than 1", p));
  }

  void phase(const Stage& s, const Phase& p) const {
    const std::string whose = fmt::format("phase '{}' of stage '{}'", p.name, s.name);
    require(std::isfinite(p.duration_s) && p.duration_s >= 0,
            fmt::format("{} takes {:g} s; expected 0 or more", whose, p.duration_s));
    require(p.bin_s >= 0 && (p.bin_s == 0 || p.bin_s >= circuit_.dt_s),
            fmt::format("{} has bins of {:g} s; expected at least a step of {:g} s", whose, p.bin_s,
                        circuit_.dt_s));
    for (const Injection& i : p.injections) group_takes(i, whose);
    for (const WeightChange& w : p.weights) {
      spike::connection_index(circuit_, w.projection);
      require(std::isfinite(w.weight), fmt::format("{} sets a weight that is not finite", whose));
    }
    require(!p.taught || course_.teacher, fmt::format("{} is taught, but there is no teacher", whose));
    require(!p.taught || s.shows != Shows::nothing,
            fmt::format("{} is taught, but its stage shows nothing that has a target", whose));
  }

  void measure(const Stage& s, const Measure& m) const {
    const std::string whose = fmt::format("a measure of stage '{}'", s.name);
    require(!m.quantities.empty(), whose + " has no quantities");
    check_patterns(m);
    for (const MeasureKind k : m.quantities) {
      const std::string quantity(name_of(k));
      if (of_answers(k)) {
        require(m.of.empty(),
                fmt::format("{} is of '{}'; '{}' is a quantity of the teacher's population alone", whose,
                            m.of.empty() ? "" : m.of.front(), quantity));
        require(course_.teacher && s.shows != Shows::nothing,
                fmt::format("{} is '{}', which needs a teacher and stimuli or samples with targets", whose,
                            quantity));
        continue;
      }
      require(!m.of.empty(), fmt::format("{} is '{}' of nothing", whose, quantity),
              of_weights(k) ? "name projections under 'of'" : "name populations under 'of'");
      for (const std::string& of : m.of)
        of_weights(k) ? spike::connection_index(circuit_, of) : spike::group_index(circuit_, of);
    }
    require(m.each != Each::stimulus || s.shows == Shows::stimuli,
            fmt::format("{} is wanted for each stimulus, but the stage shows {}", whose, name_of(s.shows)));
    require(!m.mean_of_bins || binned(s, m.phase),
            fmt::format("{} is a mean of bins, but its phase has none", whose), "add bin_ms to the phase");
  }

  void stage(const Stage& s) const {
    const std::string whose = fmt::format("stage '{}'", s.name);
    require(!s.phases.empty(), whose + " has no phases");
    require(s.shows != Shows::stimuli || !course_.stimuli.empty(),
            whose + " shows stimuli, but there are none");
    require(!shows_samples(s) || course_.samples, whose + " shows samples, but no task gives any",
            "add [course.samples]");
    require(
        !s.where.empty() && s.where != "phase",
        fmt::format("{} measures in '{}', where rows of phases stand; expected another name", whose, s.where),
        "where = \"test\" or \"train\"");
    require(!s.shuffled || shows_samples(s), whose + " is shuffled; only samples can be");
    require(!s.decay || s.when == When::epoch,
            whose + " has learning rates that decay over epochs, but is none of an epoch");
    for (const Phase& p : s.phases) phase(s, p);
    for (const Measure& m : s.measures) measure(s, m);
    for (const Correlation& c : s.correlations) {
      for (const Series* series : {&c.between, &c.and_of}) spike::group_index(circuit_, series->population);
      require(binned(s, c.phase),
              fmt::format("correlation '{}' of {} needs bins, which its phase has not", c.name, whose),
              "add bin_ms to the phase");
    }
  }

 private:
  bool binned(const Stage& s, const std::string& phase) const {
    if (phase.empty()) return !s.phases.empty() && s.phases.back().bin_s > 0;
    return std::any_of(s.phases.begin(), s.phases.end(),
                       [&](const Phase& p) { return p.name == phase && p.bin_s > 0; });
  }
  const Course& course_;
  const SpikingCircuit& circuit_;
};

template <class List>
void distinct(const List& list, const char* what) {
  std::set<std::string> names;
  for (const auto& item : list)
    require(names.insert(item.name).second, fmt::format("two {} are named '{}'", what, item.name));
}

}  // namespace

void validate(const Course& course, const Stage& stage, const SpikingCircuit& circuit) {
  Checker(course, circuit).stage(stage);
}

void validate(const Course& course, const SpikingCircuit& circuit) {
  const Checker check(course, circuit);
  require(!course.stages.empty() || course.protocol, "a course needs stages");
  distinct(course.stimuli, "stimuli");
  distinct(course.stages, "stages");
  if (course.teacher) check.teacher(*course.teacher);
  for (const Stimulus& s : course.stimuli) check.stimulus(s);
  if (course.samples) {
    const NeuronGroup& g = circuit.groups[spike::group_index(circuit, course.samples->population)];
    require(is_source(g),
            fmt::format("samples set rates of '{}', which is no population of Poisson sources", g.name));
    require(course.samples->pooling >= 1, "pooling is 0; expected 1 or more");
  }
  for (const Stage& s : course.stages) check.stage(s);
  require(course.epochs == 0 || course.trains(), "there are epochs, but no stage of an epoch");
  require(course.activity_bin_s > 0, "bins of activity over time need a positive duration");
}

}  // namespace apical
