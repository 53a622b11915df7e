// SPDX-License-Identifier: Apache-2.0
// Which session runs what: with make_learner.cpp the only place that knows.
#include "apical/run/course_session.h"
#include "apical/run/make_learner.h"
#include "apical/run/memory_need.h"
#include "apical/run/probe_parts.h"
#include "apical/run/session.h"
#include "apical/run/training_session.h"

namespace apical {
namespace {

struct Opener {
  const Experiment& e;
  const Resources& resources;
  std::unique_ptr<Session> operator()(const SpikingExperiment&) const {
    return std::make_unique<CourseSession>(e, resources);
  }
  template <class Trained>
  std::unique_ptr<Session> operator()(const Trained&) const {
    TakenWeights taken;
    std::unique_ptr<Learner> learner = make_learner(e, resources, &taken);
    return std::make_unique<TrainingSession>(e, std::move(learner), std::move(taken));
  }
};

struct ProbeOpener {
  const ProbedModel& model;
  const Resources& resources;
  std::unique_ptr<ProbeSession> operator()(const SpikingExperiment&) const {
    return make_spiking_probe(model, resources);
  }
  template <class Trained>
  std::unique_ptr<ProbeSession> operator()(const Trained&) const {
    return make_rate_probe(model, resources);
  }
};

}  // namespace

std::unique_ptr<ProbeSession> open_probe(const ProbedModel& model, const Resources& resources) {
  check_memory(model.experiment, resources);
  return std::visit(ProbeOpener{model, resources}, model.experiment.subject);
}

std::unique_ptr<Session> open(const Experiment& experiment, const Resources& resources) {
  const Experiment e = with_handed_rule(experiment, resources);
  check_memory(e, resources);
  return std::visit(Opener{e, resources}, e.subject);
}

}  // namespace apical
