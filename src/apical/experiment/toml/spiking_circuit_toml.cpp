// SPDX-License-Identifier: Apache-2.0
// Reading spiking circuits. Names are resolved when everything has been read, so that they may be used before
// they are defined.
#include "apical/experiment/toml/spiking_circuit_toml.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "apical/circuit/formula_rule.h"
#include "apical/experiment/toml/field_toml.h"
#include "apical/experiment/toml/formula_toml.h"
#include "apical/experiment/toml/name_choice.h"
#include "apical/experiment/toml/spiking_circuit_fields.h"

namespace apical {
namespace spike {
namespace {

constexpr std::int64_t kMany = 1'000'000'000;
const std::vector<std::string> kKinds(kNeuronKinds.begin(), kNeuronKinds.end());
const std::vector<std::string> kWirings(kTopologies.begin(), kTopologies.end());

bool given(TomlReader& t, const char* key) { return t.kind(key) != TomlKind::absent; }

/// Reads the fields of one table. While editing, only what is given changes; otherwise what is absent is
/// noted with its default, so that the resolved experiment shows it.
class Reader {
 public:
  explicit Reader(bool editing) : editing_(editing) {}

  template <class T, class Walk>
  void fields(TomlReader& table, T& object, Walk&& walk) const {
    Bound<T> bound{*this, table, object};
    walk(bound, object);
  }
  template <class T>
  void fields(TomlReader& table, T& object) const {
    fields(table, object, [](auto& v, const T& x) { spike::fields(v, x); });
  }
  bool editing() const { return editing_; }

 private:
  template <class T>
  struct Bound {
    const Reader& reader;
    TomlReader& table;
    T& object;
    bool when(bool condition) const { return condition; }
    template <class Member>
    void operator()(const Field& f, Member T::*member) {
      const bool here = given(table, f.name.c_str());
      if (!here && reader.editing_) return;
      reader.read(table, f.name.c_str(), object.*member, here);
      if (here) check_bounds(table, f, object.*member);
    }
    void operator()(const Quantity& q, double T::*member) {
      double& x = object.*member;
      const std::string& key = q.field.name;
      const bool shown = given(table, key.c_str()), si = given(table, q.si.c_str());
      if (shown && si) {
        throw ConfigError(fmt::format("both '{}' and '{}' are given; expected one of them", key, q.si),
                          table.place(q.si));
      }
      if (si || (!shown && !reader.editing_ && !shown_value(x, q.exponent))) {
        x = table.number(q.si, x);
        if (si) check_bounds(table, q.in_si(), x);
      } else if (shown) {
        const double number = table.number(key);
        check_bounds(table, q.field, number);
        x = value_in_si(number, q.exponent);
      } else if (!reader.editing_) {
        table.number(key, *shown_value(x, q.exponent));
      }
    }
    void operator()(const OrUnbounded& u, double T::*member) {
      double& x = object.*member;
      const std::string& key = u.field.name;
      if (table.kind(key) == TomlKind::text) {
        table.choice(key, {"none"});
        x = std::numeric_limits<double>::infinity();
      } else if (given(table, key.c_str()) || (!reader.editing_ && !std::isinf(x))) {
        x = table.number(key, x);
        check_bounds(table, u.field, x);
      } else if (!reader.editing_) {
        table.text(key, "none");
      }
    }
  };

  void read(TomlReader& t, const char* key, double& x, bool) const { x = t.number(key, x); }
  void read(TomlReader& t, const char* key, bool& x, bool) const { x = t.boolean(key, x); }
  void read(TomlReader& t, const char* key, std::string& x, bool here) const {
    x = here ? t.text(key) : t.text(key, x.empty() ? std::optional<std::string>() : x);
  }
  void read(TomlReader& t, const char* key, int& x, bool) const {
    x = static_cast<int>(t.integer(key, x, 0, kMany));
  }
  void read(TomlReader& t, const char* key, std::uint32_t& x, bool) const {
    x = static_cast<std::uint32_t>(t.integer(key, x, 0, kMany));
  }
  template <Named Enum>
  void read(TomlReader& t, const char* key, Enum& x, bool) const {
    const std::vector<std::string> names(kNames<Enum>.begin(), kNames<Enum>.end());
    const std::string chosen = t.choice(key, names, std::string(name_of(x)));
    x = static_cast<Enum>(std::find(names.begin(), names.end(), chosen) - names.begin());
  }
  void read(TomlReader& t, const char* key, std::vector<double>& x, bool here) const {
    if (here) x = t.numbers(key);
  }
  void read(TomlReader& t, const char* key, std::vector<std::pair<std::uint32_t, std::uint32_t>>& x,
            bool here) const {
    if (!here) return;
    x.clear();
    for (const std::vector<double>& row : t.number_rows(key)) {
      const bool whole = row.size() == 2 && std::all_of(row.begin(), row.end(), [](double v) {
                           return v >= 0 && v == std::floor(v) && v < static_cast<double>(kLargestGroup);
                         });
      if (!whole)
        throw ConfigError("a pair is not two neurons; expected [from, to], both counted from 0",
                          t.place(key));
      x.emplace_back(static_cast<std::uint32_t>(row[0]), static_cast<std::uint32_t>(row[1]));
    }
  }
  void read(TomlReader& t, const char* key, Formula& x, bool here) const {
    read_formula(t, key, x, here, formula::Synapse::spiking);
  }
  template <class T>
  void read(TomlReader& t, const char* key, std::optional<T>& x, bool here) const {
    if (!here) return;
    if (t.kind(key) == TomlKind::text && t.text(key) == "none") {
      x.reset();
      return;
    }
    T value = x.value_or(T{});
    read(t, key, value, here);
    x = std::move(value);
  }
  template <class Part>
  requires requires(int& v, const Part& p) { spike::fields(v, p); }
  void read(TomlReader& t, const char* key, Part& x, bool) const {
    TomlReader table = t.table(key);
    if constexpr (std::is_same_v<Part, BurstRule>) {
      const bool anew = given(table, "formula");
      if (x.formula && !anew) read(table, "formula", *x.formula, false);  // an edit may change numbers alone
      if (anew) begin_as_formula(x);
      fields(table, x);
      table.placing([&] { take_formula(x); }, x.formula && anew ? "formula" : "");
    } else {
      fields(table, x);
    }
    table.finish();
  }

