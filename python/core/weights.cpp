// SPDX-License-Identifier: Apache-2.0
// Weights as they stood at the last checkpoint of a run, which of a finished run is its final state; and the
// files of others that a run is written as.
#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <optional>

#include "apical/engine/spike/dense_weights.h"
#include "apical/experiments.h"
#include "apical/learning.h"
#include "apical/run/export.h"
#include "apical/run/saved_weights.h"
#include "core/arrays.h"
#include "core/module.h"

namespace nb = nanobind;

namespace apical::python {
namespace {

/// Weights and offsets of replicas by the names of projections.
class Weights {
 public:
  virtual ~Weights() = default;
  virtual std::vector<std::string> names() const = 0;
  virtual Matrix<double> weights(std::size_t projection, std::size_t replica) const = 0;
  virtual std::vector<double> offsets(std::size_t /*projection*/, std::size_t /*replica*/) const {
    throw ConfigError("projections of a circuit have weights only");
  }
};

template <class Real>
class CircuitWeights final : public Weights {
 public:
  explicit CircuitWeights(const RateLearner<Real>& learner) : learner_(learner) {}
  std::vector<std::string> names() const override {
    std::vector<std::string> out;
    for (const Projection& p : learner_.engine().circuit().projections()) out.push_back(p.name);
    return out;
  }
  Matrix<double> weights(std::size_t j, std::size_t replica) const override {
    return learner_.engine().weights(ProjectionId{static_cast<std::uint32_t>(j)}, replica);
  }

 private:
  const RateLearner<Real>& learner_;
};

/// Of layered networks, policies among them. A convolution has a row per channel.
class LayerWeights final : public Weights {
 public:
  explicit LayerWeights(const Weighted& learner) : learner_(learner), all_(learner.parameters()) {
    for (std::size_t i = 0; i < all_.size(); ++i) {
      if (!all_[i].from.empty()) projections_.push_back(i);
    }
  }
  std::vector<std::string> names() const override {
    std::vector<std::string> out;
    for (const std::size_t i : projections_) out.push_back(all_[i].name);
    return out;
  }
  Matrix<double> weights(std::size_t j, std::size_t replica) const override {
    const std::size_t i = projections_[j];
    Matrix<double> out(all_[i].shape.front(), all_[i].size() / all_[i].shape.front());
    std::ranges::copy(learner_.parameter(i, replica), out.flat().begin());
    return out;
  }
  std::vector<double> offsets(std::size_t j, std::size_t replica) const override {
    const Parameter& projection = all_[projections_[j]];
    for (std::size_t i = 0; i < all_.size(); ++i) {
      const Parameter& p = all_[i];
      if (p.from.empty() && p.to == projection.to && p.feedback == projection.feedback)
        return learner_.parameter(i, replica);
    }
    throw ConfigError(fmt::format("'{}' has no offsets", projection.name));
  }

 private:
  const Weighted& learner_;
  std::vector<Parameter> all_;
  std::vector<std::size_t> projections_;
};

/// Of spiking circuits: NaN where there is no synapse.
class CourseWeights final : public Weights {
 public:
  explicit CourseWeights(const SpikingWeights& courses) : courses_(courses) {}
  std::vector<std::string> names() const override {
    std::vector<std::string> out;
    for (const spike::Connection& c : courses_.network(0).description().connections) out.push_back(c.name);
    return out;
  }
  Matrix<double> weights(std::size_t j, std::size_t replica) const override {
    return spike::dense_weights(courses_.network(replica), j);
  }

 private:
  const SpikingWeights& courses_;
};

std::unique_ptr<Weights> weights_of(const Weighted& model) {
  if (const auto* const circuit = dynamic_cast<const RateLearner<float>*>(&model))
    return std::make_unique<CircuitWeights<float>>(*circuit);
  if (const auto* const circuit = dynamic_cast<const RateLearner<double>*>(&model))
    return std::make_unique<CircuitWeights<double>>(*circuit);
  if (const auto* const courses = dynamic_cast<const SpikingWeights*>(&model))
    return std::make_unique<CourseWeights>(*courses);
  return std::make_unique<LayerWeights>(model);
}

class SavedState {
 public:
  SavedState(const std::string& run, unsigned threads)
      : run_(run),
        pool_(threads),
        model_(run_, pool_),
        seeds_(model_.experiment().seeds),
        weights_(weights_of(model_.weights())) {}
  std::vector<std::string> projections() const { return weights_->names(); }
  Rows weights(const std::string& projection, std::uint64_t seed) const {
    return array_of(weights_->weights(index_of(projection), replica_of(seed)));
  }
  /// Outputs, of layered networks: its data are not read, but one sample of zeros.
  Vector answer_to_zeros(std::uint64_t seed) const {
    const std::vector<std::uint32_t> sample{0};
    auto* const learner = model_.learner();
    if (learner == nullptr) throw ConfigError("circuits that spike answer in time");
    const Matrix<double> answer = learner->respond(SplitName::train, replica_of(seed), sample);
    return array_of(std::vector<double>(answer.flat().begin(), answer.flat().end()));
  }
  Vector offsets(const std::string& projection, std::uint64_t seed) const {
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
    const auto at = std::find(seeds_.begin(), seeds_.end(), seed);
    if (at == seeds_.end())
      throw ConfigError(
          fmt::format("{} has no seed {}; it has {}", run_.string(), seed, fmt::join(seeds_, ", ")));
    return static_cast<std::size_t>(at - seeds_.begin());
  }

  io::Path run_;
  ThreadPool pool_;
  SavedModel model_;
  std::vector<std::uint64_t> seeds_;
  std::unique_ptr<Weights> weights_;
};

template <class Enum>
Enum word(const std::string& what, const std::string& given) {
  const std::vector<std::string> known{kNames<Enum>.begin(), kNames<Enum>.end()};
  const auto at = std::find(known.begin(), known.end(), given);
  if (at == known.end())
    throw ConfigError(fmt::format("{} is '{}'", what, given), {}, suggestion(given, known));
  return static_cast<Enum>(at - known.begin());
}

std::vector<std::string> export_files(const std::string& run, const std::string& what,
                                      const std::string& format, std::optional<std::uint64_t> seed,
                                      const std::string& file) {
  ExportRequest request;
  request.what = word<ExportWhat>("what", what);
  request.format = word<ExportFormat>("format", format);
  request.seed = seed;
  request.file = file;
  ThreadPool pool(1);
  std::vector<std::string> written;
  for (const io::Path& path : export_run(run, request, pool)) written.push_back(path.string());
  return written;
}

}  // namespace

void bind_weights(nb::module_& m) {
  nb::class_<SavedState>(m, "SavedState", "The last checkpoint of a run.")
      .def(nb::init<const std::string&, unsigned>(), nb::arg("run"), nb::arg("threads"),
           nb::call_guard<nb::gil_scoped_release>())
      .def("projections", &SavedState::projections)
      .def("weights", &SavedState::weights, nb::arg("projection"), nb::arg("seed"),
           "(postsynaptic, presynaptic)")
      .def("answer_to_zeros", &SavedState::answer_to_zeros, nb::arg("seed"), "outputs")
      .def("offsets", &SavedState::offsets, nb::arg("projection"), nb::arg("seed"),
           "one per postsynaptic unit");
  m.def("export_files", &export_files, nb::arg("run"), nb::arg("what"), nb::arg("format"),
        nb::arg("seed").none(), nb::arg("file"), nb::call_guard<nb::gil_scoped_release>(),
        "What was written.");
}

}  // namespace apical::python
