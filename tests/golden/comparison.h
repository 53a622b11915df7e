// SPDX-License-Identifier: Apache-2.0
// Compares quantities with their golden values and keeps the worst for the verdict.
#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "golden/golden.h"

namespace apical::golden {

/// A value passes if |found - expected| <= abs + rel |expected|.
class Comparison {
 public:
  Comparison(double abs, double rel);

  void close(const std::string& quantity, double found, double expected);
  /// With a tolerance of its own, absolute.
  void within(const std::string& quantity, double found, double expected, double allowed);
  void exact(const std::string& quantity, double found, double expected);
  void exact(const std::string& quantity, const nlohmann::json& found, const nlohmann::json& expected);
  /// Numbers one by one, with the tolerance; the lengths must agree.
  template <class Values>
  void close_all(const std::string& quantity, const Values& found, const nlohmann::json& expected) {
    exact(quantity + ": length", static_cast<double>(found.size()), static_cast<double>(expected.size()));
    for (std::size_t i = 0; i < std::min(found.size(), expected.size()); ++i) {
      close(quantity + "[" + std::to_string(i) + "]", static_cast<double>(found[i]),
            expected[i].template get<double>());
    }
  }
  /// Names the keys of `object` that are not in `known`: nobody shall think that they were compared.
  void note_unknown_keys(const nlohmann::json& object, const std::set<std::string>& known,
                         const std::string& where = {});

  std::size_t compared() const { return compared_; }
  /// Fails if nothing was compared.
  Verdict verdict() const;

 private:
  void compare(const std::string& quantity, double found, double expected, double allowed);

  double abs_, rel_;
  std::size_t compared_ = 0;
  bool passed_ = true;
  Verdict verdict_;
};

}  // namespace apical::golden
