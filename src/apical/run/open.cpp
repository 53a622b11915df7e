// SPDX-License-Identifier: Apache-2.0
// Which session runs what: with make_learner.cpp the only place that knows.
#include <fmt/format.h>

#include <map>
#include <optional>
#include <tuple>

#include "apical/core/ranks.h"
#include "apical/run/course_session.h"
#include "apical/run/make_learner.h"
#include "apical/run/memory_need.h"
#include "apical/run/probe_parts.h"
#include "apical/run/session.h"
#include "apical/run/training_session.h"

namespace apical {
namespace {

/// Runs `f`; its errors say of which experiment they are. What diverges as it is built is told by its run.
template <class F>
void with_label(const std::string& label, F&& f) {
  const auto named = [&](const std::string& message) {
    return message.starts_with(label + ": ") ? message : fmt::format("{}: {}", label, message);
  };
  try {
    f();
  } catch (const NumericalFault&) {
  } catch (const ConfigError& e) {
    throw ConfigError(named(e.bare_message()), e.place(), e.hint());
  } catch (const DataError& e) {
    throw DataError(named(e.what()));
  } catch (const IoError& e) {
    throw IoError(named(e.what()));
  }
}

/// What is shown to experiments that follow one another, made anew only where it differs.
class KnownData {
 public:
  const SeedData& of(const Experiment& e, const Resources& resources) {
    const Key key{e.task, e.task_parameters.all(), e.task_seed_given, e.seeds, e.double_precision};
    if (key_ && *key_ == key) return data_;
    data_.clear();  // not two at a time
    key_.reset();
    data_ = e.make_data(resources);
    key_ = key;
    return data_;
  }

 private:
  using Key = std::tuple<std::string, std::map<std::string, FieldValue, std::less<>>, bool,
                         std::vector<std::uint64_t>, bool>;
  std::optional<Key> key_;
  SeedData data_;
};

struct Opener {
  const Experiment& e;
  const Resources& resources;
  KnownData& known;
  std::unique_ptr<Session> operator()(const SpikingExperiment&) const {
    return std::make_unique<CourseSession>(e, resources, resources.ranks);
  }
  template <class Trained>
  std::unique_ptr<Session> operator()(const Trained&) const {
    TakenWeights taken;
    std::unique_ptr<Learner> learner = make_learner(e, known.of(e, resources), resources, &taken);
    return std::make_unique<TrainingSession>(e, std::move(learner), std::move(taken), resources.ranks);
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

namespace {

std::unique_ptr<Session> open_with(KnownData& known, const Experiment& experiment,
                                   const Resources& resources) {
  const Experiment e = with_handed_rule(experiment, resources);
  check_memory(e, resources);
  return std::visit(Opener{e, resources, known}, e.subject);
}

}  // namespace

std::unique_ptr<Session> open(const Experiment& e, const Resources& resources) {
  KnownData known;
  return open_with(known, e, resources);
}

void check_all(const std::vector<Experiment>& experiments, const Resources& resources) {
  KnownData known;
  for (const Experiment& e : experiments) with_label(e.label, [&] { open_with(known, e, resources); });
}

}  // namespace apical
