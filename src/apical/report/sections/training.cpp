// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "apical/report/compose/curve_plots.h"
#include "apical/report/sections/sections.h"

namespace apical::sections {
namespace {

/// Falls of the teacher in a split: the same for everybody, from the same starts; nothing where they differ
/// after all.
std::optional<ReferenceLine> teachers_line(const ReportData& data, const std::string& split) {
  std::optional<double> falls;
  for (const ModelResult& m : data.models) {
    for (const MetricCurves& c : m.metrics) {
      if (c.metric != "teacher_falls" || c.split != split) continue;
      for (const SeedCurve& s : c.seeds) {
        for (double y : s.y) {
          if (falls && *falls != y) return {};
          falls = y;
        }
      }
    }
  }
  if (!falls) return {};
  return ReferenceLine{*falls, "teacher",
                       fmt::format("The teacher fell {:g} times from the same starts.", *falls)};
}

/// What a metric is called: "test loss", or in words what training itself showed.
std::string words_for(const std::string& metric, const std::string& split) {
  if (metric == "classes_never_decided") return "classes never decided on, " + split;
  if (split != "train") return split + " " + metric;
  constexpr std::pair<const char*, const char*> kTraining[] = {
      {"return", "mean return of the last episodes"},
      {"open_gates", "fraction of open gates"},
      {"prediction_error", "mean |reward prediction error|"},
      {"entropy", "entropy of the policy (nats)"},
      {"kl", "KL divergence from the rollout's policy (nats)"},
      {"policy_loss", "policy loss"},
      {"value_loss", "value loss"}};
  for (const auto& [name, words] : kTraining) {
    if (metric == name) return words;
  }
  return split + " " + metric;
}

/// After training began: before it, most classes are never decided on.
bool ever_above_zero(const MetricCurves& c) {
  return std::any_of(c.seeds.begin(), c.seeds.end(), [](const SeedCurve& s) {
    for (std::size_t i = 0; i < s.x.size(); ++i) {
      if (s.x[i] > 0 && s.y[i] > 0) return true;
    }
    return false;
  });
}

/// Metric and split: returns, falls or accuracy first, then loss, then the others as they come.
std::vector<std::pair<std::string, std::string>> panels_of(const ReportData& data) {
  std::vector<std::pair<std::string, std::string>> panels;
  for (const char* metric : {"return", "falls", "accuracy", "loss", "open_gates", "prediction_error", ""}) {
    for (const char* split : {"validation", "test", "train", ""}) {
      for (const ModelResult& m : data.models) {
        for (const MetricCurves& c : m.metrics) {
          if ((*metric && c.metric != metric) || (*split && c.split != split)) continue;
          if (c.metric == "teacher_falls") continue;  // drawn with "falls"
          if (c.metric == "classes_never_decided" && !ever_above_zero(c)) continue;
          const std::pair<std::string, std::string> key{c.metric, c.split};
          if (std::find(panels.begin(), panels.end(), key) == panels.end()) panels.push_back(key);
        }
      }
    }
  }
  return panels;
}

}  // namespace

void training(const ReportData& data, Page& page) {
  page.section("Over training");
  page.grid();
  for (const auto& [metric, split] : panels_of(data)) {
    const bool accuracy = metric == "accuracy";
    const std::string words = words_for(metric, split);
    LinePlot plot{.description = words + " over training",
                  .x_label = data.x_label,
                  .y_label = accuracy ? words + " (%)" : words,
                  .log_y = metric == "loss" || metric == "falls" || metric == "prediction_error" ||
                           metric == "value_loss",
                  .percent = accuracy};
    bool curve = false;
    for (std::size_t i = 0; i < data.models.size(); ++i) {
      for (const MetricCurves& c : data.models[i].metrics) {
        if (c.metric != metric || c.split != split) continue;
        plot.series.push_back(series_of(data, i, c.seeds));
        for (const SeedCurve& s : c.seeds) curve = curve || s.x.size() > 1;
      }
    }
    if (metric == "falls") plot.reference = teachers_line(data, split);
    if (metric == "return" && data.solved) {
      plot.reference =
          ReferenceLine{*data.solved, "solved",
                        fmt::format("A mean return of {:g} over the last training episodes counts as solved.",
                                    *data.solved)};
    }
    if (curve) add_figure(page, plot, capitalised(words) + " over training");
  }
  page.end_grid();
}

}  // namespace apical::sections
