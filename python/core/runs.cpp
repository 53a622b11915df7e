// SPDX-License-Identifier: Apache-2.0
// One experiment, run into a directory.
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "apical/experiments.h"
#include "apical/report/compose/write_report.h"
#include "apical/study/run_with_report.h"
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
  out["notes"] = r.notes;
  return out;
}

namespace {

nb::dict run(const TomlDocument& document, const std::string& directory, bool resume, bool report,
             unsigned threads, const std::string& data, const nb::object& heard) {
  RunResult result;
  CallingThread caller;
  Reporter reporter(caller, heard);
  caller.wait_for([&](const std::atomic<bool>& stop) {
    const Experiment experiment = read_experiment(document);
    ThreadPool pool(threads);
    const Resources resources{pool, data};
    RunOptions options;
    options.directory = directory;
    options.resume = resume;
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
  m.def("run", &run, nb::arg("document"), nb::arg("directory"), nb::arg("resume"), nb::arg("report"),
        nb::arg("threads"), nb::arg("data"), nb::arg("heard").none(),
        "Runs into a directory. `heard(kind, fields)` is called on this thread, without the engine's; False "
        "stops.");
  m.def(
      "write_report", [](const std::string& directory) { return write_report(directory).string(); },
      nb::arg("directory"), "Writes the page of a directory again; its path.");
}

}  // namespace apical::python
