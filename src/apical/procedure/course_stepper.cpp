// SPDX-License-Identifier: Apache-2.0
#include "apical/procedure/course_stepper.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "apical/procedure/course_samples.h"
#include "apical/procedure/spiking_course_parts.h"

namespace apical {

using namespace course;
using spike::CurrentTarget;
using spike::Step;

/// A stimulus, wherever it is from.
struct CourseStepper::Shown {
  std::string label;
  std::vector<Injection> injections;
  std::vector<SourceRates> rates;
  std::vector<double> target;
};

namespace {

CurrentTarget target_of(CellPart part) {
  return part == CellPart::soma ? CurrentTarget::soma : CurrentTarget::dendrite;
}

}  // namespace

CourseStepper::CourseStepper(const SpikingCircuit& circuit, const Course& course,
                             const CourseSetting& setting)
    : course_(course),
      setting_(setting),
      rounds_(rounds_of(course)),
      network_(circuit, setting.seed, setting.pool, {.ranks = setting.ranks}),
      watch_(circuit, setting.watch, setting.progress) {
  validate(course_, circuit);
  APICAL_CHECK(!course_.samples || setting_.samples != nullptr);
  if (course_.teacher) teaching_.emplace(*course_.teacher, circuit);
  const auto drives = [&](const std::vector<Injection>& injections) {
    for (const Injection& i : injections) {
      const std::size_t group = spike::group_index(circuit, i.population);
      if (std::any_of(driven_.begin(), driven_.end(),
                      [&](const Driven& d) { return d.group == group && d.part == i.into; }))
        continue;
      const spike::NeuronGroup& g = circuit.groups[group];
      driven_.push_back({group, i.into, i.into == CellPart::soma ? g.soma_current : g.dendrite_current});
    }
  };
  std::set<std::string> rated;
  if (course_.samples) rated.insert(course_.samples->population);
  for (const Stimulus& s : course_.stimuli) {
    drives(s.injections);
    for (const SourceRates& r : s.rates) rated.insert(r.population);
  }
  for (const std::string& population : rated) rated_.push_back(spike::group_index(circuit, population));
  for (const Stage& stage : course_.stages) {
    for (const Phase& p : stage.phases) drives(p.injections);
    measures_.emplace_back(course_, stage, circuit);
  }
}

Step CourseStepper::steps_of(double seconds) const {
  return std::llround(seconds / network_.description().dt_s);
}

const Split& CourseStepper::samples(const Stage& stage) const {
  return stage.shows == Shows::training_samples ? setting_.samples->train : setting_.samples->test;
}

std::size_t CourseStepper::sample_at(const Stage& stage, std::size_t epoch, std::size_t i) {
  if (!stage.shuffled) return i;
  if (order_stage_ != &stage || order_epoch_ != epoch) {
    order_ = sample_order(course_, stage, setting_.seed, epoch);
    order_stage_ = &stage;
    order_epoch_ = epoch;
  }
  return order_[i];
}

CourseStepper::Shown CourseStepper::shown(const Stage& stage, std::size_t epoch, std::size_t i) {
  if (stage.shows == Shows::nothing) return {};
  if (stage.shows == Shows::stimuli) {
    const Stimulus& s = course_.stimuli[i];
    return {s.label, s.injections, s.rates, s.target};
  }
  const Split& split = samples(stage);
  const std::size_t sample = sample_at(stage, epoch, i);
  const auto label = static_cast<std::size_t>(split.labels[sample]);
  std::vector<double> target(setting_.samples->outputs(), 0.0);
  target[label] = 1;
  return {fmt::format("a {}", label),
          {},
          {{course_.samples->population, sample_rates_Hz(*course_.samples, split, sample)}},
          std::move(target)};
}

void CourseStepper::open_segment(const Stage& stage, std::size_t epoch, std::size_t first, std::size_t last) {
  std::vector<RasterWindow> windows;
  if (stage.shows == Shows::nothing) {
    double from = 0;
    for (const Phase& p : stage.phases) {
      const double end = from + p.duration_s;
      if (p.drawn == Drawn::end)
        windows.push_back({p.name, end - std::min(setting_.raster_s, p.duration_s), end});
      if (p.drawn == Drawn::beginning)
        windows.push_back({p.name, from, from + std::min(2 * setting_.raster_s, p.duration_s)});
      from = end;
    }
  } else {
    std::vector<std::string> labels;
    for (std::size_t i = first; i < last; ++i) labels.push_back(shown(stage, epoch, i).label);
    windows = ends_of(labels, stage.shown_s(), setting_.raster_s);
  }
  watch_.open(stage.watched, std::move(windows), network_);
}

std::vector<MeasureRow> CourseStepper::run_round(std::size_t number) {
  const CourseRound& round = rounds_[number];
  const Stage& stage = course_.stages[round.stage];
  const std::size_t watched_until =
      stage.watched_first > 0 ? std::min(round.last, stage.watched_first) : round.last;
  if (round.watched) open_segment(stage, round.epoch, round.first, watched_until);
  for (std::size_t i = round.first; i < round.last; ++i) {
    if (round.watched && i == watched_until) watch_.close();
    present(round, i);
  }
  watch_.close();
  if (!round.ends_stage) return {};
  return measures_[round.stage].rows(round.epoch, network_);
}

void CourseStepper::present(const CourseRound& round, std::size_t i) {
  const Stage& stage = course_.stages[round.stage];
  const Shown what = shown(stage, round.epoch, i);
  set_rates(what);
  set_learning_rates(stage, round.epoch, i);
  for (std::size_t p = 0; p < stage.phases.size(); ++p) {
    EndedPhase ended;
    ended.presentation = i;
    ended.phase = p;
    ended.network = &network_;
    run_phase(what, stage.phases[p], ended);
    if (teaching_ && !what.target.empty() && measures_[round.stage].judges())
      ended.answer = teaching_->judge(network_, last_phase_s_, what.target);
    measures_[round.stage].phase_ended(ended);
  }
}

/// Sources that what is shown says nothing of have the rate that the circuit gives them.
void CourseStepper::set_rates(const Shown& what) {
  for (const std::size_t group : rated_) {
    const spike::NeuronGroup& g = network_.description().groups[group];
    const auto said = std::find_if(what.rates.begin(), what.rates.end(),
                                   [&](const SourceRates& r) { return r.population == g.name; });
    if (said == what.rates.end()) {
      network_.set_rates(group, {});
    } else if (said->rates_Hz.size() == g.size) {
      network_.set_rates(group, said->rates_Hz);
    } else {
      network_.set_rates(group, std::vector<double>(g.size, said->rates_Hz.at(0)));
    }
  }
}

/// Compartments that nothing is injected into get what the circuit gives them.
void CourseStepper::set_drives(const Shown& what, const Phase& phase) {
  const double now = static_cast<double>(network_.step()) * network_.description().dt_s;
  for (const Driven& d : driven_) {
    spike::Drive drive = d.base;
    const auto add = [&](const std::vector<Injection>& injections) {
      for (const Injection& i : injections) {
        if (i.into != d.part || network_.group(i.population) != d.group) continue;
        drive.constant_A += i.constant_A;
        if (i.amplitude_A != 0) drive = {drive.constant_A, i.amplitude_A, i.period_s, now};
      }
    };
    add(what.injections);
    add(phase.injections);
    network_.set_drive(d.group, target_of(d.part), drive);
  }
}

void CourseStepper::set_learning_rates(const Stage& stage, std::size_t epoch, std::size_t i) {
  if (stage.when != When::epoch) return;
  const auto each = static_cast<double>(course_.presentations(stage));
  const double done = (static_cast<double>(epoch - 1) * each + static_cast<double>(i)) /
                      (each * static_cast<double>(course_.epochs));
  const auto& connections = network_.description().connections;
  for (std::size_t c = 0; c < connections.size(); ++c) {
    if (connections[c].rule)
      network_.set_learning_rate(c, (stage.decay ? 1 - done : 1) * connections[c].rule->eta);
  }
}

void CourseStepper::run_phase(const Shown& what, const Phase& phase, EndedPhase& ended) {
  set_drives(what, phase);
  for (const WeightChange& w : phase.weights) {
    const std::size_t c = network_.connection(w.projection);
    network_.set_weights(c, w.weight);
  }
  const bool taught = phase.taught && teaching_ && !what.target.empty();
  if (taught) teaching_->teach(network_, last_phase_s_, what.target);
  network_.set_plasticity(phase.plastic);
  network_.reset_counts();
  const std::size_t groups = network_.description().groups.size();
  if (phase.bin_s > 0) {
    std::vector<spike::Counts> before(groups);
    for (auto bins = std::lround(phase.duration_s / phase.bin_s); bins > 0; --bins) {
      advance(watch_, network_, steps_of(phase.bin_s));
      std::vector<spike::Counts>& bin = ended.bins.emplace_back(groups);
      for (std::size_t g = 0; g < groups; ++g) {
        const spike::Counts now = network_.counts(g);
        bin[g] = {now.spikes - before[g].spikes, now.events - before[g].events,
                  now.bursts - before[g].bursts};
        before[g] = now;
      }
    }
  } else {
    advance(watch_, network_, steps_of(phase.duration_s));
  }
  network_.set_plasticity(false);
  if (taught) teaching_->stop(network_);
  ended.duration_s = last_phase_s_ = phase.duration_s;
}

template <class Archive>
void CourseStepper::visit_state(Archive& a) {
  a.section("watch", [&] { watch_.visit_state(a); });
  for (std::size_t s = 0; s < measures_.size(); ++s)
    a.section(fmt::format("stage{}", s), [&] { measures_[s].visit_state(a); });
  a("last_phase_s", last_phase_s_);
  FlexibleArchive<Archive> flexible(a);
  a.section("network", [&] { network_.visit_state(flexible); });
}

void CourseStepper::cut(const std::vector<std::string>& projections) {
  const auto& connections = network_.description().connections;
  for (std::size_t c = 0; c < connections.size(); ++c) {
    network_.set_cut(
        c, std::find(projections.begin(), projections.end(), connections[c].name) != projections.end());
  }
}

std::vector<std::pair<std::string, double>> CourseStepper::weights_at_bounds() const {
  std::vector<std::pair<std::string, double>> out;
  const auto& connections = network_.description().connections;
  for (std::size_t c = 0; c < connections.size(); ++c) {
    if (!connections[c].rule) continue;
    // Weights are kept in single precision.
    const auto low = static_cast<float>(connections[c].rule->w_min),
               high = static_cast<float>(connections[c].rule->w_max);
    std::size_t at = 0, count = 0;
    network_.each_weight(c, [&](std::span<const float> w) {
      at += static_cast<std::size_t>(
          std::count_if(w.begin(), w.end(), [&](float x) { return x <= low || x >= high; }));
      count += w.size();
    });
    if (count == 0) continue;
    out.emplace_back(connections[c].name, static_cast<double>(at) / static_cast<double>(count));
  }
  return out;
}

io::Bytes CourseStepper::save() { return io::save_state(*this); }

void CourseStepper::load(std::span<const std::byte> bytes, const std::string& origin) {
  io::load_state(bytes, *this, origin);
}

}  // namespace apical
