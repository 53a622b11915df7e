// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/toml/course_toml.h"

#include <fmt/format.h>

#include <algorithm>

#include "apical/circuit/measure_patterns.h"
#include "apical/core/time_grid.h"
#include "apical/experiment/toml/course_fields.h"
#include "apical/experiment/toml/field_toml.h"
#include "apical/procedure/course_measures.h"
#include "apical/procedure/course_samples.h"

namespace apical {
namespace {

using namespace course;

constexpr std::int64_t kMany = 1'000'000'000;
constexpr const char* kTables[] = {"course", "samples", "teacher", "stimulus", "stage"};

template <class T>
void read_fields(TomlReader& table, const SpikingCircuit& circuit, T& object);

/// What the task is asked for.
void read_parameters(TomlReader& t, Samples& s) {
  TaskRecipe recipe = t.at("task", [&] { return task_of(s); });
  TomlReader own = t.table("parameters");
  own.placing([&] {
    TomlFields reader(own);
    fields(reader, recipe);
  });
  own.finish();
  s.parameters = beside_defaults(s.task, values_of(recipe));
}

template <class T>
struct Reading {
  TomlReader& t;
  const SpikingCircuit& circuit;
  T& object;

  bool when(bool condition) const { return condition; }
  void operator()(const Field& f, double T::*member, double per_si) const {
    const double shown = t.number(f.name, shown_in(object.*member, per_si));
    check_bounds(t, f, shown);
    object.*member = shown / per_si;
  }
  template <class Member>
  void operator()(const Field& f, Member T::*member) const {
    if constexpr (std::is_same_v<Member, std::string>) {
      read_text(f, object.*member);
    } else {
      read(f.name.c_str(), object.*member);
    }
    check_bounds(t, f, object.*member);
  }

