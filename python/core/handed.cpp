// SPDX-License-Identifier: Apache-2.0
#include "core/handed.h"

#include <fmt/format.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>

#include "apical/io/available_memory.h"
#include "apical/io/hash.h"
#include "apical/tasks/task.h"
#include "core/arrays.h"
#include "core/kept.h"
#include "core/module.h"
#include "core/told_batch.h"

namespace nb = nanobind;

namespace apical::python {
namespace {

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

io::Element element_of(const GivenArray& array) {
  const nb::dlpack::dtype type = array.dtype();
  const auto is = [&](nb::dlpack::dtype_code code, int bits) {
    return type.code == static_cast<std::uint8_t>(code) && type.bits == bits;
  };
  using Code = nb::dlpack::dtype_code;
  if (is(Code::Float, 32)) return io::Element::f32;
  if (is(Code::Float, 64)) return io::Element::f64;
  if (is(Code::UInt, 8)) return io::Element::u8;
  if (is(Code::Int, 64)) return io::Element::i64;
  if (is(Code::Bool, 8)) return io::Element::boolean;
  throw DataError("an array is of a type that is not taken; expected float32, float64, uint8, int64 or bool");
}

io::Array shared_array(const GivenArray& given) {
  io::Array a;
  a.element = element_of(given);
  for (std::size_t i = 0; i < given.ndim(); ++i) a.shape.push_back(given.shape(i));
  a.values = {static_cast<const std::byte*>(given.data()), given.nbytes()};
  a.owner = {new GivenArray(given), [](const void* p) {
               const nb::gil_scoped_acquire acquired;
               delete static_cast<const GivenArray*>(p);
             }};
  return a;
}

/// The same for the same samples, in this process or another.
std::string content_name(const ArraySplit& split) {
  std::string facts = split.origin;
  const auto add = [&](const io::Array& a) {
    facts += fmt::format(" {} {} {}", static_cast<int>(a.element), io::shape_text(a.shape),
                         io::xxh3_hex(a.values));
  };
  add(split.inputs);
  if (split.labels) add(*split.labels);
  if (split.targets) add(*split.targets);
  for (const std::string& name : split.label_names) facts += fmt::format(" {} {}", name.size(), name);
  return fmt::format("{}-{}", split.origin, io::xxh3_hex(std::string_view(facts)));
}

FieldValue value_of(const nb::handle& given) {
  if (nb::isinstance<nb::bool_>(given)) return nb::cast<bool>(given);
  if (nb::isinstance<nb::str>(given)) return nb::cast<std::string>(given);
  if (std::vector<std::string> texts; nb::isinstance<nb::list>(given) && nb::try_cast(given, texts))
    return texts;
  if (nb::isinstance<nb::float_>(given) || nb::isinstance<nb::int_>(given)) return nb::cast<double>(given);
  throw ConfigError(fmt::format("an option is {}; expected a number, true or false, text or a list of texts",
                                nb::cast<std::string>(nb::repr(given))));
}

/// Features and outputs of a task; makes its data set, and with it all checks.
std::pair<std::size_t, std::size_t> task_sizes(const nb::dict& table, const Handed& handed) {
  const Dataset data = dataset_of(table, handed);
  return {data.inputs(), data.outputs()};
}

}  // namespace

Dataset dataset_of(const nb::dict& table, const Handed& handed) {
  TaskParameters parameters;
  std::string name;
  for (const auto [key, value] : table) {
    const auto word = nb::cast<std::string>(key);
    if (word == "name") {
      name = nb::cast<std::string>(value);
    } else {
      std::visit([&](auto v) { parameters.set(word, std::move(v)); }, value_of(value));
    }
  }
  ThreadPool alone(1);
  return make_dataset(name, parameters, resources_of(alone, {}, handed));
}

void Handed::add_world(const std::string& name, nb::object make, std::size_t observations,
                       std::size_t actions) {
  const Kept kept(std::move(make));
  worlds_->by_name[name] = {[kept]() -> std::unique_ptr<ForeignWorld> {
                              const nb::gil_scoped_acquire acquired;
                              return std::make_unique<CalledWorld>(Kept((*kept)()));
                            },
                            observations, actions, kept.identity()};
}

std::string Handed::add_samples(const GivenArray& inputs, const std::optional<GivenArray>& labels,
                                const std::vector<std::string>& label_names,
                                const std::optional<GivenArray>& targets, const std::string& origin) {
  ArraySplit split;
  split.inputs = shared_array(inputs);
  if (labels) split.labels = shared_array(*labels);
  if (targets) split.targets = shared_array(*targets);
  split.label_names = label_names;
  split.origin = origin;
  std::string name = content_name(split);
  arrays_->by_name[name] = std::move(split);
  return "memory:" + name;
}

void Handed::add_rule(const std::string& name, nb::object credit) {
  rules_->by_name[name] = handed_rule(std::move(credit));
}

void Handed::add(const Handed& other) {
  arrays_->by_name.insert(other.arrays_->by_name.begin(), other.arrays_->by_name.end());
  for (const auto& [name, world] : other.worlds_->by_name) {
    const auto [at, is_new] = worlds_->by_name.emplace(name, world);
    if (!is_new && at->second.identity != world.identity)
      throw ConfigError(fmt::format("two environments are called '{}'", name), {},
                        "give one of them a name=");
  }
  for (const auto& [name, rule] : other.rules_->by_name) {
    const auto [at, is_new] = rules_->by_name.emplace(name, rule);
    if (!is_new && at->second.identity != rule.identity)
      throw ConfigError(fmt::format("two rules are called '{}'", name), {}, "give one of them a name=");
  }
}

Resources resources_of(ThreadPool& pool, const std::string& data, const Handed& handed) {
  Resources resources{pool, data};
  resources.memory = available_memory();
  resources.worlds = handed.worlds();
  resources.arrays = handed.arrays();
  resources.rules = handed.rules();
  return resources;
}

void bind_handed(nb::module_& m) {
  nb::class_<Handed>(m, "Handed", "What is in this process instead of in files, by name.")
      .def(nb::init<>())
      .def("add_world", &Handed::add_world, nb::arg("name"), nb::arg("make"), nb::arg("observations"),
           nb::arg("actions"),
           "`make()` gives an object with begin(seed) and act(action), called on threads of the engine.")
      .def("add_samples", &Handed::add_samples, nb::arg("inputs"), nb::arg("labels").none(),
           nb::arg("label_names"), nb::arg("targets").none(), nb::arg("origin"), "memory:NAME")
      .def("add_rule", &Handed::add_rule, nb::arg("name"), nb::arg("credit"),
           "`credit(ToldBatch)` gives a pair of gradients per layer, called on threads of the engine.")
      .def("add", &Handed::add, nb::arg("other"));
  m.def("task_sizes", &task_sizes, nb::arg("table"), nb::arg("handed"),
        "Features and outputs; makes the data set, with all its checks.");
}

}  // namespace apical::python
