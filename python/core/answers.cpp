// SPDX-License-Identifier: Apache-2.0
// What the networks of a run answer to samples.
#include "apical/run/answers.h"

#include <fmt/format.h>
#include <nanobind/stl/string.h>

#include <algorithm>
#include <optional>

#include "core/arrays.h"
#include "core/calling_thread.h"
#include "core/handed.h"
#include "core/module.h"

namespace nb = nanobind;

namespace apical::python {
namespace {

class RunAnswers {
 public:
  RunAnswers(const std::string& run, unsigned threads, const std::string& data, const Handed& handed)
      : pool_(threads) {
    waiting([&] { answers_.emplace(io::Path(run), resources_of(pool_, data, handed)); });
  }
  Rows of_split(const std::string& split, std::uint64_t seed) {
    const SplitName which = split_named(split);
    return made([&] { return answers_->of_split(which, replica_of(seed)); });
  }
  Rows to(const GivenRows& inputs, std::uint64_t seed) {
    Matrix<double> scaled = as_seen(inputs, seed);
    return made([&] { return answers_->to(std::move(scaled), replica_of(seed)); });
  }
  Rows scaled(const GivenRows& inputs, std::uint64_t seed) const { return array_of(as_seen(inputs, seed)); }

 private:
  template <class Work>
  static void waiting(Work&& work) {
    CallingThread caller;
    caller.wait_for([&](const std::atomic<bool>&) { work(); });
  }
  template <class Work>
  static Rows made(Work&& work) {
    Matrix<double> out;
    waiting([&] { out = work(); });
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
  std::optional<Answers> answers_;
};

}  // namespace

void bind_answers(nb::module_& m) {
  nb::class_<RunAnswers>(m, "RunAnswers", "What the networks of a run answer at its last checkpoint.")
      .def(nb::init<const std::string&, unsigned, const std::string&, const Handed&>(), nb::arg("run"),
           nb::arg("threads"), nb::arg("data"), nb::arg("handed"))
      .def("of_split", &RunAnswers::of_split, nb::arg("split"), nb::arg("seed"), "(sample, output)")
      .def("to", &RunAnswers::to, nb::arg("inputs"), nb::arg("seed"),
           "(sample, output); inputs in the units of the task's own data")
      .def("scaled", &RunAnswers::scaled, nb::arg("inputs"), nb::arg("seed"),
           "inputs as the network sees them");
}

}  // namespace apical::python
