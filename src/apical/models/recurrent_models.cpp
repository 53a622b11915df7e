// SPDX-License-Identifier: Apache-2.0
#include "apical/models/recurrent_models.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "apical/core/fields.h"
#include "apical/engine/layered/layered_fields.h"

namespace apical::models {
namespace {

using recurrent::Feedback;
using recurrent::RuleKind;

/// Everything that can be set, as the file says it.
struct RecurrentSettings {
  explicit RecurrentSettings(const recurrent::RecurrentRuleEntry& entry) : spikes(entry.spikes) {
    model.rule = entry.rule;
    model.optimiser = {.kind = layered::OptimiserKind::adam, .learning_rate = 0.003, .clip_norm = 1};
    if (entry.rule.kind == RuleKind::e_prop) {
      model.neurons = RecurrentNeurons::alif;
      model.leak = recurrent::Leak::potential;
    }
    if (entry.rule.kind == RuleKind::reward) {
      model.leak = recurrent::Leak::potential;
      model.batch = 1;
      model.optimiser = {.kind = layered::OptimiserKind::sgd, .learning_rate = 0.1};
      model.tau_steps = 30;
    }
    learning_rate = {model.optimiser.learning_rate};
  }
  bool spikes;
  std::vector<double> layers, learning_rate;
  RecurrentNetwork model;
};

void neuron_fields(FieldVisitor& v, RecurrentSettings& s) {
  RecurrentNetwork& m = s.model;
  const char* bellec = "Bellec et al. 2020";
  if (s.spikes) {
    v({"neurons", "",
       "rate neurons, or leaky integrate-and-fire neurons, of which alif has a share with thresholds that "
       "adapt"},
      m.neurons);
  }
  const bool rates = !m.spiking();
  const std::string neurons = fmt::format("neurons = \"{}\"", name_of(m.neurons));
  if (v.when(rates)) {
    if (m.rule.kind != RuleKind::reward)
      v({"leak", "", "what leaks: the rate (Murray 2019), or the potential (Miconi 2017)"}, m.leak);
    v({"activation", "", "activation function of the units"}, m.activation);
  } else {
    v.without("leak", neurons + ", whose potentials leak");
    v.without("activation", neurons + ", which spike");
  }
  v({"tau_steps", "steps", "time constant of the units", at_least(1)}, m.tau_steps);
  if (!s.spikes) return;
  RecurrentSpiking& o = m.spikes;
  if (v.when(!rates)) {
    v({"readout_steps", "steps", "time constant of the readout", at_least(0.01), bellec}, o.readout_steps);
    v({"threshold", "", "of the membrane potential", more_than(0), bellec}, o.threshold);
    v({"damping", "", "of the surrogate slope of the threshold", at_least(0), bellec}, o.damping);
    v({"refractory_steps", "steps", "from a spike to the next that is possible", within(1, 1e6), bellec},
      o.refractory_steps);
  } else {
    for (const char* name : {"readout_steps", "threshold", "damping", "refractory_steps"})
      v.without(name, neurons + ", which do not spike");
  }
  if (v.when(m.neurons == RecurrentNeurons::alif)) {
    v({"adaptation_steps", "steps", "time constant of thresholds that adapt", at_least(0.01), bellec},
      o.adaptation_steps);
    v({"adapting_share", "", "share of neurons whose threshold adapts", within(0, 1), bellec},
      o.adapting_share);
    v({"adaptation", "", "how far a threshold rises", at_least(0), bellec}, o.adaptation);
  } else {
    for (const char* name : {"adaptation_steps", "adapting_share", "adaptation"})
      v.without(name, neurons + ", whose thresholds stay");
  }
}

void reward_fields(FieldVisitor& v, recurrent::RewardLearning& r) {
  const char* miconi = "Miconi 2017";
  v({"eligibility", "",
     "what a synapse keeps: the cube of surprise times rate, or the push times rate (Fiete & Seung 2006)"},
    r.trace);
  v({"push_probability", "", "of a push of a potential, per unit and step", within(0, 1), miconi},
    r.push_probability);
  v({"push_size", "", "pushes are uniform up to it, of both signs", at_least(0), miconi}, r.push_size);
  v({"push_from", "steps", "steps of a sample before the first push", at_least(0), miconi}, r.push_from);
  v({"mean_kept", "", "share of the running mean of a potential that stays in each step", within(0, 1),
     miconi},
    r.options.mean_kept);
  v({"error_kept", "", "share of the running mean of a trial's error that stays", within(0, 1), miconi},
    r.options.error_kept);
  v({"change_limit", "", "of each change, before the learning rate", more_than(0), miconi}, r.options.limit);
  v({"mean_factor", "", "changes are multiplied by the mean error, as in the released program"},
    r.options.mean_factor);
  v({"trials_before_learning", "", "trials that only tell what error is usual", at_least(0), miconi},
    r.trials_before_learning);
}

void rule_fields(FieldVisitor& v, RecurrentSettings& s) {
  recurrent::RecurrentRule& r = s.model.rule;
  if (r.kind == RuleKind::bptt) {
    if (v.when(!s.model.spiking())) {
      v({"horizon", "steps", "so far an error goes back; 0: all the way", at_least(0)}, r.horizon);
    } else {
      v.without("horizon", "neurons that spike: errors go all the way");
    }
  }
  if (r.kind == RuleKind::rflo) {
    auto random = r.feedback == Feedback::random;
    v.words({"feedback", "", "what brings the readout's errors to the units"}, random, "random", "symmetric");
    r.feedback = random ? Feedback::random : Feedback::symmetric;
  }
  if (r.kind == RuleKind::e_prop) {
    v({"feedback", "",
       "what brings the readout's errors to the units: its transposed weights, random ones, or random ones "
       "that learn as it does, where weight_decay acts on these two alone"},
      r.feedback);
    if (v.when(s.model.spiking())) {
      v({"rate_cost", "", "of firing rates that are not target_rate", at_least(0), "Bellec et al. 2020"},
        r.rate_cost);
      v({"target_rate", "spikes/step", "of each neuron, on average over a sample", within(0, 1),
         "Bellec et al. 2020"},
        r.target_rate);
    } else {
      for (const char* name : {"rate_cost", "target_rate"}) v.without(name, "neurons that do not spike");
    }
  }
  if (r.kind == RuleKind::reward) reward_fields(v, r.reward);
}

void fields(FieldVisitor& v, RecurrentSettings& s) {
  v({.name = "layers",
     .meaning = "three numbers: of inputs, of recurrent units, of outputs",
     .bounds = {.low = 1, .high = 1e6, .whole = true},
     .required = true},
    s.layers);
  neuron_fields(v, s);
  v.choice({"loss", "",
            "what the rule descends: half the squared error, or cross-entropy with softmax outputs; mean "
            "over the steps in which an answer is wanted"},
           s.model.loss, {"mse", "ce"});
  v({"gain", "", "initial recurrent weights are normal with this over the root of their number", at_least(0)},
    s.model.gain);
  v({"batch", "samples", "samples per update", at_least(1)}, s.model.batch);
  v({"optimiser", "", "how credit becomes a change of weights"}, s.model.optimiser.kind);
  v({"learning_rate", "",
     "one for all, or three: of input weights, of recurrent weights with the units' offsets, of the readout",
     at_least(0)},
    s.learning_rate);
  fields(v, s.model.optimiser);
  rule_fields(v, s);
}

RecurrentNetwork build(RecurrentSettings s) {
  RecurrentNetwork& m = s.model;
  if (s.layers.size() != 3) {
    throw FieldError(
        "layers",
        fmt::format("has {} entries; expected 3: inputs, recurrent units, outputs", s.layers.size()),
        "e.g. layers = [3, 64, 1]");
  }
  m.inputs = static_cast<std::size_t>(s.layers[0]);
  m.units = static_cast<std::size_t>(s.layers[1]);
  m.outputs = static_cast<std::size_t>(s.layers[2]);
  if (s.learning_rate.size() != 1 && s.learning_rate.size() != 3) {
    throw FieldError("learning_rate",
                     fmt::format("has {} entries; expected 1, or 3: of input weights, of recurrent ones, of "
                                 "the readout",
                                 s.learning_rate.size()));
  }
  const double highest = *std::max_element(s.learning_rate.begin(), s.learning_rate.end());
  m.optimiser.learning_rate = highest;
  for (std::size_t k = 0; k < 3 && s.learning_rate.size() == 3; ++k)
    m.rates[k] = highest > 0 ? s.learning_rate[k] / highest : 1;
  if (m.rule.feedback == Feedback::adaptive && m.optimiser.weight_decay == 0) {
    throw FieldError({"feedback", "weight_decay"},
                     "is adaptive, but without weight_decay feedback never comes to the readout's weights",
                     "give weight_decay, e.g. 0.001");
  }
  m.optimiser.validate();
  return m;
}

}  // namespace

const std::vector<RecurrentModelRecipe>& recurrent_models() {
  static const std::vector<RecurrentModelRecipe> models = [] {
    std::vector<RecurrentModelRecipe> list;
    for (const recurrent::RecurrentRuleEntry& rule : recurrent::recurrent_rules()) {
      list.push_back(
          {rule.name, rule.description, rule.citation, Recipe<RecurrentNetwork>(RecurrentSettings(rule))});
    }
    return list;
  }();
  return models;
}

const RecurrentModelRecipe* find_recurrent(std::string_view name) {
  for (const RecurrentModelRecipe& m : recurrent_models()) {
    if (m.name == name) return &m;
  }
  return nullptr;
}

RecurrentNetwork example_of(const RecurrentModelRecipe& model, std::vector<double> layers) {
  return build_with(model.recipe, FieldValues().set("layers", std::move(layers)));
}

}  // namespace apical::models
