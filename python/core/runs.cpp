// SPDX-License-Identifier: Apache-2.0
// One experiment, run into a directory.
#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include "apical/experiments.h"
#include "apical/report/compose/write_report.h"
#include "apical/report/html/svg_file.h"
#include "apical/run/diagnosis_file.h"
#include "apical/run/place_of_results.h"
#include "apical/study/joint_report.h"
#include "apical/study/run_with_report.h"
#include "core/call.h"
#include "core/module.h"
#include "core/reporter.h"
#include "core/results.h"

namespace nb = nanobind;

namespace apical::python {

nb::dict dict_of(const RunResult& r) {
  nb::dict out;
  out["stopped"] = r.stopped;
  out["has_checkpoint"] = r.has_checkpoint;
  out["was_finished"] = r.was_finished;
  out["label"] = r.label;
  out["seeds"] = r.seeds;
  out["wall_seconds"] = r.wall_seconds;
  out["notes"] = notes_of(r);
  return out;
}

namespace {

/// What `work` makes while other threads of Python run.
template <class Work>
auto without_the_lock(Work&& work) {
  const nb::gil_scoped_release others_run;
  return work();
}

nb::dict run(const TomlDocument& document, const Call& call, bool report) {
  RunResult result;
  CallingThread caller;
  Reporter reporter(caller, call.heard);
  caller.wait_for([&](const std::atomic<bool>& stop) {
    const Experiment experiment = read_experiment(document);
    ThreadPool pool(call.threads);
    const Resources resources = resources_of(pool, call);
    RunOptions options;
    options.directory = call.directory;
    options.resume = call.resume;
    options.listeners.push_back(&reporter);
    reporter.begin(experiment.label);
    result = report ? run_with_report(experiment, options, resources, stop)
                    : run_experiment(experiment, options, resources, stop);
    if (!result.stopped) reporter.finish();
  });
  return dict_of(result);
}

}  // namespace

void bind_runs(nb::module_& m) {
  nb::class_<Call>(m, "Call", "Where a call writes, what it may use of the machine, and who hears of it.")
      .def(
          "__init__",
          [](Call* self, std::string directory, bool resume, unsigned threads, std::string data,
             const Handed& handed, nb::object heard, bool ignore_memory) {
            new (self) Call{std::move(directory), resume,       threads, std::move(data), handed,
                            std::move(heard),     ignore_memory};
          },
          nb::arg("directory"), nb::arg("resume"), nb::arg("threads"), nb::arg("data"), nb::arg("handed"),
          nb::arg("heard").none(), nb::arg("ignore_memory"),
          "`heard(kind, fields)` is called on the thread that calls, without the engine's; False stops.")
      .def_ro("directory", &Call::directory)
      .def_ro("handed", &Call::handed);
  m.def("run", &run, nb::arg("document"), nb::arg("call"), nb::arg("report"));
  m.def(
      "write_report", [](const std::string& directory) { return write_report(directory).string(); },
      nb::arg("directory"), nb::call_guard<nb::gil_scoped_release>(),
      "Writes the page of a directory again; its path.");
  m.def(
      "attention",
      [](const std::string& run) {
        RunResult found;
        found.findings = attention_to(diagnose_run(run));
        return notes_of(found);
      },
      nb::arg("run"), nb::call_guard<nb::gil_scoped_release>(),
      "What the checks say that wants attention, in words.");
  m.def(
      "diagnosis",
      [](const std::string& run) {
        std::vector<nb::dict> rows;
        for (const Finding& f : without_the_lock([&] { return diagnose_run(run); })) {
          nb::dict& row = rows.emplace_back();
          row["check"] = f.check;
          row["verdict"] = name_of(f.verdict);
          row["measured"] = f.measured;
          row["why"] = f.why;
          row["remedy"] = f.remedy;
        }
        return rows;
      },
      nb::arg("run"), "What each check says: check, verdict, measured, why, remedy.");
  m.def(
      "require_place_for", [](const std::string& file) { require_place_for(file); }, nb::arg("file"),
      "IoError for a file of a run.");
  m.def(
      "figures",
      [](const std::vector<std::string>& directories) {
        nb::dict titles;
        for (const Figure& f :
             without_the_lock([&] { return figures_of_all(runs_meant(directories)); }).figures)
          titles[f.name.c_str()] = f.title;
        return titles;
      },
      nb::arg("directories"), "Titles of the figures of a page of directories, by name.");
  m.def(
      "figure_svg",
      [](const std::vector<std::string>& directories, const std::string& what, double width_mm) {
        const FiguresOfRuns all = without_the_lock([&] { return figures_of_all(runs_meant(directories)); });
        const std::vector<Figure> found = figures_named(all.figures, what);
        std::vector<std::string> notes = all.warnings;
        if (found.size() > 1)
          notes.push_back(fmt::format("of '{}' there are {} figures; this is {}", what, found.size(),
                                      found.front().name));
        return std::pair{svg_file(found.front(), width_mm), notes};
      },
      nb::arg("directories"), nb::arg("what"), nb::arg("width_mm"),
      "The figure that a name or a metric names, as an SVG file, and what there is to warn of.");
}

}  // namespace apical::python
