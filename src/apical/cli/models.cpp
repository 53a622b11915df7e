// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "apical/analysis/ingredients.h"
#include "apical/cli/command.h"
#include "apical/io/json.h"
#include "apical/models/registry.h"

namespace apical::cli {
namespace {

/// Small circuits of three areas: large enough for every kind of projection a model has.
const std::vector<double> kExampleLayers{4, 5, 3, 2};

std::string text_of(const models::Value& v) {
  struct Printer {
    std::string operator()(bool b) const { return b ? "true" : "false"; }
    std::string operator()(double d) const { return fmt::format("{}", d); }
    std::string operator()(const std::string& s) const { return fmt::format("\"{}\"", s); }
    std::string operator()(const std::vector<double>& list) const { return fmt::format("[{}]", fmt::join(list, ", ")); }
    std::string operator()(const std::vector<std::string>& list) const { return fmt::format("[{}]", fmt::join(list, ", ")); }
    std::string operator()(const Matrix<double>&) const { return "not given"; }
  };
  return std::visit(Printer{}, v);
}

nlohmann::json json_of(const models::Model& m) {
  nlohmann::json one{{"name", m.name}, {"description", m.description}, {"citation", m.citation}};
  for (const Ingredient& i : ingredients(models::build_default(m, kExampleLayers))) {
    one["needs"].push_back({{"ingredient", i.name}, {"needed", i.needed}, {"reason", i.reason}});
  }
  for (const models::Parameter& p : m.parameters) {
    one["parameters"].push_back({{"name", p.name}, {"default", text_of(p.default_value)}, {"unit", p.unit}, {"meaning", p.meaning}, {"choices", p.choices}});
  }
  return one;
}

int models(Context& context, const Arguments& arguments) {
  std::vector<const models::Model*> shown;
  if (arguments.positionals.empty()) {
    for (const models::Model& m : models::all()) shown.push_back(&m);
  } else {
    shown.push_back(&models::find(arguments.positionals.front()));
  }
  if (arguments.has("--json")) {
    nlohmann::json all;
    all["schema"] = "apical-models/1";
    for (const models::Model* m : shown) all["models"].push_back(json_of(*m));
    context.out << io::json_text(all);
    return 0;
  }
  for (const models::Model* m : shown) {
    context.out << fmt::format("{}\n  {}\n  {}\n", m->name, m->description, m->citation);
    // Found by looking at the circuit that the recipe builds, with its defaults.
    for (const Ingredient& i : ingredients(models::build_default(*m, kExampleLayers))) {
      if (arguments.positionals.empty()) {
        if (i.needed) context.out << fmt::format("    needs {}\n", i.name);
      } else {
        context.out << fmt::format("    {:<18} {:<4} {}\n", i.name, i.needed ? "yes" : "no", i.reason);
      }
    }
    if (arguments.positionals.empty()) continue;
    context.out << "  parameters\n";
    for (const models::Parameter& p : m->parameters) {
      const std::string unit = p.unit.empty() ? "" : " " + p.unit;
      const std::string given = p.required ? "required" : fmt::format("default {}{}", text_of(p.default_value), unit);
      context.out << fmt::format("    {:<20} {} ({})\n", p.name, p.meaning, given);
    }
  }
  return 0;
}

}  // namespace

Command models_command() {
  Command c;
  c.name = "models";
  c.summary = "published models, their parameters, and what each needs";
  c.positionals = {{"MODEL", "one model in detail", 0, 1}};
  c.examples = {"apical models", "apical models error-neuron-microcircuit"};
  c.run = models;
  return c;
}

}  // namespace apical::cli
