// SPDX-License-Identifier: Apache-2.0
// Writing spiking circuits, with the fields of spiking_circuit_fields.h.
#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "apical/circuit/formula_rule.h"
#include "apical/experiment/toml/formula_toml.h"
#include "apical/experiment/toml/spiking_circuit_fields.h"
#include "apical/experiment/toml/spiking_circuit_toml.h"
#include "apical/experiment/toml/toml_text.h"

namespace apical {
namespace spike {

double value_in_si(double shown, int exponent) {
  return exponent < 0 ? shown / std::pow(10.0, -exponent) : shown * std::pow(10.0, exponent);
}

std::optional<double> shown_value(double si, int exponent) {
  const double near = exponent < 0 ? si * std::pow(10.0, -exponent) : si / std::pow(10.0, exponent);
  for (int digits = 6; digits <= 17; ++digits) {
    const std::string text = fmt::format("{:.{}g}", near, digits);
    double shorter = 0;
    std::from_chars(text.data(), text.data() + text.size(), shorter);  // in any locale of the process
    if (value_in_si(shorter, exponent) == si) return shorter;
  }
  for (const double beside : {std::nextafter(near, -INFINITY), std::nextafter(near, INFINITY)}) {
    if (value_in_si(beside, exponent) == si) return beside;
  }
  return {};
}

namespace {

class Writer {
 public:
  template <class T, class Walk>
  std::vector<std::string> lines(const T& object, const T& standard, Walk&& walk) const {
    Bound<T> bound{*this, object, standard, {}};
    walk(bound, object);
    return bound.lines;
  }
  template <class T>
  std::vector<std::string> fields(const T& object, const T& standard = {}) const {
    return lines(object, standard, [](auto& v, const T& x) { spike::fields(v, x); });
  }

 private:
  template <class T>
  struct Bound {
    const Writer& writer;
    const T& object;
    const T& standard;
    std::vector<std::string> lines;
    bool when(bool condition) const { return condition; }
    template <class Member>
    void operator()(const Field& f, Member T::*member) {
      if (object.*member != standard.*member)
        lines.push_back(fmt::format("{} = {}", f.name, writer.value(object.*member)));
    }
    void operator()(const Quantity& q, double T::*member) {
      if (object.*member == standard.*member) return;
      const std::optional<double> shown = shown_value(object.*member, q.exponent);
      lines.push_back(
          fmt::format("{} = {}", shown ? q.field.name : q.si, toml_number(shown.value_or(object.*member))));
    }
    void operator()(const OrUnbounded& u, double T::*member) {
      const double x = object.*member;
      if (x != standard.*member)
        lines.push_back(fmt::format("{} = {}", u.field.name, std::isinf(x) ? "\"none\"" : toml_number(x)));
    }
  };

  static std::string value(double x) { return toml_number(x); }
  static std::string value(bool x) { return x ? "true" : "false"; }
  static std::string value(int x) { return fmt::format("{}", x); }
  static std::string value(std::uint32_t x) { return fmt::format("{}", x); }
  static std::string value(const std::string& x) { return toml_quoted(x); }
  static std::string value(const Formula& x) { return formula_toml(x); }
  template <Named Enum>
  static std::string value(Enum x) {
    return toml_quoted(name_of(x));
  }
  static std::string value(const std::vector<double>& list) {
    std::string out;
    for (const double x : list) out += (out.empty() ? "" : ", ") + toml_number(x);
    return "[" + out + "]";
  }
  static std::string value(const std::vector<std::pair<std::uint32_t, std::uint32_t>>& pairs) {
    std::string out;
    for (const auto& [pre, post] : pairs)
      out += fmt::format("{}[{}, {}]", out.empty() ? "" : ", ", pre, post);
    return "[" + out + "]";
  }
  template <class T>
  std::string value(const std::optional<T>& x) const {
    return x ? value(*x) : "\"none\"";
  }
  template <class Part>
  requires requires(int& v, const Part& p) { spike::fields(v, p); }
  std::string value(const Part& x) const {
    Part standard{};
    if constexpr (std::is_same_v<Part, BurstRule>) {
      if (x.formula) begin_as_formula(standard);
    }
    return fmt::format("{{{}}}", fmt::join(fields(x, standard), ", "));
  }
};

std::string text(const std::vector<std::string>& lines) {
  return lines.empty() ? "" : fmt::format("{}\n", fmt::join(lines, "\n"));
}

std::string population(const Writer& w, const NeuronGroup& g) {
  std::string out = fmt::format("\n[[population]]\nname = {}\nkind = \"{}\"\nsize = {}\n",
                                toml_quoted(g.name), kind_of(g.model), g.size);
  with_constants(g.model, [&](const auto& constants, const auto& standard, const auto& walk) {
    const auto lines = w.lines(constants, standard, walk);
    if (!lines.empty()) out += fmt::format("neuron = {{{}}}\n", fmt::join(lines, ", "));
  });
  return out + text(w.fields(g));
}

std::string projection(const Writer& w, const Connection& c) {
  std::string out = "\n[[projection]]\n";
  if (c.name != c.source + "->" + c.target) out += fmt::format("name = {}\n", toml_quoted(c.name));
  out += fmt::format("from = {}\nto = {}\n", toml_quoted(c.source), toml_quoted(c.target));
  if (c.topology.index() != 0) out += fmt::format("topology = \"{}\"\n", kTopologies[c.topology.index()]);
  std::visit([&](const auto& topology) { out += text(w.fields(topology)); }, c.topology);
  return out + text(w.fields(c));
}

}  // namespace
}  // namespace spike

std::string circuit_toml(const SpikingCircuit& circuit) {
  using namespace spike;
  const std::optional<double> dt_ms = shown_value(circuit.dt_s, -3);
  std::string out =
      fmt::format("[circuit]\nneurons = \"spiking\"\nname = {}\n{} = {}\n", toml_quoted(circuit.name),
                  dt_ms ? "dt_ms" : "dt_s", toml_number(dt_ms.value_or(circuit.dt_s)));
  const Writer writer;
  for (const NeuronGroup& g : circuit.groups) out += population(writer, g);
  for (const Background& b : circuit.background) {
    out += fmt::format("\n[[background]]\nto = {}\nreceptor = \"{}\"\n{}", toml_quoted(b.target),
                       name_of(b.receptor), text(writer.fields(b)));
  }
  for (const Connection& c : circuit.connections) out += projection(writer, c);
  return out;
}

}  // namespace apical
