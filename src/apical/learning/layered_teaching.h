// SPDX-License-Identifier: Apache-2.0
// How units of a layered network are taught, layer by layer, beside how backpropagation would teach them
// (Payeur et al. 2021 ask it of burst probabilities: how linear is the feedback, how aligned is it with the
// forward weights):
//   signal_correlation   Pearson's, over units and samples, of the signal that the rule's units receive
//   (burstprop: p^t - p) and
//                        -dLoss/da over the unit's own gain, which is what the signal would be in
//                        backpropagation
//   feedback_angle_deg   between the weights that teach the area and the forward weights beside them
//   linear_fraction      of units and samples, those whose dendrite is at least 90 % as steep as where it is
//   steepest (silent relu units,
//                        which have no bursts, are not counted)
//   constant_fraction    of units, those whose activity in a forward pass varies over samples by a standard
//   deviation below 1 % of the
//                        layer's largest activity: dead or saturated, they say the same whatever they see
#pragma once

#include <vector>

#include "apical/learning/learner.h"
#include "apical/rules/backpropagation.h"

namespace apical {

/// Collects batches of one network, in weights that stay.
template <class Real>
class TeachingMeter {
 public:
  static constexpr double kLinearSlope = 0.9, kConstantSpread = 0.01;

  explicit TeachingMeter(const layered::Network<Real>& network);
  /// A batch that `rule` has just given credit to.
  void batch(layered::CreditRule<Real>& rule, const layered::Batch<Real>& batch);
  /// By layer, lowest first: the figures that could be measured.
  std::vector<std::vector<NamedFigure>> result(const layered::CreditRule<Real>& rule) const;

 private:
  struct Layer {
    double count = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;  ///< moments of signal x and what it would be, y
    double slopes = 0, linear = 0;
    std::vector<double> sum, squares;  ///< of the activity, by unit
    double largest = 0;                ///< |activity|
    double correlation() const;
    double constant_fraction(double samples) const;
  };
  void compare_signals(const layered::Teaching<Real>& taught, MatrixView<const Real> delta, Layer& layer);

  const layered::Network<Real>& network_;
  layered::Backpropagation<Real> exact_;
  layered::Credit<Real> gradient_;
  std::vector<Layer> layers_;
  double samples_ = 0;
};

}  // namespace apical
