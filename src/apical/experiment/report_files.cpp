// SPDX-License-Identifier: Apache-2.0
// From the files of a run, or of a comparison of runs, to its report.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "apical/analysis/layered_ingredients.h"
#include "apical/experiment/report.h"
#include "apical/experiment/run.h"
#include "apical/io/journal.h"
#include "apical/io/json.h"

namespace apical {
namespace {

/// The curve of a seed in a list that grows as seeds appear.
SeedCurve& curve_of(std::vector<SeedCurve>& curves, std::uint64_t seed) {
  const auto at = std::find_if(curves.begin(), curves.end(), [&](const SeedCurve& c) { return c.seed == seed; });
  if (at != curves.end()) return *at;
  curves.push_back({seed, {}, {}});
  return curves.back();
}

void add_point(std::vector<SeedCurve>& curves, std::uint64_t seed, double x, double y) {
  SeedCurve& c = curve_of(curves, seed);
  c.x.push_back(x);
  c.y.push_back(y);
}

MetricCurves& metric_of(ModelResult& m, const std::string& metric, const std::string& split) {
  for (MetricCurves& c : m.metrics) {
    if (c.metric == metric && c.split == split) return c;
  }
  m.metrics.push_back({metric, split, {}});
  return m.metrics.back();
}

AlignmentCurves& alignment_of(ModelResult& m, const std::string& area) {
  for (AlignmentCurves& c : m.alignment) {
    if (c.area == area) return c;
  }
  m.alignment.push_back({area, {}});
  return m.alignment.back();
}

void read_metrics(const io::Path& run, ModelResult& m) {
  for (const nlohmann::json& line : io::read_ndjson(run / "metrics.ndjson").lines) {
    const double epoch = line.at("epoch");
    const std::uint64_t seed = line.at("seed");
    if (line.contains("area")) {
      add_point(alignment_of(m, line.at("area")).seeds, seed, epoch, io::number_of(line.at("angle_deg"), "angle_deg"));
      continue;
    }
    const std::string split = line.at("split");
    const std::pair<const char*, std::vector<SeedValue>*> metrics[] = {
        {"loss", &m.test_loss}, {"accuracy", &m.test_accuracy}, {"falls", &m.test_falls}, {"teacher_falls", &m.teacher_falls}};
    for (const auto& [metric, tested] : metrics) {
      if (!line.contains(metric)) continue;
      const double value = io::number_of(line.at(metric), metric);
      if (split == "test") {
        tested->push_back({seed, value});
      } else {
        add_point(metric_of(m, metric, split).seeds, seed, epoch, value);
      }
    }
  }
}

void add_once(std::vector<std::string>& list, const std::string& item) {
  if (!item.empty() && std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
}

std::string read_out(const Experiment& e, const TaskInfo& task) {
  if (task.steers) {
    return fmt::format("the circuit sees each state of the plant for {} network steps, then its output acts. The loss is the squared difference from the "
                       "teacher's output in the same states. Start states are the same for all seeds, and the teacher is scored on them too.",
                       e.presentation.steps_per_control);
  }
  if (e.presentation.scored == ScoredSteps::all) return "the loss is the mean over all steps but the first ten.";
  return e.presentation.further_steps() > 0 ? "outputs are read one step after the end of each sample."
                                            : "outputs are read at the last step of each presentation.";
}

void add_run(const io::Path& run, ReportData& data) {
  const nlohmann::json manifest = io::read_json(run / "manifest.json");
  const std::string toml = io::read_text(run / "experiment.toml");
  const Experiment e = read_experiment(TomlDocument::parse(toml, (run / "experiment.toml").string()));
  ModelResult m;
  m.label = e.label;
  m.model = e.model.empty() ? "circuit of the user's own" : e.model;
  m.citation = e.citation;
  m.reference = e.reference;
  read_metrics(run, m);
  if (io::file_exists(run / "summary.json")) {
    m.wall_seconds = io::read_json(run / "summary.json").at("wall_seconds");
  } else {
    m.warnings.emplace_back("this run has not finished");
  }
  for (const Ingredient& i : e.is_circuit() ? ingredients(e.circuit()) : ingredients(e.layered())) {
    m.needs.push_back({i.name, i.needed ? "yes" : "no", i.reason});
  }
  if (e.is_circuit()) {
    data.circuits.push_back(draw(e.circuit()));
    data.circuits.back().name = e.label;
  }
  if (data.models.empty()) {
    const TaskInfo& task = find_task(e.task);
    data.task = e.task;
    data.task_description = task.description;
    data.evaluation = "The state after the last epoch is tested, without targets and with plasticity off; " + read_out(e, task);
    add_once(data.citations, manifest.at("task_citation"));
    for (const auto& [key, name] : {std::pair{"apical", "version"}, {"apical", "revision"}, {"apical", "compiler"}, {"apical", "build"},
                                    {"machine", "instruction_set"}}) {
      data.provenance.emplace_back(name, manifest.at(key).at(name).get<std::string>());
    }
    data.provenance.emplace_back("threads", fmt::format("{}", manifest.at("machine").at("threads").get<std::size_t>()));
    data.provenance.emplace_back("precision", manifest.at("precision"));
    data.provenance.emplace_back("created", manifest.at("created"));
  }
  add_once(data.citations, e.citation);
  data.experiment_toml += (data.experiment_toml.empty() ? "" : "\n\n") + fmt::format("# {}\n", e.label) + toml;
  data.models.push_back(std::move(m));
}

}  // namespace

io::Path write_report(const io::Path& directory) {
  ReportData data;
  if (io::file_exists(directory / "comparison.json")) {
    const nlohmann::json index = io::read_json(directory / "comparison.json");
    data.title = index.at("title");
    data.summary = index.at("description");
    for (const nlohmann::json& run : index.at("runs")) {
      const io::Path path = directory / run.get<std::string>();
      if (io::file_exists(path / "manifest.json")) add_run(path, data);
    }
  } else if (io::file_exists(directory / "manifest.json")) {
    data.title = io::read_json(directory / "manifest.json").at("title");
    add_run(directory, data);
  } else {
    throw DataError(fmt::format("{} holds neither a run (manifest.json) nor a comparison (comparison.json)", directory.string()));
  }
  if (data.models.empty()) throw DataError(fmt::format("no run of {} has begun", directory.string()));
  const io::Path path = directory / "report.html";
  io::write_atomically(path, render_report(data));
  return path;
}

}  // namespace apical
