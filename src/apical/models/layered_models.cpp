// SPDX-License-Identifier: Apache-2.0
#include "apical/models/layered_models.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apical/engine/layered/layered_fields.h"
#include "apical/models/network_text.h"
#include "apical/rules/handed_rule.h"
#include "apical/rules/rule_list.h"

namespace apical::models {
namespace {

using layered::Activation;

std::string model_name(std::string rule) {
  std::replace(rule.begin(), rule.end(), '_', '-');
  return rule;
}

const std::vector<std::string>& unit_names() {
  static const std::vector<std::string> names{"linear", "relu", "logistic", "tanh", "clipped"};
  return names;
}

Activation unit(const std::string& name) {
  if (name == "logistic") return Activation::sigmoid;
  if (name == "clipped") return Activation::hard_sigmoid;
  return layered::activation_from_name(name);
}

/// Everything that can be set, as the file says it.
struct Settings {
  explicit Settings(const layered::RuleEntry& rule)
      : hidden(rule.model.hidden),
        output(rule.model.output),
        loss(rule.model.loss),
        gain{rule.model.gain},
        learning_rate{rule.model.optimiser.learning_rate},
        feedback_learns_apart(rule.feedback_learns_apart) {
    model.rule = rule.options;
    model.init = rule.model.init;
    model.batch = rule.model.batch;
    model.settings.optimiser = rule.model.optimiser;
  }
  Entries layers;
  std::string hidden, output, loss;
  std::vector<double> gain, learning_rate;
  bool feedback_learns_apart;
  LayeredNetwork model;
  double feedback_learning_rate = 0.005, feedback_weight_decay = 0;
};

void fields(FieldVisitor& v, Settings& s) {
  v({.name = "layers",
     .meaning =
         "the input, then each layer up to the output: numbers of units, an image \"3x32x32\", \"conv 64 "
         "5x5 stride 2 pad 2 average 2\"",
     .required = true},
    s.layers);
  v({.name = "activation",
     .meaning = "activation function of hidden units (clipped: x between 0 and 1)",
     .choices = unit_names()},
    s.hidden);
  std::vector<std::string> outputs = unit_names();
  outputs.emplace_back("softmax");
  v({.name = "output", .meaning = "activation function of the output", .choices = outputs}, s.output);
  v({.name = "loss",
     .meaning =
         "what the rule descends: half the squared error, cross-entropy with softmax, or with logistic "
         "outputs",
     .choices = {"mse", "ce", "bce"}},
    s.loss);
  v({"init", "", "initial forward weights"}, s.model.init);
  v({"gain", "", "multiplies initial weights, one for all layers or one per layer", at_least(0)}, s.gain);
  v({"output_bias", "",
     "initial bias of output units; log(1/9) lets ten logistic outputs start at the share of one class"},
    s.model.output_bias);
  v({"batch", "samples", "samples per update", at_least(1)}, s.model.batch);
  layered::OptimiserSettings& o = s.model.settings.optimiser;
  v({"optimiser", "", "how credit becomes a change of weights"}, o.kind);
  v({"learning_rate", "", "one for all layers or one per layer", at_least(0)}, s.learning_rate);
  fields(v, o);
  if (s.feedback_learns_apart) {
    v({"feedback_learning_rate", "", "learning rate of the feedback maps, same optimiser"},
      s.feedback_learning_rate);
    v({"feedback_weight_decay", "", "their weight decay"}, s.feedback_weight_decay);
  }
  fields(v, s.model.rule);
}

/// One entry, or one per layer.
std::vector<double> per_layer(const char* name, const std::vector<double>& given, std::size_t depth) {
  if (given.size() != 1 && given.size() != depth) {
    throw FieldError(name, fmt::format("has {} entries; expected 1 or one for each of the {} layers",
                                       given.size(), depth));
  }
  return given.size() == 1 ? std::vector<double>(depth, given.front()) : given;
}

void set_learning_rates(Settings& s, std::size_t depth) {
  layered::LayeredSettings& to = s.model.settings;
  const std::vector<double> rates = per_layer("learning_rate", s.learning_rate, depth);
  const double highest = *std::max_element(rates.begin(), rates.end());
  to.optimiser.learning_rate = highest;
  if (std::any_of(rates.begin(), rates.end(), [&](double r) { return r != highest; })) {
    for (double r : rates) to.layer_rates.push_back(r / highest);
  }
  if (s.feedback_learns_apart) {
    to.feedback_optimiser = to.optimiser;
    to.feedback_optimiser->learning_rate = s.feedback_learning_rate;
    to.feedback_optimiser->weight_decay = s.feedback_weight_decay;
    to.feedback_optimiser->clip_norm = 0;
  }
}

/// The same kind of network, but so small that building a rule for it costs nothing: an experiment that is
/// only read may be larger than memory. What rules ask of networks (depth, activations, loss, which layers
/// are equal or wider than others) is kept.
layered::NetworkDescription of_small_size(layered::NetworkDescription net) {
  constexpr std::size_t kLargest = 256;
  const bool dense = std::all_of(net.layers.begin(), net.layers.end(),
                                 [](const layered::Layer& l) { return l.connection == layered::kAllToAll; });
  if (!dense) return net;  // weights of convolutions are few
  net.inputs = std::min(net.inputs, kLargest);
  for (layered::Layer& l : net.layers) l.size = std::min(l.size, kLargest);
  return net;
}

LayeredNetwork build(Settings s) {
  s.model.network =
      network_of(s.layers, unit(s.hidden), s.output == "softmax" ? Activation::softmax : unit(s.output),
                 layered::loss_from_name(s.loss));
  const std::size_t depth = s.model.network.depth();
  const std::vector<double> gains = per_layer("gain", s.gain, depth);
  if (std::any_of(gains.begin(), gains.end(), [](double g) { return g != 1; })) s.model.gains = gains;
  set_learning_rates(s, depth);
  s.model.settings.optimiser.validate();
  // Says why if the rule cannot work on such a network.
  layered::make_rule<float>(s.model.rule, of_small_size(s.model.network), 1);
  return s.model;
}

LayeredModelRecipe recipe_of(const layered::RuleEntry& rule) {
  return {model_name(rule.name), rule.description,
          rule.citation,         Recipe<LayeredNetwork>(Settings(rule)),
          rule.example,          std::string(layered::family_of(rule.name))};
}

}  // namespace

const std::vector<LayeredModelRecipe>& layered_models() {
  static const std::vector<LayeredModelRecipe> models = [] {
    std::vector<LayeredModelRecipe> list;
    for (const layered::RuleEntry& rule : layered::all_rules()) {
      list.push_back(recipe_of(rule));
    }
    return list;
  }();
  return models;
}

const LayeredModelRecipe* find_layered(std::string_view name) {
  for (const LayeredModelRecipe& m : layered_models()) {
    if (m.name == name) return &m;
  }
  static const LayeredModelRecipe of_a_program = recipe_of(layered::handed_rule());
  return name == of_a_program.name ? &of_a_program : nullptr;
}

LayeredNetwork example_of(const LayeredModelRecipe& model) { return example_of(model, model.example); }

LayeredNetwork example_of(const LayeredModelRecipe& model, std::vector<double> layers) {
  return build_with(model.recipe, FieldValues().set("layers", std::move(layers)));
}

}  // namespace apical::models
