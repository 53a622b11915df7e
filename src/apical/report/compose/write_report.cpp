// SPDX-License-Identifier: Apache-2.0
#include "apical/report/compose/write_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "apical/core/error.h"
#include "apical/core/text_pieces.h"
#include "apical/io/json.h"
#include "apical/report/compose/read_run.h"
#include "apical/report/compose/report.h"
#include "apical/report/compose/run_places.h"
#include "apical/run/runs_in.h"

namespace apical {
namespace {

void read_comparison(const io::Path& directory, const std::vector<io::Path>& runs, ReportData& data) {
  const nlohmann::json index = io::read_json(directory / "comparison.json");
  data.title = index.at("title");
  data.description = index.at("description");
  data.question = index.value("question", "");
  const bool is_finished = io::file_exists(directory / "summary.json");
  for (const io::Path& run : runs) {
    if (io::file_exists(run / "manifest.json")) data.runs.push_back(read_run(run, is_finished));
  }
  for (const nlohmann::json& p : index.value("sweep", nlohmann::json::array())) {
    const io::Path run = directory / p.at("run").get<std::string>(), manifest = run / "manifest.json";
    if (std::find(runs.begin(), runs.end(), run) == runs.end()) {
      throw DataError(fmt::format("{}: run '{}' of 'sweep' is none of 'runs'",
                                  (directory / "comparison.json").string(), p.at("run").get<std::string>()));
    }
    if (!io::file_exists(manifest)) continue;
    data.sweep.push_back({.label = io::read_json(manifest).at("label"),
                          .axis = p.at("name"),
                          .at = p.at("at"),
                          .logarithmic = p.at("logarithmic"),
                          .series = p.at("series")});
  }
}

/// Variants that differ in one number or two are read over it, as a sweep is, unless one of them is what the
/// others are compared with.
void place_variants(const std::vector<io::Path>& runs, ReportData& data) {
  std::vector<RunConditions> conditions;
  std::vector<ExperimentValues> values;
  std::vector<std::string> labels;
  for (const RunData& r : data.runs) {
    if (r.reference) return;
    labels.push_back(r.label);
  }
  std::size_t next = 0;
  for (const io::Path& run : runs) {
    if (!io::file_exists(run / "manifest.json")) continue;
    conditions.push_back(conditions_of(run, data.runs[next++].experiment_toml));
    values.push_back(values_said(run, conditions.back()));
  }
  RunPlaces places = places_of(axes_of_conditions(conditions, values), labels);
  data.sweep = std::move(places.sweep);
  data.grid = std::move(places.grid);
}

/// What `apical reproduce` found, if it ran this.
void read_expectations(const io::Path& directory, ReportData& data) {
  if (!io::file_exists(directory / "reproduction.json")) return;
  const nlohmann::json j = io::read_json(directory / "reproduction.json");
  data.reproduces = j.at("reference");
  for (const nlohmann::json& o : j.at("outcomes")) {
    const std::string verdict = o.value("verdict", o.at("reproduced") ? "reproduced" : "deviates");
    data.expectations.push_back({o.at("subject"), o.at("measured_text"), o.at("expected"), o.at("because"),
                                 o.at("source"), verdict, o.value("origin", ""), o.value("widened", "")});
  }
}

ReportData read_report_data(const io::Path& directory) {
  ReportData data;
  if (const std::vector<io::Path> runs = runs_in(directory); runs != std::vector{directory}) {
    read_comparison(directory, runs, data);
    if (data.sweep.empty() && !has_protocol(directory)) place_variants(runs, data);
  } else {
    const nlohmann::json manifest = io::read_json(directory / "manifest.json");
    data.title = manifest.at("title");
    data.description = manifest.value("description", "");
    data.runs.push_back(read_run(directory, false));
  }
  if (data.runs.empty()) throw DataError(fmt::format("no run of {} has begun", directory.string()));
  if (has_protocol(directory)) {
    data.protocol = read_protocol_record(directory);
    for (RunData& r : data.runs) {
      for (const ModelOutcome& m : data.protocol->result.models) {
        if (m.label == r.label) r.wall_seconds = m.wall_seconds;
      }
    }
  }
  read_expectations(directory, data);
  return data;
}

/// The name with most words of `text` in it; empty if none has one.
std::string with_most_words(const std::string& text, const std::vector<std::string>& names) {
  const auto words_of = [](const std::string& name) {
    const std::vector<std::string> words = pieces_of(name, '-');
    return std::set<std::string>(words.begin(), words.end());
  };
  const std::set<std::string> wanted = words_of(text);
  std::string best;
  std::size_t most = 0;
  for (const std::string& name : names) {
    const std::set<std::string> words = words_of(name);
    const auto common = static_cast<std::size_t>(
        std::count_if(wanted.begin(), wanted.end(), [&](const std::string& w) { return words.contains(w); }));
    if (common > most) best = name;
    most = std::max(most, common);
  }
  return best;
}

/// All that there is, since nobody knows the names of figures by heart; the nearest name first.
ConfigError no_figure(const std::vector<Figure>& figures, const std::string& what) {
  if (figures.empty())
    return ConfigError(fmt::format("there is no figure '{}': nothing that can be drawn was measured", what));
  std::vector<std::string> names, known;
  for (const Figure& f : figures) {
    names.push_back(f.name);
    if (!f.metric.empty() && std::find(known.begin(), known.end(), f.metric) == known.end())
      known.push_back(f.metric);
  }
  std::vector<std::string> all = known;
  all.insert(all.end(), names.begin(), names.end());
  const std::string as_name = figure_name(what);
  std::string near = nearest_name(what, all);
  if (near.empty()) near = nearest_name(as_name, all);
  if (near.empty()) near = with_most_words(as_name, names);
  std::string list = near.empty() ? "" : fmt::format("did you mean '{}'?\n  ", near);
  if (!known.empty()) list += fmt::format("metrics: {}\n  ", join_names(known));
  list += "figures:";
  for (const Figure& f : figures) list += fmt::format("\n    {}  ({})", f.name, f.title);
  return ConfigError(fmt::format("there is no figure '{}'", what), {}, list);
}

}  // namespace

io::Path write_report(const io::Path& directory) {
  io::Path path = directory / "report.html";
  io::write_atomically(path, render_report(read_report_data(directory)));
  return path;
}

std::vector<Figure> figures_of(const io::Path& directory) {
  return page_of(read_report_data(directory)).figures();
}

std::vector<Figure> figures_named(const std::vector<Figure>& figures, const std::string& what) {
  const auto those = [&](auto&& are) {
    std::vector<Figure> out;
    std::copy_if(figures.begin(), figures.end(), std::back_inserter(out), are);
    return out;
  };
  std::vector<Figure> out = those([&](const Figure& f) { return f.name == what; });
  if (out.empty()) out = those([&](const Figure& f) { return f.metric == what; });
  if (out.empty())
    out = those([&](const Figure& f) { return f.name.find(figure_name(what)) != std::string::npos; });
  if (out.empty()) throw no_figure(figures, what);
  return out;
}

Figure figure_named(const std::vector<Figure>& figures, const std::string& what) {
  return figures_named(figures, what).front();
}

}  // namespace apical