 private:
  static double shown_in(double si, double per_si) {
    constexpr double kDigits = 1e6;
    const double rounded = std::round(si * per_si * kDigits) / kDigits;
    return rounded / per_si == si ? rounded : si * per_si;
  }
  void read(const char* key, double& x) const { x = t.number(key, x); }
  void read(const char* key, bool& x) const { x = t.boolean(key, x); }
  void read(const char* key, std::size_t& x) const {
    x = static_cast<std::size_t>(t.integer(key, static_cast<std::int64_t>(x), 0, kMany));
  }
  void read_text(const Field& f, std::string& x) const {
    x = t.text(f.name, f.required && x.empty() ? std::optional<std::string>() : x);
    check_name(f.name, x);
  }
  void read(const char*, FieldValues&) const {
    if constexpr (std::is_same_v<T, Samples>) read_parameters(t, object);
  }
  void read(const char* key, std::vector<double>& x) const { x = t.numbers(key, x); }
  void read(const char* key, std::vector<std::string>& x) const { x = t.texts(key, x); }
  template <Named Enum>
  static std::vector<std::string> names() {
    return {kNames<Enum>.begin(), kNames<Enum>.end()};
  }
  template <Named Enum>
  static Enum named(const std::string& name) {
    const auto at = std::find(kNames<Enum>.begin(), kNames<Enum>.end(), name);
    return static_cast<Enum>(at - kNames<Enum>.begin());
  }
  template <Named Enum>
  void read(const char* key, Enum& x) const {
    x = named<Enum>(t.choice(key, names<Enum>(), std::string(name_of(x))));
  }
  template <Named Enum>
  void read(const char* key, std::vector<Enum>& x) const {
    x.clear();
    for (const std::string& name : t.texts(key)) x.push_back(known<Enum>(key, name));
  }
  template <Named Enum>
  Enum known(const char* key, const std::string& name) const {
    const std::vector<std::string> all = names<Enum>();
    if (std::find(all.begin(), all.end(), name) == all.end())
      throw ConfigError(fmt::format("unknown {} '{}'", key, name), t.place(key), suggestion(name, all));
    return named<Enum>(name);
  }
  /// "event_Hz of pyr1"
  void read(const char* key, Series& x) const {
    const std::string text = t.text(key);
    const std::size_t of = text.find(" of ");
    if (of == std::string::npos)
      throw ConfigError(fmt::format("'{}' is '{}'; expected a quantity of a population", key, text),
                        t.place(key), "e.g. \"event_Hz of pyr1\"");
    x = {known<SeriesKind>(key, text.substr(0, of)), text.substr(of + 4)};
    check_name("population", x.population, key);
  }
  template <class Part>
  void read(const char* key, std::vector<Part>& x) const {
    x.clear();
    for (TomlReader& entry : t.tables(key)) {
      read_fields(entry, circuit, x.emplace_back());
      entry.finish();
    }
  }
  void check_name(std::string_view kind, const std::string& name, const char* key = nullptr) const {
    t.at(key != nullptr ? std::string_view(key) : kind, [&] {
      if (kind == "population") spike::group_index(circuit, name);
      if (kind == "projection") spike::connection_index(circuit, name);
    });
  }
};

template <class T>
void read_fields(TomlReader& table, const SpikingCircuit& circuit, T& object) {
  Reading<T> reading{table, circuit, object};
  course::fields(reading, object);
}

template <class T>
void read_list(TomlReader& t, const char* key, const SpikingCircuit& circuit, std::vector<T>& list) {
  for (TomlReader& entry : t.tables(key)) {
    read_fields(entry, circuit, list.emplace_back());
    entry.finish();
  }
}

Stage read_stage(TomlReader& t, const SpikingCircuit& circuit) {
  Stage s;
  read_fields(t, circuit, s);
  read_list(t, "phase", circuit, s.phases);
  for (TomlReader& entry : t.tables("measure")) {
    read_fields(entry, circuit, s.measures.emplace_back());
    entry.placing([&] { check_patterns(s.measures.back()); });
    entry.finish();
  }
  read_list(t, "correlation", circuit, s.correlations);
  t.finish();
  return s;
}

template <class T>
void read_table(TomlReader& root, const char* key, const SpikingCircuit& circuit, std::optional<T>& part) {
  if (root.kind(key) == TomlKind::absent) return;
  TomlReader t = root.table(key);
  T value = part.value_or(T{});
  if constexpr (std::is_same_v<T, Samples>) {
    if (t.has("task") && t.text("task") != value.task) value.parameters = {};  // of another task
  }
  read_fields(t, circuit, value);
  t.finish();
  part = std::move(value);
}

}  // namespace

bool has_course(const TomlReader& root) {
  return std::any_of(std::begin(kTables), std::end(kTables),
                     [&](const char* key) { return root.kind(key) != TomlKind::absent; });
}

void read_course(TomlReader& root, const SpikingCircuit& circuit, Course& c) {
  if (!has_course(root)) return;
  if (root.kind("course") != TomlKind::absent) {
    TomlReader own = root.table("course");
    const bool given = own.has("activity_bin_ms");
    c.activity_bin_s = own.number("activity_bin_ms", c.activity_bin_s * kMillisecond) / kMillisecond;
    if (given) {
      const StepGrid grid{circuit.dt_s * kMillisecond, "the circuit's time step", "ms"};
      own.placing([&] { check_on_grid("activity_bin_ms", c.activity_bin_s * kMillisecond, grid); });
    }
    own.finish();
  }
  read_table(root, "samples", circuit, c.samples);
  read_table(root, "teacher", circuit, c.teacher);
  if (root.kind("stimulus") != TomlKind::absent) {
    c.stimuli.clear();
    read_list(root, "stimulus", circuit, c.stimuli);
  }
  std::vector<TomlReader> stages = root.tables("stage");
  if (!stages.empty()) c.stages.clear();
  for (TomlReader& t : stages) {
    Stage s = read_stage(t, circuit);
    // Errors of a stage stand at its entry.
    t.at("name", [&] {
      validate(c, s, circuit);
      named_measures(c, s, circuit);
    });
    c.stages.push_back(std::move(s));
  }
  root.at("stage", [&] { check_course(c, circuit); });
}

}  // namespace apical
