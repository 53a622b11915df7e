// SPDX-License-Identifier: Apache-2.0
#include "apical/run/make_learner.h"

#include <fmt/format.h>

#include <memory>
#include <utility>
#include <variant>

#include "apical/core/field_error.h"
#include "apical/learning/layered_learner.h"
#include "apical/learning/rate_learner.h"
#include "apical/learning/recurrent_learner.h"
#include "apical/learning/reward_learner.h"
#include "apical/learning/trainer.h"
#include "apical/rules/handed_rule.h"
#include "apical/run/last_checkpoint.h"
#include "apical/run/state_file.h"
#include "apical/tasks/foreign_world.h"

namespace apical {
namespace {

template <class Real>
struct Maker {
  const Experiment& e;
  ThreadPool& pool;
  SeedData data;
  Ranks* ranks = nullptr;
  std::unique_ptr<Learner> operator()(const Circuit& circuit) const {
    return std::make_unique<RateLearner<Real>>(circuit, data, e.seeds, e.presentation, pool,
                                               rate::EngineOptions{.sharing = {.ranks = ranks}});
  }
  std::unique_ptr<Learner> operator()(const models::LayeredNetwork& network) const {
    if (e.reward) return std::make_unique<RewardLearner<Real>>(network, *e.reward, data, e.seeds, pool);
    return std::make_unique<LayeredLearner<Real>>(network, data, e.seeds, pool, ranks);
  }
  std::unique_ptr<Learner> operator()(const models::RecurrentNetwork& network) const {
    return std::make_unique<RecurrentLearner>(network, data, e.seeds, pool);
  }
  std::unique_ptr<Learner> operator()(const SpikingExperiment&) const {
    throw ConfigError(fmt::format("model '{}' has a course of its own, and no learner", e.model));
  }
};

/// Of the first key it is about that the experiment gives, or else of the model.
Place place_of(const ConfigError& fault, const Experiment& e) {
  std::vector<std::string> keys{"model"};
  if (const auto* const about = dynamic_cast<const FieldError*>(&fault))
    keys.insert(keys.begin(), about->fields().begin(), about->fields().end());
  for (const std::string& key : keys) {
    if (const auto found = e.places.find(key); found != e.places.end()) return found->second;
  }
  return {};
}

std::unique_ptr<Learner> make(const Experiment& e, ThreadPool& pool, const SeedData& data,
                              Ranks* ranks = nullptr) {
  try {
    return e.double_precision ? std::visit(Maker<double>{e, pool, data, ranks}, e.subject)
                              : std::visit(Maker<float>{e, pool, data, ranks}, e.subject);
  } catch (const ConfigError& fault) {
    if (!fault.place().file.empty()) throw;
    throw ConfigError(fault.bare_message(), place_of(fault, e), fault.hint());
  }
}

struct Sizes {
  std::size_t inputs, outputs;
};

Sizes sizes_shown(const Experiment& e) {
  if (e.is_layered()) return {e.layered().network.inputs, e.layered().network.outputs()};
  if (e.is_recurrent()) return {e.recurrent().inputs, e.recurrent().outputs};
  const Circuit& c = e.circuit();
  return {c[*c.stimulus()].size, c[*c.readout()].size};
}

/// What stands for the right answers of samples that have none.
void add_answers(Split& split, std::size_t samples, const Experiment& e) {
  const std::size_t outputs = sizes_shown(e).outputs;
  split.labels.assign(samples, 0);
  if (e.is_circuit()) {
    split.targets = split.target_potentials = Matrix<double>(samples, outputs);  // whatever kind it is taught
  } else {
    split.classes = outputs;  // goes with any loss
  }
}

/// One sample of the sizes that the model wants.
Dataset one_sample(const Experiment& e) {
  const std::size_t inputs = sizes_shown(e).inputs;
  Dataset data;
  data.name = e.task;
  if (e.task_info().sequences) {
    data.sequence_dt_ms = e.is_circuit() ? e.circuit().dt_ms : 1;
    data.train.sequences.push_back({.change_points = {0, 1}, .values = Matrix<double>(1, inputs)});
  } else {
    data.train.inputs = Inputs(Matrix<double>(1, inputs));
  }
  add_answers(data.train, 1, e);
  return data;
}

}  // namespace

Dataset unanswered(const Experiment& e, Matrix<double> inputs) {
  Dataset data;
  data.name = e.task;
  data.train.inputs = Inputs(Matrix<double>(1, inputs.cols()));
  add_answers(data.train, 1, e);
  const std::size_t samples = inputs.rows();
  data.test.inputs = Inputs(std::move(inputs));
  add_answers(data.test, samples, e);
  return data;
}

void restore_learner(Learner& learner, const Experiment& e, const io::Path& run) {
  Trainer trainer(learner, e.plan, {});
  restore_state(trainer, last_checkpoint(run).section("trainer"), run.string() + ", checkpoint");
}

Experiment with_handed_rule(Experiment e, const Resources& resources) {
  const auto hand_to = [&](models::LayeredNetwork& network) {
    auto* const options = network.rule.as<layered::HandedRuleOptions>();
    if (options == nullptr) return;
    options->rules = resources.rules ? resources.rules : std::make_shared<const layered::HandedRules>();
    options->found();
  };
  if (auto* const network = std::get_if<models::LayeredNetwork>(&e.subject)) {
    hand_to(*network);
    if (e.reward) hand_to(e.reward->value);
  }
  return e;
}

std::unique_ptr<Learner> make_learner(const Experiment& e, const Resources& resources, TakenWeights* taken) {
  return make_learner(e, e.make_data(resources), resources, taken);
}

std::unique_ptr<Learner> make_learner(const Experiment& e, const SeedData& data, const Resources& resources,
                                      TakenWeights* taken) {
  std::unique_ptr<Learner> learner = make(e, resources.pool, data, resources.ranks);
  if (e.start_from.empty()) return learner;
  TakenWeights weights =
      set_weights(*learner, read_weights(e.start_from, resources.pool), !e.double_precision);
  if (taken != nullptr) *taken = std::move(weights);
  return learner;
}

std::unique_ptr<Learner> make_model(const Experiment& e, ThreadPool& pool) {
  if (e.reward) {  // environments are no files
    const FieldValue* const world = e.task_parameters.find("world");
    const auto [observations, actions] = sizes_shown(e);
    Resources resources{pool};
    if (world != nullptr)
      resources.worlds = closed_worlds(std::get<std::string>(*world), observations, actions);
    return make(e, pool, e.make_data(resources));
  }
  return make(e, pool, SeedData(e.seeds.size(), std::make_shared<const Dataset>(one_sample(e))));
}

}  // namespace apical
