// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "apical/analysis/layered_ingredients.h"
#include "apical/analysis/spiking_ingredients.h"
#include "apical/cli/command.h"
#include "apical/cli/field_list.h"
#include "apical/experiment/spiking_experiment.h"
#include "apical/experiment/toml/circuit_toml.h"
#include "apical/experiment/toml/model_toml.h"
#include "apical/experiment/toml/toml_text.h"
#include "apical/io/json.h"
#include "apical/models/layered_models.h"
#include "apical/models/registry.h"
#include "apical/models/spiking_models.h"

namespace apical::cli {
namespace {

/// Small circuits of three areas: large enough for every kind of projection a model has.
const std::vector<double> kExampleLayers{4, 5, 3, 2};

/// A model of either kind as what is shown of it.
struct Card {
  std::string name, description, citation;
  std::vector<FieldInfo> parameters;
  std::vector<Ingredient> needs;
};

std::vector<Card> all_cards() {
  std::vector<Card> cards;
  for (const models::Model& m : models::all()) {
    cards.push_back({m.name, m.description, m.citation, list_fields(m.recipe),
                     ingredients(models::build_default(m, kExampleLayers))});
  }
  for (const models::LayeredModelRecipe& m : models::layered_models()) {
    cards.push_back(
        {m.name, m.description, m.citation, list_fields(m.recipe), ingredients(models::example_of(m))});
  }
  for (const models::SpikingModel& m : models::spiking_models()) {
    std::vector<FieldInfo> parameters = m.presets;
    for (FieldInfo& p : list_fields(m.recipe({}))) parameters.push_back(std::move(p));
    const models::CircuitAndCourse both = m.recipe({}).build();
    cards.push_back(
        {m.name, m.description, m.citation, std::move(parameters), ingredients(both.circuit, both.course)});
  }
  return cards;
}

nlohmann::json card_json(const Card& m) {
  nlohmann::json one{{"name", m.name}, {"description", m.description}, {"citation", m.citation}};
  for (const Ingredient& i : m.needs)
    one["needs"].push_back({{"ingredient", i.name}, {"needed", i.needed}, {"reason", i.reason}});
  for (const FieldInfo& f : m.parameters) one["parameters"].push_back(cli::json_of(f));
  return one;
}

int print_toml(Context& context, const Arguments& arguments);

int models(Context& context, const Arguments& arguments) {
  if (arguments.has("--toml")) return print_toml(context, arguments);
  std::vector<Card> shown = all_cards();
  const bool one = !arguments.positionals.empty();
  if (one) {
    const std::string& name = arguments.positionals.front();
    if (models::find_layered(name) == nullptr && models::find_spiking(name) == nullptr) models::find(name);
    std::erase_if(shown, [&](const Card& c) { return c.name != name; });
  }
  if (arguments.has("--json")) {
    nlohmann::json all;
    all["schema"] = "apical-models/2";
    for (const Card& m : shown) all["models"].push_back(card_json(m));
    context.out << io::json_text(all);
    return 0;
  }
  for (const Card& m : shown) {
    context.out << fmt::format("{}\n  {}\n  {}\n", m.name, m.description, m.citation);
    // Of a circuit found by looking at what the recipe builds with its defaults; of a layered network what
    // its rule says.
    for (const Ingredient& i : m.needs) {
      if (one) {
        context.out << fmt::format("    {:<18} {:<4} {}\n", i.name, i.needed ? "yes" : "no", i.reason);
      } else if (i.needed) {
        context.out << fmt::format("    needs {}\n", i.name);
      }
    }
    if (!one) continue;
    context.out << "  parameters\n";
    for (const FieldInfo& f : m.parameters) context.out << line_of(f);
  }
  return 0;
}

/// The recipe as the file that says what it builds, to copy and change.
int print_toml(Context& context, const Arguments& arguments) {
  if (arguments.positionals.empty())
    throw UsageError("--toml prints one model; expected its name, e.g. apical models burstprop-xor --toml");
  const std::string& name = arguments.positionals.front();
  TomlDocument document =
      TomlDocument::parse(fmt::format("[model]\nname = {}\n", toml_quoted(name)), "--set");
  for (const std::string& change : arguments.values("--set")) document.set("model." + change);
  if (models::find_spiking(name) != nullptr) {
    context.out << spiking_experiment_toml(read_spiking_experiment(document));
    return 0;
  }
  TomlReader root(document);
  TomlReader table = root.table("model");
  const ModelChoice choice = read_model(table, FieldValues().set("layers", kExampleLayers));
  if (!std::holds_alternative<Circuit>(choice.subject))
    throw UsageError(fmt::format("model '{}' is a layered network, which has no populations to print", name));
  context.out << circuit_toml(std::get<Circuit>(choice.subject));
  return 0;
}

}  // namespace

Command models_command() {
  Command c;
  c.name = "models";
  c.summary = "published models, their parameters, and what each needs";
  c.positionals = {{"MODEL", "one model in detail", 0, 1}};
  c.options.push_back(
      {"--toml", "", "print the circuit (and course) that the model builds, to copy and change"});
  c.options.push_back(
      {"--set", "KEY=VALUE", "with --toml: a parameter of the model, e.g. layers=[4,30,3]", true});
  c.examples = {"apical models", "apical models error-neuron-microcircuit",
                "apical models feedback-alignment",
                "apical models burstprop-xor --toml --set neurons=100 --set in_degree=30"};
  c.run = models;
  return c;
}

}  // namespace apical::cli
