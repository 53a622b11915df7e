// SPDX-License-Identifier: Apache-2.0
// Writing circuits, with the fields of circuit_fields.h.
#include <fmt/format.h>

#include <algorithm>

#include "apical/experiment/toml/circuit_fields.h"
#include "apical/experiment/toml/circuit_toml.h"
#include "apical/experiment/toml/formula_toml.h"
#include "apical/experiment/toml/toml_text.h"

namespace apical {
namespace {

class FieldWriter {
 public:
  explicit FieldWriter(const Circuit& circuit) : circuit_(circuit) {}

  /// "key = value" for every field that differs from `standard`.
  template <class T>
  std::vector<std::string> fields(const T& object, const T& standard) const {
    Bound<T> bound{*this, object, standard, {}};
    apical::fields(bound, object);
    return bound.lines;
  }

 private:
  template <class T>
  struct Bound {
    const FieldWriter& writer;
    const T& object;
    const T& standard;
    std::vector<std::string> lines;
    bool when(bool condition) const { return condition; }
    template <class Member>
    void operator()(const Field& f, Member T::*member) {
      if (std::is_same_v<Member, ProjectionId> || object.*member != standard.*member) {
        lines.push_back(fmt::format("{} = {}", f.name, writer.value(object.*member)));
      }
    }
  };

  std::string value(double x) const { return toml_number(x); }
  std::string value(bool x) const { return x ? "true" : "false"; }
  std::string value(const std::string& x) const { return toml_quoted(x); }
  std::string value(int x) const { return fmt::format("{}", x); }
  std::string value(std::uint32_t x) const { return fmt::format("{}", x); }
  std::string value(ActivationKind x) const { return toml_quoted(name_of(x)); }
  template <Named Enum>
  std::string value(Enum x) const {
    return toml_quoted(name_of(x));
  }
  std::string value(PopulationId x) const { return toml_quoted(circuit_[x].name); }
  std::string value(ProjectionId x) const { return toml_quoted(circuit_[x].name); }
  template <class T>
  std::string value(const std::optional<T>& x) const {
    return x ? value(*x) : "\"none\"";
  }
  template <class Items>
  std::string list(const Items& items) const {
    std::string out;
    for (const auto& item : items) out += (out.empty() ? "" : ", ") + value(item);
    return "[" + out + "]";
  }
  std::string value(const std::vector<double>& x) const { return list(x); }
  std::string value(const std::vector<Compartment>& x) const { return list(x); }
  std::string value(const Matrix<double>& x) const {
    std::string out;
    for (std::size_t i = 0; i < x.rows(); ++i) out += (i == 0 ? "" : ", ") + list(x.row(i));
    return "[" + out + "]";
  }
  std::string value(const Formula& x) const { return formula_toml(x); }
  template <class Part>
  requires requires(int& v, const Part& p) { apical::fields(v, p); }
  std::string value(const Part& x) const { return fmt::format("{{{}}}", fmt::join(fields(x, Part{}), ", ")); }

  const Circuit& circuit_;
};

std::string lines_of(const std::vector<std::string>& lines) {
  return lines.empty() ? "" : fmt::format("{}\n", fmt::join(lines, "\n"));
}

}  // namespace

std::string circuit_toml(const Circuit& circuit) {
  std::string out = fmt::format("[circuit]\nname = {}\ndt_ms = {}\n", toml_quoted(circuit.name),
                                toml_number(circuit.dt_ms));
  const auto role = [&](const char* key, std::optional<PopulationId> id) {
    if (id) out += fmt::format("{} = {}\n", key, toml_quoted(circuit[*id].name));
  };
  role("stimulus", circuit.stimulus());
  role("target", circuit.target());
  role("readout", circuit.readout());

  const FieldWriter writer(circuit);
  for (const Population& p : circuit.populations()) {
    out += fmt::format("\n[[population]]\nname = {}\n", toml_quoted(p.name));
    if (p.kind == Population::Kind::external) out += "kind = \"external\"\n";
    out += fmt::format("size = {}\n", p.size);
    Population standard;
    standard.area = p.kind == Population::Kind::external ? "" : p.name.substr(0, p.name.find('.'));
    out += lines_of(writer.fields(p, standard));
  }
  std::uint32_t address = 0;  // that Circuit::connect would give
  for (const Projection& j : circuit.projections()) {
    const std::string &from = circuit[j.from].name, &to = circuit[j.to].name;
    out += "\n[[projection]]\n";
    if (j.name != fmt::format("{}->{}.{}", from, to, j.compartment))
      out += fmt::format("name = {}\n", toml_quoted(j.name));
    out += fmt::format("from = {}\nto = {}\ncompartment = {}\n", toml_quoted(from), toml_quoted(to),
                       toml_quoted(j.compartment));
    Projection standard;
    standard.draw_address = address;
    out += lines_of(writer.fields(j, standard));
    address = std::max(address, j.draw_address + 1);
  }
  return out;
}

}  // namespace apical
