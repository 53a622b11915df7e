// SPDX-License-Identifier: Apache-2.0
// Questions that take several runs: comparisons and sweeps, probes, figures reproduced, runs repeated.
#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <memory>
#include <set>

#include "apical/experiments.h"
#include "apical/report/compose/write_report.h"
#include "apical/run/protocol_run.h"
#include "apical/study/compare.h"
#include "apical/study/reproduce.h"
#include "apical/sweep/tune.h"
#include "apical/sweep/worker.h"
#include "core/call.h"
#include "core/module.h"
#include "core/reporter.h"
#include "core/results.h"

namespace nb = nanobind;

namespace apical::python {
namespace {

nb::dict dict_of_comparison(const ComparisonResult& c) {
  nb::dict out;
  nb::list runs, faults;
  for (const RunResult& r : c.runs) runs.append(dict_of(r));
  for (const ComparisonResult::Fault& f : c.faults) faults.append(nb::make_tuple(f.label, f.what));
  out["stopped"] = c.stopped;
  out["has_checkpoint"] = c.has_checkpoint;
  out["runs"] = runs;
  out["faults"] = faults;
  out["notes"] = c.notes;
  return out;
}

ComparisonOptions comparison_options(const Call& call, Reporter& reporter) {
  ComparisonOptions options;
  options.directory = call.directory;
  options.resume = call.resume;
  options.watch = [&reporter](const Experiment& e) -> Listener* {
    reporter.begin(e.label);
    return &reporter;
  };
  return options;
}

/// Of all documents together; labels are unique.
std::vector<Experiment> variants_of(const std::vector<const TomlDocument*>& documents) {
  std::vector<Experiment> all;
  std::set<std::string> labels;
  for (const TomlDocument* document : documents) {
    for (Experiment& e : read_variants(*document)) {
      if (!labels.insert(e.label).second)
        throw ConfigError(fmt::format("two experiments are labelled '{}'", e.label), {},
                          "give each a label of its own: exp[\"label\"] = \"…\"");
      all.push_back(std::move(e));
    }
  }
  if (all.empty()) throw ConfigError("nothing to compare; expected at least one experiment");
  return all;
}

nb::dict compare(const std::vector<const TomlDocument*>& documents, const Call& call) {
  ComparisonResult result;
  CallingThread caller;
  Reporter reporter(caller, call.heard);
  caller.wait_for([&](const std::atomic<bool>& stop) {
    const std::vector<Experiment> variants = variants_of(documents);
    ThreadPool pool(call.threads);
    result = run_comparison(variants, comparison_options(call, reporter), resources_of(pool, call), stop);
    if (!result.stopped) reporter.finish();
  });
  return dict_of_comparison(result);
}

nb::list contrasts_of(const ProtocolResult& result) {
  nb::list out;
  for (const ModelOutcome& m : result.models) {
    for (const Contrast& c : m.contrasts) {
      const MeanInterval difference = c.difference();
      nb::dict row;
      row["model"] = m.label;
      row["measure"] = c.measure;
      row["condition"] = c.condition;
      row["epochs"] = c.epochs;
      row["control"] = c.control;
      row["value"] = c.value;
      row["difference"] = difference.mean;
      row["low"] = difference.low;
      row["high"] = difference.high;
      row["distinct"] = c.is_distinct();
      out.append(row);
    }
  }
  return out;
}

nb::dict probe(const TomlDocument& document, const Call& call) {
  ProtocolResult result;
  CallingThread caller;
  Reporter reporter(caller, call.heard);
  caller.wait_for([&](const std::atomic<bool>& stop) {
    const std::vector<ProbedModel> models = read_protocol(document);
    ThreadPool pool(call.threads);
    ProtocolOptions options;
    options.directory = call.directory;
    options.resume = call.resume;
    options.watch = [&](const std::string& label) -> Listener* {
      reporter.begin(label);
      return &reporter;
    };
    result = run_protocol(models, options, resources_of(pool, call), stop);
    if (result.stopped) return;
    reporter.finish();
    write_report(options.directory);
  });
  nb::dict out;
  out["stopped"] = result.stopped;
  out["contrasts"] = contrasts_of(result);
  out["notes"] = result.notes;
  return out;
}

nb::dict reproduce_figure(const TomlDocument& document, const Call& call) {
  ReproductionResult result;
  CallingThread caller;
  Reporter reporter(caller, call.heard);
  caller.wait_for([&](const std::atomic<bool>& stop) {
    ThreadPool pool(call.threads);
    result = reproduce(document, comparison_options(call, reporter), resources_of(pool, call), stop);
    if (!result.comparison.stopped) reporter.finish();
  });
  nb::list outcomes;
  for (const Outcome& o : result.outcomes) {
    nb::dict row;
    row["variant"] = o.expected.variant;
    row["quantity"] = o.expected.quantity;
    row["measured"] = o.measured;
    row["low"] = o.expected.low;
    row["high"] = o.expected.high;
    row["verdict"] = std::string(name_of(o.verdict));
    row["origin"] = std::string(name_of(o.expected.origin));
    row["reproduced"] = o.verdict == Outcome::Verdict::reproduced;
    row["because"] = o.expected.because;
    row["text"] = o.text();
    outcomes.append(row);
  }
  nb::dict out;
  out["figure"] = result.claim.reference();
  out["outcomes"] = outcomes;
  out["reproduced"] = !result.comparison.stopped && result.verdict() == Outcome::Verdict::reproduced;
  out["comparison"] = dict_of_comparison(result.comparison);
  return out;
}

nb::dict repeat(const std::string& run, const Call& call) {
  RepeatResult result;
  CallingThread caller;
  Reporter reporter(caller, call.heard);
  caller.wait_for([&](const std::atomic<bool>& stop) {
    ThreadPool pool(call.threads);
    RunOptions options;
    options.directory = call.directory;
    options.resume = call.resume;
    options.listeners.push_back(&reporter);
    result = repeat_run(run, options, resources_of(pool, call), stop);
    if (!result.stopped) reporter.finish();
  });
  nb::dict out;
  out["stopped"] = result.stopped;
  out["label"] = result.label;
  out["identical"] = !result.stopped && result.identical();
  out["text"] = result.stopped ? std::string() : result.text();
  out["compared"] = result.compared;
  out["differing_conditions"] = result.differing_conditions;
  return out;
}

/// One for each worker; made and destroyed where Python's objects may be touched.
using Reporters = std::vector<std::unique_ptr<Reporter>>;

/// Tasks are of a seed each: as many are at work at a time as there are threads.
void work_here(const sweep::Plan& plan, const Call& call, Reporters& reporters,
               const std::atomic<bool>& stop) {
  const std::size_t workers = std::min(reporters.size(), plan.tasks.size());
  ThreadPool together(static_cast<unsigned>(workers));
  together.run(workers, [&](std::size_t worker) {
    ThreadPool own(static_cast<unsigned>(reporters.size() / workers));
    Reporter& reporter = *reporters[worker];
    sweep::WorkerOptions options;
    options.watch = [&](const sweep::PlannedTask& task) -> Listener* {
      reporter.begin(plan.name_of(task));
      return &reporter;
    };
    if (!sweep::work(plan, options, resources_of(own, call), stop).stopped) reporter.finish();
  });
}

nb::dict tune(const TomlDocument& document, const Call& call) {
  sweep::Tuning found;
  CallingThread caller;
  Reporters reporters;
  for (unsigned i = 0; i < (call.threads > 0 ? call.threads : available_threads()); ++i)
    reporters.push_back(std::make_unique<Reporter>(caller, call.heard));
  caller.wait_for([&](const std::atomic<bool>& stop) {
    ThreadPool pool(1);
    sweep::TuneSetting setting{call.directory, {}};
    setting.work = [&](const sweep::Plan& plan) { work_here(plan, call, reporters, stop); };
    found = sweep::tune(document, setting, resources_of(pool, call));
  });
  nb::dict out;
  out["complete"] = found.complete;
  out["round"] = found.round;
  out["rounds"] = found.rounds;
  nb::list runs;
  for (const sweep::TunedVariant& v : found.variants) {
    for (const sweep::Trial& t : v.trials) {
      nb::list paths;
      for (const io::Path& run : t.runs) paths.append(run.string());
      runs.append(paths);
    }
  }
  out["runs"] = runs;
  return out;
}

}  // namespace

void bind_studies(nb::module_& m) {
  m.def("compare", &compare, nb::arg("documents"), nb::arg("call"));
  m.def("probe", &probe, nb::arg("document"), nb::arg("call"));
  m.def("reproduce", &reproduce_figure, nb::arg("document"), nb::arg("call"));
  m.def("tune", &tune, nb::arg("document"), nb::arg("call"),
        "The search that [tune] describes; its files say what was found. `runs`: of every trial, in its last "
        "round.");
  m.def("repeat", &repeat, nb::arg("run"), nb::arg("call"));
}

}  // namespace apical::python
