// SPDX-License-Identifier: Apache-2.0
// What of a layered network can be recorded while it learns.
#include <fmt/format.h>

#include <algorithm>

#include "apical/learning/layered_learner.h"
#include "apical/learning/layered_state.h"

namespace apical {
namespace {

/// Of one layer, over the samples.
template <class Real>
std::vector<float> mean_rates(MatrixView<const Real> h) {
  std::vector<float> mean(h.cols());
  for (std::size_t i = 0; i < mean.size(); ++i) {
    double sum = 0;
    for (std::size_t n = 0; n < h.rows(); ++n) sum += static_cast<double>(h(n, i));
    mean[i] = static_cast<float>(sum / static_cast<double>(h.rows()));
  }
  return mean;
}

}  // namespace

template <class Real>
std::vector<Variable> LayeredLearner<Real>::variables() const {
  std::vector<Variable> out;
  for (const Parameter& p : parameters_of(description_.network)) {
    if (p.from.empty()) {
      const std::size_t layer = out.size() / 3;
      out.push_back({.population = p.to, .name = "offsets", .width = p.size()});
      out.push_back({.population = p.to, .name = "rate", .width = description_.network.layers[layer].size});
    } else {
      out.push_back({.projection = p.name, .name = "weights", .width = p.size()});
    }
  }
  return out;
}

template <class Real>
void LayeredLearner<Real>::record(std::vector<Tap> taps, Sink sink) {
  taps_ = std::move(taps);
  sink_ = std::move(sink);
}

template <class Real>
void LayeredLearner<Real>::tell_taps(std::size_t r) {
  const layered::Network<Real>& network = replicas_[r].model->network();
  const auto batch = static_cast<std::int64_t>(replicas_[r].model->batches());
  const std::vector<Parameter> all = parameters_of(description_.network);
  layered::Activity<Real> activity;
  for (std::size_t t = 0; t < taps_.size(); ++t) {
    const Tap& tap = taps_[t];
    if (tap.replica != r || batch % tap.stride != 0) continue;
    const auto index =
        static_cast<std::size_t>(std::find_if(all.begin(), all.end(),
                                              [&](const Parameter& p) {
                                                return tap.variable.projection.empty()
                                                           ? p.from.empty() && p.to == tap.variable.population
                                                           : p.name == tap.variable.projection;
                                              }) -
                                 all.begin());
    if (tap.variable.name != "rate") {
      const std::vector<double> numbers = read_parameter(*replicas_[r].model, index);
      sink_(t, batch, {numbers.begin(), numbers.end()});
      continue;
    }
    if (activity.h.empty()) {
      layered::forward(workers(), network, replicas_[r].X.view(), activity);
    }
    sink_(t, batch, mean_rates<Real>(activity.h[index / 2].view()));
  }
}

template std::vector<Variable> LayeredLearner<float>::variables() const;
template std::vector<Variable> LayeredLearner<double>::variables() const;
template void LayeredLearner<float>::record(std::vector<Tap>, Sink);
template void LayeredLearner<double>::record(std::vector<Tap>, Sink);
template void LayeredLearner<float>::tell_taps(std::size_t);
template void LayeredLearner<double>::tell_taps(std::size_t);

}  // namespace apical
