// SPDX-License-Identifier: Apache-2.0
// What is in this process instead of in files: arrays of tasks, and environments and rules that are called.
#pragma once

#include <nanobind/nanobind.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apical/core/resources.h"
#include "apical/rules/handed_rule.h"
#include "apical/tasks/array_data.h"
#include "apical/tasks/dataset.h"
#include "apical/tasks/foreign_world.h"
#include "core/arrays.h"

namespace apical::python {

class Handed {
 public:
  /// `make()` gives an object with begin(seed) -> observation and act(action) -> (observation, reward,
  /// terminal, time limit); both are called with the GIL on threads of the engine.
  void add_world(const std::string& name, nanobind::object make, std::size_t observations,
                 std::size_t actions);
  /// Labels are numbers, or names, or there are targets instead. Nothing is copied: the arrays are kept as
  /// long as a data set uses them. Returns memory:NAME, a name that follows from the content.
  std::string add_samples(const GivenArray& inputs, const std::optional<GivenArray>& labels,
                          const std::vector<std::string>& label_names,
                          const std::optional<GivenArray>& targets, const std::string& origin);
  /// See handed_rule() in told_batch.h.
  void add_rule(const std::string& name, nanobind::object credit);
  void add(const Handed& other);

  std::shared_ptr<const HandedWorlds> worlds() const { return worlds_; }
  std::shared_ptr<const HandedArrays> arrays() const { return arrays_; }
  std::shared_ptr<const layered::HandedRules> rules() const { return rules_; }

 private:
  std::shared_ptr<HandedWorlds> worlds_ = std::make_shared<HandedWorlds>();
  std::shared_ptr<HandedArrays> arrays_ = std::make_shared<HandedArrays>();
  std::shared_ptr<layered::HandedRules> rules_ = std::make_shared<layered::HandedRules>();
};

/// The data set that a table [task] describes, which this makes, with all its checks.
Dataset dataset_of(const nanobind::dict& table, const Handed& handed);

/// Resources with all that was handed in.
Resources resources_of(ThreadPool& pool, const std::string& data, const Handed& handed);

}  // namespace apical::python
