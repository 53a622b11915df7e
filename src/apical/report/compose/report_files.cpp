// SPDX-License-Identifier: Apache-2.0
// From the files of a run, or of a comparison of runs, to its report.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "apical/analysis/layered_ingredients.h"
#include "apical/analysis/spiking_ingredients.h"
#include "apical/io/journal.h"
#include "apical/io/json.h"
#include "apical/io/png.h"
#include "apical/report/compose/area_figures.h"
#include "apical/report/compose/report.h"
#include "apical/report/compose/spiking_report.h"
#include "apical/report/compose/write_report.h"
#include "apical/run/efficiency.h"
#include "apical/run/fault_record.h"
#include "apical/run/metrics_file.h"
#include "apical/run/run.h"

namespace apical {
namespace {

/// The curve of a seed in a list that grows as seeds appear.
SeedCurve& curve_of(std::vector<SeedCurve>& curves, std::uint64_t seed) {
  const auto at =
      std::find_if(curves.begin(), curves.end(), [&](const SeedCurve& c) { return c.seed == seed; });
  if (at != curves.end()) return *at;
  curves.push_back({seed, {}, {}});
  return curves.back();
}

void add_point(std::vector<SeedCurve>& curves, std::uint64_t seed, double x, double y) {
  SeedCurve& c = curve_of(curves, seed);
  c.x.push_back(x);
  c.y.push_back(y);
}

MetricCurves& metric_curves(ModelResult& m, const std::string& metric, const std::string& split) {
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

/// `x_of_epoch`: what the horizontal axis counts, per epoch. Of training everything is drawn but what it
/// counts, and only where an episode had ended.
void add_metrics(const std::vector<Measurement>& rows, double x_of_epoch, ModelResult& m) {
  std::set<std::pair<double, std::uint64_t>> no_return_yet;
  for (const Measurement& row : rows) {
    if (row.where == "train" && row.metric == "episodes" && row.value == 0)
      no_return_yet.emplace(row.epoch, row.seed);
  }
  const std::set<std::string> of_evaluations{"loss",          "accuracy", "falls",
                                             "teacher_falls", "return",   "classes_never_decided"};
  for (const Measurement& row : rows) {
    const double x = row.epoch * x_of_epoch;
    if (row.metric == "angle_deg") {
      add_point(alignment_of(m, row.where).seeds, row.seed, x, row.value);
    } else if (row.where == "train") {
      if (row.metric == "environment_steps" || row.metric == "episodes" || row.metric == "steps_to_solve")
        continue;
      if (!no_return_yet.contains({row.epoch, row.seed}))
        add_point(metric_curves(m, row.metric, "train").seeds, row.seed, x, row.value);
    } else if (of_evaluations.contains(row.metric)) {
      add_point(metric_curves(m, row.metric, row.where).seeds, row.seed, x, row.value);
    }
  }
  m.test_loss = last_of(rows, "test", "loss");
  m.test_accuracy = last_of(rows, "test", "accuracy");
  m.test_falls = last_of(rows, "test", "falls");
  m.teacher_falls = last_of(rows, "test", "teacher_falls");
  m.test_return = last_of(rows, "test", "return");
}

void add_once(std::vector<std::string>& list, const std::string& item) {
  if (!item.empty() && std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
}

/// Final figures of the runs of a sweep over what was swept, one line for each variant.
void add_sweep(const nlohmann::json& points, const io::Path& directory, ReportData& data) {
  const auto figure = [&](const char* title, const char* y_label, auto&& values_of) {
    FigureExtra f;
    f.title = title;
    f.y_label = y_label;
    for (const nlohmann::json& p : points) {
      const io::Path run = directory / p.at("run").get<std::string>();
      if (!io::file_exists(run / "manifest.json")) continue;
      const std::string label = io::read_json(run / "manifest.json").at("label");
      const auto model = std::find_if(data.models.begin(), data.models.end(),
                                      [&](const ModelResult& m) { return m.label == label; });
      if (model == data.models.end()) continue;
      f.x_label = p.at("name");
      f.log_x = p.at("logarithmic");
      const double at = p.at("at");
      if (std::find(f.x_ticks.begin(), f.x_ticks.end(), at) == f.x_ticks.end()) f.x_ticks.push_back(at);
      const std::string name =
          p.at("series").get<std::string>().empty() ? model->model : p.at("series").get<std::string>();
      auto series = std::find_if(f.series.begin(), f.series.end(),
                                 [&](const FigureExtra::Series& s) { return s.label == name; });
      if (series == f.series.end()) series = f.series.insert(f.series.end(), {name, {}});
      for (const SeedValue& v : values_of(*model)) add_point(series->seeds, v.seed, at, v.value);
    }
    return f;
  };
  FigureExtra accuracy = figure("Test accuracy along the sweep", "test accuracy (%)",
                                [](const ModelResult& m) { return m.test_accuracy; });
  accuracy.percent = true;
  FigureExtra loss =
      figure("Test loss along the sweep", "test loss", [](const ModelResult& m) { return m.test_loss; });
  loss.log_y = true;
  FigureExtra angle = figure("Angle to the exact gradient along the sweep", "angle to the gradient (°)",
                             [](const ModelResult& m) {
                               for (const AlignmentCurves& a : m.alignment) {
                                 if (a.area == "total") return last_values(a.seeds);
                               }
                               return std::vector<SeedValue>{};
                             });
  for (FigureExtra* f : {&accuracy, &loss, &angle}) {
    const bool any = std::any_of(f->series.begin(), f->series.end(),
                                 [](const FigureExtra::Series& s) { return !s.seeds.empty(); });
    if (any) data.sweep.push_back(std::move(*f));
  }
}

/// Circuits of a variant differ in their sizes only: the first is drawn.
void keep_first_circuits(const nlohmann::json& points, ReportData& data) {
  std::set<std::string> drawn;
  std::vector<DrawnCircuit> kept;
  for (std::size_t i = 0; i < std::min(points.size(), data.circuits.size()); ++i) {
    if (drawn.insert(points.at(i).at("series")).second) kept.push_back(std::move(data.circuits[i]));
  }
  data.circuits = std::move(kept);
}

/// Targets once, outputs of every run that has pictures.
void add_pictures(const io::Path& run, const std::string& label, ReportData& data) {
  if (!io::file_exists(run / "pictures" / "outputs.png")) return;
  const auto row = [&](const char* file) { return io::base64(io::read_file(run / "pictures" / file)); };
  if (data.pictures.empty()) data.pictures.push_back({"targets", row("targets.png")});
  data.pictures.push_back({label, row("outputs.png")});
}

std::string read_out(const Experiment& e, const TaskInfo& task) {
  if (task.rewards) {
    return "the policy takes its most likely action in every state; test episodes start where no training "
           "episode did, and are the same for all seeds. "
           "In training, actions are drawn, and returns are those of the last episodes that ended. The angle "
           "is taken decision by decision, each "
           "weighed by its advantage, in a rollout that is not learned from.";
  }
  if (task.steers) {
    return fmt::format(
        "the circuit sees each state of the plant for {} network steps, then its output acts. The loss is "
        "the squared difference from the "
        "teacher's output in the same states. Start states are the same for all seeds, and the teacher is "
        "scored on them too.",
        e.presentation.steps_per_control);
  }
  if (e.presentation.scored == ScoredSteps::all)
    return "the loss is the mean over all steps but the first ten.";
  return e.presentation.further_steps() > 0 ? "outputs are read one step after the end of each sample."
                                            : "outputs are read at the last step of each presentation.";
}

/// The figure of this title, new if there is none yet.
FigureExtra& figure(ReportData& data, const std::string& title, const std::string& x_label,
                    const std::string& y_label) {
  for (FigureExtra& f : data.extras) {
    if (f.title == title) return f;
  }
  FigureExtra& f = data.extras.emplace_back();
  f.title = title;
  f.x_label = x_label;
  f.y_label = y_label;
  f.percent = true;
  return f;
}

const MetricCurves* accuracy_on(const ModelResult& m, std::string_view split) {
  const auto curves = std::find_if(m.metrics.begin(), m.metrics.end(), [&](const MetricCurves& c) {
    return c.metric == "accuracy" && c.split == split;
  });
  return curves == m.metrics.end() ? nullptr : &*curves;
}

/// Test accuracy over time, where tests were made along the way: what a model reaches in the time that
/// another takes.
void add_time(const io::Path& run, const ModelResult& m, ReportData& data) {
  const MetricCurves* const curves = accuracy_on(m, "test");
  if (curves == nullptr) return;
  std::map<double, double> minutes{{0.0, 0.0}};
  for (const nlohmann::json& line : io::read_ndjson(run / "events.ndjson").lines) {
    if (line.at("event") != "epoch") continue;
    const double before = minutes.rbegin()->second, seconds = io::number_of(line.at("seconds"), "seconds");
    minutes.emplace(line.at("epoch"), before + seconds / 60);
  }
  FigureExtra::Series series{m.label, {}};
  for (const SeedCurve& c : curves->seeds) {
    if (c.x.size() < 2) continue;
    for (std::size_t i = 0; i < c.x.size(); ++i) {
      if (const auto at = minutes.find(c.x[i]); at != minutes.end())
        add_point(series.seeds, c.seed, at->second, c.y[i]);
    }
  }
  if (series.seeds.empty()) return;
  figure(data, "Test accuracy over time of learning", "minutes of learning, all seeds together",
         "test accuracy (%)")
      .series.push_back(std::move(series));
}

/// Accuracy over synaptic events: how models compare that do different amounts of work for a sample.
void add_events(const ModelResult& m, double events_per_epoch, ReportData& data) {
  const MetricCurves* const curves = accuracy_on(m, "validation");
  if (curves == nullptr || !(events_per_epoch > 0)) return;
  FigureExtra::Series series{m.label, {}};
  for (const SeedCurve& c : curves->seeds) {
    for (std::size_t i = 0; i < c.x.size(); ++i) {
      if (c.x[i] > 0) add_point(series.seeds, c.seed, c.x[i] * events_per_epoch, c.y[i]);
    }
  }
  if (series.seeds.empty()) return;
  FigureExtra& f = figure(data, "Validation accuracy over synaptic events",
                          "synaptic events in training, one seed", "validation accuracy (%)");
  f.log_x = true;
  f.series.push_back(std::move(series));
}

std::vector<Ingredient> ingredients_of(const Experiment& e) {
  struct Finder {
    std::vector<Ingredient> operator()(const Circuit& c) const { return ingredients(c); }
    std::vector<Ingredient> operator()(const models::LayeredNetwork& n) const { return ingredients(n); }
    std::vector<Ingredient> operator()(const SpikingExperiment& s) const {
      return ingredients(s.circuit, s.course);
    }
  };
  return std::visit(Finder{}, e.subject);
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
  add_once(data.data_provenance, manifest.value("data_provenance", ""));
  const bool rewards = manifest.contains("rewards");
  const std::vector<Measurement> measured = read_measurements(run);
  add_metrics(measured, rewards ? manifest.at("training_samples").get<double>() : 1, m);
  for (FigureExtra& f : area_figures(measured, e.label)) data.areas.push_back(std::move(f));
  if (rewards) {
    data.x_label = "environment steps";
    data.solved = manifest.at("rewards").at("solved").get<double>();
    m.steps_to_solve = last_of(measured, "train", "steps_to_solve");
  }
  if (io::file_exists(run / "summary.json")) {
    m.wall_seconds = io::read_json(run / "summary.json").at("wall_seconds");
    const Efficiency took = read_efficiency(run);
    m.cost = LearningCost{took.samples_to_95, took.seconds_per_epoch, took.cost.synaptic_events,
                          took.cost.weight_reads, took.cost.weight_writes};
    add_events(m, manifest.value("training_samples", 0.0) * took.cost.synaptic_events, data);
    add_time(run, m, data);
  } else {
    m.warnings.emplace_back(io::file_exists(fault_state_file(run))
                                ? "this run ended in a numerical fault; events.ndjson says where"
                                : "this run has not finished");
  }
  for (const Ingredient& i : ingredients_of(e)) {
    m.needs.push_back({i.name, i.needed ? "yes" : "no", i.reason});
  }
  if (e.is_circuit()) {
    data.circuits.push_back(draw(e.circuit()));
    data.circuits.back().name = e.label;
  }
  if (data.models.empty()) {
    if (!e.task.empty()) {
      const TaskInfo& task = find_task(e.task);
      data.task = e.task;
      data.task_description = task.description;
      data.evaluation =
          "The state after the last epoch is tested, without targets and with plasticity off; " +
          read_out(e, task);
      add_once(data.citations, manifest.at("task_citation"));
    }
    for (const auto& [key, name] : {std::pair{"apical", "version"},
                                    {"apical", "revision"},
                                    {"apical", "compiler"},
                                    {"apical", "build"},
                                    {"machine", "instruction_set"}}) {
      data.provenance.emplace_back(name, manifest.at(key).at(name).get<std::string>());
    }
    data.provenance.emplace_back("threads",
                                 fmt::format("{}", manifest.at("machine").at("threads").get<std::size_t>()));
    data.provenance.emplace_back("precision", manifest.at("precision"));
    data.provenance.emplace_back("created", manifest.at("created"));
  }
  add_once(data.citations, e.citation);
  add_pictures(run, e.label, data);
  data.experiment_toml +=
      (data.experiment_toml.empty() ? "" : "\n\n") + fmt::format("# {}\n", e.label) + toml;
  data.models.push_back(std::move(m));
}

/// What `apical reproduce` found, if it ran this.
void add_expectations(const io::Path& directory, ReportData& data) {
  if (!io::file_exists(directory / "reproduction.json")) return;
  const nlohmann::json j = io::read_json(directory / "reproduction.json");
  data.reproduces = j.at("reference");
  for (const nlohmann::json& o : j.at("outcomes")) {
    data.expectations.push_back({o.at("subject"), o.at("measured_text"), o.at("expected"), o.at("because"),
                                 o.at("source"), o.at("reproduced")});
  }
}

}  // namespace

namespace {

bool has_course(const io::Path& run) {
  return io::file_exists(run / "manifest.json") &&
         io::read_json(run / "manifest.json").contains("biological_seconds_per_seed");
}

}  // namespace

io::Path write_report(const io::Path& directory) {
  if (has_course(directory)) return write_spiking_report(directory);
  ReportData data;
  if (io::file_exists(directory / "comparison.json")) {
    const nlohmann::json index = io::read_json(directory / "comparison.json");
    data.title = index.at("title");
    data.summary = index.at("description");
    for (const nlohmann::json& run : index.at("runs")) {
      const io::Path path = directory / run.get<std::string>();
      if (io::file_exists(path / "manifest.json")) add_run(path, data);
    }
    if (index.contains("sweep")) {
      for (ModelResult& m : data.models)
        m.reference = false;  // each value has one of its own: the curves compare
      add_sweep(index.at("sweep"), directory, data);
      keep_first_circuits(index.at("sweep"), data);
    }
  } else if (io::file_exists(directory / "manifest.json")) {
    data.title = io::read_json(directory / "manifest.json").at("title");
    add_run(directory, data);
  } else {
    throw DataError(fmt::format("{} holds neither a run (manifest.json) nor a comparison (comparison.json)",
                                directory.string()));
  }
  if (data.models.empty()) throw DataError(fmt::format("no run of {} has begun", directory.string()));
  add_expectations(directory, data);
  const io::Path path = directory / "report.html";
  io::write_atomically(path, render_report(data));
  return path;
}

}  // namespace apical
