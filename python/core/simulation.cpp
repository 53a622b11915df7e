// SPDX-License-Identifier: Apache-2.0
// A circuit of rate neurons, stepped by hand.
#include "apical/simulation.h"

#include <fmt/format.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <memory>

#include "apical/experiment/toml/toml_reader.h"
#include "apical/learning/rate_weights.h"
#include "core/arrays.h"
#include "core/chunks.h"
#include "core/documents.h"
#include "core/module.h"

namespace nb = nanobind;

namespace apical::python {
namespace {

/// Variables that every population of neurons has, beside its compartments.
std::vector<std::string> variables_of(const Population& p) {
  std::vector<std::string> out{"rate"};
  if (p.kind == Population::Kind::external) return out;
  out.insert(out.end(), {"soma", "lookahead"});
  for (const Compartment& c : p.compartments) out.push_back(c.name);
  return out;
}

class RateSimulation {
 public:
  RateSimulation(const TomlDocument& document, std::vector<std::uint64_t> seeds, unsigned threads,
                 const std::string& weights)
      : pool_(threads), engine_(circuit_of(document), std::move(seeds), pool_, {.all_quantities = true}) {
    RateWeights<double> taking(engine_);
    take_weights(taking, document, weights, threads, false);
  }

  const Circuit& circuit() const { return engine_.circuit(); }

  void advance(std::int64_t steps, bool learning) {
    const rate::Learning learn = learning ? rate::Learning::all() : rate::Learning{};
    advance_in_chunks(steps, [&](std::int64_t now) { engine_.advance(now, learn); });
  }

  void show(const std::string& population, const GivenVector& values, std::uint64_t seed) {
    const PopulationId p = circuit().population(population);
    require(circuit()[p].kind == Population::Kind::external,
            fmt::format("population '{}' is made of neurons; only external ones can be set", population));
    require_size(p, values.shape(0));
    engine_.set_external<double>(p, replica_of(seed), span_of(values));
  }
  void hide(const std::string& population) { engine_.clear_external(circuit().population(population)); }

  Vector read(const std::string& population, const std::string& variable, std::uint64_t seed) {
    const PopulationId p = circuit().population(population);
    std::vector<double> out(circuit()[p].size);
    engine_.read(p, known(p, variable), replica_of(seed), out);
    return array_of(std::move(out));
  }
  void write(const std::string& population, const std::string& variable, const GivenVector& values,
             std::uint64_t seed) {
    const PopulationId p = circuit().population(population);
    require_size(p, values.shape(0));
    engine_.write(p, known(p, variable), replica_of(seed), span_of(values));
  }

  Rows weights(const std::string& projection, std::uint64_t seed) const {
    return array_of(engine_.weights(circuit().projection(projection), replica_of(seed)));
  }
  void set_weights(const std::string& projection, const GivenRows& values, std::uint64_t seed) {
    const ProjectionId j = circuit().projection(projection);
    engine_.set_weights(j, replica_of(seed), matrix_of(values));
  }

  /// From now on and until restore(), together with those before.
  void perturb(const std::string& kind, const std::string& of, const std::string& variable, double value,
               std::vector<std::uint32_t> units, std::int64_t hold_steps) {
    rate::Perturbation p;
    p.kind = value_named<rate::Perturbation::Kind>(kind);
    if (p.kind == rate::Perturbation::Kind::scale || p.kind == rate::Perturbation::Kind::freeze) {
      p.projection = circuit().projection(of);
    } else {
      p.population = circuit().population(of);
    }
    p.variable = variable;
    p.value = value;
    p.units = std::move(units);
    p.hold_steps = hold_steps;
    rate::validate(p, circuit());
    perturbations_.push_back(std::move(p));
    engine_.set_perturbations(perturbations_);
  }
  void restore() {
    perturbations_.clear();
    engine_.set_perturbations({});
  }

