// SPDX-License-Identifier: Apache-2.0
#include "apical/models/layered_models.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apical/engine/layered/layered_fields.h"
#include "apical/models/network_text.h"

namespace apical::models {
namespace {

using layered::Activation;

/// The units of a network, in the words that circuits use.
struct Units {
  std::string hidden, output, loss;
};
const Units kClassifier{"relu", "softmax", "ce"}, kSmoothClassifier{"tanh", "softmax", "ce"},
    kLogistic{"logistic", "logistic", "mse"}, kRegression{"relu", "linear", "mse"};

struct Row {
  const char* rule;
  const Units* units;
  const char* description;
  const char* citation;
};

const Row kRows[] = {
    {"backpropagation", &kClassifier,
     "layered network; errors travel down through the transposed forward weights",
     "Rumelhart, Hinton & Williams, Nature 323:533, 1986"},
    {"feedback_alignment", &kClassifier,
     "errors travel down through fixed random weights, with which the forward weights align",
     "Lillicrap, Cownden, Tweed & Akerman, Nat Commun 7:13276, 2016"},
    {"direct_feedback_alignment", &kClassifier,
     "the output error goes to every hidden layer at once through fixed random weights",
     "Noekland, NeurIPS 2016"},
    {"sign_symmetry_uniform", &kClassifier,
     "feedback has the signs of the forward weights and one magnitude per layer",
     "Liao, Leibo & Poggio, AAAI 2016; Moskovitz, Litwin-Kumar & Abbott, arXiv:1812.06488, 2018"},
    {"sign_symmetry_fixed", &kClassifier,
     "feedback has the signs of the forward weights and fixed random magnitudes",
     "Liao, Leibo & Poggio, AAAI 2016; Moskovitz, Litwin-Kumar & Abbott, arXiv:1812.06488, 2018"},
    {"sign_symmetry_batch", &kClassifier,
     "feedback has the signs of the forward weights and magnitudes drawn again for each batch",
     "Liao, Leibo & Poggio, AAAI 2016; Moskovitz, Litwin-Kumar & Abbott, arXiv:1812.06488, 2018"},
    {"weight_mirror", &kClassifier,
     "feedback weights learn the transpose of the forward weights from noise in phases without data",
     "Akrout, Wilson, Humphreys, Lillicrap & Tweed, NeurIPS 2019"},
    {"kolen_pollack", &kClassifier,
     "feedback and forward synapses make the same change and decay, so that they become each other's "
     "transpose",
     "Kolen & Pollack, ICNN 1994; Akrout, Wilson, Humphreys, Lillicrap & Tweed, NeurIPS 2019"},
    {"hebb", &kClassifier,
     "hidden layers learn by Hebb's product, without any target; the readout by the delta rule",
     "Hebb, The Organization of Behavior, 1949"},
    {"oja", &kClassifier,
     "hidden units learn principal components by Oja's rule, without any target; the readout by the delta "
     "rule",
     "Oja, J Math Biol 15:267, 1982"},
    {"subspace", &kClassifier,
     "hidden layers learn the principal subspace, without any target; the readout by the delta rule",
     "Oja, Int J Neural Syst 1:61, 1989"},
    {"gha", &kClassifier,
     "hidden layers learn principal components in order, without any target; the readout by the delta rule",
     "Sanger, Neural Networks 2:459, 1989"},
    {"node_perturbation", &kClassifier,
     "units add noise to their drive and are told by one scalar whether it helped",
     "Fiete & Seung, Phys Rev Lett 97:048104, 2006"},
    {"reinforce", &kClassifier, "the score-function estimator for units with Gaussian noise",
     "Williams, Mach Learn 8:229, 1992"},
    {"three_factor", &kClassifier,
     "eligibility traces of noise times presynaptic activity, gated by a neuromodulator",
     "Fremaux & Gerstner, Front Neural Circuits 9:85, 2016"},
    {"target_propagation", &kSmoothClassifier, "targets come down through learned inverses",
     "Bengio, arXiv:1407.7906, 2014"},
    {"difference_target_propagation", &kSmoothClassifier,
     "targets come down through learned inverses, corrected by what they miss without a target",
     "Lee, Zhang, Fischer & Bengio, ECML PKDD 2015"},
    {"direct_difference_target_propagation", &kSmoothClassifier,
     "the output's displacement goes to every hidden layer through linear maps that learn by difference "
     "reconstruction",
     "Meulemans, Carzaniga, Suykens, Sacramento & Grewe, NeurIPS 2020"},
    {"contrastive_hebbian", &kLogistic,
     "a settling network compares its correlations with the output free and clamped",
     "Movellan, 1990; Xie & Seung, Neural Comput 15:441, 2003"},
    {"generec", &kLogistic,
     "a settling network learns from the change of postsynaptic activity between output free and clamped",
     "O'Reilly, Neural Comput 8:895, 1996"},
    {"recirculation", &kLogistic,
     "an auto-encoder of one hidden layer learns from the change that one trip around its loop makes",
     "Hinton & McClelland, NIPS 1988"},
    {"equilibrium_propagation", &kLogistic,
     "a settling network compares its correlations free and nudged towards the target",
     "Scellier & Bengio, Front Comput Neurosci 11:24, 2017; Laborieux et al., Front Neurosci 15:633674, "
     "2021"},
    {"predictive_coding", &kRegression,
     "value and error units settle with the output clamped, predictions following the values",
     "Rao & Ballard, Nat Neurosci 2:79, 1999; Whittington & Bogacz, Neural Comput 29:1229, 2017"},
    {"predictive_coding_fixed_prediction", &kRegression,
     "value and error units settle while predictions stay at the forward pass",
     "Millidge, Tschantz & Buckley, arXiv:2006.04182, 2020"},
    {"predictive_coding_zil", &kRegression,
     "every layer learns at the inference step at which its error is that of backpropagation",
     "Song, Lukasiewicz, Xu & Bogacz, NeurIPS 2020"},
    {"predictive_coding_incremental", &kRegression, "weights change at every inference step",
     "Salvatori et al., arXiv:2212.00720, 2022"},
    {"segregated_dendrites", &kLogistic,
     "hidden neurons learn from the difference of two plateau potentials of their apical dendrite "
     "(steady-state rates)",
     "Guerguiev, Lillicrap & Richards, eLife 6:e22901, 2017"},
    {"segregated_dendrites_spiking", &kLogistic,
     "segregated dendrites with Poisson spikes, simulated in time: a forward and a target phase per sample",
     "Guerguiev, Lillicrap & Richards, eLife 6:e22901, 2017"},
    {"two_site", &kLogistic,
     "somatic rates carry activity up, dendritic bursts carry errors down and gate plasticity",
     "Koerding & Koenig, J Comput Neurosci 11:207, 2001"},
    {"burstprop", &kLogistic,
     "events carry activity up, bursts carry the teacher down; defaults of the CIFAR-10 network, with the "
     "published 0.01 for sums over batches of 32",
     "Payeur, Guerguiev, Zenke, Richards & Naud, Nat Neurosci 24:1010, 2021"},
};

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
  Entries layers;
  Units units;
  std::vector<double> gain{1}, learning_rate{0.001};
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
    s.units.hidden);
  std::vector<std::string> outputs = unit_names();
  outputs.emplace_back("softmax");
  v({.name = "output", .meaning = "activation function of the output", .choices = outputs}, s.units.output);
  v({.name = "loss",
     .meaning =
         "what the rule descends: half the squared error, cross-entropy with softmax, or with logistic "
         "outputs",
     .choices = {"mse", "ce", "bce"}},
    s.units.loss);
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
  if (std::holds_alternative<layered::TargetRuleOptions>(s.model.rule)) {
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
  if (std::holds_alternative<layered::TargetRuleOptions>(s.model.rule)) {
    to.feedback_optimiser = to.optimiser;
    to.feedback_optimiser->learning_rate = s.feedback_learning_rate;
    to.feedback_optimiser->weight_decay = s.feedback_weight_decay;
    to.feedback_optimiser->clip_norm = 0;
  }
}

Settings defaults_of(const Row& row) {
  Settings s;
  s.units = *row.units;
  s.model.rule = layered::default_options(row.rule);
  s.model.settings.optimiser = {.kind = layered::OptimiserKind::adam,
                                .learning_rate = s.learning_rate.front()};
  if (std::holds_alternative<layered::KolenPollackOptions>(s.model.rule) ||
      std::holds_alternative<layered::TwoSiteOptions>(s.model.rule)) {
    // Without decay feedback and forward weights would keep their first difference.
    s.model.settings.optimiser.weight_decay = 1e-4;
    s.model.settings.optimiser.decay = layered::DecayKind::unscaled;
  }
  if (std::holds_alternative<layered::BurstpropOptions>(s.model.rule)) {
    s.learning_rate = {0.32};
    s.gain = {3.6};
    s.model.init = layered::WeightInit::glorot_normal;
    s.model.batch = 32;
    s.model.settings.optimiser = {.kind = layered::OptimiserKind::momentum,
                                  .learning_rate = 0.32,
                                  .momentum = 0.9,
                                  .weight_decay = 1e-6,
                                  .decay = layered::DecayKind::unscaled};
  }
  return s;
}

LayeredNetwork build(Settings s) {
  s.model.network = network_of(s.layers, unit(s.units.hidden),
                               s.units.output == "softmax" ? Activation::softmax : unit(s.units.output),
                               layered::loss_from_name(s.units.loss));
  const std::size_t depth = s.model.network.depth();
  const std::vector<double> gains = per_layer("gain", s.gain, depth);
  if (std::any_of(gains.begin(), gains.end(), [](double g) { return g != 1; })) s.model.gains = gains;
  set_learning_rates(s, depth);
  s.model.settings.optimiser.validate();
  layered::make_rule<float>(s.model.rule, s.model.network,
                            1);  // says why if the rule cannot work on such a network
  return s.model;
}

}  // namespace

const std::vector<LayeredModelRecipe>& layered_models() {
  static const std::vector<LayeredModelRecipe> models = [] {
    std::vector<LayeredModelRecipe> list;
    for (const Row& row : kRows)
      list.push_back(
          {model_name(row.rule), row.description, row.citation, Recipe<LayeredNetwork>(defaults_of(row))});
    return list;
  }();
  return models;
}

const LayeredModelRecipe* find_layered(std::string_view name) {
  for (const LayeredModelRecipe& m : layered_models()) {
    if (m.name == name) return &m;
  }
  return nullptr;
}

LayeredNetwork example_of(const LayeredModelRecipe& model) {
  return example_of(
      model, model.name == "recirculation" ? std::vector<double>{4, 3, 4} : std::vector<double>{4, 5, 3, 2});
}

LayeredNetwork example_of(const LayeredModelRecipe& model, std::vector<double> layers) {
  return build_with(model.recipe, FieldValues().set("layers", std::move(layers)));
}

}  // namespace apical::models
