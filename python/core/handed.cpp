// SPDX-License-Identifier: Apache-2.0
#include "core/handed.h"

#include <fmt/format.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>

#include <algorithm>

#include "core/arrays.h"
#include "core/module.h"

namespace nb = nanobind;

namespace apical::python {
namespace {

/// An object of Python's that threads of the engine may let go of.
class Kept {
 public:
  explicit Kept(nb::object object)
      : object_(new nb::object(std::move(object)), [](nb::object* o) {
          const nb::gil_scoped_acquire acquired;
          delete o;
        }) {}
  const nb::object& operator*() const { return *object_; }
  const void* identity() const { return object_.get(); }

 private:
  std::shared_ptr<nb::object> object_;
};

class CalledWorld final : public ForeignWorld {
 public:
  explicit CalledWorld(Kept world) : world_(std::move(world)) {}
  void begin(std::uint32_t seed, std::span<double> observation) override {
    const nb::gil_scoped_acquire acquired;
    take((*world_).attr("begin")(seed), observation);
  }
  Environment::Outcome act(std::uint32_t action, std::span<double> observation) override {
    const nb::gil_scoped_acquire acquired;
    const nb::tuple now = nb::cast<nb::tuple>((*world_).attr("act")(action));
    take(now[0], observation);
    return {nb::cast<double>(now[1]), nb::cast<bool>(now[2]), nb::cast<bool>(now[3])};
  }

 private:
  static void take(const nb::object& seen, std::span<double> observation) {
    const auto numbers = nb::cast<GivenVector>(seen);
    if (numbers.shape(0) != observation.size()) throw DataError("an observation has changed its size");
    std::copy_n(numbers.data(), observation.size(), observation.data());
  }
  Kept world_;
};

}  // namespace

void Handed::add_world(const std::string& name, nb::object make, std::size_t observations,
                       std::size_t actions) {
  const Kept kept(std::move(make));
  worlds_->by_name[name] = {[kept]() -> std::unique_ptr<ForeignWorld> {
                              const nb::gil_scoped_acquire acquired;
                              return std::make_unique<CalledWorld>(Kept((*kept)()));
                            },
                            observations, actions, kept.identity()};
}

void Handed::add(const Handed& other) {
  for (const auto& [name, world] : other.worlds_->by_name) {
    const auto [at, is_new] = worlds_->by_name.emplace(name, world);
    if (!is_new && at->second.identity != world.identity)
      throw ConfigError(fmt::format("two environments are called '{}'", name), {},
                        "give one of them a name=");
  }
}

Resources resources_of(ThreadPool& pool, const std::string& data, const Handed& handed) {
  Resources resources{pool, data};
  resources.worlds = handed.worlds();
  return resources;
}

void bind_handed(nb::module_& m) {
  nb::class_<Handed>(m, "Handed", "What tasks have in this process instead of in files, by name.")
      .def(nb::init<>())
      .def("add_world", &Handed::add_world, nb::arg("name"), nb::arg("make"), nb::arg("observations"),
           nb::arg("actions"),
           "`make()` gives an object with begin(seed) and act(action), called on threads of the engine.")
      .def("add", &Handed::add, nb::arg("other"));
}

}  // namespace apical::python
