// SPDX-License-Identifier: Apache-2.0
// Deep rate burstprop (Payeur et al. 2021, Methods, deep network model), in double precision and in the
// plainest form: the reference other implementations are held against. Rows are samples, matrices are (post,
// pre).
//   e_l = sigmoid(W_l e_{l-1} + c_l)
//   output:  p = P,  p^t = P [(t - e)(1 - e) + 1]
//   hidden:  u = s (1-e) - r,  u^t = s^t (1-e) - r,  s = b_{l+1} Y_{l+1},  r = q R^T,  q = sigmoid(s) e,  p =
//   sigmoid(u) b = p e;  delta = -(b^t - b);  G_W = delta^T e_{l-1};  G_c = column sums of delta v <- mu v -
//   lr G;  W <- W + v - wd W;  R <- R + lr_R u^T q
#pragma once

#include <vector>

#include "apical/layered.h"
#include "apical/rules.h"

namespace apical::layered::burstprop {

using Mat = Matrix<double>;
using Vec = std::vector<double>;

struct Settings {
  std::vector<double> learning_rates;  ///< one per layer
  double momentum = 0.8, weight_decay = 1e-6, recurrent_learning_rate = 1e-4;
  double baseline = 0.2;  ///< P, burst probability of the output without teacher
  BurstFeedback feedback = BurstFeedback::fixed;
  bool recurrent = true;
};

/// One layer's weights; `feedback` has the shape of `weight` and carries this layer's bursts to the layer
/// below.
struct Layer {
  Mat weight, feedback, recurrent;  ///< recurrent is square and empty in the output layer
  Vec bias;
  Mat velocity_weight;
  Vec velocity_bias;
};

/// All quantities of one layer in one step, before the update.
struct LayerStep {
  Mat event_rate;                          ///< e
  Mat burst_prob, burst_prob_teacher;      ///< p, p^t
  Mat burst_rate, burst_rate_teacher;      ///< b, b^t
  Mat feedback_in, feedback_in_teacher;    ///< s, s^t (hidden layers)
  Mat burst_rate_pre_recurrent;            ///< q
  Mat recurrent_input;                     ///< r
  Mat potential, potential_teacher;        ///< u, u^t
  Mat delta, grad_weight, grad_recurrent;  ///< the update of R is -lr_R times its gradient
  Vec grad_bias;
  Mat backprop_error_in,
      delta_backprop;  ///< exact gradient of half the squared error through the same weights
};

struct Step {
  double mean_squared_error = 0;
  std::vector<LayerStep> layers;
};

/// Everything the rule computes for one batch; changes nothing. Throws ConfigError if shapes do not fit.
Step evaluate(const std::vector<Layer>& layers, const Mat& inputs, const Mat& targets,
              const Settings& settings);

/// Applies the updates of a step to the layers it was evaluated with.
void apply(std::vector<Layer>& layers, const Step& step, const Settings& settings);

}  // namespace apical::layered::burstprop
