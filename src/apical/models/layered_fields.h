// SPDX-License-Identifier: Apache-2.0
// One walk over the settings of a model serves two ends: it lists them as parameters with their defaults, or
// fills them from completed values.
#pragma once

#include <concepts>
#include <string>
#include <vector>

#include "apical/models/registry.h"

namespace apical::models {

/// ConfigError unless `number` is whole and 0 or more.
void require_count(const char* name, double number);

class Fields {
 public:
  /// Lists.
  explicit Fields(std::vector<Parameter>& list) : list_(&list) {}
  /// Fills.
  explicit Fields(const Values& values) : values_(&values) {}

  void operator()(const char* name, double& v, const char* unit, const char* meaning) {
    field<double>(name, v, unit, meaning);
  }
  void operator()(const char* name, bool& v, const char* meaning) { field<bool>(name, v, "", meaning); }
  void operator()(const char* name, std::vector<double>& v, const char* unit, const char* meaning,
                  bool required = false) {
    field<std::vector<double>>(name, v, unit, meaning, {}, required);
  }
  /// A list of numbers counts as entries.
  void entries(const char* name, Entries& v, const char* meaning) {
    if (values_ != nullptr && values_->holds<std::vector<double>>(name)) {
      const auto& numbers = values_->numbers(name);
      v.assign(numbers.begin(), numbers.end());
    } else {
      field<Entries>(name, v, "", meaning, {}, true);
    }
  }
  template <std::integral Count>
  void count(const char* name, Count& v, const char* unit, const char* meaning) {
    auto number = static_cast<double>(v);
    field<double>(name, number, unit, meaning);
    require_count(name, number);
    v = static_cast<Count>(number);
  }
  void text(const char* name, std::string& v, std::vector<std::string> choices, const char* meaning) {
    field<std::string>(name, v, "", meaning, std::move(choices));
  }
  /// `names` in the order of the enumeration, which counts from 0.
  template <class Enum>
  void choice(const char* name, Enum& v, const std::vector<std::string>& names, const char* meaning) {
    std::string chosen = names.at(static_cast<std::size_t>(v));
    text(name, chosen, names, meaning);
    for (std::size_t k = 0; k < names.size(); ++k) {
      if (names[k] == chosen) v = static_cast<Enum>(k);
    }
  }

 private:
  template <class T>
  void field(const char* name, T& v, const char* unit, const char* meaning,
             std::vector<std::string> choices = {}, bool required = false) {
    if (list_ != nullptr) {
      list_->push_back({name, v, unit, meaning, std::move(choices), required});
    } else {
      v = values_->get<T>(name);
    }
  }
  std::vector<Parameter>* list_ = nullptr;
  const Values* values_ = nullptr;
};

}  // namespace apical::models
