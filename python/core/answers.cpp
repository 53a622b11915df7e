// SPDX-License-Identifier: Apache-2.0
// What the networks of a run answer to samples, and the samples that they were shown.
#include "apical/run/answers.h"

#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <mutex>
#include <optional>

#include "core/arrays.h"
#include "core/calling_thread.h"
#include "core/handed.h"
#include "core/module.h"
#include "core/shown.h"

namespace nb = nanobind;

namespace apical::python {
namespace {

class RunAnswers {
 public:
  RunAnswers(const std::string& run, unsigned threads, const std::string& data, const Handed& handed)
      : pool_(threads) {
    working([&](const auto&) { answers_.emplace(io::Path(run), resources_of(pool_, data, handed)); });
  }
  bool double_precision() const { return answers_->experiment().double_precision; }
  const std::vector<std::string>& classes() const { return answers_->data(0).class_names; }
  /// Of a picture: channels, rows, columns; nothing of other inputs.
  std::optional<std::vector<std::size_t>> picture() const {
    const Dataset& data = answers_->data(0);
    const auto shape = data.is_sequence() ? std::nullopt : data.train.inputs.picture();
    if (!shape) return {};
    return std::vector<std::size_t>{shape->channels, shape->rows, shape->cols};
  }
  nb::dict samples(const std::string& split, std::uint64_t seed) {
    const SplitName which = split_named(split);
    const Dataset& data = answers_->data(replica_of(seed));
    if (split_of(data, which).size() == 0)
      throw DataError(fmt::format("task '{}' has no {} split here", data.name, split));
    ShownSamples out;
    working([&](const auto&) { out = shown_samples_of(data, which); });
    return dict_of(std::move(out));
  }
  Rows of_split(const std::string& split, std::uint64_t seed) {
    const SplitName which = split_named(split);
    const std::size_t replica = replica_of(seed);
    return made([&](const auto& stop) { return answers_->of_split(which, replica, stop); });
  }
  Rows to(const GivenRows& inputs, std::uint64_t seed) {
    Matrix<double> scaled = as_seen(inputs, seed);
    const std::size_t replica = replica_of(seed);
    return made([&](const auto& stop) { return answers_->to(std::move(scaled), replica, stop); });
  }
  Rows scaled(const GivenRows& inputs, std::uint64_t seed) const { return array_of(as_seen(inputs, seed)); }
  /// The class that each row of outputs stands for.
  Vector decide(const GivenRows& outputs) const {
    const Dataset& data = answers_->data(0);
    if (data.readout == Readout::regression)
      throw DataError(fmt::format("task '{}' has no classes", data.name));
    const Matrix<double> rows = matrix_of(outputs);
    std::vector<double> out;
    for (std::size_t k = 0; k < rows.rows(); ++k) out.push_back(data.decide(rows.row(k)));
    return array_of(std::move(out));
  }

 private:
  /// One at a time, in a thread of its own: others of Python run meanwhile, and may call as well.
  template <class Work>
  void working(Work&& work) {
    CallingThread caller;
    caller.wait_for([&](const std::atomic<bool>& stop) {
      const std::scoped_lock one(busy_);
      work(stop);
    });
  }
  template <class Work>
  Rows made(Work&& work) {
    Matrix<double> out;
    working([&](const std::atomic<bool>& stop) { out = work(stop); });
    return array_of(std::move(out));
  }
  Matrix<double> as_seen(const GivenRows& inputs, std::uint64_t seed) const {
    const Dataset& data = answers_->data(replica_of(seed));
    if (data.is_sequence())
      throw DataError(fmt::format("samples of task '{}' run their course in time", data.name));
    if (inputs.shape(1) != data.inputs())
      throw DataError(fmt::format("inputs have {} features; expected {}, as task '{}' has", inputs.shape(1),
                                  data.inputs(), data.name));
    return data.train.inputs.scaled(matrix_of(inputs));
  }
  std::size_t replica_of(std::uint64_t seed) const {
    const std::vector<std::uint64_t>& seeds = answers_->experiment().seeds;
    const auto at = std::find(seeds.begin(), seeds.end(), seed);
    if (at == seeds.end())
      throw ConfigError(fmt::format("the run has no seed {}; it has {}", seed, fmt::join(seeds, ", ")));
    return static_cast<std::size_t>(at - seeds.begin());
  }

  ThreadPool pool_;
  std::mutex busy_;
  std::optional<Answers> answers_;
};

}  // namespace

void bind_answers(nb::module_& m) {
  nb::class_<RunAnswers>(m, "RunAnswers", "What the networks of a run answer at its last checkpoint.")
      .def(nb::init<const std::string&, unsigned, const std::string&, const Handed&>(), nb::arg("run"),
           nb::arg("threads"), nb::arg("data"), nb::arg("handed"))
      .def("double_precision", &RunAnswers::double_precision)
      .def("classes", &RunAnswers::classes, "Names of classes, from class 0 on.")
      .def("picture", &RunAnswers::picture, "Channels, rows and columns of an input that is a picture.")
      .def("samples", &RunAnswers::samples, nb::arg("split"), nb::arg("seed"),
           "All of a split: inputs as they are seen, targets, labels, classes, rows.")
      .def("of_split", &RunAnswers::of_split, nb::arg("split"), nb::arg("seed"), "(sample, output)")
      .def("to", &RunAnswers::to, nb::arg("inputs"), nb::arg("seed"),
           "(sample, output); inputs in the units of the task's own data")
      .def("scaled", &RunAnswers::scaled, nb::arg("inputs"), nb::arg("seed"),
           "Inputs as the network sees them.")
      .def("decide", &RunAnswers::decide, nb::arg("outputs"), "The class that each row stands for.");
}

}  // namespace apical::python
