// SPDX-License-Identifier: Apache-2.0
#include "apical/study/run_axes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

namespace apical {
namespace {

/// "model.eta.2" -> "model.eta"; empty if it is no item of a list.
std::string list_of(const std::string& key) {
  const std::size_t dot = key.rfind('.');
  const bool item = dot != std::string::npos && dot + 1 < key.size() &&
                    key.find_first_not_of("0123456789", dot + 1) == std::string::npos;
  return item ? key.substr(0, dot) : "";
}

const RunValue* value_at(const ExperimentValues& run, const std::string& key) {
  const auto at = run.find(key);
  return at == run.end() ? nullptr : &at->second;
}

std::set<std::string> varied_keys(const std::vector<ExperimentValues>& runs) {
  std::set<std::string> all, varied;
  for (const ExperimentValues& run : runs) {
    for (const auto& [key, value] : run) all.insert(key);
  }
  for (const std::string& key : all) {
    if (key.find('.') == std::string::npos || key.starts_with("run.")) continue;
    const bool same = std::all_of(runs.begin(), runs.end(), [&](const ExperimentValues& run) {
      const RunValue *own = value_at(run, key), *first = value_at(runs.front(), key);
      return own != nullptr && first != nullptr && *own == *first;
    });
    if (!same) varied.insert(key);
  }
  return varied;
}

bool is_number(const RunValue* value) { return value != nullptr && std::holds_alternative<double>(*value); }

/// A list is no value of its own: its items are keys.
bool is_list(const RunValue* value) {
  const auto* const text = value == nullptr ? nullptr : std::get_if<std::string>(value);
  return text != nullptr && text->starts_with('[');
}

/// What parts a run from others but numbers: texts, and which keys it has.
struct Part {
  std::string identity, words;
};

Part part_of(const ExperimentValues& run, const std::set<std::string>& varied) {
  Part out;
  for (const std::string& key : varied) {
    const RunValue* const value = value_at(run, key);
    if (value == nullptr) {
      out.identity += "without " + key + "\n";
    } else if (!is_number(value) && !is_list(value)) {
      const std::string& text = std::get<std::string>(*value);
      const std::string name = key.substr(key.rfind('.') + 1);
      out.identity += key + "=" + text + "\n";
      out.words += (out.words.empty() ? "" : ", ") + (name == "name" ? text : name + " " + text);
    }
  }
  return out;
}

std::string name_of(const std::vector<std::string>& keys) {
  const std::string list = list_of(keys.front());
  const bool of_one_list =
      keys.size() > 1 && !list.empty() &&
      std::all_of(keys.begin(), keys.end(), [&](const std::string& key) { return list_of(key) == list; });
  if (of_one_list) return list;
  std::string out;
  for (const std::string& key : keys) out += (out.empty() ? "" : ", ") + key;
  return out;
}

/// Of each run among the others, from below or from above: equal for keys that rise or fall together.
std::vector<std::size_t> order_of(const std::vector<double>& values) {
  const std::set<double> sorted(values.begin(), values.end());
  std::vector<std::size_t> up, down;
  for (const double v : values) {
    up.push_back(static_cast<std::size_t>(std::distance(sorted.begin(), sorted.find(v))));
    down.push_back(sorted.size() - 1 - up.back());
  }
  return std::min(up, down);
}

}  // namespace

bool ask_for_log(std::vector<double> values) {
  constexpr double kSpread = 8;  // 1, 2, 4, 8
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  if (values.size() < 3 || !(values.front() > 0) || values.back() < kSpread * values.front()) return false;
  double widest = 0, widest_log = 0;  // shares of the axis between neighbours
  for (std::size_t i = 1; i < values.size(); ++i) {
    widest = std::max(widest, (values[i] - values[i - 1]) / (values.back() - values.front()));
    widest_log =
        std::max(widest_log, std::log(values[i] / values[i - 1]) / std::log(values.back() / values.front()));
  }
  return widest_log < widest;
}

RunAxes axes_of_runs(const std::vector<ExperimentValues>& runs) {
  RunAxes out;
  if (runs.empty()) return out;
  const std::set<std::string> varied = varied_keys(runs);
  std::map<std::string, std::vector<std::size_t>> series;  // by identity
  std::set<std::string> words;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const Part part = part_of(runs[i], varied);
    series[part.identity].push_back(i);
    words.insert(part.words);
    out.series.push_back(part.words);
  }
  if (words.size() != series.size()) return {};  // they differ in what no word says
  std::map<std::vector<std::size_t>, std::vector<std::string>> together;
  for (const std::string& key : varied) {
    const bool within = std::any_of(series.begin(), series.end(), [&](const auto& one) {
      const RunValue* const first = value_at(runs[one.second.front()], key);
      return is_number(first) && std::any_of(one.second.begin(), one.second.end(), [&](std::size_t i) {
               return *value_at(runs[i], key) != *first;
             });
    });
    if (!within) continue;
    if (!std::all_of(runs.begin(), runs.end(),
                     [&](const ExperimentValues& run) { return is_number(value_at(run, key)); }))
      return {};
    std::vector<double> at;
    for (const ExperimentValues& run : runs) at.push_back(std::get<double>(*value_at(run, key)));
    std::vector<std::string>& keys = together[order_of(at)];
    if (keys.empty()) out.axes.push_back({key, {}, at, ask_for_log(at)});
    keys.push_back(key);
  }
  for (RunAxis& axis : out.axes) {
    axis.keys = together.at(order_of(axis.at));
    axis.name = name_of(axis.keys);
  }
  std::set<std::pair<std::string, std::vector<double>>> places;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    std::vector<double> place;
    for (const RunAxis& axis : out.axes) place.push_back(axis.at[i]);
    if (!places.emplace(out.series[i], place).second) return {};
  }
  return out;
}

}  // namespace apical
