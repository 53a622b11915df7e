// SPDX-License-Identifier: Apache-2.0
// The environment of a task that rewards, acted in by hand.
#include "apical/tasks/environment.h"

#include <fmt/format.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>

#include <memory>
#include <tuple>
#include <utility>

#include "apical/core/error.h"
#include "core/arrays.h"
#include "core/handed.h"
#include "core/module.h"

namespace nb = nanobind;

namespace apical::python {
namespace {

Vector copied(std::span<const double> numbers) {
  return array_of(std::vector<double>(numbers.begin(), numbers.end()));
}

class TaskEnvironment {
 public:
  explicit TaskEnvironment(const nb::dict& task) {
    const Dataset data = dataset_of(task, Handed{});
    if (!data.episodes)
      throw ConfigError(fmt::format("task '{}' has no environment: it shows samples", data.name));
    observations_ = data.episodes->observations;
    actions_ = data.episodes->actions;
    world_ = data.episodes->train();
  }

  std::size_t observations() const { return observations_; }
  std::size_t actions() const { return actions_; }

  Vector begin(std::uint64_t episode) {
    world_->begin(episode);
    over_ = false;
    return copied(world_->observation());
  }

  std::tuple<Vector, double, bool, bool> act(std::uint32_t action) {
    if (over_) throw ConfigError("the episode is over; reset() begins the next");
    if (action >= actions_)
      throw ConfigError(fmt::format("action {}: there are {}, from 0", action, actions_));
    const Environment::Outcome now = world_->act(action);
    over_ = now.ends();
    return {copied(world_->observation()), now.reward, now.terminal, now.time_limit};
  }

 private:
  std::size_t observations_ = 0, actions_ = 0;
  std::unique_ptr<Environment> world_;
  bool over_ = true;
};

}  // namespace

void bind_environment(nb::module_& m) {
  nb::class_<TaskEnvironment>(m, "TaskEnvironment", "The environment of a task that rewards.")
      .def(nb::init<const nb::dict&>(), nb::arg("task"))
      .def_prop_ro("observations", &TaskEnvironment::observations)
      .def_prop_ro("actions", &TaskEnvironment::actions)
      .def("begin", &TaskEnvironment::begin, nb::arg("episode"),
           "The observation at the start of an episode.")
      .def("act", &TaskEnvironment::act, nb::arg("action"),
           "Observation, reward, whether nothing follows, whether a time limit cut it.");
}

}  // namespace apical::python
