// SPDX-License-Identifier: Apache-2.0
// Reading circuits. Populations and projections are each read in two passes, identities first, so that a name
// may be used before its definition.
#include "apical/experiment/toml/circuit_toml.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "apical/circuit/formula_rule.h"
#include "apical/experiment/toml/circuit_fields.h"
#include "apical/experiment/toml/field_toml.h"
#include "apical/experiment/toml/formula_toml.h"
#include "apical/experiment/toml/name_choice.h"

namespace apical {
namespace {

constexpr std::int64_t kMany = 1'000'000'000;

template <class T>
constexpr bool kIsPart =
    std::is_same_v<T, CompartmentNoise> || std::is_same_v<T, InitialWeights> ||
    std::is_same_v<T, DerivedWeights> || std::is_same_v<T, TransposedView> || std::is_same_v<T, PostFactor> ||
    std::is_same_v<T, PreFactor> || std::is_same_v<T, WeightDecay> || std::is_same_v<T, PlasticityRule>;

/// Reads the fields of one table. While editing, only what is given changes; otherwise what is absent is
/// noted with its default, so that the resolved experiment shows it.
class FieldReader {
 public:
  FieldReader(const Circuit& circuit, bool editing) : circuit_(circuit), editing_(editing) {}

  template <class T>
  void fields(TomlReader& table, T& object) const {
    Bound<T> bound{*this, table, object};
    apical::fields(bound, object);
  }

 private:
  template <class T>
  struct Bound {
    const FieldReader& reader;
    TomlReader& table;
    T& object;
    template <class Member>
    void operator()(const Field& f, Member T::*member) {
      const char* key = f.name.c_str();
      const bool given = table.kind(key) != TomlKind::absent;
      if (!given && reader.editing_) return;
      reader.read(table, key, object.*member, given);
      if (given) check_bounds(table, f, object.*member);
    }
    bool when(bool condition) const { return condition; }
  };

  void read(TomlReader& t, const char* key, double& x, bool) const { x = t.number(key, x); }
  void read(TomlReader& t, const char* key, bool& x, bool) const { x = t.boolean(key, x); }
  void read(TomlReader& t, const char* key, std::string& x, bool) const { x = t.text(key, x); }
  void read(TomlReader& t, const char* key, int& x, bool) const {
    x = static_cast<int>(t.integer(key, x, 0, kMany));
  }
  void read(TomlReader& t, const char* key, std::uint32_t& x, bool) const {
    x = static_cast<std::uint32_t>(t.integer(key, x, 0, std::numeric_limits<std::uint32_t>::max() - 1));
  }
  void read(TomlReader& t, const char* key, ActivationKind& x, bool) const {
    x = activation_named(t.choice(key, activation_names(), std::string(name_of(x))));
  }
  template <Named Enum>
  void read(TomlReader& t, const char* key, Enum& x, bool) const {
    const std::vector<std::string> names(kNames<Enum>.begin(), kNames<Enum>.end());
    const std::string chosen = t.choice(key, names, std::string(name_of(x)));
    x = static_cast<Enum>(std::find(names.begin(), names.end(), chosen) - names.begin());
  }
  void read(TomlReader& t, const char* key, std::vector<double>& x, bool given) const {
    if (given) x = t.numbers(key);
  }
  void read(TomlReader& t, const char* key, Matrix<double>& x, bool) const {
    const auto rows = t.number_rows(key);
    x = Matrix<double>(rows.size(), rows.empty() ? 0 : rows.front().size());
    for (std::size_t i = 0; i < rows.size(); ++i) std::copy(rows[i].begin(), rows[i].end(), x.row(i).begin());
  }
  void read(TomlReader& t, const char* key, PopulationId& x, bool) const {
    const std::string name = t.text(key);
    x = t.at(key, [&] { return circuit_.population(name); });
  }
  void read(TomlReader& t, const char* key, ProjectionId& x, bool) const {
    const std::string name = t.text(key);
    x = t.at(key, [&] { return circuit_.projection(name); });
  }
  /// While editing, compartments are told apart by name; a new name adds one.
  void read(TomlReader& t, const char* key, std::vector<Compartment>& x, bool) const {
    for (TomlReader& entry : t.tables(key)) {
      const std::string name = entry.text("name");
      const auto old =
          std::find_if(x.begin(), x.end(), [&](const Compartment& c) { return editing_ && c.name == name; });
      Compartment& c = old == x.end() ? x.emplace_back() : *old;
      fields(entry, c);
      entry.finish();
    }
  }
  void read(TomlReader& t, const char* key, Formula& x, bool given) const { read_formula(t, key, x, given); }
  template <class T>
  void read(TomlReader& t, const char* key, std::optional<T>& x, bool given) const {
    if (!given) return;
    if (t.kind(key) == TomlKind::text && t.text(key) == "none") {
      x.reset();
      return;
    }
    T value = x.value_or(T{});
    read(t, key, value, given);
    x = std::move(value);
  }
  template <class Part>
  requires kIsPart<Part>
  void read(TomlReader& t, const char* key, Part& x, bool) const {
    TomlReader table = t.table(key);
    if constexpr (std::is_same_v<Part, InitialWeights>) {
      // Values and derivations speak for themselves.
      if (table.has("values") && !table.has("law")) x.law = InitialWeights::Law::explicit_values;
      if (table.has("derivation") && !table.has("law")) x.law = InitialWeights::Law::derived;
    }
    if constexpr (std::is_same_v<Part, PlasticityRule>) {
      // An edit may change numbers alone.
      if (x.formula && !table.has("formula")) read(table, "formula", *x.formula, false);
    }
    fields(table, x);
    if constexpr (std::is_same_v<Part, InitialWeights>) {
      // An edit to another law leaves nothing behind.
      if (x.law != InitialWeights::Law::explicit_values) x.values.reset();
      if (x.law != InitialWeights::Law::derived) x.derivation.reset();
    }
    table.finish();
  }

