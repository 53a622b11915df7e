// SPDX-License-Identifier: Apache-2.0
#include "apical/procedure/course_display.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "apical/circuit/measure_patterns.h"
#include "apical/procedure/course_measures.h"
#include "apical/procedure/curve_course.h"

namespace apical {
namespace {

using namespace course;

std::string unit_of(MeasureKind k) { return std::string(quantity_of(k).unit); }
std::string words_of(MeasureKind k) { return std::string(quantity_of(k).words); }

std::string axis_words(MeasureKind k) {
  const std::string unit = unit_of(k);
  return unit.empty() ? words_of(k) : fmt::format("{} ({})", words_of(k), unit);
}

std::string capital(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

std::string arrow(std::string projection) {
  const auto at = projection.find("->");
  return at == std::string::npos ? projection : projection.replace(at, 2, " → ");
}

class Composer {
 public:
  Composer(const SpikingCircuit& circuit, const Course& course) : circuit_(circuit), c_(course) {}

  Display display() {
    if (c_.protocol) return curves();
    for (const Stage& s : c_.stages) {
      if (c_.passes(s) == 0) continue;
      const std::vector<NamedMeasure> all = named_measures(c_, s, circuit_);
      for (const NamedMeasure& m : all) d_.ranges[m.name] = range_of(s, m);
      for (const Correlation& c : s.correlations) d_.ranges[c.name] = {-1, 1};
      if (s.where == "test") headlines(s, all);
      if (s.when == When::epoch) {
        figures(s, all, "epoch");
      } else {
        phases(s, all);
      }
      if (s.where == "test") dots(all);
      correlations(s);
      if (!s.watched.empty()) d_.activity = activity(s);
    }
    return d_;
  }

 private:
  /// Whatever a measure is called, its quantity says what it can be.
  ValueRange range_of(const Stage& s, const NamedMeasure& m) const {
    switch (m.kind) {
      case MeasureKind::mean_weight:
        return {};
      case MeasureKind::event_Hz:
      case MeasureKind::burst_Hz:
      case MeasureKind::rms_weight:
      case MeasureKind::cost:
      case MeasureKind::total_cost:
        return {0, {}};
      case MeasureKind::burst_probability:
      case MeasureKind::accuracy:
        return {0, 1};
      case MeasureKind::correct:
        return {0, m.each == Each::stimulus ? 1 : static_cast<double>(c_.presentations(s))};
    }
    return {};
  }

  Display curves() {
    const CurveProtocol& p = *c_.protocol;
    d_.curve_x = p.x_label;
    for (const std::string& label : p.labels) {
      const std::string name = measure_of(label), of = p.labels.size() > 1 ? label + ": " : "";
      d_.headlines.push_back({"crossing_" + name, of + "depression turns into potentiation", p.x_unit});
      d_.headlines.push_back({"deepest_" + name, of + "deepest depression", ""});
      d_.headlines.push_back({"deepest_at_" + name, of + "which is at", p.x_unit});
      d_.headlines.push_back({"span_" + name, of + "change from the first to the last point", ""});
    }
    return d_;
  }

  /// Two measures may have one text, if stages name them differently.
  void headline(const std::string& metric, const std::string& text, const std::string& unit) {
    const auto any = [&](auto&& is) { return std::any_of(d_.headlines.begin(), d_.headlines.end(), is); };
    if (text.empty() || any([&](const Display::Headline& h) { return h.metric == metric; })) return;
    const bool taken = any([&](const Display::Headline& h) { return h.text == text; });
    d_.headlines.push_back({metric, taken ? fmt::format("{} ({})", text, metric) : text, unit});
  }

  void headlines(const Stage& s, const std::vector<NamedMeasure>& all) {
    for (const Correlation& c : s.correlations) headline(c.name, c.text, "");
    for (const NamedMeasure& m : all) headline(m.name, m.text, unit_of(m.kind));
  }

  /// Lines of one figure: what one Measure says of one population and quantity, or all its weights.
  using Key = std::tuple<std::size_t, std::string, MeasureKind>;
  static Key key_of(const NamedMeasure& m) {
    return {m.block, of_weights(m.kind) || m.each == Each::phase ? "" : m.of, m.kind};
  }

  void figures(const Stage& s, const std::vector<NamedMeasure>& all, const std::string& x) {
    std::map<Key, std::size_t> figure_of;
    for (const NamedMeasure& m : all) {
      if (of_weights(m.kind) && m.each != Each::phase && s.where == "test") continue;
      const auto [at, is_new] = figure_of.try_emplace(key_of(m), d_.figures.size());
      if (is_new) d_.figures.push_back(figure(s, m, x));
      std::string label = m.each == Each::stimulus ? m.label : m.of.empty() ? words_of(m.kind) : m.of;
      if (m.each == Each::phase) label += ", " + m.phase;
      d_.figures[at->second].lines.push_back({arrow(label), m.name});
    }
  }

  static Display::Figure figure(const Stage& s, const NamedMeasure& m, const std::string& x) {
    std::string title = m.title, caption;
    if (title.empty()) {
      title = capital(words_of(m.kind));
      if (of_weights(m.kind)) {
        title = "Weights";
      } else {
        if (!m.of.empty() && m.each != Each::phase) title += " of " + m.of;
        title += fmt::format(": {}, {}", s.name, m.each == Each::phase ? "each phase" : m.phase);
      }
    }
    if (of_weights(m.kind)) {
      caption = capital(words_of(m.kind)) + " of each projection.";
    } else if (m.each == Each::phase) {
      caption = fmt::format("In each phase of stage {}.", s.name);
    } else {
      caption = fmt::format("In phase {} of stage {}.", m.phase, s.name);
    }
    return {title, caption, x, axis_words(m.kind), s.where, {}, {}, ""};
  }

  /// Over the phases of a stage.
  void phases(const Stage& s, const std::vector<NamedMeasure>& all) {
    std::map<Key, std::size_t> figure_of;
    for (const NamedMeasure& m : all) {
      if (m.each != Each::phase || m.index > 0) continue;
      const std::string metric = m.name.substr(0, m.name.rfind("_phase_"));
      const auto [at, is_new] = figure_of.try_emplace(key_of(m), d_.figures.size());
      if (is_new) {
        const std::string title = m.title.empty() ? capital(words_of(m.kind)) + " in each phase" : m.title;
        d_.figures.push_back(
            {title, "", "phase of stage " + s.name, axis_words(m.kind), "phase", {}, {}, ""});
      }
      d_.figures[at->second].lines.push_back({arrow(m.of), metric});
    }
  }

  /// Answers to stimuli side by side, before and after training.
  void dots(const std::vector<NamedMeasure>& all) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      const NamedMeasure& m = all[i];
      if (m.each != Each::stimulus || m.title.empty() || m.kind != MeasureKind::event_Hz) continue;
      auto at = std::find_if(d_.dots.begin(), d_.dots.end(),
                             [&](const Display::Dots& d) { return d.title == m.title; });
      if (at == d_.dots.end()) {
        at = d_.dots.insert(
            at, {m.title, "Without a teacher.", fmt::format("{} of {} (Hz)", words_of(m.kind), m.of), {}});
      }
      const auto has = [&](bool first) {
        return std::any_of(at->rows.begin(), at->rows.end(), [&](const Display::Dots::Row& r) {
          return r.metric == m.name && r.first == first;
        });
      };
      if (c_.epochs > 0 && !has(true)) at->rows.push_back({m.label + " untrained", m.name, true});
      if (!has(false)) at->rows.push_back({m.label, m.name, false});
    }
  }

