// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/recurrent/backpropagation_through_time.h"

#include <algorithm>

namespace apical::recurrent {

using plain::add_outer;
using plain::add_scaled;
namespace {

Vector reached(const Step& step, const Vector& lambda) {
  Vector d(lambda.size());
  for (std::size_t i = 0; i < d.size(); ++i) d[i] = step.reach[i] * lambda[i];
  return d;
}

}  // namespace

ThroughTime backpropagate(const Network& network, const std::vector<Step>& course,
                          const ThroughTimeOptions& options) {
  ThroughTime result{Gradient::zeros(network), Vector(network.units(), 0.0)};
  if (options.by_step_of_use) {
    result.by_use.assign(course.size(), Matrix<double>(network.th.rows(), network.th.cols()));
  }
  for (const Step& step : course) add_readout(result.gradient, step);
  const auto use = [&](std::size_t t, const Vector& lambda) {
    const Vector d = reached(course[t], lambda);
    add_outer(result.gradient.th, d, course[t].z);
    if (options.by_step_of_use) add_outer(result.by_use[t], d, course[t].z);
  };
  if (options.horizon && *options.horizon < course.size()) {
    for (std::size_t t = 0; t < course.size(); ++t) {
      Vector lambda = learning_signal(network, course[t]);
      for (std::size_t back = 0; back < std::min(*options.horizon, t + 1); ++back) {
        use(t - back, lambda);
        lambda = carry_back(network, course[t - back], lambda);
      }
      if (*options.horizon > t) add_scaled(result.of_start, 1, lambda);
    }
    return result;
  }
  Vector lambda(network.units(), 0.0);
  for (std::size_t t = course.size(); t-- > 0;) {
    add_scaled(lambda, 1, learning_signal(network, course[t]));
    use(t, lambda);
    lambda = carry_back(network, course[t], lambda);
  }
  result.of_start = lambda;
  return result;
}

}  // namespace apical::recurrent
