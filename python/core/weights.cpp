// SPDX-License-Identifier: Apache-2.0
// Weights as they stood at the last checkpoint of a run, which of a finished run is its final state.
#include <fmt/format.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <optional>

#include "apical/experiments.h"
#include "apical/io/checkpoint.h"
#include "apical/io/hash.h"
#include "apical/layered.h"
#include "apical/learning.h"
#include "apical/learning/reward_learner.h"
#include "apical/procedure/course_stepper.h"
#include "apical/run/make_learner.h"
#include "apical/run/state_file.h"
#include "apical/spiking.h"
#include "core/arrays.h"
#include "core/dense_weights.h"
#include "core/handed.h"
#include "core/module.h"

namespace nb = nanobind;

namespace apical::python {
namespace {

/// The newest; unlike a run that is resumed this sets nothing aside.
io::Checkpoint last_checkpoint(const io::Path& run) {
  const io::Path folder = run / "checkpoints";
  const std::vector<std::uint64_t> sequences = io::list_checkpoints(folder);
  if (sequences.empty())
    throw DataError(
        fmt::format("{} has no checkpoint; spiking courses of a single stage keep none", run.string()));
  const io::Path file = folder / io::checkpoint_name(sequences.back());
  const std::uint64_t experiment = io::xxh3(io::bytes_of(io::read_text(run / "experiment.toml")));
  return io::decode_checkpoint(io::read_file(file), experiment, file.string());
}

/// Weights and offsets of replicas by the names of projections.
class Weights {
 public:
  virtual ~Weights() = default;
  virtual std::vector<std::string> names() const = 0;
  virtual Matrix<double> weights(std::size_t projection, std::size_t replica) = 0;
  virtual std::vector<double> offsets(std::size_t projection, std::size_t replica) = 0;
};

template <class Real>
class CircuitWeights final : public Weights {
 public:
  explicit CircuitWeights(RateLearner<Real>& learner) : learner_(learner) {}
  std::vector<std::string> names() const override {
    std::vector<std::string> out;
    for (const Projection& p : learner_.engine().circuit().projections()) out.push_back(p.name);
    return out;
  }
  Matrix<double> weights(std::size_t j, std::size_t replica) override {
    return learner_.engine().weights(ProjectionId{static_cast<std::uint32_t>(j)}, replica);
  }
  std::vector<double> offsets(std::size_t, std::size_t) override {
    throw ConfigError("projections of a circuit have weights only; offsets are the population's");
  }

 private:
  RateLearner<Real>& learner_;
};

template <class Real>
class LayerWeights final : public Weights {
 public:
  /// `of(replica)` is a layered model; layers above the first are called a1, a2 … as where angles are
  /// measured.
  using Of = std::function<layered::LayeredModel<Real>&(std::size_t replica)>;
  explicit LayerWeights(Of of) : of_(std::move(of)) {}
  std::vector<std::string> names() const override {
    std::vector<std::string> out;
    const std::size_t depth = of_(0).network().description.depth();
    for (std::size_t l = 0; l < depth; ++l)
      out.push_back(l == 0 ? "input->a1" : fmt::format("a{}->a{}", l, l + 1));
    return out;
  }
  Matrix<double> weights(std::size_t l, std::size_t replica) override {
    const Matrix<Real>& W = of_(replica).network().parameters.W[l];
    Matrix<double> out(W.rows(), W.cols());
    std::copy(W.flat().begin(), W.flat().end(), out.flat().begin());
    return out;
  }
  std::vector<double> offsets(std::size_t l, std::size_t replica) override {
    const auto& b = of_(replica).network().parameters.b[l];
    return {b.begin(), b.end()};
  }

