// SPDX-License-Identifier: Apache-2.0
// Options (core/fields.h) in TOML: a table's keys are the names of the fields.
#pragma once

#include <string>
#include <type_traits>
#include <vector>

#include "apical/core/fields.h"
#include "apical/experiment/toml/toml_reader.h"

namespace apical {

/// ConfigError at the key of an option that the table gives and that is out of bounds. For parts whose
/// members are named rather than handed over.
template <class T>
void check_bounds(TomlReader& table, const Field& f, const T& value) {
  if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) {
    table.placing([&] { check(f, static_cast<double>(value)); });
  } else if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, std::vector<double>>) {
    table.placing([&] { check(f, value); });
  } else if constexpr (requires { *value; }) {
    if (value) check_bounds(table, f, *value);
  }
}

/// Takes over what the table gives, and notes everything, so that a resolved experiment shows defaults too.
class TomlFields : public FieldVisitor {
 public:
  explicit TomlFields(TomlReader& table) : table_(table) {}
  void without(std::string_view name, const std::string& why) override;

 protected:
  void visit(const Field& f, FieldValue& value) override;

 private:
  TomlReader& table_;
};

/// Runs `f`; its FieldErrors keep their words: "gamma is 2" rather than "'model.gamma' is 2". For options
/// that go by their bare names everywhere.
template <class F>
decltype(auto) in_own_words(F&& f) {
  try {
    return f();
  } catch (const FieldError& e) {
    throw FieldError::about(e.fields(), e.bare_message(), e.hint());
  }
}

/// ConfigError with the place of the key that is wrong. Does not finish() the table.
template <HasFields X>
void read_fields(TomlReader& table, X& x) {
  table.placing([&] {
    TomlFields reader(table);
    fields(reader, x);
  });
}

}  // namespace apical
