// SPDX-License-Identifier: Apache-2.0
#include "core/told_batch.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <span>
#include <type_traits>
#include <utility>

#include "apical/core/error.h"
#include "core/arrays.h"
#include "core/kept.h"
#include "core/module.h"

namespace nb = nanobind;

namespace apical::python {
namespace {

template <class T>
ToldBatch::Array copied(MatrixView<const T> m) {
  auto kept = std::make_unique<std::vector<T>>(m.data(), m.data() + m.rows() * m.cols());
  T* const data = kept->data();
  return ToldBatch::Array(data, {m.rows(), m.cols()}, owner_of(std::move(kept)), {}, nb::dtype<T>());
}

template <class T>
ToldBatch::Array copied(std::span<const T> values) {
  auto kept = std::make_unique<std::vector<T>>(values.begin(), values.end());
  T* const data = kept->data();
  return ToldBatch::Array(data, {values.size()}, owner_of(std::move(kept)), {}, nb::dtype<T>());
}

std::size_t checked(std::size_t layer, std::size_t first, std::size_t end) {
  if (layer < first || layer >= end)
    throw nb::index_error(
        fmt::format("there is no layer {} here; expected {} to {}", layer, first, end - 1).c_str());
  return layer;
}

template <class T>
void take(const nb::object& answer, layered::Credit<T>& out) {
  using Weights = nb::ndarray<const T, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
  using Offsets = nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
  const auto layers = nb::cast<nb::list>(answer);
  APICAL_CHECK(layers.size() == out.dW.size());
  for (std::size_t l = 0; l < out.dW.size(); ++l) {
    const auto pair = nb::cast<nb::tuple>(layers[l]);
    const auto weights = nb::cast<Weights>(pair[0]);
    APICAL_CHECK(weights.size() == out.dW[l].size());
    const auto downhill = [](T gradient) { return -gradient; };
    std::transform(weights.data(), weights.data() + weights.size(), out.dW[l].flat().begin(), downhill);
    std::fill(out.db[l].begin(), out.db[l].end(), T(0));
    if (pair[1].is_none()) continue;
    const auto offsets = nb::cast<Offsets>(pair[1]);
    APICAL_CHECK(offsets.size() == out.db[l].size());
    std::transform(offsets.data(), offsets.data() + offsets.size(), out.db[l].begin(), downhill);
  }
}

template <class T>
layered::HandedCredit<T> called(const Kept& credit) {
  // Replicas learn at once, and NumPy lets others in while it works: the function may count on being alone.
  const auto turns = std::make_shared<std::mutex>();
  return [credit, turns](const layered::ToldBatch<T>& told, layered::Credit<T>& out) {
    const std::scoped_lock turn(*turns);
    const nb::gil_scoped_acquire acquired;
    const nb::object batch = nb::cast(ToldBatch(told));
    const auto end = [&] { nb::cast<ToldBatch&>(batch).end(); };
    try {
      take((*credit)(batch), out);
    } catch (...) {
      end();
      throw;
    }
    end();
  };
}

}  // namespace

template <class F>
auto ToldBatch::with(F&& f) const {
  if (const auto* const single = std::get_if<const layered::ToldBatch<float>*>(&told_)) return f(**single);
  if (const auto* const twofold = std::get_if<const layered::ToldBatch<double>*>(&told_)) return f(**twofold);
  throw DataError(
      "the batch is over; a rule that wants something of it later has to ask for it while it is called");
}

std::size_t ToldBatch::depth() const {
  return with([](const auto& t) { return t.network.description.depth(); });
}
std::size_t ToldBatch::samples() const {
  return with([](const auto& t) { return t.batch.X.rows(); });
}
std::uint64_t ToldBatch::seed() const {
  return with([](const auto& t) { return t.seed; });
}
bool ToldBatch::resting() const {
  return with([](const auto& t) { return t.resting; });
}
ToldBatch::Array ToldBatch::activity(std::size_t layer) const {
  return with([&](const auto& t) {
    return copied(presynaptic(t.batch.X, t.activity.h, checked(layer, 0, depth() + 1)));
  });
}
ToldBatch::Array ToldBatch::potential(std::size_t layer) const {
  return with([&](const auto& t) { return copied(t.activity.a[checked(layer, 1, depth() + 1) - 1].view()); });
}
ToldBatch::Array ToldBatch::slope(std::size_t layer) const {
  return with([&](const auto& t) { return copied(t.slope[checked(layer, 1, depth() + 1) - 1].view()); });
}
ToldBatch::Array ToldBatch::weights(std::size_t layer) const {
  return with([&](const auto& t) {
    return copied(t.network.parameters.W[checked(layer, 1, depth() + 1) - 1].view());
  });
}
ToldBatch::Array ToldBatch::offsets(std::size_t layer) const {
  return with([&]<class T>(const layered::ToldBatch<T>& t) {
    return copied(std::span<const T>(t.network.parameters.b[checked(layer, 1, depth() + 1) - 1]));
  });
}
ToldBatch::Array ToldBatch::feedback(std::size_t layer) const {
  return with([&](const auto& t) { return copied(t.feedback[checked(layer, 1, depth()) - 1].view()); });
}
ToldBatch::Array ToldBatch::error() const {
  return with([](const auto& t) { return copied(t.error); });
}
ToldBatch::Array ToldBatch::target() const {
  return with([](const auto& t) { return copied(t.batch.Y); });
}

layered::HandedRule handed_rule(nb::object credit) {
  const Kept kept(std::move(credit));
  return {called<float>(kept), called<double>(kept), kept.identity()};
}

void bind_told_batch(nb::module_& m) {
  nb::class_<ToldBatch>(m, "ToldBatch", "What a rule is told of a batch, while it is called.")
      .def_prop_ro("depth", &ToldBatch::depth)
      .def_prop_ro("samples", &ToldBatch::samples)
      .def_prop_ro("seed", &ToldBatch::seed)
      .def_prop_ro("resting", &ToldBatch::resting)
      .def("activity", &ToldBatch::activity, nb::arg("layer"))
      .def("potential", &ToldBatch::potential, nb::arg("layer"))
      .def("slope", &ToldBatch::slope, nb::arg("layer"))
      .def("weights", &ToldBatch::weights, nb::arg("layer"))
      .def("offsets", &ToldBatch::offsets, nb::arg("layer"))
      .def("feedback", &ToldBatch::feedback, nb::arg("layer"))
      .def("error", &ToldBatch::error)
      .def("target", &ToldBatch::target);
}

}  // namespace apical::python
