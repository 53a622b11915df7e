// SPDX-License-Identifier: Apache-2.0
// The published circuits by name, with the parameters each understands, their defaults and where they are
// from.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "apical/circuit/circuit.h"

namespace apical::models {

/// A list that mixes numbers and texts.
using Entries = std::vector<std::variant<double, std::string>>;

/// A list of numbers may be given as one number, a list of texts as one text.
using Value = std::variant<bool, double, std::string, std::vector<double>, std::vector<std::string>, Entries,
                           Matrix<double>>;

/// One parameter. The type of `default_value` is the type of the parameter; an empty matrix means "not
/// given".
struct Parameter {
  std::string name;
  Value default_value;
  std::string unit;  ///< "" for pure numbers
  std::string meaning;
  std::vector<std::string> choices = {};
  bool required = false;
};

/// Completed parameters: every name of the table is present.
class Values {
 public:
  explicit Values(std::map<std::string, Value, std::less<>> values) : values_(std::move(values)) {}
  template <class T>
  const T& get(std::string_view name) const {
    const auto at = values_.find(name);
    APICAL_CHECK(at != values_.end() && std::holds_alternative<T>(at->second));
    return std::get<T>(at->second);
  }
  bool has(std::string_view name) const { return values_.contains(name); }
  template <class T>
  bool holds(std::string_view name) const {
    const auto at = values_.find(name);
    return at != values_.end() && std::holds_alternative<T>(at->second);
  }
  double number(std::string_view name) const { return get<double>(name); }
  bool flag(std::string_view name) const { return get<bool>(name); }
  const std::string& text(std::string_view name) const { return get<std::string>(name); }
  const std::vector<double>& numbers(std::string_view name) const { return get<std::vector<double>>(name); }
  const std::vector<std::string>& texts(std::string_view name) const {
    return get<std::vector<std::string>>(name);
  }

 private:
  std::map<std::string, Value, std::less<>> values_;
};

struct Model {
  std::string name;
  std::string description;
  std::string citation;
  std::vector<Parameter> parameters;
  Circuit (*build)(const Values&);
};

const std::vector<Model>& all();
/// ConfigError with the nearest name, of layered models too.
const Model& find(std::string_view name);
/// The model with its defaults, for the given layer sizes.
Circuit build_default(const Model& model, const std::vector<double>& layers);

}  // namespace apical::models
