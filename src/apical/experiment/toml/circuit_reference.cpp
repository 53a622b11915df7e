// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/toml/circuit_reference.h"

#include <fmt/format.h>

#include "apical/experiment/toml/circuit_fields.h"

namespace apical {
namespace {

/// Type, default and what else is expected of a member.
struct Shown {
  std::string type, standard, expected;
};

Shown shown(double x) { return {"number", fmt::format("{}", x), ""}; }
Shown shown(bool x) { return {"true or false", x ? "true" : "false", ""}; }
Shown shown(int x) { return {"whole number", fmt::format("{}", x), ""}; }
Shown shown(std::uint32_t) { return {"whole number", "", ""}; }
Shown shown(const std::string& x) { return {"text", x.empty() ? "" : "\"" + x + "\"", ""}; }
Shown shown(ActivationKind x) {
  return {"text", fmt::format("\"{}\"", name_of(x)), fmt::format("{}", fmt::join(activation_names(), ", "))};
}
template <Named Enum>
Shown shown(Enum x) {
  return {"text", fmt::format("\"{}\"", name_of(x)), fmt::format("{}", fmt::join(kNames<Enum>, ", "))};
}
Shown shown(const std::vector<double>&) { return {"list of numbers", "not given", ""}; }
Shown shown(const Matrix<double>&) { return {"table of numbers", "", ""}; }
Shown shown(PopulationId) { return {"name of a population", "", ""}; }
Shown shown(ProjectionId) { return {"name of a projection", "", ""}; }
Shown shown(const std::vector<Compartment>&) { return {"list of tables", "", "see compartments"}; }
template <class Part>
requires(!Named<Part>) Shown shown(const Part&) { return {"table", "", ""}; }
template <class T>
Shown shown(const std::optional<T>&) {
  Shown s = shown(T{});
  s.standard = "not given";
  return s;
}

template <class Part>
struct Lister {
  Part standard;
  std::string rows;
  bool when(bool) const { return true; }
  template <class Member>
  void operator()(const Field& f, Member Part::*member) {
    const Shown s = shown(standard.*member);
    const std::string bounds = f.bounds.text();
    rows += fmt::format("| `{}` | {} | {}{} | {} | {} |\n", f.name, s.type, s.standard,
                        f.unit.empty() || s.standard.empty() ? "" : " " + f.unit,
                        s.expected.empty() ? bounds : s.expected, f.meaning);
  }
};

template <class Part>
std::string table(const char* title, Part standard = {}) {
  Lister<Part> lister{standard, ""};
  fields(lister, standard);
  return fmt::format(
      "### {}\n\n| key | type | default | expected | meaning |\n| --- | --- | --- | --- | --- |\n{}\n", title,
      lister.rows);
}

}  // namespace

std::string circuit_reference() {
  return "How circuits are written is told in [circuits.md](circuits.md).\n\n" +
         table<Population>("[[population]], beyond name, kind and size") +
         table<Compartment>("compartments") + table<CompartmentNoise>("noise") +
         table<Projection>("[[projection]], beyond name, from, to and compartment") +
         table<InitialWeights>("weights, deviation") + table<DerivedWeights>("derivation") +
         table<TransposedView>("view") + table<PlasticityRule>("rule") + table<PostFactor>("rule.post") +
         table<PreFactor>("rule.pre") + table<WeightDecay>("rule.decay");
}

}  // namespace apical
