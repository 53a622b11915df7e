// SPDX-License-Identifier: Apache-2.0
#include "apical/core/activation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apical/core/error.h"

namespace apical {

const std::vector<std::string>& activation_names() {
  static const std::vector<std::string> names{"linear",   "relu", "soft_relu",
                                              "logistic", "tanh", "hard_sigmoid"};
  return names;
}

std::string_view name_of(ActivationKind kind) { return activation_names()[static_cast<std::size_t>(kind)]; }

ActivationKind activation_named(std::string_view name) {
  const auto& names = activation_names();
  const auto at = std::find(names.begin(), names.end(), name);
  if (at == names.end())
    throw ConfigError(fmt::format("unknown activation '{}'", name), {}, suggestion(name, names));
  return static_cast<ActivationKind>(at - names.begin());
}

namespace {
template <class Real>
Real logistic(Real x) {
  return Real(1) / (Real(1) + std::exp(-x));
}
}  // namespace

template <class Real>
Real activate(ActivationKind kind, Real x, Real slope, Real offset) {
  const Real y = x - offset;
  switch (kind) {
    case ActivationKind::linear:
      return slope * y;
    case ActivationKind::relu:
      return slope * std::max(y, Real(0));
    case ActivationKind::soft_relu:
      // The stable form of ln(1 + exp(10 y)) / 10.
      return slope * (std::max(y, Real(0)) + std::log1p(std::exp(Real(-10) * std::abs(y))) / Real(10));
    case ActivationKind::logistic:
      return logistic(slope * y);
    case ActivationKind::tanh:
      return std::tanh(slope * y);
    case ActivationKind::hard_sigmoid:
      return slope * std::clamp(y / Real(6) + Real(0.5), Real(0), Real(1));
  }
  return Real(0);
}

std::optional<double> inverse_activation(ActivationKind kind, double rate, double slope, double offset) {
  if (slope == 0) return {};
  const double z = rate / slope;
  switch (kind) {
    case ActivationKind::linear:
      return z + offset;
    case ActivationKind::relu:
      if (z < 0) return {};
      return z + offset;
    case ActivationKind::soft_relu:
      if (!(z > 0)) return {};
      // ln(exp(10 z) - 1) / 10 without overflow.
      return z + std::log(-std::expm1(-10 * z)) / 10 + offset;
    case ActivationKind::logistic:
      if (!(rate > 0 && rate < 1)) return {};
      return std::log(rate / (1 - rate)) / slope + offset;
    case ActivationKind::tanh:
      if (!(rate > -1 && rate < 1)) return {};
      return std::atanh(rate) / slope + offset;
    case ActivationKind::hard_sigmoid:
      if (z < 0 || z > 1) return {};
      return 6 * (z - 0.5) + offset;
  }
  return {};
}

template <class Real>
Real activation_derivative(ActivationKind kind, Real x, Real slope, Real offset) {
  const Real y = x - offset;
  switch (kind) {
    case ActivationKind::linear:
      return slope;
    case ActivationKind::relu:
      return y > Real(0) ? slope : Real(0);
    case ActivationKind::soft_relu:
      return slope * logistic(Real(10) * y);
    case ActivationKind::logistic: {
      const Real p = logistic(slope * y);
      return slope * p * (Real(1) - p);
    }
    case ActivationKind::tanh: {
      const Real t = std::tanh(slope * y);
      return slope * (Real(1) - t * t);
    }
    case ActivationKind::hard_sigmoid: {
      const Real z = y / Real(6) + Real(0.5);
      return z > Real(0) && z < Real(1) ? slope / Real(6) : Real(0);
    }
  }
  return Real(0);
}

template <class Real>
Real released_derivative(ActivationKind kind, Real x) {
  const Real exact = activation_derivative(kind, x, Real(1), Real(0));
  return kind == ActivationKind::hard_sigmoid ? exact * Real(6) : exact;
}

template float activate(ActivationKind, float, float, float);
template double activate(ActivationKind, double, double, double);
template float activation_derivative(ActivationKind, float, float, float);
template double activation_derivative(ActivationKind, double, double, double);
template float released_derivative(ActivationKind, float);
template double released_derivative(ActivationKind, double);

}  // namespace apical
