// SPDX-License-Identifier: Apache-2.0
// What is shown when, and the samples themselves: for files in which recordings are cut into trials.
#include "core/shown.h"

#include <fmt/format.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <tuple>

#include "apical/experiment/protocol.h"
#include "apical/experiments.h"
#include "apical/learning/shown_samples.h"
#include "apical/procedure/course_rounds.h"
#include "core/arrays.h"
#include "core/calling_thread.h"
#include "core/documents.h"
#include "core/handed.h"
#include "core/module.h"

namespace nb = nanobind;

namespace apical::python {

namespace {

/// Rows (stage, epoch, stimulus, start, stop) of what a course shows, in biological seconds.
using Presentation = std::tuple<std::string, std::size_t, std::string, double, double>;
std::vector<Presentation> presentations(const TomlDocument& document, std::uint64_t seed) {
  if (!is_spiking(document)) return {};
  const Course course = read_experiment(document).spiking().course;
  std::vector<Presentation> out;
  for (const Presented& p : presentations_of(course, seed)) {
    const course::Stage& stage = course.stages[p.stage];
    std::string shown;
    if (stage.shows == course::Shows::stimuli) shown = course.stimuli[p.shown].label;
    if (stage.shows == course::Shows::training_samples) shown = fmt::format("training sample {}", p.shown);
    if (stage.shows == course::Shows::test_samples) shown = fmt::format("test sample {}", p.shown);
    out.emplace_back(stage.name, p.epoch, shown, p.start_s, p.stop_s);
  }
  return out;
}

/// The experiment for one of its seeds; of a protocol its first model.
Experiment of_seed(const TomlDocument& document, std::uint64_t seed) {
  Experiment e = TomlReader(document).has("protocol") ? read_protocol(document).front().experiment
                                                      : read_experiment(document);
  e.seeds = {seed};
  return e;
}

std::shared_ptr<const Dataset> data_of(const Experiment& e, const std::string& folder, const Handed& handed) {
  std::shared_ptr<const Dataset> data;
  CallingThread caller;
  caller.wait_for([&](const std::atomic<bool>&) {
    ThreadPool pool(1);
    data = e.make_data(resources_of(pool, folder, handed)).front();
  });
  return data;
}

/// Arrays of one length, since they may be millions; times in biological seconds.
nb::dict training_shown(const TomlDocument& document, std::uint64_t seed, std::size_t epochs,
                        const std::string& folder, const Handed& handed) {
  std::vector<double> epoch, sample, start, stop;
  Experiment e = of_seed(document, seed);
  if (e.is_circuit()) {
    e.plan.epochs = epochs;
    const double step_s = e.circuit().dt_ms / 1000;
    for (const ShownSample& s :
         shown_samples(e.circuit(), *data_of(e, folder, handed), e.presentation, e.plan, seed)) {
      epoch.push_back(static_cast<double>(s.epoch));
      sample.push_back(s.sample);
      start.push_back(static_cast<double>(s.first_step) * step_s);
      stop.push_back(static_cast<double>(s.last_step) * step_s);
    }
  }
  nb::dict out;
  out["epoch"] = array_of(std::move(epoch));
  out["sample"] = array_of(std::move(sample));
  out["start_s"] = array_of(std::move(start));
  out["stop_s"] = array_of(std::move(stop));
  return out;
}

nb::dict samples(const TomlDocument& document, std::uint64_t seed, const std::string& split,
                 const std::vector<std::size_t>& which, const std::string& folder, const Handed& handed) {
  return dict_of(
      shown_samples_of(*data_of(of_seed(document, seed), folder, handed), split_named(split), which));
}

}  // namespace

SplitName split_named(const std::string& name) {
  for (const SplitName s : {SplitName::train, SplitName::validation, SplitName::test}) {
    if (name == name_of(s)) return s;
  }
  throw ConfigError(fmt::format("unknown split '{}'; expected train, validation or test", name));
}

ShownSamples shown_samples_of(const Dataset& data, SplitName name,
                              const std::optional<std::vector<std::size_t>>& chosen) {
  const Split& split = split_of(data, name);
  std::vector<std::size_t> which;
  if (chosen) {
    which = *chosen;
  } else {
    which.resize(split.size());
    std::iota(which.begin(), which.end(), std::size_t{0});
  }
  ShownSamples out;
  out.inputs = Matrix<double>(data.is_sequence() ? 0 : which.size(), data.inputs());
  out.targets = Matrix<double>(which.size(), split.outputs());
  for (std::size_t i = 0; i < which.size(); ++i) {
    if (which[i] >= split.size())
      throw DataError(
          fmt::format("the {} split has {} samples, no sample {}", name_of(name), split.size(), which[i]));
    if (out.inputs.rows() > 0) {
      split.read_input(which[i], out.inputs.row(i));
      if (const auto origin = split.inputs.origin_of(which[i]))
        out.rows.push_back(static_cast<double>(*origin));
    }
    split.read_target(which[i], out.targets.row(i));
    if (split.labels.empty()) continue;
    out.labels.push_back(split.labels[which[i]]);
    const auto label = static_cast<std::size_t>(split.labels[which[i]]);
    out.classes.push_back(label < data.class_names.size() ? data.class_names[label]
                                                          : fmt::format("{}", label));
  }
  return out;
}

nb::dict dict_of(ShownSamples samples) {
  nb::dict out;
  out["inputs"] = array_of(std::move(samples.inputs));
  out["targets"] = array_of(std::move(samples.targets));
  out["classes"] = samples.classes;
  out["labels"] = array_of(std::move(samples.labels));
  out["rows"] = array_of(std::move(samples.rows));
  return out;
}

void bind_shown(nb::module_& m) {
  m.def("presentations", &presentations, nb::arg("document"), nb::arg("seed"),
        "Rows (stage, epoch, stimulus, start, stop) of what a course of spiking neurons shows, in biological "
        "seconds; empty of anything else.");
  m.def("training_shown", &training_shown, nb::arg("document"), nb::arg("seed"), nb::arg("epochs"),
        nb::arg("data"), nb::arg("handed"),
        "Which training sample a circuit of rate neurons is shown when: arrays epoch (0 while it settles), "
        "sample, start_s and stop_s; empty of anything else, and where evaluations steer a plant.");
  m.def("samples", &samples, nb::arg("document"), nb::arg("seed"), nb::arg("split"), nb::arg("which"),
        nb::arg("data"), nb::arg("handed"),
        "Inputs as they are seen (sample, feature; no rows of sequences), targets (sample, output), labels "
        "and names of "
        "classes, and rows, the samples of the arrays that they come from.");
}

}  // namespace apical::python
