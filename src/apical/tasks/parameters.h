// SPDX-License-Identifier: Apache-2.0
// Parameters of a task: names with numbers or texts, checked against what the task declares.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace apical {

using ParameterValue = std::variant<double, std::string>;

/// One parameter a task understands. The type of `default_value` is the type of the parameter.
struct ParameterInfo {
  std::string name;
  std::string unit;  ///< "1" for pure numbers, "" for texts
  ParameterValue default_value;
  std::string meaning;
  double minimum = -std::numeric_limits<double>::infinity();
  double maximum = std::numeric_limits<double>::infinity();
  bool integer = false;
  std::vector<std::string> choices;  ///< allowed texts; empty: any
  std::string source;                ///< where the default comes from; empty: our choice
};

/// Largest seed a parameter can hold exactly (2^53).
inline constexpr double kLargestSeed = 9007199254740992.0;

/// An integer parameter in [minimum, maximum].
ParameterInfo count_parameter(std::string name, double value, std::string meaning, double minimum,
                              double maximum, std::string source = {});
/// The seed of addressed draws.
ParameterInfo seed_parameter();

/// Name → value, ordered by name.
class TaskParameters {
 public:
  TaskParameters& set(std::string name, double value);
  TaskParameters& set(std::string name, std::string value);
  const std::map<std::string, ParameterValue, std::less<>>& values() const { return values_; }

  double number(std::string_view name) const;
  std::uint64_t count(std::string_view name) const;  ///< of an integer parameter
  const std::string& text(std::string_view name) const;

 private:
  std::map<std::string, ParameterValue, std::less<>> values_;
};

/// `given` with every missing parameter at its default. ConfigError for an unknown name (with the nearest
/// one), a wrong type, a value out of range or not among the choices.
TaskParameters completed(std::string_view task, const std::vector<ParameterInfo>& known,
                         const TaskParameters& given);

/// "8-4-2-1" → {8, 4, 2, 1}; ConfigError unless it is at least two sizes between 1 and 100000.
std::vector<std::size_t> parse_layers(std::string_view text);

}  // namespace apical
