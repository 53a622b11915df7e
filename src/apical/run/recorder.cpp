// SPDX-License-Identifier: Apache-2.0
#include "apical/run/recorder.h"

#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "apical/core/build_info.h"

namespace apical {
namespace {

std::string group_of(const Experiment& e, const RecordRequest& r, std::uint64_t seed) {
  if (!r.projection.empty()) return fmt::format("seed-{}/projections/{}", seed, r.projection);
  const Population& p = e.circuit()[e.circuit().population(r.population)];
  const std::string area = p.area.empty() ? "external" : p.area;
  const std::string name = p.name.starts_with(area + ".") ? p.name.substr(area.size() + 1) : p.name;
  return fmt::format("seed-{}/{}/{}", seed, area, name);
}

/// Calls `f` with the learner as what it is. ConfigError if it runs no circuit.
template <class F>
void with_rate_learner(Learner& learner, F&& f) {
  if (auto* single = dynamic_cast<RateLearner<float>*>(&learner)) return f(*single);
  if (auto* twofold = dynamic_cast<RateLearner<double>*>(&learner)) return f(*twofold);
  throw ConfigError(
      "recordings are made of populations and projections of a circuit, and this model is a layered network "
      "without any",
      {}, "leave out [[record]]; losses, accuracies and alignment are kept in any case");
}

}  // namespace

void check_recordings(const Experiment& e, Learner& learner) {
  if (e.recordings.empty()) return;
  with_rate_learner(learner, [&](auto& rate) {
    for (const RecordRequest& r : e.recordings) {
      if (r.projection.empty())
        rate.engine().network(0).variable(e.circuit().population(r.population), r.variable);
    }
  });
}

Recorder::Recorder(const Experiment& e, Learner& learner, const io::Path& run) {
  if (e.recordings.empty()) return;
  with_rate_learner(learner, [&](auto& rate) { attach(e, rate, run); });
}

template <class Real>
void Recorder::attach(const Experiment& e, RateLearner<Real>& learner, const io::Path& run) {
  recording_ = std::make_unique<io::Recording>(
      run / "results", io::Recording::Attributes{{"title", e.title},
                                                 {"apical_version", build_info().version},
                                                 {"apical_revision", build_info().revision},
                                                 {"dt_ms", e.circuit().dt_ms}});
  struct Probe {
    std::size_t track;
    PopulationId population;
    std::optional<ProjectionId> projection;
    std::string variable;
  };
  std::vector<Probe> probes;
  std::int64_t common = 0;
  for (const RecordRequest& r : e.recordings) {
    const std::int64_t stride = std::max<std::int64_t>(1, std::llround(r.every_ms / e.circuit().dt_ms));
    common = std::gcd(common, stride);
    for (std::size_t replica = 0; replica < r.replicas; ++replica) {
      Probe probe{tracks_.size(), {}, {}, r.variable};
      std::size_t width = 0;
      if (r.projection.empty()) {
        probe.population = e.circuit().population(r.population);
        width = e.circuit()[probe.population].size;
      } else {
        probe.projection = e.circuit().projection(r.projection);
        width = learner.engine().weights(*probe.projection, replica).size();
      }
      io::RecordedVariable v;
      v.group = group_of(e, r, e.seeds[replica]);
      v.name = r.variable;
      v.units = "1";
      v.description = r.projection.empty()
                          ? fmt::format("{} of population {}", r.variable, r.population)
                          : fmt::format("weights of projection {}, [post][pre] row by row", r.projection);
      v.width = width;
      v.stride_steps = stride;
      v.dt_ms = e.circuit().dt_ms;
      v.timing = io::RecordedVariable::Timing::irregular;
      tracks_.push_back({recording_->add_variable(v), replica, stride, {}});
      probes.push_back(probe);
    }
  }
  learner.set_sampler(common, [this, probes](rate::Network<Real>& n, std::size_t first, std::size_t count) {
    for (const Probe& probe : probes) {
      Track& track = tracks_[probe.track];
      if (track.replica < first || track.replica >= first + count || n.step() % track.stride != 0) continue;
      const std::size_t lane = track.replica - first;
      Row row{n.step(), {}};
      if (probe.projection) {
        const Matrix<double> w = n.weights(*probe.projection, lane);
        row.values.assign(w.flat().begin(), w.flat().end());
      } else {
        std::vector<double> values(n.size(probe.population));
        n.read(probe.population, probe.variable, lane, values);
        row.values.assign(values.begin(), values.end());
      }
      track.rows.push_back(std::move(row));
    }
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