  const Circuit& circuit_;
  bool editing_;
};

/// "v1" of "v1.pyr"; the name itself where there is no dot; external populations belong to no area.
std::string area_of(const Population& p) {
  return p.kind == Population::Kind::external ? "" : p.name.substr(0, p.name.find('.'));
}

/// What a rule's formula says, once the compartment is known.
void take_formula(Projection& j) {
  if (j.rule && j.rule->formula) j.rule = rule_of(*j.rule->formula, j.compartment);
}

void read_new_populations(TomlReader& root, Circuit& circuit) {
  std::vector<TomlReader> entries = root.tables("population");
  std::vector<PopulationId> ids;
  for (TomlReader& entry : entries) {
    Population p;
    p.name = entry.text("name");
    p.kind = entry.choice("kind", {"neurons", "external"}, "neurons") == "neurons"
                 ? Population::Kind::neurons
                 : Population::Kind::external;
    p.size = static_cast<std::size_t>(entry.integer("size", {}, 1, kMany));
    p.area = area_of(p);
    ids.push_back(entry.at("name", [&] { return circuit.add_population(p); }));
  }
  for (std::size_t i = 0; i < entries.size(); ++i) {
    FieldReader(circuit, false).fields(entries[i], circuit.edit(ids[i]));
    entries[i].finish();
    entries[i].placing([&] { circuit.validate(ids[i]); }, "");
  }
}

void read_new_projections(TomlReader& root, Circuit& circuit) {
  std::vector<TomlReader> entries = root.tables("projection");
  std::vector<ProjectionId> ids;
  for (TomlReader& entry : entries) {
    const auto population = [&](const char* key) {
      const std::string name = entry.text(key);
      return entry.at(key, [&] { return circuit.population(name); });
    };
    const PopulationId from = population("from"), to = population("to");
    const std::string compartment = entry.text("compartment");
    const std::string name =
        entry.text("name", fmt::format("{}->{}.{}", circuit[from].name, circuit[to].name, compartment));
    ids.push_back(entry.at(
        "name", [&] { return circuit.connect(from, to, {.compartment = compartment, .name = name}); }));
  }
  for (std::size_t i = 0; i < entries.size(); ++i) {
    Projection& j = circuit.edit(ids[i]);
    // The address Circuit::connect would give after the projections before it, whose addresses are known by
    // now.
    j.draw_address = 0;
    for (std::uint32_t k = 0; k < ids[i].value; ++k)
      j.draw_address = std::max(j.draw_address, circuit[ProjectionId{k}].draw_address + 1);
    FieldReader(circuit, false).fields(entries[i], j);
    take_formula(j);
    entries[i].finish();
  }
  // Only now is every viewed projection complete.
  for (std::size_t i = 0; i < entries.size(); ++i) entries[i].placing([&] { circuit.validate(ids[i]); }, "");
}

void require_one_subject(TomlReader& entry) {
  const bool population = entry.kind("population") != TomlKind::absent,
             projection = entry.kind("projection") != TomlKind::absent;
  if (population != projection) return;
  throw ConfigError(population ? "an edit names both populations and projections; expected one of them"
                               : "an edit names neither 'population' nor 'projection'",
                    entry.place(""),
                    population ? "write two [[edit]] entries"
                               : "say what is to be edited, e.g. projection = \"a1.rep->a2.rep.basal\"");
}

void edit_populations(std::vector<TomlReader>& entries, Circuit& circuit) {
  for (TomlReader& entry : entries) {
    require_one_subject(entry);
    if (!entry.has("population")) continue;
    for (const std::string& name :
         names_chosen(entry, "population", "population", names_of(circuit.populations()))) {
      Population& p = circuit.edit(circuit.population(name));
      if (entry.kind("size") != TomlKind::absent)
        p.size = static_cast<std::size_t>(entry.integer("size", {}, 1, kMany));
      FieldReader(circuit, true).fields(entry, p);
    }
    entry.finish();
    entry.placing([&] { circuit.validate(); }, "");
  }
}

void edit_projections(std::vector<TomlReader>& entries, Circuit& circuit) {
  for (TomlReader& entry : entries) {
    if (!entry.has("projection")) continue;
    const bool remove = entry.kind("remove") != TomlKind::absent && entry.boolean("remove");
    for (const std::string& name :
         names_chosen(entry, "projection", "projection", names_of(circuit.projections()))) {
      const ProjectionId id = circuit.projection(name);
      if (remove) {
        entry.at("projection", [&] { circuit.remove(id); });
      } else {
        FieldReader(circuit, true).fields(entry, circuit.edit(id));
        take_formula(circuit.edit(id));
      }
    }
    entry.finish();
    entry.placing([&] { circuit.validate(); }, "");
  }
}

}  // namespace

void read_populations_and_projections(TomlReader& root, Circuit& circuit) {
  const bool from_scratch = circuit.populations().empty();
  const auto given = [](TomlReader& t, const char* key) { return t.kind(key) != TomlKind::absent; };
  const bool entries = given(root, "population") || given(root, "projection") || given(root, "edit");
  if (!given(root, "circuit") && !entries) return;
  TomlReader own = root.table("circuit");
  if (from_scratch || given(own, "name")) circuit.name = own.text("name", circuit.name);
  if (from_scratch || given(own, "dt_ms")) circuit.dt_ms = own.number("dt_ms", circuit.dt_ms);
  own.at("dt_ms", [&] {
    if (!(circuit.dt_ms > 0))
      throw ConfigError(
          fmt::format("'circuit.dt_ms' is {}; expected a positive time step in ms", circuit.dt_ms));
  });

  read_new_populations(root, circuit);
  const auto role = [&](const char* key, void (Circuit::*set)(PopulationId)) {
    if (!given(own, key)) return;
    const std::string name = own.text(key);
    own.at(key, [&] { (circuit.*set)(circuit.population(name)); });
  };
  role("stimulus", &Circuit::set_stimulus);
  role("target", &Circuit::set_target);
  role("readout", &Circuit::set_readout);
  own.finish();

  std::vector<TomlReader> edits = root.tables("edit");
  edit_populations(edits, circuit);
  read_new_projections(root, circuit);
  edit_projections(edits, circuit);
  own.placing([&] { circuit.validate(); }, "");
}

}  // namespace apical
