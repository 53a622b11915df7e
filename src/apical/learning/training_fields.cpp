// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/training_fields.h"

#include <fmt/format.h>

#include <algorithm>

#include "apical/core/time_grid.h"

namespace apical {
namespace {

constexpr double kMany = 1e9;
constexpr double kLongestMs = 1e12;  // 30 years

std::string for_task(const std::string& task, std::string_view why) {
  return fmt::format("task '{}': {}", task, why);
}

void schedule_fields(FieldVisitor& v, TrainingPlan& p) {
  v({"eta_decay", "", "factor on all learning rates per eta_decay_every epochs", more_than(0)}, p.eta_decay);
  v({"eta_decay_every", "epochs", "from one such factor to the next", within(1, kMany)}, p.eta_decay_every);
  v({"minutes", "min", "no epoch begins after so much time of learning, which ends the run; 0: no limit",
     at_least(0)},
    p.minutes);
  v.choice({"eta_schedule", "",
            "learning rates stay, but for eta_decay, or fall linearly: 1 in the first epoch, 1/epochs in the "
            "last"},
           p.schedule, {"constant", "linear"});
  if (p.schedule == Schedule::linear && p.minutes > 0) {
    throw FieldError({"minutes", "eta_schedule"},
                     "does not go with eta_schedule = \"linear\": nobody knows beforehand which epoch is the "
                     "last",
                     "leave one of them out");
  }
}

}  // namespace

TrainingOptions::TrainingOptions(const TaskInfo& info, std::size_t steps)
    : steps_per_iteration(steps), rewards(info.rewards), task(info.name) {
  // The return of training episodes is measured in any case.
  if (rewards) plan.validate_every = 0;
}

void fields(FieldVisitor& v, TrainingOptions& o) {
  TrainingPlan& p = o.plan;
  if (v.when(!o.rewards)) {
    v({"epochs", "", "passes over the training samples", within(0, kMany)}, p.epochs);
  } else {
    v.without("epochs", for_task(o.task, "training there is counted in environment_steps"));
    v.without("shuffle", for_task(o.task, "what comes next is up to the policy"));
  }
  if (v.when(o.rewards)) {
    v({"environment_steps", "steps", "where an environment rewards: of all environments together",
       within(0, kMany)},
      o.environment_steps);
    if (o.steps_per_iteration > 0)
      p.epochs = (o.environment_steps + o.steps_per_iteration - 1) / o.steps_per_iteration;
  } else {
    v.without("environment_steps", for_task(o.task, "it shows samples; their passes are epochs"));
  }
  schedule_fields(v, p);
  if (v.when(!o.rewards))
    v({"shuffle", "", "a new order of the training samples in each epoch and seed"}, p.shuffle);
  v({"validate_every", "epochs", "from one validation to the next, the first before training; 0: never",
     within(0, kMany)},
    p.validate_every);
  v({"test_every", "epochs", "from one test to the next; 0: only at the end. Nothing is chosen by it",
     within(0, kMany)},
    p.test_every);
  v({"align_every", "epochs",
     "from one measurement of alignment with the exact gradient to the next, the first before training; 0: "
     "never",
     within(0, kMany)},
    p.align_every);
  v({"align_epochs", "epochs", "further epochs at which alignment is measured", at_least(0)}, p.align_epochs);
  for (const std::size_t epoch : p.align_epochs) {
    if (epoch > p.epochs) {
      throw FieldError(
          {"align_epochs", "epochs"},
          fmt::format("holds {}; expected whole numbers from 0 to epochs = {}", epoch, p.epochs));
    }
  }
  v({"align_samples", "", "training samples over which alignment is measured", within(1, kMany)},
    p.align_samples);
  v({"patience", "", "stop after so many validations without a better mean loss; 0: never", within(0, kMany)},
    p.patience);
  if (p.patience > 0 && p.validate_every == 0) {
    throw FieldError({"patience", "validate_every"},
                     fmt::format("is {}, but nothing is validated: it would never act", p.patience),
                     "give validate_every, or leave patience out");
  }
}

PresentationOptions::PresentationOptions(const TaskInfo& info, double step_ms, std::size_t depth)
    : sequences(info.sequences), steers(info.steers), task(info.name), dt_ms(step_ms) {
  if (dt_ms > 0) {
    const double needed_ms = static_cast<double>(steps_there_and_back(depth)) * dt_ms;
    presentation.presentation_ms = nearest_on_grid(std::max(presentation.presentation_ms, needed_ms), dt_ms);
  }
  // The target of a sequence stands from its start: what matters is its end, long after the sample before.
  presentation.delay_targets = !sequences;
  presentation.scored = info.classifies ? ScoredSteps::last : ScoredSteps::all;
  if (sequences) presentation.settling_ms = 0;
}

void fields(FieldVisitor& v, PresentationOptions& o) {
  Presentation& p = o.presentation;
  if (v.when(!o.sequences)) {
    v({"presentation_ms",
       "ms",
       "for which a sample is held; by default as long as input and error need there and back, if that is "
       "longer",
       {.low = 0, .high = kLongestMs, .above = true}},
      p.presentation_ms);
    check_on_grid("presentation_ms", p.presentation_ms, {o.dt_ms, "the circuit's time step", "ms"});
    const double one_sample = o.dt_ms > 0 ? p.presentation_ms : 0;
    if (one_sample > 0) p.settling_ms = nearest_on_grid(p.settling_ms, one_sample);
    v({"settling_ms", "ms", "before the first epoch, with the first samples held, each for presentation_ms",
       within(0, kLongestMs)},
      p.settling_ms);
    check_on_grid("settling_ms", p.settling_ms, {one_sample, "presentation_ms", "ms"});
  } else {
    const std::string why = for_task(o.task, "its samples bring their own course in time");
    v.without("presentation_ms", why);
    v.without("settling_ms", why);
  }
  v({"delay_targets", "", "targets come one step per area later than inputs, as long as inputs need"},
    p.delay_targets);
  v.choice({"target_potentials", "",
            "where potentials are taught: at which the output's activation gives the task's rate, or the "
            "task's numbers themselves"},
           p.target_potentials, {"inverse", "task_numbers"});
  v.choice({"learn", "", "in every step of a sample, or in one further step after it"}, p.learning,
           {"every_step", "after_sample"});
  v({"reset_somata", "",
     "populations whose somata are set to 0 when a sample begins, by name; forward: all on the way from "
     "stimulus to readout"},
    o.reset_somata);
  if (v.when(o.steers)) {
    v({"steps_per_control", "steps", "in which a circuit sees one state of a plant", within(1, kMany)},
      p.steps_per_control);
  } else {
    v.without("steps_per_control", for_task(o.task, "it has no plant to steer"));
  }
  if (v.when(!o.steers)) {
    v.choice({"score", "", "steps of a presentation that count for the loss of an evaluation"}, p.scored,
             {"last", "all"});
  } else {
    v.without("score", for_task(o.task, "its evaluations steer a plant and count falls"));
  }
}

Presentation PresentationOptions::of(const Circuit& circuit) const {
  Presentation p = presentation;
  if (reset_somata == std::vector<std::string>{"none"}) return p;
  if (reset_somata == std::vector<std::string>{"forward"}) {
    p.reset_somata = forward_path(circuit);
    return p;
  }
  for (const std::string& name : reset_somata) {
    try {
      p.reset_somata.push_back(circuit.population(name));
    } catch (const ConfigError& e) {
      throw FieldError::about({"reset_somata"}, e.bare_message(), e.hint());
    }
    if (circuit[p.reset_somata.back()].kind == Population::Kind::neurons) continue;
    throw FieldError("reset_somata",
                     fmt::format("names '{}', which is set from outside and has no somata", name),
                     "expected none, forward, or populations of neurons");
  }
  return p;
}

}  // namespace apical
