// SPDX-License-Identifier: Apache-2.0
#include "apical/report/compose/metric_look.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <string_view>

namespace apical {
namespace {

bool is_one_of(const std::string& name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Squared errors of seeds can lie decades apart.
bool spans_decades(const Metric& m) { return m.name == "loss"; }

MeanInterval paired(const std::vector<SeedValue>& a, const std::vector<SeedValue>& b,
                    const std::function<double(double, double)>& compared, bool geometric) {
  std::vector<double> out;
  for (const SeedValue& x : a) {
    for (const SeedValue& y : b) {
      if (x.seed == y.seed) out.push_back(compared(x.value, y.value));
    }
  }
  const bool usable = std::all_of(out.begin(), out.end(),
                                  [&](double v) { return std::isfinite(v) && (!geometric || v > 0); });
  if (!usable || out.empty()) return mean_interval({});
  return geometric ? geometric_interval(out) : mean_interval(out);
}

}  // namespace

std::string words_at(const Metric& m, const std::string& where) {
  if (where != "train") return where + " " + m.words;
  if (m.name == "return") return "mean return of the last episodes";
  return m.headline || find_metric(m.name) == nullptr ? where + " " + m.words : m.words;
}

std::string axis_at(const Metric& m, const std::string& where) {
  return words_at(m, where) + (m.unit.empty() ? "" : " (" + m.unit + ")");
}

bool on_log_axis(const Metric& m) {
  return is_one_of(m.name, {"loss", "falls", "prediction_error", "value_loss"});
}

bool is_drawn(const Metric& m) {
  return !is_one_of(m.name, {"samples", "environment_steps", "episodes", "steps_to_solve"}) &&
         !m.name.starts_with("teacher_");
}

std::size_t rank_of(const std::string& name) {
  const Metric* const found = find_metric(name);
  return found == nullptr ? metrics().size() : static_cast<std::size_t>(found - metrics().data());
}

std::string headline_place(const Metric& m) {
  return m.over_seeds == OverSeeds::median_of_some ? "train" : "test";
}

std::vector<Metric> headlines_of(const ReportData& data) {
  std::vector<Metric> out;
  for (const Metric& m : metrics()) {
    if (m.headline && std::any_of(data.runs.begin(), data.runs.end(),
                                  [&](const RunData& r) { return !last_values_of(r, m).empty(); }))
      out.push_back(m);
  }
  return out;
}

std::vector<Metric> answers_of(const ReportData& data) {
  std::vector<Metric> out = headlines_of(data);
  std::erase_if(out, [](const Metric& m) {
    return m.better == Better::neither || m.over_seeds == OverSeeds::median_of_some;
  });
  return out;
}

std::vector<SeedValue> last_values_of(const RunData& run, const Metric& m) {
  return last_of(run.measured, headline_place(m), m.name);
}

bool is_geometric(const ReportData& data, const Metric& m) {
  if (!spans_decades(m)) return false;
  for (const RunData& r : data.runs) {
    for (const double v : finite_values(last_values_of(r, m))) {
      if (v <= 0) return false;
    }
  }
  return true;
}

MeanInterval interval_of(const ReportData& data, const RunData& run, const Metric& m) {
  const std::vector<SeedValue> values = last_values_of(run, m);
  const std::vector<double> finite = finite_values(values);
  if (finite.size() != values.size()) return mean_interval({});
  MeanInterval i = is_geometric(data, m) ? geometric_interval(finite) : mean_interval(finite);
  if (m.low) i.low = std::max(i.low, *m.low);
  if (m.high) i.high = std::min(i.high, *m.high);
  return i;
}

MeanInterval ratio_of(const ReportData& data, const RunData& run, const RunData& reference, const Metric& m) {
  if (!is_geometric(data, m)) return mean_interval({});
  return paired(last_values_of(run, m), last_values_of(reference, m), std::divides<>(), true);
}

MeanInterval difference_of(const RunData& run, const RunData& reference, const Metric& m) {
  if (on_log_axis(m) || m.over_seeds != OverSeeds::mean) return mean_interval({});
  return paired(last_values_of(run, m), last_values_of(reference, m), std::minus<>(), false);
}

Figures figures_of(const Metric& m, const MeanInterval& i) {
  if (m.shown_times == 100) return percent_figures(i);
  if (spans_decades(m)) return loss_figures(i);
  if (m.unit == "°") return angle_figures(i);
  if (m.headline) return count_figures(i);
  Figures f = plain_figures(i);
  if (!m.unit.empty()) f.value += "\u00A0" + m.unit;
  return f;
}

Figures difference_figures(const Metric& m, const MeanInterval& i) {
  return m.shown_times == 100 ? points_figures(i) : figures_of(m, i);
}

MeanInterval angle_interval(const RunData& run) {
  const std::vector<SeedValue> angles = last_of(run.measured, "total", "angle_deg");
  const std::vector<double> finite = finite_values(angles);
  return mean_interval(finite.size() == angles.size() ? finite : std::vector<double>{});
}

const RunData* reference_of(const ReportData& data) {
  for (const RunData& r : data.runs) {
    if (r.reference && data.sweep.empty()) return &r;  // each value of a sweep has one of its own
  }
  return nullptr;
}

std::size_t seed_count(const RunData& run) {
  std::set<std::uint64_t> seeds;
  for (const Measurement& m : run.measured) seeds.insert(m.seed);
  return seeds.empty() ? run.seeds : seeds.size();
}

}  // namespace apical
