// SPDX-License-Identifier: Apache-2.0
#include "apical/procedure/course_measures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <set>

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
  const std::vector<double> w = network.weights(item.object);
  return std::sqrt(std::inner_product(w.begin(), w.end(), w.begin(), 0.0) / static_cast<double>(w.size()));
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

double StageMeasures::value_of(const Item& item, const EndedPhase& ended) const {
  if (of_weights(item.kind)) return weight_of(item, *ended.network);
  if (of_answers(item.kind)) {
    if (!ended.answer) return 0;
    const bool costs = item.kind == MeasureKind::cost || item.kind == MeasureKind::total_cost;
    return costs ? ended.answer->cost : ended.answer->right ? 1 : 0;
  }
  const auto& group = ended.network->description().groups[item.object];
  if (item.mean_of_bins) {
    const SeriesKind kind = item.kind == MeasureKind::event_Hz   ? SeriesKind::event_Hz
                            : item.kind == MeasureKind::burst_Hz ? SeriesKind::burst_Hz
                                                                 : SeriesKind::burst_probability;
    return apical::mean_of_bins(series({kind, group.name}, ended));
  }
  const Counts c = ended.network->counts(item.object);
  const double neuron_seconds = ended.duration_s * static_cast<double>(group.size);
  if (item.kind == MeasureKind::event_Hz) return static_cast<double>(c.events) / neuron_seconds;
  if (item.kind == MeasureKind::burst_Hz) return static_cast<double>(c.bursts) / neuron_seconds;
  return item.each == Each::stimulus ? rate_ratio(c, neuron_seconds) : ratio(c);
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
  const bool sum = item.each == Each::stimulus || item.kind == MeasureKind::correct ||
                   item.kind == MeasureKind::total_cost;
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
  for (std::size_t p = 0; p < stage_.phases.size(); ++p) {
    MeasureRow row{p, "phase", {}};
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
      values["quantity"] = quantity_words(item.kind);
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

void check_course(const Course& course, const SpikingCircuit& circuit) {
  validate(course, circuit);
  for (const Stage& stage : course.stages) {
    std::set<std::string> known;
    const auto add = [&](const std::string& name) {
      if (!known.insert(name).second)
        throw ConfigError(fmt::format("stage '{}' measures two things under the name '{}'", stage.name, name),
                          {}, "give one of them another 'name'");
    };
    for (const NamedMeasure& m : named_measures(course, stage, circuit)) add(m.name);
    for (const Correlation& c : stage.correlations) add(c.name);
  }
}

}  // namespace apical