  bool editing_;
};

/// ConfigError at the key if its value names no population.
void require_population(TomlReader& entry, const char* key, const std::string& name,
                        const SpikingCircuit& circuit) {
  const std::vector<std::string> known = names_of(circuit.groups);
  if (std::find(known.begin(), known.end(), name) != known.end()) return;
  throw ConfigError(fmt::format("unknown population '{}'", name), entry.place(key), suggestion(name, known));
}

/// A new kind begins with its own constants.
void read_kind(TomlReader& entry, NeuronGroup& g, std::optional<std::string> otherwise) {
  const std::string kind = entry.choice("kind", kKinds, std::move(otherwise));
  if (kind == kind_of(g.model)) return;
  static const std::vector<NeuronModel> fresh{TwoCompartment{}, BurstPoisson{},  EscapeBurst{},
                                              ExponentialIf{},  PoissonSource{}, Relay{}};
  g.model = fresh[static_cast<std::size_t>(std::find(kKinds.begin(), kKinds.end(), kind) - kKinds.begin())];
}

void read_population(TomlReader& entry, const Reader& reader, NeuronGroup& g) {
  if (!reader.editing() || given(entry, "neuron")) {
    TomlReader own = entry.table("neuron");
    with_constants(g.model, [&](auto& constants, const auto&, const auto& walk) {
      reader.fields(own, constants, walk);
    });
    own.finish();
  }
  reader.fields(entry, g);
}

void read_topology(TomlReader& entry, const Reader& reader, Connection& c) {
  if (!reader.editing() || given(entry, "topology")) {
    const std::string now(kTopologies[c.topology.index()]);
    const std::string kind = entry.choice("topology", kWirings, now);
    static const std::vector<Topology> fresh{RandomPairs{}, AllToAll{}, OneToOne{}, ListedPairs{}};
    if (kind != now)
      c.topology = fresh[static_cast<std::size_t>(std::find(kWirings.begin(), kWirings.end(), kind) -
                                                  kWirings.begin())];
  }
  std::visit([&](auto& topology) { reader.fields(entry, topology); }, c.topology);
}

void read_projection(TomlReader& entry, const Reader& reader, Connection& c) {
  read_topology(entry, reader, c);
  reader.fields(entry, c);
}

Receptor receptor_at(TomlReader& entry) {
  const std::vector<std::string> names(kNames<Receptor>.begin(), kNames<Receptor>.end());
  const std::string name = entry.choice("receptor", names);
  return static_cast<Receptor>(std::find(names.begin(), names.end(), name) - names.begin());
}

bool removes(TomlReader& entry) { return given(entry, "remove") && entry.boolean("remove"); }

void edit_populations(TomlReader& entry, SpikingCircuit& circuit) {
  for (const std::string& name : names_chosen(entry, "population", "population", names_of(circuit.groups))) {
    NeuronGroup& g = circuit.groups[group_index(circuit, name)];
    if (given(entry, "size")) g.size = static_cast<std::size_t>(entry.integer("size", {}, 1, kMany));
    if (given(entry, "kind")) read_kind(entry, g, {});
    read_population(entry, Reader(true), g);
  }
}

void edit_projections(TomlReader& entry, SpikingCircuit& circuit) {
  const bool remove = removes(entry);
  for (const std::string& name :
       names_chosen(entry, "projection", "projection", names_of(circuit.connections))) {
    const std::size_t at = connection_index(circuit, name);
    if (remove) {
      entry.at("projection", [&] { remove_connection(circuit, at); });
    } else {
      read_projection(entry, Reader(true), circuit.connections[at]);
    }
  }
}

/// Backgrounds are chosen by the population they reach, and by receptor if one is given.
void edit_backgrounds(TomlReader& entry, SpikingCircuit& circuit) {
  const bool remove = removes(entry);
  std::vector<std::string> targets;
  for (const Background& b : circuit.background) targets.push_back(b.target);
  const std::vector<std::string> names = names_chosen(entry, "background", "background", targets);
  const bool of_one = given(entry, "receptor");
  const Receptor receptor = of_one ? receptor_at(entry) : Receptor{};
  for (std::size_t i = circuit.background.size(); i-- > 0;) {
    Background& b = circuit.background[i];
    if (of_one && b.receptor != receptor) continue;
    if (std::find(names.begin(), names.end(), b.target) == names.end()) continue;
    if (remove) {
      remove_background(circuit, i);
    } else {
      Reader(true).fields(entry, b);
    }
  }
}

void read_circuit_table(TomlReader& root, SpikingCircuit& circuit, bool from_scratch) {
  TomlReader own = root.table("circuit");
  own.choice("neurons", {"rate", "spiking"}, "spiking");
  if (from_scratch || given(own, "name")) circuit.name = own.text("name", circuit.name);
  TimeStep step{circuit.dt_s};
  Reader(!from_scratch).fields(own, step);
  circuit.dt_s = step.dt_s;
  own.finish();
}

}  // namespace
}  // namespace spike

bool says_neurons_spike(TomlReader& root) {
  if (root.kind("circuit") != TomlKind::table) return false;
  TomlReader own = root.table("circuit");
  return own.has("neurons") && own.choice("neurons", {"rate", "spiking"}) == "spiking";
}

void read_spiking_circuit(TomlReader& root, SpikingCircuit& circuit) {
  using namespace spike;
  const bool from_scratch = circuit.groups.empty();
  bool any = false;
  for (const char* key : {"circuit", "population", "projection", "background", "edit"})
    any |= given(root, key);
  if (!any) return;
  read_circuit_table(root, circuit, from_scratch);

  std::vector<TomlReader> populations = root.tables("population"), edits = root.tables("edit"),
                          projections = root.tables("projection"), backgrounds = root.tables("background");
  const std::size_t old_populations = circuit.groups.size(), old_backgrounds = circuit.background.size(),
                    old_projections = circuit.connections.size();
  for (TomlReader& entry : populations) {
    NeuronGroup g;
    g.name = entry.text("name");
    g.size = static_cast<std::size_t>(entry.integer("size", {}, 1, kMany));
    read_kind(entry, g, {});
    read_population(entry, Reader(false), g);
    entry.finish();
    if (std::any_of(circuit.groups.begin(), circuit.groups.end(),
                    [&](const NeuronGroup& other) { return other.name == g.name; }))
      throw ConfigError(fmt::format("there are two populations named '{}'", g.name), entry.place("name"));
    circuit.groups.push_back(std::move(g));
  }
  for (TomlReader& entry : backgrounds) {
    Background b;
    b.target = entry.text("to");
    require_population(entry, "to", b.target, circuit);
    b.receptor = receptor_at(entry);
    Reader(false).fields(entry, b);
    entry.finish();
    circuit.background.push_back(b);
  }
  for (TomlReader& entry : projections) {
    Connection c;
    c.source = entry.text("from");
    require_population(entry, "from", c.source, circuit);
    c.target = entry.text("to");
    require_population(entry, "to", c.target, circuit);
    c.name = entry.text("name", c.source + "->" + c.target);
    read_projection(entry, Reader(false), c);
    entry.finish();
    if (std::any_of(circuit.connections.begin(), circuit.connections.end(),
                    [&](const Connection& other) { return other.name == c.name; }))
      throw ConfigError(fmt::format("there are two projections named '{}'", c.name),
                        entry.place(entry.has("name") ? "name" : "to"), "give one of them a name of its own");
    circuit.connections.push_back(std::move(c));
  }
  // Each part in its own entry, so that a complaint is shown there.
  const auto validated = [&](std::vector<TomlReader>& written, std::size_t from, auto&& validate_part) {
    for (std::size_t i = 0; i < written.size(); ++i)
      written[i].placing([&] { validate_part(circuit, from + i); }, "");
  };
  validated(populations, old_populations, validate_population);
  validated(projections, old_projections, validate_projection);
  validated(backgrounds, old_backgrounds, validate_background);
  for (TomlReader& entry : edits) {
    int subjects = 0;
    for (const char* key : {"population", "projection", "background"}) subjects += given(entry, key) ? 1 : 0;
    if (subjects != 1)
      throw ConfigError(
          fmt::format("an edit names {} of 'population', 'projection' and 'background'; expected "
                      "one of them",
                      subjects == 0 ? "none" : "several"),
          entry.place(""), "say what is to be edited, e.g. projection = \"out->*\"");
    if (given(entry, "population")) edit_populations(entry, circuit);
    if (given(entry, "projection")) edit_projections(entry, circuit);
    if (given(entry, "background")) edit_backgrounds(entry, circuit);
    entry.finish();
    entry.placing([&] { validate(circuit); }, "");
  }
  root.placing([&] { validate(circuit); }, "circuit");
}

}  // namespace apical
