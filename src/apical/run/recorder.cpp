// SPDX-License-Identifier: Apache-2.0
#include "apical/run/recorder.h"

#include <fmt/format.h>

#include <cmath>

#include "apical/core/build_info.h"
#include "apical/run/seed_group.h"

namespace apical {
namespace {

/// Bytes of rows that a checkpoint carries rather than that they become a file of their own.
constexpr std::size_t kCarried = std::size_t{4} << 20;

std::string group_of(const Experiment& e, const RecordRequest& r, std::uint64_t seed) {
  if (!r.projection.empty()) return fmt::format("{}/projections/{}", seed_group(seed), r.projection);
  if (r.layered) return fmt::format("{}/{}", seed_group(seed), r.population);
  const RecordedUnder under = recorded_under(e.circuit()[e.circuit().population(r.population)]);
  return fmt::format("{}/{}/{}", seed_group(seed), under.area, under.name);
}

/// What is asked for, as the learner has it. ConfigError with the nearest name if it has no such thing.
Variable variable_of(const RecordRequest& r, const std::vector<Variable>& all) {
  if (all.empty()) {
    throw ConfigError("nothing of a policy that learns from reward can be recorded", {},
                      "leave out [[record]]; returns, accuracies and alignment are kept in any case");
  }
  const bool of_projection = !r.projection.empty();
  const std::string& of = of_projection ? r.projection : r.population;
  std::vector<std::string> near;
  for (const Variable& v : all) {
    const std::string& has = of_projection ? v.projection : v.population;
    if (has != of) continue;
    if (v.name == r.variable) return v;
    near.push_back(v.name);
  }
  throw ConfigError(fmt::format("unknown variable '{}' of {} '{}'", r.variable,
                                of_projection ? "projection" : "population", of),
                    {}, suggestion(r.variable, near));
}

/// Declares everything that is asked for.
std::vector<io::VariableId> declare(const Experiment& e, const std::vector<Variable>& all,
                                    io::Recording& recording, std::vector<Learner::Tap>& taps) {
  const double dt_ms = e.is_circuit() ? e.circuit().dt_ms : 1.0;
  std::vector<io::VariableId> ids;
  for (const RecordRequest& r : e.recordings) {
    const Variable variable = variable_of(r, all);
    const std::int64_t stride = r.layered ? static_cast<std::int64_t>(r.every_batches)
                                          : std::max<std::int64_t>(1, std::llround(r.every_ms / dt_ms));
    const std::size_t before = e.seeds_elsewhere_before();
    for (std::size_t replica = 0; replica < e.seeds.size() && before + replica < r.replicas; ++replica) {
      const io::RecordedVariable v{
          .group = group_of(e, r, e.seeds[replica]),
          .name = r.variable,
          .units = "1",
          .description = r.projection.empty()
                             ? fmt::format("{} of population {}", r.variable, r.population)
                             : fmt::format("weights of projection {}, [post][pre] row by row", r.projection),
          .width = variable.width,
          .stride_steps = stride,
          .dt_ms = dt_ms,
          .timing = io::RecordedVariable::Timing::irregular,
          .step = r.layered ? "batch" : ""};
      ids.push_back(recording.add_variable(v));
      taps.push_back({variable, replica, stride});
    }
  }
  return ids;
}

}  // namespace

void check_recordings(const Experiment& e, const Learner& learner) {
  if (e.recordings.empty()) return;
  io::Recording none("results", {});  // writes nothing until it is given rows
  std::vector<Learner::Tap> taps;
  declare(e, learner.variables(), none, taps);
}

Recorder::Recorder(const Experiment& e, Learner& learner, const io::Path& run, bool writes) {
  if (e.recordings.empty()) return;
  io::Recording::Attributes about{{"title", e.title},
                                  {"apical_version", build_info().version},
                                  {"apical_revision", build_info().revision}};
  if (e.is_circuit()) about.emplace_back("dt_ms", e.circuit().dt_ms);
  recording_ = std::make_unique<io::Recording>(run / "results", std::move(about),
                                               io::Recording::Options{.carried = kCarried});
  std::vector<Learner::Tap> taps;
  if (!writes) {
    declare(e, learner.variables(), *recording_, taps);
    recording_.reset();
    learner.record(std::move(taps), [](std::size_t, std::int64_t, const std::vector<float>&) {});
    return;
  }
  for (const io::VariableId id : declare(e, learner.variables(), *recording_, taps))
    tracks_.push_back({id, {}});
  learner.record(std::move(taps), [this](std::size_t tap, std::int64_t step, std::vector<float> values) {
    tracks_[tap].rows.push_back({step, std::move(values)});
  });
}

void Recorder::drain() {
  for (Track& t : tracks_) {
    for (const Row& row : t.rows) recording_->append(t.id, row.step, std::span<const float>(row.values));
    t.rows.clear();
  }
}

io::RecordingPosition Recorder::position() {
  drain();
  return recording_->position();
}

void Recorder::resume(const io::RecordingPosition& position) { recording_->resume(position); }

void Recorder::finish() {
  if (!recording_) return;
  drain();
  recording_->finish();
}

void Recorder::remove_segments() {
  if (recording_) recording_->remove_segments();
}

}  // namespace apical
