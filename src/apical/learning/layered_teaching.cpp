// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/layered_teaching.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "apical/engine/layered/alignment.h"
#include "apical/rules/simulated_time.h"

namespace apical {

template <class Real>
TeachingMeter<Real>::TeachingMeter(const layered::Network<Real>& network)
    : network_(network),
      gradient_(layered::Credit<Real>::zeros(network.description)),
      layers_(network.description.depth()) {
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    layers_[l].sum.assign(network.description.layers[l].size, 0.0);
    layers_[l].squares = layers_[l].sum;
  }
}

template <class Real>
void TeachingMeter<Real>::compare_signals(const layered::Teaching<Real>& taught, MatrixView<const Real> delta,
                                          Layer& layer) {
  for (std::size_t n = 0; n < taught.signal.rows(); ++n) {
    for (std::size_t i = 0; i < taught.signal.cols(); ++i) {
      const double gain = taught.gain.rows() == 0 ? 1 : static_cast<double>(taught.gain(n, i));
      if (gain == 0) continue;  // nothing it learns by
      const auto x = static_cast<double>(taught.signal(n, i));
      const double y = -static_cast<double>(delta(n, i)) / gain;
      layer.count += 1;
      layer.x += x;
      layer.y += y;
      layer.xx += x * x;
      layer.yy += y * y;
      layer.xy += x * y;
    }
  }
}

template <class Real>
void TeachingMeter<Real>::batch(layered::CreditRule<Real>& rule, const layered::Batch<Real>& batch) {
  exact_.credit({}, network_, batch, gradient_, 0);
  samples_ += static_cast<double>(batch.X.rows());
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    Layer& layer = layers_[l];
    const layered::Teaching<Real> taught = rule.teaching(l);
    compare_signals(taught, exact_.delta()[l].view(), layer);
    for (std::size_t n = 0; n < taught.slope.rows(); ++n) {
      for (const Real slope : taught.slope.row(n)) {
        layer.linear += static_cast<double>(slope) >= kLinearSlope ? 1 : 0;
        layer.slopes += std::isnan(slope) ? 0 : 1;
      }
    }
    const MatrixView<const Real> h = exact_.activity().h[l].view();
    for (std::size_t n = 0; n < h.rows(); ++n) {
      for (std::size_t i = 0; i < h.cols(); ++i) {
        const auto v = static_cast<double>(h(n, i));
        layer.sum[i] += v;
        layer.squares[i] += v * v;
        layer.largest = std::max(layer.largest, std::abs(v));
      }
    }
  }
}

template <class Real>
double TeachingMeter<Real>::Layer::correlation() const {
  const double vx = xx - x * x / count, vy = yy - y * y / count;
  if (!(count > 1 && vx > 0 && vy > 0)) return std::numeric_limits<double>::quiet_NaN();
  return std::clamp((xy - x * y / count) / std::sqrt(vx) / std::sqrt(vy), -1.0, 1.0);
}

template <class Real>
double TeachingMeter<Real>::Layer::constant_fraction(double samples) const {
  const double least = kConstantSpread * largest;
  double constant = 0;
  for (std::size_t i = 0; i < sum.size(); ++i) {
    const double mean = sum[i] / samples, variance = std::max(0.0, squares[i] / samples - mean * mean);
    constant += std::sqrt(variance) <= least ? 1 : 0;
  }
  return constant / static_cast<double>(sum.size());
}

template <class Real>
std::vector<std::vector<NamedFigure>> TeachingMeter<Real>::result(
    const layered::CreditRule<Real>& rule) const {
  std::vector<std::vector<NamedFigure>> figures(layers_.size());
  const auto* const timed = dynamic_cast<const layered::SimulatedTime<Real>*>(&rule);
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const Layer& layer = layers_[l];
    if (layer.count > 0) figures[l].push_back({"signal_correlation", layer.correlation()});
    if (l + 1 < layers_.size()) {
      const MatrixView<const Real> Y = rule.feedback_beside(network_, l + 1);
      const Matrix<Real>& W = network_.parameters.W[l + 1];
      if (Y.rows() == W.rows() && Y.cols() == W.cols()) {
        figures[l].push_back(
            {"feedback_angle_deg",
             layered::angle_degrees<Real>(std::span<const Real>(Y.data(), W.size()), W.flat())});
      }
    }
    if (layer.slopes > 0) figures[l].push_back({"linear_fraction", layer.linear / layer.slopes});
    if (timed != nullptr && l == 0) {
      for (const auto& [name, value] : timed->hidden_figures()) figures[l].push_back({name, value});
    }
    if (samples_ > 1 && timed == nullptr)
      figures[l].push_back({"constant_fraction", layer.constant_fraction(samples_)});
  }
  return figures;
}

template class TeachingMeter<float>;
template class TeachingMeter<double>;

}  // namespace apical