 private:
  Of of_;
};

template <class Real>
std::unique_ptr<Weights> weights_of(Learner& learner) {
  if (auto* const circuit = dynamic_cast<RateLearner<Real>*>(&learner))
    return std::make_unique<CircuitWeights<Real>>(*circuit);
  if (auto* const layers = dynamic_cast<LayeredLearner<Real>*>(&learner))
    return std::make_unique<LayerWeights<Real>>(
        [layers](std::size_t r) -> layered::LayeredModel<Real>& { return layers->model(r); });
  if (auto* const policy = dynamic_cast<RewardLearner<Real>*>(&learner))
    return std::make_unique<LayerWeights<Real>>(
        [policy](std::size_t r) -> layered::LayeredModel<Real>& { return policy->policy(r); });
  return nullptr;
}

/// NaN where there is no synapse.
class CourseWeights final : public Weights {
 public:
  CourseWeights(const Experiment& e, const Resources& resources, const io::Checkpoint& checkpoint,
                const std::string& origin)
      : circuit_(e.spiking().circuit) {
    const Course& course = e.spiking().course;
    if (course.protocol)
      throw DataError(fmt::format("{} is a protocol of its own without a network", origin));
    CourseSetting setting;
    setting.samples = load_samples(course, circuit_, resources);
    for (const std::uint64_t seed : e.seeds) {
      setting.seed = seed;
      const std::string section = fmt::format("seed-{}", seed);
      courses_.push_back(std::make_unique<CourseStepper>(circuit_, course, setting));
      courses_.back()->load(checkpoint.section(section), fmt::format("{}, section '{}'", origin, section));
    }
  }
  std::vector<std::string> names() const override {
    std::vector<std::string> out;
    out.reserve(circuit_.connections.size());
    for (const spike::Connection& c : circuit_.connections) out.push_back(c.name);
    return out;
  }
  Matrix<double> weights(std::size_t j, std::size_t replica) override {
    return dense_weights(courses_[replica]->network(), j);
  }
  std::vector<double> offsets(std::size_t, std::size_t) override {
    throw ConfigError("projections of a circuit have weights only");
  }

 private:
  SpikingCircuit circuit_;
  std::vector<std::unique_ptr<CourseStepper>> courses_;
};

class SavedState {
 public:
  SavedState(const std::string& run, unsigned threads, const std::string& data, const Handed& handed)
      : run_(run),
        pool_(threads),
        experiment_(read_experiment(TomlDocument::read((run_ / "experiment.toml").string()))) {
    const io::Checkpoint checkpoint = last_checkpoint(run_);
    if (std::holds_alternative<SpikingExperiment>(experiment_.subject)) {
      weights_ = std::make_unique<CourseWeights>(experiment_, resources_of(pool_, data, handed), checkpoint,
                                                 run + ", checkpoint");
      return;
    }
    learner_ = make_model(experiment_, pool_);  // neither its data nor what it started from need be there
    Trainer trainer(*learner_, experiment_.plan, {});
    restore_state(trainer, checkpoint.section("trainer"), run + ", checkpoint");
    weights_ = weights_of<float>(*learner_);
    if (weights_ == nullptr) weights_ = weights_of<double>(*learner_);
  }
  std::vector<std::string> projections() const { return weights_->names(); }
  Rows weights(const std::string& projection, std::uint64_t seed) {
    return array_of(weights_->weights(index_of(projection), replica_of(seed)));
  }
  Vector offsets(const std::string& projection, std::uint64_t seed) {
    return array_of(weights_->offsets(index_of(projection), replica_of(seed)));
  }

 private:
  /// By its name, or the beginning of just one: "a1.rep->a2.rep" for "a1.rep->a2.rep.basal".
  std::size_t index_of(const std::string& name) const {
    const std::vector<std::string> names = weights_->names();
    const auto exact = std::find(names.begin(), names.end(), name);
    if (exact != names.end()) return static_cast<std::size_t>(exact - names.begin());
    std::vector<std::size_t> begin_so;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i].starts_with(name + ".")) begin_so.push_back(i);
    }
    if (begin_so.size() == 1) return begin_so.front();
    throw ConfigError(fmt::format("unknown projection '{}'", name), {}, suggestion(name, names));
  }
  std::size_t replica_of(std::uint64_t seed) const {
    const auto& seeds = experiment_.seeds;
    const auto at = std::find(seeds.begin(), seeds.end(), seed);
    if (at == seeds.end())
      throw ConfigError(
          fmt::format("{} has no seed {}; it has {}", run_.string(), seed, fmt::join(seeds, ", ")));
    return static_cast<std::size_t>(at - seeds.begin());
  }

  io::Path run_;
  ThreadPool pool_;
  Experiment experiment_;
  std::unique_ptr<Learner> learner_;
  std::unique_ptr<Weights> weights_;
};

}  // namespace

void bind_weights(nb::module_& m) {
  nb::class_<SavedState>(m, "SavedState", "The last checkpoint of a run.")
      .def(nb::init<const std::string&, unsigned, const std::string&, const Handed&>(), nb::arg("run"),
           nb::arg("threads"), nb::arg("data"), nb::arg("handed"), nb::call_guard<nb::gil_scoped_release>())
      .def("projections", &SavedState::projections)
      .def("weights", &SavedState::weights, nb::arg("projection"), nb::arg("seed"),
           "(postsynaptic, presynaptic)")
      .def("offsets", &SavedState::offsets, nb::arg("projection"), nb::arg("seed"),
           "one per postsynaptic unit");
}

}  // namespace apical::python
