// SPDX-License-Identifier: Apache-2.0
#include "apical/report/compose/metric_look.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "apical/analysis/statistics.h"

namespace apical {
namespace {

std::vector<double> paired(const std::vector<SeedValue>& a, const std::vector<SeedValue>& b,
                           const std::function<double(double, double)>& compared) {
  std::vector<double> out;
  for (const SeedValue& x : a) {
    for (const SeedValue& y : b) {
      if (x.seed == y.seed) out.push_back(compared(x.value, y.value));
    }
  }
  return out;
}

bool all(const std::vector<double>& values, bool (*is)(double)) {
  return std::all_of(values.begin(), values.end(), is);
}

/// Headlines for which `is`.
std::vector<Metric> headlines_that(const ReportData& data, bool (*is)(const Metric&)) {
  std::vector<Metric> out = headlines_of(data);
  std::erase_if(out, [is](const Metric& m) { return !is(m); });
  return out;
}

}  // namespace

std::string axis_at(const Metric& m, const std::string& where) {
  return words_at(m, where) + (m.unit.empty() ? "" : " (" + m.unit + ")");
}

std::size_t rank_of(const std::string& name) {
  const Metric* const found = find_metric(name);
  return found == nullptr ? metrics().size() : static_cast<std::size_t>(found - metrics().data());
}

std::string headline_place(const Metric& m) { return m.is_headline() ? m.headline_at.back() : "test"; }

std::vector<Metric> headlines_of(const ReportData& data) {
  const auto any = [&](const std::string& where, const std::string& metric) {
    return std::any_of(data.runs.begin(), data.runs.end(),
                       [&](const RunData& r) { return !last_of(r.measured, where, metric).empty(); });
  };
  std::vector<Metric> out =
      headlines([&](const Metric& m, const std::string& where) { return any(where, m.name); });
  std::erase_if(out, [&](const Metric& m) { return !any(headline_place(m), m.name); });
  return out;
}

std::vector<Metric> answers_of(const ReportData& data) {
  return headlines_that(data, [](const Metric& m) {
    return m.in == MeasuredIn::split && m.better != Better::neither &&
           m.over_seeds != OverSeeds::median_of_some;
  });
}

std::vector<Metric> area_headlines_of(const ReportData& data) {
  return headlines_that(data, [](const Metric& m) { return m.in == MeasuredIn::area; });
}

std::vector<SeedValue> last_values_of(const RunData& run, const Metric& m) {
  return last_of(run.measured, headline_place(m), m.name);
}

MeanInterval interval_of(const RunData& run, const Metric& m) {
  return over_seeds(metric_in(run.display, m.name), values_of(last_values_of(run, m)));
}

bool is_compared_by_ratio(const ReportData& data, const Metric& m) {
  if (!m.spans_decades || m.over_seeds == OverSeeds::median) return false;
  return std::all_of(data.runs.begin(), data.runs.end(), [&](const RunData& r) {
    return all(finite_values(last_values_of(r, m)), [](double v) { return v > 0; });
  });
}

MeanInterval ratio_of(const ReportData& data, const RunData& run, const RunData& reference, const Metric& m) {
  if (!is_compared_by_ratio(data, m)) return mean_interval({});
  const std::vector<double> ratios =
      paired(last_values_of(run, m), last_values_of(reference, m), std::divides<>());
  return all(ratios, [](double v) { return std::isfinite(v) && v > 0; }) ? geometric_interval(ratios)
                                                                         : mean_interval({});
}

MeanInterval difference_of(const RunData& run, const RunData& reference, const Metric& m) {
  if (m.spans_decades || m.over_seeds != OverSeeds::mean) return mean_interval({});
  const std::vector<double> differences =
      paired(last_values_of(run, m), last_values_of(reference, m), std::minus<>());
  return all(differences, [](double v) { return std::isfinite(v); }) ? mean_interval(differences)
                                                                     : mean_interval({});
}

Figures figures_of(const Metric& m, const MeanInterval& i) {
  return figures_of(i, m.digits, m.unit, m.shown_times);
}

Figures difference_figures(const Metric& m, const MeanInterval& i) {
  return figures_of(i, m.digits, m.in_percent() ? "" : m.unit, m.shown_times);
}

std::string median_of_some_words(const Metric& m, const std::vector<SeedValue>& values) {
  const std::vector<double> some = finite_values(values);
  if (some.empty()) return "never";
  const Figures f = figures_of(m, mean_interval(std::vector{median(some)}));
  return fmt::format("{}, median of {} of {} {}", f.value, some.size(), values.size(),
                     values.size() == 1 ? "seed" : "seeds");
}

std::string filled_in(std::string text, const std::string& word, const std::string& value) {
  const std::string placeholder = "{" + word + "}";
  for (std::size_t at = text.find(placeholder); at != std::string::npos;
       at = text.find(placeholder, at + value.size()))
    text.replace(at, placeholder.size(), value);
  return text;
}

const RunData* reference_of(const ReportData& data) {
  for (const RunData& r : data.runs) {
    if (r.reference && !data.is_swept()) return &r;  // each value of a sweep has one of its own
  }
  return nullptr;
}

std::size_t seed_count(const RunData& run) {
  std::set<std::uint64_t> seeds;
  for (const Measurement& m : run.measured) seeds.insert(m.seed);
  return seeds.empty() ? run.seeds : seeds.size();
}

}  // namespace apical
