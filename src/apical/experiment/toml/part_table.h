// SPDX-License-Identifier: Apache-2.0
// Options of parts whose members are named rather than handed over (circuit_fields.h,
// spiking_circuit_fields.h, course_fields.h) as tables of the documentation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "apical/circuit/circuit.h"
#include "apical/circuit/course.h"
#include "apical/core/fields.h"

namespace apical::part_table {

/// Type, default and what else is expected of a member.
struct Shown {
  std::string type, standard, expected;
};

Shown shown(double x);
Shown shown(bool x);
Shown shown(int x);
Shown shown(std::size_t x);
Shown shown(std::uint32_t);
Shown shown(const std::string& x);
Shown shown(ActivationKind x);
Shown shown(const std::vector<double>&);
Shown shown(const std::vector<std::string>&);
Shown shown(const std::vector<std::pair<std::uint32_t, std::uint32_t>>&);
Shown shown(const Matrix<double>&);
Shown shown(PopulationId);
Shown shown(ProjectionId);
Shown shown(const course::Series&);
Shown shown(const std::vector<Compartment>&);
Shown shown(const Formula&);
/// "a, b, c"
std::string listed(const std::vector<std::string>& names);
template <Named Enum>
Shown shown(Enum x) {
  return {"text", "\"" + std::string(name_of(x)) + "\"", listed({kNames<Enum>.begin(), kNames<Enum>.end()})};
}
template <Named Enum>
Shown shown(const std::vector<Enum>&) {
  return {"list of texts", "", listed({kNames<Enum>.begin(), kNames<Enum>.end()})};
}
template <class Part>
requires(!Named<Part>) Shown shown(const std::vector<Part>&) { return {"list of tables", "", ""}; }
template <class Part>
requires(!Named<Part>) Shown shown(const Part&) { return {"table", "", ""}; }
template <class T>
Shown shown(const std::optional<T>&) {
  Shown s = shown(T{});
  s.standard = "not given";
  return s;
}

std::string row(const Field& f, const Shown& s);
/// Rows below a title.
std::string titled(const char* title, const std::string& rows);

template <class Part>
struct Lister {
  Part standard;
  std::string rows = {};
  bool when(bool) const { return true; }
  template <class Member>
  void operator()(const Field& f, Member Part::*member) {
    rows += row(f, shown(standard.*member));
  }
  /// Of a quantity that is kept in another unit.
  void operator()(const Field& f, double Part::*member, double per_si) {
    rows += row(f, shown(standard.*member * per_si));
  }
};

}  // namespace apical::part_table
