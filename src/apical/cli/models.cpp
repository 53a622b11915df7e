// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <ostream>

#include "apical/analysis/layered_ingredients.h"
#include "apical/analysis/recurrent_ingredients.h"
#include "apical/analysis/spiking_ingredients.h"
#include "apical/cli/command.h"
#include "apical/cli/display_text.h"
#include "apical/cli/field_list.h"
#include "apical/core/synonyms.h"
#include "apical/experiment/spiking_experiment.h"
#include "apical/experiment/toml/circuit_toml.h"
#include "apical/experiment/toml/model_toml.h"
#include "apical/experiment/toml/toml_text.h"
#include "apical/io/json.h"
#include "apical/models/layered_models.h"
#include "apical/models/recurrent_models.h"
#include "apical/models/registry.h"
#include "apical/models/spiking_models.h"

namespace apical::cli {
namespace {

/// Small circuits of three areas: large enough for every kind of projection a model has.
const std::vector<double> kExampleLayers{4, 5, 3, 2};

/// A model of either kind as what is shown of it.
struct Card {
  std::string family, name, description, citation;
  std::vector<FieldInfo> parameters;
  std::vector<Ingredient> needs;
};

std::vector<Card> all_cards() {
  std::vector<Card> cards;
  for (const models::Model& m : models::all()) {
    cards.push_back({"circuits in continuous time", m.name, m.description, m.citation, list_fields(m.recipe),
                     ingredients(models::build_default(m, kExampleLayers))});
  }
  for (const models::LayeredModelRecipe& m : models::layered_models()) {
    cards.push_back({"layered networks: " + m.family, m.name, m.description, m.citation,
                     list_fields(m.recipe), ingredients(models::example_of(m))});
  }
  for (const models::RecurrentModelRecipe& m : models::recurrent_models()) {
    cards.push_back({"recurrent networks: credit through time", m.name, m.description, m.citation,
                     list_all_fields(m.recipe), ingredients(models::example_of(m))});
  }
  for (const models::SpikingModel& m : models::spiking_models()) {
    std::vector<FieldInfo> parameters = m.presets;
    for (FieldInfo& p : list_fields(m.recipe({}))) parameters.push_back(std::move(p));
    const models::CircuitAndCourse both = m.recipe({}).build();
    cards.push_back({"circuits of spiking neurons, with what is done to them", m.name, m.description,
                     m.citation, std::move(parameters), ingredients(both.circuit, both.course)});
  }
  return cards;
}

nlohmann::json card_json(const Card& m) {
  nlohmann::json one{
      {"name", m.name}, {"family", m.family}, {"description", m.description}, {"citation", m.citation}};
  for (const Ingredient& i : m.needs)
    one["needs"].push_back({{"ingredient", i.name}, {"needed", i.needed}, {"reason", i.reason}});
  for (const FieldInfo& f : m.parameters) one["parameters"].push_back(cli::json_of(f));
  return one;
}

int print_toml(Context& context, const Arguments& arguments);

/// Whether somebody who looks for that word may mean it: in its name, what it is, its family or a parameter.
bool is_about(const Card& m, const std::string& word) {
  std::vector<std::string> words = meant_by(word);
  const auto lower = [](std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
  };
  words.push_back(lower(word));
  const auto has = [&](const std::string& given) {
    const std::string text = lower(given);
    return std::any_of(words.begin(), words.end(),
                       [&](const std::string& w) { return text.find(w) != std::string::npos; });
  };
  return has(m.name) || has(m.description) || has(m.family) ||
         std::any_of(m.parameters.begin(), m.parameters.end(),
                     [&](const FieldInfo& f) { return has(f.name); });
}

/// Of all kinds, without building anything.
std::vector<std::string> model_names() {
  std::vector<std::string> names;
  for (const auto& m : models::all()) names.push_back(m.name);
  for (const auto& m : models::layered_models()) names.push_back(m.name);
  for (const auto& m : models::recurrent_models()) names.push_back(m.name);
  for (const auto& m : models::spiking_models()) names.push_back(m.name);
  return names;
}

/// The model of this name, or all that a word is about. ConfigError with the nearest name if there is none.
std::vector<Card> cards_for(const std::string& name, std::vector<Card> cards) {
  const auto named = std::find_if(cards.begin(), cards.end(), [&](const Card& c) { return c.name == name; });
  if (named != cards.end()) return {std::move(*named)};
  std::vector<std::string> names;
  names.reserve(cards.size());
  for (const Card& c : cards) names.push_back(c.name);
  std::erase_if(cards, [&](const Card& c) { return !is_about(c, name); });
  if (cards.empty() || !nearest_name(name, names).empty()) models::find(name);
  return cards;
}

/// One line each, by family.
void print_list(Context& context, const std::vector<Card>& shown) {
  std::string family;
  std::size_t widest = 0;
  for (const Card& m : shown) widest = std::max(widest, m.name.size());
  for (const Card& m : shown) {
    if (m.family != family) context.out << (family.empty() ? "" : "\n") << m.family << '\n';
    family = m.family;
    constexpr std::size_t kUsual = 100;
    const std::size_t columns = context.columns() > 0 ? context.columns() : kUsual;
    const std::string name = fmt::format("  {:<{}}  ", m.name, widest);
    const std::size_t room = columns > name.size() ? columns - name.size() : 0;
    context.out << name << shortened(m.description, room) << '\n';
  }
  context.out << "\n'apical models MODEL' says more of one, 'apical models WORD' finds those\n"
                 "that a word is about, 'apical models --all' shows what each needs and where\n"
                 "it is from\n";
}

/// Of a circuit found by looking at what the recipe builds with its defaults; of a layered network what its
/// rule says.
void print_needs(Context& context, const Card& m, bool all) {
  for (const Ingredient& i : m.needs) {
    if (all) {
      const std::string term = fmt::format("    {:<18} {:<4} ", i.name, i.needed ? "yes" : "no");
      context.out << hanging(term, term.size(), i.reason, context.columns());
    } else if (i.needed) {
      context.out << fmt::format("    needs {}\n", i.name);
    }
  }
}

/// First what only it has, then what it shares with others of its kind.
void print_parameters(Context& context, const Card& m, const std::vector<Card>& all) {
  const auto is_shared = [&](const FieldInfo& f) {
    const std::string kind = m.family.substr(0, m.family.find(':'));
    std::size_t others = 0, with_it = 0;
    for (const Card& c : all) {
      if (c.name == m.name || c.family.substr(0, c.family.find(':')) != kind) continue;
      ++others;
      with_it += std::any_of(c.parameters.begin(), c.parameters.end(),
                             [&](const FieldInfo& o) { return o.name == f.name; })
                     ? 1
                     : 0;
    }
    return others > 0 && 2 * with_it > others;
  };
  for (const bool shared : {false, true}) {
    bool begun = false;
    for (const FieldInfo& f : m.parameters) {
      if (is_shared(f) != shared) continue;
      if (!begun)
        context.out << (shared ? "  parameters that most models of its kind have\n"
                               : "  parameters of its own\n");
      begun = true;
      context.out << line_of(f, context.columns());
    }
  }
}

int models(Context& context, const Arguments& arguments) {
  if (arguments.has("--toml")) return print_toml(context, arguments);
  if (arguments.has("--set")) throw UsageError("--set belongs to --toml: it changes what that prints");
  const std::vector<Card> all = all_cards();
  const bool chosen = !arguments.positionals.empty();
  const std::vector<Card> shown = chosen ? cards_for(arguments.positionals.front(), all) : all;
  if (arguments.has("--json")) {
    nlohmann::json json;
    json["schema"] = "apical-models/2";
    for (const Card& m : shown) json["models"].push_back(card_json(m));
    context.out << io::json_text(json);
    return 0;
  }
  const bool one = chosen && shown.size() == 1;
  if (!one && !arguments.has("--all")) {
    print_list(context, shown);
    return 0;
  }
  for (const Card& m : shown) {
    context.out << m.name << '\n'
                << hanging("", 2, m.description, context.columns())
                << hanging("", 2, m.citation, context.columns());
    print_needs(context, m, one);
    if (one) print_parameters(context, m, all);
  }
  return 0;
}

/// The recipe as the file that says what it builds, to copy and change.
int print_toml(Context& context, const Arguments& arguments) {
  if (arguments.has("--json")) throw UsageError("--toml and --json are two forms; give one of them");
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
    throw UsageError(fmt::format("model '{}' is a {} network, which has no populations to print", name,
                                 models::find_recurrent(name) != nullptr ? "recurrent" : "layered"));
  context.out << circuit_toml(std::get<Circuit>(choice.subject));
  return 0;
}

}  // namespace

Command models_command() {
  Command c;
  c.name = "models";
  c.summary = "published models, their parameters, and what each needs";
  c.positionals = {{"MODEL", "one model in detail; or a word, for all that are about it", 0, 1, model_names}};
  c.options.push_back({"--all", "", "also where each is from and what it needs"});
  c.options.push_back(
      {"--toml", "", "print the circuit (and course) that the model builds, to copy and change"});
  c.options.push_back(
      {"--set", "KEY=VALUE", "with --toml: a parameter of the model, e.g. layers=[4,30,3]", true});
  c.examples = {"apical models", "apical models error-neuron-microcircuit", "apical models dendrite",
                "apical models feedback-alignment",
                "apical models burstprop-xor --toml --set neurons=100 --set in_degree=30"};
  c.run = models;
  return c;
}

}  // namespace apical::cli
