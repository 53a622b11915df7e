// SPDX-License-Identifier: Apache-2.0
// What a task has in this process instead of in files: environments that are called.
#pragma once

#include <nanobind/nanobind.h>

#include <memory>
#include <string>
#include <vector>

#include "apical/core/resources.h"
#include "apical/tasks/foreign_world.h"

namespace apical::python {

class Handed {
 public:
  /// `make()` gives an object with begin(seed) -> observation and act(action) -> (observation, reward,
  /// terminal, time limit); both are called with the GIL on threads of the engine.
  void add_world(const std::string& name, nanobind::object make, std::size_t observations,
                 std::size_t actions);
  void add(const Handed& other);

  std::shared_ptr<const HandedWorlds> worlds() const { return worlds_; }

 private:
  std::shared_ptr<HandedWorlds> worlds_ = std::make_shared<HandedWorlds>();
};

/// Resources with all that was handed in.
Resources resources_of(ThreadPool& pool, const std::string& data, const Handed& handed);

}  // namespace apical::python
