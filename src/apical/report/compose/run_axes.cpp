// SPDX-License-Identifier: Apache-2.0
#include "apical/report/compose/run_axes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

namespace apical {
namespace {

/// "model.eta.2" -> "model.eta"; empty if it is no item of a list.
std::string list_of_key(const std::string& key) {
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

/// Numbers that only name something: 3 is not between 2 and 4.
bool is_nominal(const std::string& key) { return key.ends_with("seed"); }

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
    } else if (is_nominal(key) || (!is_number(value) && !is_list(value))) {
      const auto* const number = std::get_if<double>(value);
      const std::string text = number != nullptr ? fmt::format("{}", *number) : std::get<std::string>(*value);
      const std::string name = key.substr(key.rfind('.') + 1);
      out.identity += fmt::format("{}={}\n", key, text);
      out.words += out.words.empty() ? "" : ", ";
      out.words += name == "name" ? text : fmt::format("{} {}", name, text);
    }
  }
  return out;
}

std::string axis_name(const std::vector<std::string>& keys, bool equal) {
  std::string list = list_of_key(keys.front());
  const bool of_one_list =
      equal && keys.size() > 1 && !list.empty() &&
      std::all_of(keys.begin(), keys.end(), [&](const std::string& key) { return list_of_key(key) == list; });
  if (of_one_list) return list;
  std::string out;
  for (const std::string& key : keys) out += (out.empty() ? "" : ", ") + key;
  return out;
}

/// b is a, or so many times a, in every run: what one word can say of both.
bool go_together(const std::vector<double>& a, const std::vector<double>& b) {
  constexpr double kSameRatio = 1e-9;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!(std::abs(b[i] * a[0] - b[0] * a[i]) <= kSameRatio * std::abs(b[0] * a[i]))) return false;
  }
  return true;
}

/// What lines of series say beside texts: numbers that differ between series, though not within one.
void name_numbers(RunAxes& out, const std::vector<ExperimentValues>& runs,
                  const std::set<std::string>& keys) {
  for (std::size_t i = 0; i < runs.size(); ++i) {
    for (const std::string& key : keys) {
      const RunValue* const value = value_at(runs[i], key);
      if (!is_number(value)) continue;
      const std::string name = list_of_key(key).empty() ? key.substr(key.rfind('.') + 1) : key;
      out.series[i] +=
          fmt::format("{}{} {}", out.series[i].empty() ? "" : ", ", name, std::get<double>(*value));
    }
  }
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
  std::set<std::string> between;                 // series, and not within one
  for (const std::string& key : varied) {
    if (is_nominal(key)) continue;
    const bool within = std::any_of(series.begin(), series.end(), [&](const auto& one) {
      const RunValue* const first = value_at(runs[one.second.front()], key);
      return is_number(first) && std::any_of(one.second.begin(), one.second.end(), [&](std::size_t i) {
               return *value_at(runs[i], key) != *first;
             });
    });
    const bool of_all = std::all_of(
        runs.begin(), runs.end(), [&](const ExperimentValues& run) { return is_number(value_at(run, key)); });
    if (!within) {
      if (of_all) between.insert(key);  // keys that a model has alone go with its name
      continue;
    }
    if (!of_all) return {};
    std::vector<double> at;
    at.reserve(runs.size());
    for (const ExperimentValues& run : runs) at.push_back(std::get<double>(*value_at(run, key)));
    const auto like = std::find_if(out.axes.begin(), out.axes.end(),
                                   [&](const RunAxis& axis) { return go_together(axis.at, at); });
    if (like == out.axes.end()) {
      out.axes.push_back({key, {key}, at, ask_for_log(at)});
    } else {
      like->keys.push_back(key);
      like->name = axis_name(like->keys, like->at == at);
    }
  }
  // One run that has no others to be read with makes no sweep of a comparison.
  for (const RunAxis& axis : out.axes) {
    for (const auto& [identity, members] : series) {
      std::set<double> values;
      for (const std::size_t i : members) values.insert(axis.at[i]);
      if (values.size() < 2) return {};
    }
  }
  name_numbers(out, runs, between);
  std::set<std::pair<std::string, std::vector<double>>> places;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    std::vector<double> place;
    for (const RunAxis& axis : out.axes) place.push_back(axis.at[i]);
    if (!places.emplace(out.series[i], place).second) return {};
  }
  return out;
}

}  // namespace apical