  double time_ms() const { return engine_.time_ms(); }
  std::int64_t step() const { return engine_.step(); }
  std::vector<std::uint64_t> seeds() const { return {engine_.seeds().begin(), engine_.seeds().end()}; }
  std::string role(const std::string& name) const {
    const auto id = name == "stimulus" ? circuit().stimulus()
                    : name == "target" ? circuit().target()
                                       : circuit().readout();
    return id ? circuit()[*id].name : "";
  }
  nb::dict populations() const {
    nb::dict out;
    for (const Population& p : circuit().populations())
      out[p.name.c_str()] = nb::make_tuple(p.size, variables_of(p), p.kind == Population::Kind::external);
    return out;
  }
  std::vector<std::string> projections() const {
    std::vector<std::string> out;
    for (const Projection& j : circuit().projections()) out.push_back(j.name);
    return out;
  }

 private:
  template <class Enum>
  static Enum value_named(const std::string& name) {
    for (std::size_t i = 0; i < kNames<Enum>.size(); ++i) {
      if (kNames<Enum>[i] == name) return static_cast<Enum>(i);
    }
    throw ConfigError(fmt::format("unknown perturbation '{}'", name), {},
                      suggestion(name, {kNames<Enum>.begin(), kNames<Enum>.end()}));
  }
  static void require(bool holds, const std::string& message) {
    if (!holds) throw ConfigError(message);
  }
  void require_size(PopulationId p, std::size_t size) const {
    require(size == circuit()[p].size, fmt::format("population '{}' has {} neurons; found {} values",
                                                   circuit()[p].name, circuit()[p].size, size));
  }
  const std::string& known(PopulationId p, const std::string& variable) const {
    const std::vector<std::string> all = variables_of(circuit()[p]);
    if (std::find(all.begin(), all.end(), variable) == all.end())
      throw ConfigError(fmt::format("unknown variable '{}' of population '{}'", variable, circuit()[p].name),
                        {}, suggestion(variable, all));
    return variable;
  }
  std::size_t replica_of(std::uint64_t seed) const {
    const auto seeds = engine_.seeds();
    const auto at = std::find(seeds.begin(), seeds.end(), seed);
    require(at != seeds.end(), fmt::format("no seed {}; there are {}", seed, fmt::join(seeds, ", ")));
    return static_cast<std::size_t>(at - seeds.begin());
  }

  ThreadPool pool_;
  rate::RateEngine<double> engine_;
  std::vector<rate::Perturbation> perturbations_;
};

}  // namespace

void bind_simulation(nb::module_& m) {
  using S = RateSimulation;
  nb::class_<S>(m, "RateSimulation", "A circuit of rate neurons, stepped by hand.")
      .def(nb::init<const TomlDocument&, std::vector<std::uint64_t>, unsigned, const std::string&>(),
           nb::arg("document"), nb::arg("seeds"), nb::arg("threads"), nb::arg("weights"),
           "`weights`: of this run; empty: as the document says.")
      .def("advance", &S::advance, nb::arg("steps"), nb::arg("learning"))
      .def("show", &S::show, nb::arg("population"), nb::arg("values"), nb::arg("seed"))
      .def("hide", &S::hide, nb::arg("population"))
      .def("read", &S::read, nb::arg("population"), nb::arg("variable"), nb::arg("seed"))
      .def("write", &S::write, nb::arg("population"), nb::arg("variable"), nb::arg("values"), nb::arg("seed"))
      .def("weights", &S::weights, nb::arg("projection"), nb::arg("seed"))
      .def("set_weights", &S::set_weights, nb::arg("projection"), nb::arg("values"), nb::arg("seed"))
      .def("perturb", &S::perturb, nb::arg("kind"), nb::arg("of"), nb::arg("variable"), nb::arg("value"),
           nb::arg("units"), nb::arg("hold_steps"))
      .def("restore", &S::restore)
      .def("role", &S::role, nb::arg("name"))
      .def("populations", &S::populations)
      .def("projections", &S::projections)
      .def_prop_ro("time_ms", &S::time_ms)
      .def_prop_ro("step", &S::step)
      .def_prop_ro("seeds", &S::seeds);
}

}  // namespace apical::python
