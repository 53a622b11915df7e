// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/parameters.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "apical/core/error.h"

namespace apical {
namespace {

std::string shown(const ParameterValue& value) {
  if (const auto* number = std::get_if<double>(&value)) return fmt::format("{:g}", *number);
  return fmt::format("'{}'", std::get<std::string>(value));
}

void check_number(std::string_view task, const ParameterInfo& info, double value) {
  if (!(value >= info.minimum && value <= info.maximum) || (info.integer && value != std::floor(value))) {
    throw ConfigError(fmt::format("'{}' of task '{}' is {:g}; expected {} in [{:g}, {:g}] ({})", info.name,
                                  task, value, info.integer ? "an integer" : "a number", info.minimum,
                                  info.maximum, info.meaning));
  }
}

void check_text(std::string_view task, const ParameterInfo& info, const std::string& value) {
  for (const std::string& choice : info.choices) {
    if (choice == value) return;
  }
  if (info.choices.empty()) return;
  throw ConfigError(fmt::format("'{}' of task '{}' is '{}'; expected {} ({})", info.name, task, value,
                                join_names(info.choices, "or"), info.meaning),
                    {}, suggestion(value, info.choices));
}

}  // namespace

ParameterInfo count_parameter(std::string name, double value, std::string meaning, double minimum,
                              double maximum, std::string source) {
  return {std::move(name), "1", value, std::move(meaning), minimum, maximum, true, {}, std::move(source)};
}

ParameterInfo seed_parameter() {
  return count_parameter("seed", 0, "seed of the draws; each network seed wants its own", 0, kLargestSeed);
}

TaskParameters& TaskParameters::set(std::string name, double value) {
  values_[std::move(name)] = value;
  return *this;
}

TaskParameters& TaskParameters::set(std::string name, std::string value) {
  values_[std::move(name)] = std::move(value);
  return *this;
}

double TaskParameters::number(std::string_view name) const {
  const auto at = values_.find(name);
  APICAL_CHECK(at != values_.end() && std::holds_alternative<double>(at->second));
  return std::get<double>(at->second);
}

std::uint64_t TaskParameters::count(std::string_view name) const {
  return static_cast<std::uint64_t>(number(name));
}

const std::string& TaskParameters::text(std::string_view name) const {
  const auto at = values_.find(name);
  APICAL_CHECK(at != values_.end() && std::holds_alternative<std::string>(at->second));
  return std::get<std::string>(at->second);
}

TaskParameters completed(std::string_view task, const std::vector<ParameterInfo>& known,
                         const TaskParameters& given) {
  TaskParameters all;
  std::vector<std::string> names;
  for (const ParameterInfo& info : known) {
    names.push_back(info.name);
    std::visit([&](const auto& value) { all.set(info.name, value); }, info.default_value);
  }
  for (const auto& [name, value] : given.values()) {
    const ParameterInfo* info = nullptr;
    for (const ParameterInfo& candidate : known) {
      if (candidate.name == name) info = &candidate;
    }
    if (info == nullptr) {
      throw ConfigError(fmt::format("task '{}' has no parameter '{}'", task, name), {},
                        suggestion(name, names));
    }
    if (value.index() != info->default_value.index()) {
      throw ConfigError(fmt::format("'{}' of task '{}' is {}; expected a {} such as {}", name, task,
                                    shown(value), info->default_value.index() == 0 ? "number" : "text",
                                    shown(info->default_value)));
    }
    if (const auto* number = std::get_if<double>(&value)) {
      check_number(task, *info, *number);
      all.set(name, *number);
    } else {
      check_text(task, *info, std::get<std::string>(value));
      all.set(name, std::get<std::string>(value));
    }
  }
  return all;
}

std::vector<std::size_t> parse_layers(std::string_view text) {
  std::vector<std::size_t> sizes;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    std::size_t size = 0;
    const auto [next, fault] = std::from_chars(at, end, size);
    const bool last = next == end;
    if (fault != std::errc{} || size < 1 || size > 100000 || (!last && *next != '-') ||
        (last && sizes.empty())) {
      throw ConfigError(
          fmt::format("layers '{}' are not understood; expected sizes between 1 and 100000 from the "
                      "input to the output, such as 8-4-2-1",
                      text));
    }
    sizes.push_back(size);
    if (last) return sizes;
    at = next + 1;
  }
}

}  // namespace apical
