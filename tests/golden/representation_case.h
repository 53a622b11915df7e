// SPDX-License-Identifier: Apache-2.0
// What the replays of "representation-golden/1" share.
#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apical/errors.h"
#include "apical/representation.h"
#include "golden/comparison.h"
#include "golden/ngrad_case.h"

namespace apical::golden {

template <class Enum>
Enum by_name(const std::string& name) {
  for (std::size_t i = 0; i < kNames<Enum>.size(); ++i) {
    if (kNames<Enum>[i] == name) return static_cast<Enum>(i);
  }
  throw DataError("there is no '" + name + "'; " +
                  suggestion(name, {kNames<Enum>.begin(), kNames<Enum>.end()}));
}

/// "a, b" in two; "" for what is not there.
inline std::vector<std::string> split(const std::string& text, const std::string& separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (std::size_t at; (at = text.find(separator, begin)) != std::string::npos;
       begin = at + separator.size()) {
    parts.push_back(text.substr(begin, at - begin));
  }
  parts.push_back(text.substr(begin));
  return parts;
}

inline std::vector<std::string> label_texts(const json& labels) {
  std::vector<std::string> texts;
  for (const json& label : labels)
    texts.push_back(label.is_string() ? label.get<std::string>() : label.dump());
  return texts;
}

inline std::vector<std::vector<std::uint32_t>> draws_of(const json& rows) {
  return rows.get<std::vector<std::vector<std::uint32_t>>>();
}

/// Every number of `expected` (lists in lists) against as many found, in reading order.
template <class Found>
void close_all_of(Comparison& c, const std::string& name, const Found& found, const json& expected) {
  std::vector<double> numbers, values;
  flatten(expected, numbers);
  flatten(found, values);
  c.close_all(name, values, json(numbers));
}
inline void flatten(const std::vector<double>& values, std::vector<double>& out) {
  out.insert(out.end(), values.begin(), values.end());
}

/// Compares a file's `inference` object. `allowed`: absolute tolerance beside that of `c`, for p, q and t ten
/// times as much.
void compare_inference(Comparison& c, const std::string& name, const RdmInference& found,
                       const json& expected, double allowed);

}  // namespace apical::golden
