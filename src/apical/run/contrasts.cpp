// SPDX-License-Identifier: Apache-2.0
#include "apical/run/contrasts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apical/analysis/metrics.h"

namespace apical {
namespace {

constexpr const char* kTest = "test ";  // and the metric: measures of tests

/// The mean over the measure's window, by seed.
std::vector<double> window_mean(const Measure& m, const Trace& t, const TraceTimes& times) {
  constexpr double kRounding = 1e-9;
  std::vector<double> out;
  for (std::size_t r = 0; r < t.mean.rows(); ++r) {
    double sum = 0, n = 0;
    for (std::size_t c = 0; c < times.count; ++c) {
      if (times.ms(c) < m.from_ms - kRounding || times.ms(c) >= m.until_ms - kRounding) continue;
      sum += t.mean(r, c);
      n += 1;
    }
    if (n == 0) {
      throw ConfigError(fmt::format("no recorded step lies in the window of measure '{}'", m.name), {},
                        "record more often: protocol.every_ms");
    }
    out.push_back(sum / n);
  }
  return out;
}

template <class List, class Is>
auto found(const List& list, Is&& is) {
  const auto at = std::find_if(list.begin(), list.end(), is);
  return at == list.end() ? nullptr : &*at;
}

}  // namespace

std::vector<Contrast> contrasts_of(const Protocol& p, const TraceTimes& times,
                                   const std::vector<Trace>& traces, const std::vector<Tested>& tests,
                                   const Display& display) {
  std::vector<Contrast> out;
  const auto trace_of = [&](const Measure& m, const std::string& condition, std::size_t epochs) {
    return found(traces, [&](const Trace& t) {
      return t.measure == m.name && t.condition == condition && t.epochs == epochs;
    });
  };
  const auto test_of = [&](const Tested& like, const std::string& condition) {
    return found(tests, [&](const Tested& t) {
      return t.condition == condition && t.epochs == like.epochs && t.metric == like.metric;
    });
  };
  for (const std::size_t epochs : p.epochs) {
    for (const Condition& c : p.conditions) {
      if (c.name == p.control) continue;
      for (const Measure& m : p.measures) {
        const Trace *with = trace_of(m, c.name, epochs), *without = trace_of(m, p.control, epochs);
        if (!with) continue;
        out.push_back(
            {m.name, c.name, epochs, window_mean(m, *without, times), window_mean(m, *with, times)});
      }
      for (const Tested& with : tests) {
        if (with.condition != c.name || with.epochs != epochs) continue;
        if (const Tested* const without = test_of(with, p.control))
          out.push_back({std::string(kTest) + with.metric, c.name, epochs, without->values, with.values,
                         metric_in(display, with.metric).range()});
      }
    }
  }
  return out;
}

std::string trials_in_words(const Protocol& p, const std::string& task) {
  return fmt::format(
      "{} samples of the {} split of {}, each shown {} time{}: {:g} ms blank, then the stimulus for {:g} "
      "ms{}. Plasticity is {} in trials. All conditions start from the same state of each model; those that "
      "act in training have a circuit of their own, trained with the same samples from the same initial "
      "weights.",
      p.samples, name_of(p.split), task, p.repeats, p.repeats == 1 ? "" : "s", p.blank_ms, p.presentation_ms,
      p.shows_target ? fmt::format(", with a target from {:g} ms on", p.target_onset_ms)
                     : ", without a target",
      p.learning ? "on" : "off");
}

MeanInterval Contrast::control_interval() const { return interval_of(control); }
MeanInterval Contrast::value_interval() const { return interval_of(value); }

MeanInterval Contrast::interval_of(const std::vector<double>& seeds) const {
  const bool all = std::all_of(seeds.begin(), seeds.end(), [](double v) { return std::isfinite(v); });
  return all ? mean_interval(seeds, possible) : mean_interval({});
}

MeanInterval Contrast::difference() const {
  std::vector<double> d;
  for (std::size_t i = 0; i < value.size(); ++i) {
    d.push_back(value[i] - control[i]);
    if (!std::isfinite(d.back())) return mean_interval({});  // e.g. a burst probability where no event was
  }
  return mean_interval(d);
}

bool Contrast::is_distinct() const {
  const MeanInterval d = difference();
  return d.has_bounds() && (d.low > 0 || d.high < 0);
}

}  // namespace apical
