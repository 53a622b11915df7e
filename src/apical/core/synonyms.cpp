// SPDX-License-Identifier: Apache-2.0
#include "apical/core/synonyms.h"

#include <algorithm>

namespace apical {
namespace {

struct Synonyms {
  std::vector<std::string> words;  ///< in lower case, with '_', singular
  std::vector<std::string> names;
  std::string meaning;
};

const std::vector<Synonyms>& all_synonyms() {
  static const std::vector<Synonyms> all{
      {{"layer", "hidden", "hidden_layer", "hidden_size", "architecture", "shape"},
       {"layers", "area", "population"},
       "sizes of all layers, input and output included, are model.layers of a recipe; in a circuit, a layer "
       "is "
       "an area, made of populations ([[population]])"},
      {{"unit", "neuron", "node", "cell", "width"},
       {"size", "layers", "units", "neurons"},
       "how many there are is the size of a [[population]], or an entry of model.layers"},
      {{"weight", "synapse", "connection", "connectivity", "matrix", "parameter"},
       {"weights", "projection", "weight"},
       "weights belong to a [[projection]] from one population to another; they are recorded with [[record]] "
       "projection = NAME, and initial ones are its table 'weights'"},
      {{"lr", "learning_rate", "step_size", "eta"},
       {"learning_rate", "eta"},
       "model.learning_rate of layered networks; eta of recipes of circuits and of the rule of a "
       "[[projection]], "
       "in 1/ms; training.eta_decay lowers all of them"},
      {{"batch", "batch_size", "minibatch", "mini_batch"},
       {"batch", "minibatches"},
       "model.batch: samples per update of a layered network; circuits in continuous time see one sample "
       "after "
       "the other; reward.minibatches are those of a rollout"},
      {{"epoch", "num_epoch", "n_epoch", "iteration", "max_epoch"},
       {"epochs", "environment_steps"},
       "training.epochs: passes over the training samples; training.environment_steps where a task rewards"},
      {{"optimizer", "optim", "solver"}, {"optimiser"}, "model.optimiser: sgd, momentum or adam"},
      {{"activation_function", "nonlinearity", "transfer_function"},
       {"activation"},
       "model.activation of a recipe, or activation of a [[population]]"},
      {{"loss_function", "objective", "criterion", "cost"},
       {"loss"},
       "model.loss of a layered network; circuits are taught a squared distance. It is measured as 'loss'"},
      {{"dataset", "data_set", "data"},
       {"task", "name"},
       "what is learned is the [task]; 'apical tasks' lists them, 'apical data' where files come from"},
      {{"seed", "random_seed", "rng", "trial"},
       {"seeds", "seed"},
       "run.seeds: a number is how many (1, 2, ...), a list names them; --seeds on the command line"},
      {{"dropout", "regularization", "regularisation", "l2"}, {"weight_decay"}, "model.weight_decay"},
      {{"timestep", "time_step", "dt"}, {"dt_ms"}, "dt_ms of a recipe or of [circuit]"},
      {{"duration", "time", "presentation"},
       {"presentation_ms", "duration_s"},
       "training.presentation_ms: for which a sample is held; duration_s of a phase of a course"},
      {{"monitor", "recorder", "callback", "hook"},
       {"record"},
       "[[record]] with population or projection, variable and every_ms"},
      {{"device", "gpu", "cuda", "cpu", "core", "worker", "thread"},
       {"threads"},
       "--threads: there is no other device"},
      {{"backprop", "bp", "sgd"},
       {"backpropagation"},
       "the model 'backpropagation': apical models backpropagation"},
      {{"checkpoint", "resume", "save"},
       {"checkpoint_every_s"},
       "checkpoints are written into the run's directory by themselves; --resume with --out DIR goes on"},
  };
  return all;
}

std::string folded(std::string_view word) {
  std::string out;
  for (const char c : word)
    out += c == '-' || c == ' ' ? '_' : static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return out;
}

const Synonyms* synonyms_for(std::string_view word) {
  const std::string whole = folded(word);
  const std::string singular =
      whole.size() > 2 && whole.back() == 's' ? whole.substr(0, whole.size() - 1) : whole;
  for (const Synonyms& s : all_synonyms()) {
    for (const std::string& w : s.words) {
      if (w == whole || w == singular) return &s;
    }
  }
  return nullptr;
}

}  // namespace

std::vector<std::string> meant_by(std::string_view word) {
  const Synonyms* const found = synonyms_for(word);
  return found != nullptr ? found->names : std::vector<std::string>{};
}

std::string meaning_of(std::string_view word) {
  const Synonyms* const found = synonyms_for(word);
  return found != nullptr ? found->meaning : "";
}

}  // namespace apical