  void correlations(const Stage& s) {
    if (s.correlations.empty()) return;
    Display::Dots d{"Correlations at zero lag", "Pearson correlation over bins of time.", "correlation", {}};
    for (const Correlation& c : s.correlations)
      d.rows.push_back({c.text.empty() ? c.name : c.text, c.name, false});
    d_.dots.push_back(d);
  }

  std::string activity(const Stage& s) const {
    if (s.shows == Shows::nothing) {
      std::vector<std::string> parts;
      for (const Phase& p : s.phases) parts.push_back(fmt::format("{} {:g} s", p.name, p.duration_s));
      return fmt::format("Phases: {}.", fmt::join(parts, ", then "));
    }
    if (s.shows != Shows::stimuli) return fmt::format("The first test samples, {:g} s each.", s.shown_s());
    std::vector<std::string> labels;
    for (const Stimulus& x : c_.stimuli) labels.push_back(x.label.empty() ? x.name : x.label);
    return fmt::format("The stimuli are {}, for {:g} s each.", fmt::join(labels, ", then "), s.shown_s());
  }

  const SpikingCircuit& circuit_;
  const Course& c_;
  Display d_;
};

}  // namespace

Display display_of(const SpikingCircuit& circuit, const Course& course) {
  return Composer(circuit, course).display();
}

}  // namespace apical
