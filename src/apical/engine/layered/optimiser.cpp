// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/layered/optimiser.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "apical/core/error.h"
#include "apical/engine/layered/kernels.h"
#include "apical/engine/layered/layered_fields.h"

namespace apical::layered {
namespace {

constexpr std::size_t kItemsPerPart = 32768;

template <class Enum>
Enum named(const std::array<std::string_view, 3>& names, std::string_view name, std::string_view what) {
  for (std::size_t k = 0; k < names.size(); ++k) {
    if (names[k] == name) return static_cast<Enum>(k);
  }
  throw ConfigError(fmt::format("unknown {} '{}'", what, name), {},
                    suggestion(name, std::vector<std::string>(names.begin(), names.end())));
}

}  // namespace

std::string optimiser_name(OptimiserKind kind) { return std::string(name_of(kind)); }
OptimiserKind optimiser_from_name(std::string_view name) {
  return named<OptimiserKind>(kNames<OptimiserKind>, name, "optimiser");
}
std::string decay_name(DecayKind kind) { return std::string(name_of(kind)); }
DecayKind decay_from_name(std::string_view name) {
  return named<DecayKind>(kNames<DecayKind>, name, "weight decay kind");
}

void OptimiserSettings::validate() const {
  if (!(std::isfinite(learning_rate) && learning_rate >= 0)) {
    throw FieldError("learning_rate",
                     fmt::format("is {}; expected a finite number of 0 or more", learning_rate));
  }
  OptimiserSettings copy = *this;
  check_fields(copy);
}

template <class T>
Optimiser<T>::Optimiser(OptimiserSettings settings) : settings_(settings) {
  settings_.validate();
}

template <class T>
void Optimiser<T>::reserve(std::span<const Trainable<T>> arrays) {
  if (settings_.kind == OptimiserKind::sgd) return;
  first_.resize(arrays.size());
  if (settings_.kind == OptimiserKind::adam) second_.resize(arrays.size());
  for (std::size_t k = 0; k < arrays.size(); ++k) {
    first_[k].resize(arrays[k].values.size());
    if (settings_.kind == OptimiserKind::adam) second_[k].resize(arrays[k].values.size());
  }
}

template <class T>
std::pair<double, double> Optimiser<T>::plain_step(double factor) {
  APICAL_CHECK(settings_.kind == OptimiserKind::sgd);
  ++steps_;
  const double eta = settings_.learning_rate * factor;
  // With plain SGD the coupled and the decoupled form are the same.
  return {eta, 1 - (settings_.decay == DecayKind::unscaled ? 1.0 : eta) * settings_.weight_decay};
}

template <class T>
void Optimiser<T>::apply(const Workers& workers, std::span<const Trainable<T>> arrays, double factor,
                         double credit_scale) {
  reserve(arrays);
  ++steps_;
  for (std::size_t k = 0; k < arrays.size(); ++k) {
    const Trainable<T>& array = arrays[k];
    APICAL_CHECK(array.values.size() == array.credit.size());
    const double eta = settings_.learning_rate * factor * array.rate;
    const double decay = array.decays ? settings_.weight_decay : 0;
    UpdateStep<T> step;
    step.eta = static_cast<T>(eta);
    step.scale = static_cast<T>(credit_scale);
    step.coupled = static_cast<T>(settings_.decay == DecayKind::coupled ? decay : 0);
    step.keep = static_cast<T>(1 - (settings_.decay == DecayKind::decoupled  ? eta * decay
                                    : settings_.decay == DecayKind::unscaled ? decay
                                                                             : 0));
    step.momentum = static_cast<T>(settings_.momentum);
    step.beta1 = static_cast<T>(settings_.beta1);
    step.beta2 = static_cast<T>(settings_.beta2);
    step.epsilon = static_cast<T>(settings_.epsilon);
    const double t = static_cast<double>(steps_);
    step.correct1 = static_cast<T>(1 / (1 - std::pow(settings_.beta1, t)));
    step.correct2 = static_cast<T>(1 / (1 - std::pow(settings_.beta2, t)));
    workers.run_ranges(array.values.size(), kItemsPerPart, [&](std::size_t begin, std::size_t end) {
      const auto w = array.values.subspan(begin, end - begin);
      const auto c = array.credit.subspan(begin, end - begin);
      const auto state = [&](std::vector<AlignedBuffer<T>>& all) {
        return std::span<T>(all[k]).subspan(begin, end - begin);
      };
      switch (settings_.kind) {
        case OptimiserKind::sgd:
          sgd_update<T>(step, c, w);
          break;
        case OptimiserKind::momentum:
          momentum_update<T>(step, c, state(first_), w);
          break;
        case OptimiserKind::adam:
          adam_update<T>(step, c, state(first_), state(second_), w);
          break;
      }
    });
  }
}

template <class T>
double clip_scale(std::span<const Trainable<T>> arrays, double limit) {
  if (limit == 0) return 1;
  double squares = 0;
  for (const Trainable<T>& array : arrays) {
    for (const T x : array.credit) squares += static_cast<double>(x) * static_cast<double>(x);
  }
  const double norm = std::sqrt(squares);
  return norm > limit ? limit / norm : 1;
}

template class Optimiser<float>;
template class Optimiser<double>;
template double clip_scale<float>(std::span<const Trainable<float>>, double);
template double clip_scale<double>(std::span<const Trainable<double>>, double);

}  // namespace apical::layered
