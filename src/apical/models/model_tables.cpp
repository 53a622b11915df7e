// SPDX-License-Identifier: Apache-2.0
#include "apical/models/model_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apical/core/error.h"

namespace apical::models {

std::vector<Parameter> joined(std::vector<Parameter> table, const std::vector<Parameter>& more) {
  table.insert(table.end(), more.begin(), more.end());
  return table;
}

void set_default(std::vector<Parameter>& table, std::string_view name, Value value) {
  const auto at =
      std::find_if(table.begin(), table.end(), [&](const Parameter& p) { return p.name == name; });
  APICAL_CHECK(at != table.end() && at->default_value.index() == value.index());
  at->default_value = std::move(value);
}

std::vector<Parameter> area_parameters() {
  using Numbers = std::vector<double>;
  using Texts = std::vector<std::string>;
  return {
      {"layers", Numbers{}, "neurons", "sizes: the input, then each area up to the output", {}, true},
      {"activation", Texts{"tanh"}, "", "activation function, one for all areas or one per area",
       activation_names()},
      {"slope", Numbers{1}, "", "slope of the activation, one for all areas or one per area"},
      {"offset", Numbers{0}, "", "offset of the activation"},
      {"dt_ms", 0.01, "ms", "Euler step"},
      {"g_leak", 0.03, "1/ms", "leak conductance of the soma"},
      {"g_basal", 0.1, "1/ms", "conductance from the basal dendrite to the soma"},
      {"eta", Numbers{1}, "1/ms", "learning rate of the forward weights, one for all areas or one per area"},
      {"weight_range", Numbers{1}, "",
       "initial forward weights are uniform in +- this, one for all areas or one per area"},
      {"initial_voltage_sd", 1.0, "", "initial somatic potentials are normal with this sd"},
      {"random_feedback", 1.0, "", "random feedback weights are uniform in +- this"},
  };
}

std::vector<Parameter> feedback_parameters() {
  return {{"feedback",
           std::string("transposed"),
           "",
           "feedback weights: the transpose of the forward weights, or fixed random",
           {"transposed", "random"}}};
}

std::vector<Parameter> derivative_parameters() {
  return {
      {"derivative_of", std::vector<std::string>{}, "",
       "another function for phi' (released delayed-match task: linear)"},
      {"released_derivative", false, "", "phi' ignores slope and offset, as in the authors' program"},
  };
}

int count_of(const Values& v, std::string_view name) {
  const double n = v.number(name);
  if (!(n >= 1) || n != std::floor(n) || n > 1e8) {
    throw ConfigError(fmt::format("{} is {}; expected a whole number of at least 1", name, n));
  }
  return static_cast<int>(n);
}

std::vector<std::size_t> counts_of(const Values& v, std::string_view name) {
  std::vector<std::size_t> out;
  for (double n : v.numbers(name)) {
    if (!(n >= 0) || n != std::floor(n) || n > 1e8) {
      throw ConfigError(fmt::format("{} holds {}; expected counts of neurons", name, n));
    }
    out.push_back(static_cast<std::size_t>(n));
  }
  return out;
}

std::vector<AreaActivation> activations_of(const Values& v) {
  const std::vector<std::string> own;
  const auto& kinds = v.texts("activation");
  const auto& slopes = v.numbers("slope");
  const auto& offsets = v.numbers("offset");
  const auto& derivatives = v.has("derivative_of") ? v.texts("derivative_of") : own;
  const std::size_t n = std::max({kinds.size(), slopes.size(), offsets.size(), derivatives.size()});
  std::vector<AreaActivation> out(n);
  const auto at = [n](const auto& list, std::size_t i, const char* name) -> const auto& {
    if (list.size() != 1 && list.size() != n) {
      throw ConfigError(fmt::format("{} has {} entries; expected 1 or {}", name, list.size(), n));
    }
    return list.size() == 1 ? list.front() : list[i];
  };
  for (std::size_t i = 0; i < n; ++i) {
    out[i].kind = activation_named(at(kinds, i, "activation"));
    out[i].slope = at(slopes, i, "slope");
    out[i].offset = at(offsets, i, "offset");
    if (!derivatives.empty() && !at(derivatives, i, "derivative_of").empty()) {
      out[i].derivative_of = activation_named(at(derivatives, i, "derivative_of"));
    }
  }
  return out;
}

}  // namespace apical::models
