// SPDX-License-Identifier: Apache-2.0
#include "apical/procedure/course_measures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>
#include <numeric>
#include <tuple>

#include "apical/analysis/series.h"
#include "apical/circuit/measure_patterns.h"

namespace apical {

using namespace course;
using spike::Counts;

namespace {

/// What placeholders stand for; of stimuli and single phases see named_measures().
PatternValues values_of_patterns(MeasureKind kind, const std::string& of, const SpikingCircuit& circuit) {
  PatternValues values{{"quantity", std::string(name_of(kind))}};
  if (!of.empty()) values["of"] = of;
  if (of_weights(kind)) {
    const spike::Connection& c = circuit.connections[spike::connection_index(circuit, of)];
    values["from"] = c.source;
    values["to"] = c.target;
  }
  return values;
}

std::string pattern_of_names(const Measure& m, MeasureKind kind) {
  if (!m.name.empty()) return m.name;
  return of_answers(kind) ? "{quantity}" : of_weights(kind) ? "weight_{from}_{to}" : "{of}_{quantity}";
}

/// What tells the values of a measure apart has to be in their texts: what the pattern leaves out follows it.
std::string pattern_of_texts(const Measure& m) {
  if (m.text.empty()) return "";
  const auto says = [&](std::initializer_list<const char*> names) {
    return std::any_of(names.begin(), names.end(), [&](const char* n) { return has_placeholder(m.text, n); });
  };
  std::string out = m.text;
  if (m.of.size() > 1 && !says({"of", "from", "to"})) out += ", {of}";
  if (m.quantities.size() > 1 && !says({"quantity"})) out += ", {quantity}";
  if (m.each == Each::stimulus && !says({"stimulus", "label"})) out += ", {label}";
  if (m.each == Each::phase && !says({"phase", "number"})) out += ", phase {number}";
  return out;
}

std::size_t phase_named(const Stage& stage, const std::string& name) {
  if (name.empty()) return stage.phases.size() - 1;
  std::vector<std::string> names;
  for (const Phase& p : stage.phases) names.push_back(p.name);
  const auto at = std::find(names.begin(), names.end(), name);
  if (at == names.end())
    throw ConfigError(fmt::format("stage '{}' has no phase '{}'", stage.name, name), {},
                      suggestion(name, names));
  if (std::count(names.begin(), names.end(), name) > 1)
    throw ConfigError(fmt::format("stage '{}' has several phases '{}'", stage.name, name), {},
                      "give each a name of its own");
  return static_cast<std::size_t>(at - names.begin());
}

double ratio(const Counts& c) {
  return c.events > 0 ? static_cast<double>(c.bursts) / static_cast<double>(c.events) : 0;
}

/// Rates of single stimuli and bins stand beside each other in a report: their burst probability is burst
/// rate over event rate, which is bursts over events but for the last bit.
double rate_ratio(const Counts& c, double neuron_seconds) {
  const double events = static_cast<double>(c.events) / neuron_seconds;
  return events > 0 ? static_cast<double>(c.bursts) / neuron_seconds / events : 0;
}

}  // namespace

StageMeasures::StageMeasures(const Course& course, const Stage& stage, const SpikingCircuit& circuit)
    : stage_(stage) {
  const std::size_t shown = stage.shows == Shows::stimuli ? course.presentations(stage) : 0;
  stimuli_.assign(course.stimuli.begin(), course.stimuli.begin() + static_cast<std::ptrdiff_t>(shown));
  std::size_t places = 0, block = 0;
  for (std::size_t measure = 0; measure < stage.measures.size(); ++measure) {
    const Measure& m = stage.measures[measure];
    const std::vector<std::string> objects = m.of.empty() ? std::vector<std::string>{""} : m.of;
    if (items_.empty() || m.each != Each::stimulus || items_.back().each != Each::stimulus) ++block;
    for (const std::string& of : objects) {
      for (const MeasureKind kind : m.quantities) {
        Item item{.kind = kind, .each = m.each};
        if (of_weights(kind)) {
          item.object = spike::connection_index(circuit, of);
        } else if (!of_answers(kind)) {
          item.object = spike::group_index(circuit, of);
        }
        judges_ |= of_answers(kind);
        item.phase = phase_named(stage, m.phase);
        PatternValues values = values_of_patterns(kind, of, circuit);
        values["phase"] = stage.phases[item.phase].name;
        item.name = filled(pattern_of_names(m, kind), values);
        item.mean_of_bins = m.mean_of_bins;
        item.first = places;
        item.count = m.each == Each::stage ? 1 : m.each == Each::stimulus ? shown : stage.phases.size();
        item.block = block;
        item.measure = measure;
        item.of = of;
        places += item.count;
        items_.push_back(item);
      }
    }
  }
  for (const Correlation& c : stage.correlations)
    links_.push_back({c, phase_named(stage, c.phase), places++});
  values_.assign(places, 0.0);
}

double StageMeasures::weight_of(const Item& item, const spike::Network<float>& network) const {
  if (item.kind == MeasureKind::mean_weight) return network.mean_weight(item.object);
  APICAL_CHECK(item.kind == MeasureKind::rms_weight);
  double squares = 0;
  std::size_t count = 0;
  network.each_weight(item.object, [&](std::span<const float> w) {
    for (const float x : w) squares += static_cast<double>(x) * static_cast<double>(x);
    count += w.size();
  });
  return std::sqrt(squares / static_cast<double>(count));
}

std::vector<double> StageMeasures::series(const Series& s, const EndedPhase& ended) const {
  const Phase& phase = stage_.phases[ended.phase];
  const SpikingCircuit& circuit = ended.network->description();
  const std::size_t group = spike::group_index(circuit, s.population);
  const double neuron_seconds = phase.bin_s * static_cast<double>(circuit.groups[group].size);
  const CellPart part = s.kind == SeriesKind::soma_current ? CellPart::soma : CellPart::dendrite;
  std::vector<double> out;
  for (std::size_t b = 0; b < ended.bins.size(); ++b) {
    const Counts& c = ended.bins[b][group];
    const double t = static_cast<double>(b + 1) * phase.bin_s;
    double value = 0;
    switch (s.kind) {
      case SeriesKind::event_Hz:
        value = static_cast<double>(c.events) / neuron_seconds;
        break;
      case SeriesKind::burst_Hz:
        value = static_cast<double>(c.bursts) / neuron_seconds;
        break;
      case SeriesKind::burst_probability:
        value = c.events > 0 ? rate_ratio(c, neuron_seconds) : std::numeric_limits<double>::quiet_NaN();
        break;
      case SeriesKind::soma_current:
      case SeriesKind::dendrite_current:
        for (const Injection& i : phase.injections) {
          if (i.population == s.population && i.into == part)
            value += i.constant_A + i.amplitude_A * std::sin(2 * std::numbers::pi * t / i.period_s);
        }
        break;
    }
    out.push_back(value);
  }
  return out;
}

double StageMeasures::activity_of(const Item& item, SeriesKind series_of_bins,
                                  const EndedPhase& ended) const {
  const auto& group = ended.network->description().groups[item.object];
  if (item.mean_of_bins) return apical::mean_of_bins(series({series_of_bins, group.name}, ended));
  const Counts c = ended.network->counts(item.object);
  const double neuron_seconds = ended.duration_s * static_cast<double>(group.size);
  if (item.kind == MeasureKind::event_Hz) return static_cast<double>(c.events) / neuron_seconds;
  if (item.kind == MeasureKind::burst_Hz) return static_cast<double>(c.bursts) / neuron_seconds;
  APICAL_CHECK(item.kind == MeasureKind::burst_probability);
  return item.each == Each::stimulus ? rate_ratio(c, neuron_seconds) : ratio(c);
}

double StageMeasures::value_of(const Item& item, const EndedPhase& ended) const {
  switch (item.kind) {
    case MeasureKind::event_Hz:
      return activity_of(item, SeriesKind::event_Hz, ended);
    case MeasureKind::burst_Hz:
      return activity_of(item, SeriesKind::burst_Hz, ended);
    case MeasureKind::burst_probability:
      return activity_of(item, SeriesKind::burst_probability, ended);
    case MeasureKind::mean_weight:
    case MeasureKind::rms_weight:
      return weight_of(item, *ended.network);
    case MeasureKind::cost:
    case MeasureKind::total_cost:
      return ended.answer ? ended.answer->cost : 0;
    case MeasureKind::correct:
    case MeasureKind::accuracy:
      return ended.answer && ended.answer->right ? 1 : 0;
  }
  APICAL_CHECK(false);
  return 0;
}

void StageMeasures::phase_ended(const EndedPhase& ended) {
  for (const Item& item : items_) {
    if (item.each == Each::phase) {
      values_[item.first + ended.phase] += value_of(item, ended);
    } else if (item.phase == ended.phase && !(item.each == Each::stage && of_weights(item.kind))) {
      values_[item.first + (item.each == Each::stimulus ? ended.presentation : 0)] += value_of(item, ended);
    }
  }
  for (const Link& l : links_) {
    if (l.phase == ended.phase)
      values_[l.place] += correlation(series(l.what.between, ended), series(l.what.and_of, ended));
  }
  if (ended.phase + 1 == stage_.phases.size()) ++shown_;
}

double StageMeasures::final_value(const Item& item, std::size_t i,
                                  const spike::Network<float>& network) const {
  if (item.each == Each::stage && of_weights(item.kind)) return weight_of(item, network);
  const bool sum = item.each == Each::stimulus || quantity_of(item.kind).summed;
  return sum ? values_[item.first + i] : values_[item.first + i] / static_cast<double>(shown_);
}

std::vector<std::pair<std::string, double>> StageMeasures::all_values(
    const spike::Network<float>& network) const {
  std::vector<std::pair<std::string, double>> out;
  for (std::size_t k = 0; k < items_.size();) {
    const Item& item = items_[k];
    if (item.each != Each::stimulus) {
      for (std::size_t i = 0; i < item.count; ++i) {
        out.emplace_back(item.each == Each::phase ? fmt::format("{}_phase_{}", item.name, i) : item.name,
                         final_value(item, i, network));
      }
      ++k;
      continue;
    }
    std::size_t end = k;
    while (end < items_.size() && items_[end].block == item.block) ++end;
    for (std::size_t i = 0; i < stimuli_.size(); ++i) {
      for (std::size_t j = k; j < end; ++j)
        out.emplace_back(fmt::format("{}_{}", items_[j].name, stimuli_[i].name),
                         final_value(items_[j], i, network));
    }
    k = end;
  }
  for (const Link& l : links_) out.emplace_back(l.what.name, values_[l.place] / static_cast<double>(shown_));
  return out;
}

std::vector<MeasureRow> StageMeasures::rows(std::size_t epoch, const spike::Network<float>& network) {
  std::vector<MeasureRow> out;
  // Within epochs a phase's number cannot stand where epochs do.
  const std::size_t phases = stage_.when == When::epoch ? 0 : stage_.phases.size();
  for (std::size_t p = 0; p < phases; ++p) {
    MeasureRow row{p, std::string(kPhaseRows), {}};
    for (const Item& item : items_) {
      if (item.each == Each::phase) row.values.emplace_back(item.name, final_value(item, p, network));
    }
    if (!row.values.empty()) out.push_back(std::move(row));
  }
  MeasureRow row{epoch, stage_.where, all_values(network)};
  if (!row.values.empty()) out.push_back(std::move(row));
  shown_ = 0;
  values_.assign(values_.size(), 0.0);
  return out;
}

std::vector<NamedMeasure> named_measures(const Course& course, const Stage& stage,
                                         const SpikingCircuit& circuit) {
  const StageMeasures measures(course, stage, circuit);
  std::vector<NamedMeasure> out;
  for (const StageMeasures::Item& item : measures.items_) {
    const Measure& m = stage.measures[item.measure];
    for (std::size_t i = 0; i < item.count; ++i) {
      NamedMeasure n{.name = item.name, .kind = item.kind, .each = item.each, .of = item.of};
      n.phase = stage.phases[item.each == Each::phase ? i : item.phase].name;
      n.block = item.measure;
      n.index = i;
      PatternValues values = values_of_patterns(item.kind, item.of, circuit);
      values["quantity"] = quantity_of(item.kind).words;
      values["phase"] = n.phase;
      n.title = filled(m.title, values);
      if (item.each == Each::stimulus) {
        const Stimulus& s = measures.stimuli_[i];
        n.name += "_" + s.name;
        n.label = s.label.empty() ? s.name : s.label;
        values["stimulus"] = s.name;
        values["label"] = n.label;
        values["target"] = fmt::format("{:g}", fmt::join(s.target, ", "));
      } else if (item.each == Each::phase) {
        n.name += fmt::format("_phase_{}", i);
        values["number"] = fmt::format("{}", i);
      }
      n.text = filled(pattern_of_texts(m), values);
      out.push_back(std::move(n));
    }
  }
  return out;
}

namespace {

/// Where, when and under which name something is told. Rows that share all three count as seeds of one
/// figure.
class Told {
 public:
  void add(const Stage& stage, const std::string& where, std::size_t time, const std::string& name) {
    const auto [at, is_new] = stages_.try_emplace({where, time, name}, stage.name);
    if (is_new) return;
    const std::string who = at->second == stage.name
                                ? fmt::format("stage '{}' measures two things", stage.name)
                                : fmt::format("stages '{}' and '{}' measure", at->second, stage.name);
    throw ConfigError(fmt::format("{} under the name '{}' of '{}'", who, name, where), {},
                      at->second == stage.name
                          ? "give one of them another 'name'"
                          : "give one of them another 'name', or its stage another 'where'");
  }

 private:
  std::map<std::tuple<std::string, std::size_t, std::string>, std::string> stages_;
};

}  // namespace

void check_course(const Course& course, const SpikingCircuit& circuit) {
  validate(course, circuit);
  Told told;
  for (const Stage& stage : course.stages) {
    // What comes after training is of its last epoch.
    const std::size_t time = stage.when == When::before ? 0 : 1;
    for (const NamedMeasure& m : named_measures(course, stage, circuit)) {
      told.add(stage, stage.where, time, m.name);
      if (m.each == Each::phase && m.index == 0 && stage.when != When::epoch)
        told.add(stage, std::string(kPhaseRows), 0, m.name.substr(0, m.name.rfind("_phase_")));
    }
    for (const Correlation& c : stage.correlations) told.add(stage, stage.where, time, c.name);
  }
}

}  // namespace apical
