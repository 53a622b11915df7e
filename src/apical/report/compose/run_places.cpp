// SPDX-License-Identifier: Apache-2.0
#include "apical/report/compose/run_places.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "apical/experiment/same_experiment.h"
#include "apical/io/json.h"
#include "apical/run/run_row.h"

namespace apical {
namespace {

std::string table_of(const std::string& key) { return key.substr(0, key.find('.')); }

bool may_be_read_together(std::span<const RunConditions> runs, const std::vector<ExperimentValues>& values) {
  std::map<std::string, std::string> data;  // of what is said of each task
  for (std::size_t i = 0; i < runs.size(); ++i) {
    std::string task;
    for (const auto& [key, value] : values[i]) {
      if (key.starts_with("task."))
        task +=
            key + (value.index() == 0 ? fmt::format("{}", std::get<0>(value)) : std::get<1>(value)) + "\n";
    }
    const auto [at, is_new] = data.emplace(task, runs[i].fingerprint);
    if ((!is_new && at->second != runs[i].fingerprint) || runs[i].numerics != runs.front().numerics)
      return false;
    for (const std::string& key : differing_keys(runs.front().written, runs[i].written)) {
      if (key == "run.precision") return false;
      const auto list = values[i].find(key);
      const auto* const text = list == values[i].end() ? nullptr : std::get_if<std::string>(&list->second);
      if (text != nullptr && text->ends_with(" values]")) return false;
    }
  }
  return true;
}

/// A map of which most fields are empty shows nothing.
std::optional<RunGrid> grid_of(const RunAxis& x, const RunAxis& y, const std::vector<std::string>& labels) {
  constexpr std::size_t kFewest = 4;
  const std::set<double> columns(x.at.begin(), x.at.end()), rows(y.at.begin(), y.at.end());
  if (labels.size() < kFewest || 2 * labels.size() < columns.size() * rows.size()) return {};
  RunGrid grid{x.name, y.name, {}};
  for (std::size_t i = 0; i < labels.size(); ++i) grid.places.push_back({labels[i], x.at[i], y.at[i]});
  return grid;
}

/// As if a sweep over `x` had made them; what `y` is parts them further.
std::vector<SweptRun> sweep_of(const RunAxis& x, const RunAxis* y, const std::vector<std::string>& series,
                               const std::vector<std::string>& labels) {
  std::vector<SweptRun> out;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    std::string name = series[i];
    if (y != nullptr) name += fmt::format("{}{} {}", name.empty() ? "" : ", ", y->name, y->at[i]);
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    out.push_back(
        {.label = labels[i], .axis = x.name, .at = x.at[i], .logarithmic = x.logarithmic, .series = name});
  }
  const auto rank = [&](const SweptRun& s) { return std::find(names.begin(), names.end(), s.series); };
  std::stable_sort(out.begin(), out.end(), [&](const SweptRun& a, const SweptRun& b) {
    return rank(a) != rank(b) ? rank(a) < rank(b) : a.at < b.at;
  });
  return out;
}

}  // namespace

RunConditions conditions_of(const io::Path& run, const std::string& experiment_toml) {
  const nlohmann::json manifest = io::read_json(run / "manifest.json");
  return {values_by_key(experiment_toml), manifest.at("apical").at("numerics").get<int>(),
          manifest.contains("data") ? manifest.at("data").dump() : ""};
}

ExperimentValues values_said(const io::Path& run, const RunConditions& conditions) {
  static const std::set<std::string> of_no_account{"run", "record", "tuned"};
  std::set<std::string> tables;
  for (const auto& [key, value] : conditions.written) {
    if (!of_no_account.contains(table_of(key))) tables.insert(table_of(key));
  }
  ExperimentValues out;
  for (auto& [key, value] : row_of(run).values) {
    if (tables.contains(table_of(key))) out.emplace(key, value);
  }
  return out;
}

RunAxes axes_of_conditions(std::span<const RunConditions> conditions,
                           const std::vector<ExperimentValues>& values) {
  return may_be_read_together(conditions, values) ? axes_of_runs(values) : RunAxes{};
}

RunPlaces places_of(const RunAxes& found, const std::vector<std::string>& labels) {
  constexpr std::size_t kFewest = 3, kMostLines = 6;
  const std::vector<RunAxis>& axes = found.axes;
  if (axes.empty() || axes.size() > 2 || labels.size() < kFewest) return {};
  if (axes.size() == 1) return {.sweep = sweep_of(axes[0], nullptr, found.series, labels)};
  const bool one_series =
      std::all_of(found.series.begin(), found.series.end(), [](const std::string& s) { return s.empty(); });
  RunPlaces out;
  if (one_series) out.grid = grid_of(axes[0], axes[1], labels);
  if (!out.grid) return {};
  const auto count = [](const RunAxis& a) { return std::set<double>(a.at.begin(), a.at.end()).size(); };
  const bool first_is_longer = count(axes[0]) >= count(axes[1]);
  const RunAxis &x = axes[first_is_longer ? 0 : 1], &y = axes[first_is_longer ? 1 : 0];
  if (count(y) <= kMostLines) out.sweep = sweep_of(x, &y, found.series, labels);
  return out;
}

std::vector<std::string> labels_of(const RunAxes& axes) {
  const auto bare = [](const std::string& name) {
    return name.find(',') == std::string::npos ? name.substr(name.find('.') + 1) : name;
  };
  std::vector<std::string> out = axes.series;
  for (const RunAxis& axis : axes.axes) {
    const bool is_clear = std::count_if(axes.axes.begin(), axes.axes.end(), [&](const RunAxis& a) {
                            return bare(a.name) == bare(axis.name);
                          }) == 1;
    const std::string name = is_clear ? bare(axis.name) : axis.name;
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] += fmt::format("{}{} {}", out[i].empty() ? "" : ", ", name, axis.at[i]);
  }
  return out;
}

}  // namespace apical
