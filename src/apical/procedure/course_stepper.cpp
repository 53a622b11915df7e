// SPDX-License-Identifier: Apache-2.0
#include "apical/procedure/course_stepper.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
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
  std::vector<Replay> replays = {};
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
  std::set<std::size_t> replaying;
  const auto replays = [&](const std::vector<Replay>& list) {
    for (const Replay& r : list) replaying.insert(spike::group_index(circuit, r.population));
  };
  std::set<std::string> rated;
  if (course_.samples) rated.insert(course_.samples->population);
  for (const Stimulus& s : course_.stimuli) {
    drives(s.injections);
    for (const SourceRates& r : s.rates) rated.insert(r.population);
    replays(s.replays);
  }
  for (const std::string& population : rated) rated_.push_back(spike::group_index(circuit, population));
  for (const Stage& stage : course_.stages) {
    for (const Phase& p : stage.phases) {
      drives(p.injections);
      replays(p.replays);
    }
    measures_.emplace_back(course_, stage, circuit);
  }
  replaying_.assign(replaying.begin(), replaying.end());
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
    return {s.label, s.injections, s.rates, s.target, s.replays};
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
  if (!place_.within) {
    if (round.watched) open_segment(stage, round.epoch, round.first, watched_until);
    place_.within = true;
    place_.presentation = round.first;
  }
  for (; place_.presentation < round.last; ++place_.presentation) {
    if (round.watched && place_.presentation == watched_until) watch_.close();
    present(round);
  }
  watch_.close();
  place_ = {};
  if (!round.ends_stage) return {};
  return measures_[round.stage].rows(round.epoch, network_);
}

void CourseStepper::present(const CourseRound& round) {
  const Stage& stage = course_.stages[round.stage];
  const std::size_t i = place_.presentation;
  const Shown what = shown(stage, round.epoch, i);
  set_rates(what);
  set_learning_rates(stage, round.epoch, i);
  for (; place_.phase < stage.phases.size(); ++place_.phase) {
    set_trains(what, stage);
    EndedPhase ended = run_phase(what, stage.phases[place_.phase]);
    if (teaching_ && !what.target.empty() && measures_[round.stage].judges())
      ended.answer = teaching_->judge(network_, last_phase_s_, what.target);
    measures_[round.stage].phase_ended(ended);
  }
  place_.phase = 0;
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

/// What is replayed in the phase that begins, or was broken off. Relays of which nothing is said are silent.
void CourseStepper::set_trains(const Shown& what, const Stage& stage) {
  const Phase& phase = stage.phases[place_.phase];
  const Step began = place_.in_phase ? place_.phase_began : network_.step();
  Step shown_before = 0;
  for (std::size_t p = 0; p < place_.phase; ++p) shown_before += steps_of(stage.phases[p].duration_s);
  for (const std::size_t group : replaying_) {
    std::vector<spike::Emitted> train;
    const auto add = [&](const std::vector<Replay>& list, Step from) {
      for (const Replay& r : list) {
        if (network_.group(r.population) != group) continue;
        const std::vector<spike::Emitted>& all = setting_.replays->of(r).spikes;
        const auto at = [&](Step step) {
          return std::lower_bound(all.begin(), all.end(), spike::Emitted{step, 0});
        };
        std::transform(at(from), at(from + steps_of(phase.duration_s)), std::back_inserter(train),
                       [&](const spike::Emitted& e) {
                         return spike::Emitted{began + e.step - from, e.neuron};
                       });
      }
    };
    add(what.replays, shown_before);
    add(phase.replays, 0);
    network_.set_train(group, train);
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

void CourseStepper::begin_phase(const Shown& what, const Phase& phase) {
  set_drives(what, phase);
  for (const WeightChange& w : phase.weights) {
    const std::size_t c = network_.connection(w.projection);
    network_.set_weights(c, w.weight);
  }
  if (is_taught(what, phase)) teaching_->teach(network_, last_phase_s_, what.target);
  network_.set_plasticity(phase.plastic);
  network_.reset_counts();
  place_.in_phase = true;
  place_.phase_began = network_.step();
  place_.bins.clear();
}

bool CourseStepper::is_taught(const Shown& what, const Phase& phase) const {
  return phase.taught && teaching_ && !what.target.empty();
}

/// The network counts from the beginning of the phase: of a bin is what those before it do not have.
void CourseStepper::run_bins(const Phase& phase) {
  const std::size_t groups = network_.description().groups.size();
  std::vector<std::uint64_t> before(3 * groups);
  for (const auto& bin : place_.bins)
    std::transform(before.begin(), before.end(), bin.begin(), before.begin(), std::plus<>());
  const auto bins = static_cast<std::size_t>(std::lround(phase.duration_s / phase.bin_s));
  const Step steps = steps_of(phase.bin_s);
  while (place_.bins.size() < bins) {
    advance_to(place_.phase_began + static_cast<Step>(place_.bins.size() + 1) * steps);
    std::vector<std::uint64_t> now, bin(3 * groups);
    for (std::size_t g = 0; g < groups; ++g) {
      const spike::Counts c = network_.counts(g);
      now.insert(now.end(), {c.spikes, c.events, c.bursts});
    }
    std::transform(now.begin(), now.end(), before.begin(), bin.begin(), std::minus<>());
    before = std::move(now);
    place_.bins.push_back(std::move(bin));
  }
}

EndedPhase CourseStepper::run_phase(const Shown& what, const Phase& phase) {
  if (!place_.in_phase) begin_phase(what, phase);
  if (phase.bin_s > 0) {
    run_bins(phase);
  } else {
    advance_to(place_.phase_began + steps_of(phase.duration_s));
  }
  network_.set_plasticity(false);
  if (is_taught(what, phase)) teaching_->stop(network_);
  EndedPhase ended;
  ended.presentation = place_.presentation;
  ended.phase = place_.phase;
  ended.network = &network_;
  for (const auto& bin : place_.bins) {
    std::vector<spike::Counts>& counts = ended.bins.emplace_back();
    for (std::size_t k = 0; k < bin.size(); k += 3) counts.push_back({bin[k], bin[k + 1], bin[k + 2]});
  }
  ended.duration_s = last_phase_s_ = phase.duration_s;
  place_.in_phase = false;
  place_.bins.clear();
  return ended;
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
  place_ = {};
  watch_.close();
}

io::Bytes CourseStepper::save_place() {
  PlaceAndWatch state{place_, watch_};
  return io::save_state(state);
}

void CourseStepper::load_place(std::span<const std::byte> bytes, const std::string& origin) {
  PlaceAndWatch state{place_, watch_};
  io::load_state(bytes, state, origin);
}

}  // namespace apical
