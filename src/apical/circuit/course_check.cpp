// SPDX-License-Identifier: Apache-2.0
// Whether a course can be done to a circuit.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "apical/circuit/course.h"
#include "apical/circuit/measure_patterns.h"
#include "apical/circuit/spiking_circuit.h"
#include "apical/core/stored_name.h"
#include "apical/core/time_grid.h"

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

/// Sources whose spikes nobody transmits as events are not told apart into events and bursts.
bool has_events(const SpikingCircuit& circuit, const NeuronGroup& g) {
  if (!is_source(g)) return true;
  return std::any_of(circuit.connections.begin(), circuit.connections.end(), [&](const spike::Connection& c) {
    return c.source == g.name && c.reads != spike::Reads::spikes;
  });
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
    require_one_line(s.name, "the name of a stimulus", "name");
    require_one_line(s.label, "the label of " + whose, "label");
    for (const Injection& i : s.injections) {
      group_takes(i, whose);
      require(i.amplitude_A == 0, whose + " injects a sine; stimuli are constant, sines belong to phases");
    }
    std::set<std::string> set;
    for (const SourceRates& r : s.rates) {
      require(set.insert(r.population).second,
              fmt::format("{} sets rates of '{}' twice", whose, r.population), "set them once");
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
    replays(s.replays, whose);
    for (const double t : s.target)
      require(t == 0 || t == 1, fmt::format("{} has a target of {}; expected 0 or 1", whose, t));
    require(s.target.size() == course_.stimuli.front().target.size(),
            fmt::format("{} has {} targets, '{}' has {}; expected the same number", whose, s.target.size(),
                        course_.stimuli.front().name, course_.stimuli.front().target.size()));
    classes(s.target.size());
  }

  void replays(const std::vector<Replay>& list, const std::string& whose) const {
    std::set<std::string> set;
    for (const Replay& r : list) {
      const NeuronGroup& g = circuit_.groups[spike::group_index(circuit_, r.population)];
      require(std::holds_alternative<spike::Relay>(g.model),
              fmt::format("{} replays spikes in '{}', which is no population of relays", whose, g.name),
              "kind = \"relay\"");
      require(set.insert(r.population).second,
              fmt::format("{} replays spikes in '{}' twice", whose, r.population), "put them into one file");
      require(!r.spikes_file.empty(), fmt::format("{} replays spikes of no file in '{}'", whose, g.name),
              "give spikes_file");
      require_one_line(r.spikes_file, "the spikes_file of " + whose, "spikes_file");
      require(std::isfinite(r.from_s) && r.from_s >= 0,
              fmt::format("{} replays spikes from {:g} s on; expected 0 or more", whose, r.from_s));
      whole_steps(r.from_s, fmt::format("{} replays spikes from", whose));
    }
  }

  /// What a stimulus and a phase replay would not be told apart.
  static void replay_alone(const Stimulus& s, const Phase& p, const std::string& whose) {
    for (const Replay& a : s.replays) {
      for (const Replay& b : p.replays)
        require(a.population != b.population,
                fmt::format("{} and stimulus '{}', which is shown meanwhile, both replay spikes in '{}'",
                            whose, s.name, a.population),
                "put them into one file");
    }
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
        std::isfinite(t.high_Hz) && t.high_Hz > t.low_Hz,
        fmt::format("high_Hz of the teacher is {:g}; expected more than low_Hz = {:g}", t.high_Hz, t.low_Hz));
    if (t.law == Teacher::Law::distance) {
      require(t.high_Hz > t.low_Hz + 2,
              fmt::format(
                  "high_Hz of the teacher is {:g}; its law lets go within 1 Hz of both ends and needs more "
                  "than low_Hz + 2 = {:g}",
                  t.high_Hz, t.low_Hz + 2));
      require(std::isfinite(t.largest_A), "largest_pA of the teacher is not finite");
      return;
    }
    // Its current divides by the larger one of a neuron's event rate, which may be 0, and this.
    require(
        t.low_Hz > 0,
        fmt::format("low_Hz of the teacher is {:g}; its law burst_probability needs more than 0", t.low_Hz));
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
    require_one_line(p.name, "the name of a phase of stage '" + s.name + "'", "name");
    require(std::isfinite(p.duration_s) && p.duration_s >= 0,
            fmt::format("{} takes {:g} s; expected 0 or more", whose, p.duration_s));
    whole_steps(p.duration_s, fmt::format("{} takes", whose));
    bins(p, whose);
    std::set<std::pair<std::string, CellPart>> sines;
    for (const Injection& i : p.injections) {
      group_takes(i, whose);
      require(i.amplitude_A == 0 || sines.emplace(i.population, i.into).second,
              fmt::format("{} injects two sines into the {} of '{}'; expected one at most", whose,
                          name_of(i.into), i.population));
    }
    weights(p, whose);
    replays(p.replays, whose);
    if (s.shows == Shows::stimuli) {
      for (const Stimulus& shown : course_.stimuli) replay_alone(shown, p, whose);
    }
    require(!p.taught || course_.teacher, fmt::format("{} is taught, but there is no teacher", whose));
    require(!p.taught || has_targets(s),
            fmt::format("{} is taught, but its stage shows nothing that has a target", whose));
  }

  void bins(const Phase& p, const std::string& whose) const {
    require(p.bin_s >= 0 && (p.bin_s == 0 || p.bin_s >= circuit_.dt_s),
            fmt::format("{} has bins of {:g} s; expected at least a step of {:g} s", whose, p.bin_s,
                        circuit_.dt_s));
    if (p.bin_s == 0) return;
    whole_steps(p.bin_s, fmt::format("{} has bins of", whose));
    require(steps(p.duration_s) % steps(p.bin_s) == 0,
            fmt::format("bins of {:g} s do not divide the {:g} s of {}", p.bin_s, p.duration_s, whose),
            "a bin that is cut off would count too little");
  }

  void weights(const Phase& p, const std::string& whose) const {
    std::set<std::string> set;
    for (const WeightChange& w : p.weights) {
      const spike::Connection& c = circuit_.connections[spike::connection_index(circuit_, w.projection)];
      require(std::isfinite(w.weight), fmt::format("{} sets a weight that is not finite", whose));
      require(set.insert(c.name).second, fmt::format("{} sets weights of '{}' twice", whose, c.name));
      require(!c.view, fmt::format("{} sets weights of '{}', which has none of its own", whose, c.name),
              c.view ? fmt::format("it shows those of '{}'", c.view->of) : "");
      require(!c.rule || (w.weight >= c.rule->w_min && w.weight <= c.rule->w_max),
              fmt::format("{} sets weights of '{}' to {:g}, outside the bounds [{:g}, {:g}] of its rule",
                          whose, c.name, w.weight, c.rule ? c.rule->w_min : 0, c.rule ? c.rule->w_max : 0));
    }
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
        require(course_.teacher && has_targets(s),
                fmt::format("{} is '{}', which needs a teacher and stimuli or samples with targets", whose,
                            quantity));
        takes_time(s, m, whose);
        continue;
      }
      require(!m.of.empty(), fmt::format("{} is '{}' of nothing", whose, quantity),
              of_weights(k) ? "name projections under 'of'" : "name populations under 'of'");
      for (const std::string& of : m.of) {
        if (of_weights(k)) {
          spike::connection_index(circuit_, of);
        } else {
          events_of(of, whose);
        }
      }
      if (!of_weights(k)) takes_time(s, m, whose);
    }
    require(m.each != Each::stimulus || s.shows == Shows::stimuli,
            fmt::format("{} is wanted for each stimulus, but the stage shows {}", whose, name_of(s.shows)));
    require(!m.mean_of_bins || binned(s, m.phase),
            fmt::format("{} is a mean of bins, but its phase has none", whose), "add bin_ms to the phase");
  }

  void stage(const Stage& s) const {
    const std::string whose = fmt::format("stage '{}'", s.name);
    require(!s.phases.empty(), whose + " has no phases");
    if (!s.watched.empty()) require_storable(s.watched, "what is watched in " + whose, "watched", {"curves"});
    require(s.shows != Shows::stimuli || !course_.stimuli.empty(),
            whose + " shows stimuli, but there are none");
    require(!shows_samples(s) || course_.samples, whose + " shows samples, but no task gives any",
            "add [samples]");
    require(s.shows == Shows::nothing || course_.presentations(s) > 0,
            fmt::format("{} shows {}, of which there are none", whose, name_of(s.shows)),
            fmt::format("give samples.{}", s.shows == Shows::training_samples ? "train" : "test"));
    require(
        !s.where.empty() && s.where != "phase",
        fmt::format("{} measures in '{}', where rows of phases stand; expected another name", whose, s.where),
        "where = \"test\" or \"train\"");
    require(!s.shuffled || shows_samples(s), whose + " is shuffled; only samples can be");
    require(s.watched_first <= kMostWatched,
            fmt::format("{} watches the first {} that it shows; expected at most {}", whose, s.watched_first,
                        kMostWatched));
    require(!s.decay || s.when == When::epoch,
            whose + " has learning rates that decay over epochs, but is none of an epoch");
    for (const Phase& p : s.phases) phase(s, p);
    for (const Measure& m : s.measures) measure(s, m);
    for (const Correlation& c : s.correlations) {
      for (const Series* series : {&c.between, &c.and_of}) {
        if (series->kind == SeriesKind::soma_current || series->kind == SeriesKind::dendrite_current) {
          spike::group_index(circuit_, series->population);
        } else {
          events_of(series->population, fmt::format("correlation '{}' of {}", c.name, whose));
        }
      }
      require(binned(s, c.phase),
              fmt::format("correlation '{}' of {} needs bins, which its phase has not", c.name, whose),
              "add bin_ms to the phase");
      for (const Phase& p : s.phases) {
        require(!is_meant(s, p, c.phase) || steps(p.duration_s) > steps(p.bin_s),
                fmt::format("correlation '{}' of {} needs two bins or more; phase '{}' has fewer", c.name,
                            whose, p.name));
      }
    }
  }

  /// A teacher that sees counts begins with those of the phase before, whatever stage that was in.
  void counted_before_taught() const {
    if (!course_.teacher || course_.teacher->sees != Teacher::Sees::counts) return;
    const Phase* before = nullptr;
    const auto go_through = [&](const Stage& s) {
      for (std::size_t i = 0; i < std::min<std::size_t>(course_.presentations(s), 2); ++i) {
        for (const Phase& p : s.phases) {
          require(!p.taught || (before != nullptr && steps(before->duration_s) > 0),
                  fmt::format("phase '{}' of stage '{}' is taught by counts of the phase before, but {}",
                              p.name, s.name, before == nullptr ? "there is none" : "that takes no time"),
                  "sees = \"estimates\", or a phase before it");
          before = &p;
        }
      }
    };
    for (const When when : {When::before, When::epoch, When::epoch, When::after}) {
      for (const Stage& s : course_.stages) {
        if (s.when == when) go_through(s);
      }
    }
  }

 private:
  spike::Step steps(double seconds) const { return std::llround(seconds / circuit_.dt_s); }
  void whole_steps(double seconds, const std::string& takes) const {
    require(
        can_be_counted(seconds, circuit_.dt_s),
        fmt::format("{} {:g} s, more steps of {:g} s than can be counted", takes, seconds, circuit_.dt_s));
    require(on_grid(seconds, circuit_.dt_s),
            fmt::format("{} {:.12g} s, no whole number of steps of {:g} s", takes, seconds, circuit_.dt_s),
            fmt::format("the nearest: {}", nearest_two(seconds, circuit_.dt_s)));
  }
  bool has_targets(const Stage& s) const {
    return shows_samples(s) ||
           (s.shows == Shows::stimuli && !course_.stimuli.empty() && !course_.stimuli.front().target.empty());
  }
  void events_of(const std::string& population, const std::string& whose) const {
    const NeuronGroup& g = circuit_.groups[spike::group_index(circuit_, population)];
    require(has_events(circuit_, g),
            fmt::format("{} counts events of '{}', Poisson sources whose spikes no projection transmits as "
                        "events or bursts",
                        whose, g.name));
  }
  /// Rates of a phase that takes no time are not a number.
  void takes_time(const Stage& s, const Measure& m, const std::string& whose) const {
    for (const Phase& p : s.phases) {
      const bool measured = m.each == Each::phase || is_meant(s, p, m.phase);
      require(!measured || steps(p.duration_s) > 0,
              fmt::format("{} counts spikes in phase '{}', which takes no time", whose, p.name));
    }
  }
  static bool is_meant(const Stage& s, const Phase& p, const std::string& name) {
    return name.empty() ? &p == &s.phases.back() : p.name == name;
  }
  bool binned(const Stage& s, const std::string& phase) const {
    return std::any_of(s.phases.begin(), s.phases.end(),
                       [&](const Phase& p) { return is_meant(s, p, phase) && p.bin_s > 0; });
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
    const double Hz = course.samples->rate_Hz;
    require(Hz >= 0 && Hz * circuit.dt_s < 1,
            fmt::format("samples.rate_Hz is {:g}; expected at least 0 and below 1/dt = {:g} Hz", Hz,
                        1 / circuit.dt_s));
  }
  std::set<std::string> watched;
  for (const Stage& s : course.stages) {
    check.stage(s);
    require(s.watched.empty() || watched.insert(s.watched).second,
            fmt::format("two stages are watched under the name '{}'", s.watched),
            "give each a name of its own");
  }
  check.counted_before_taught();
  require(course.epochs == 0 || course.trains(), "there are epochs, but no stage of an epoch");
  require(course.activity_bin_s > 0, "bins of activity over time need a positive duration");
}

}  // namespace apical
