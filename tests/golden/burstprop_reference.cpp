// SPDX-License-Identifier: Apache-2.0
#include "golden/burstprop_reference.h"

#include <cmath>

#include "apical/errors.h"

namespace apical::layered::burstprop {
namespace {

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// a b^T
Mat times_transposed(const Mat& a, const Mat& b) {
  Mat out(a.rows(), b.rows());
  for (std::size_t i = 0; i < a.rows(); ++i) {
    for (std::size_t j = 0; j < b.rows(); ++j) {
      for (std::size_t k = 0; k < a.cols(); ++k) out(i, j) += a(i, k) * b(j, k);
    }
  }
  return out;
}

/// a b
Mat times(const Mat& a, const Mat& b) {
  Mat out(a.rows(), b.cols());
  for (std::size_t i = 0; i < a.rows(); ++i) {
    for (std::size_t k = 0; k < a.cols(); ++k) {
      for (std::size_t j = 0; j < b.cols(); ++j) out(i, j) += a(i, k) * b(k, j);
    }
  }
  return out;
}

/// a^T b, summed over the batch
Mat transposed_times(const Mat& a, const Mat& b) {
  Mat out(a.cols(), b.cols());
  for (std::size_t k = 0; k < a.rows(); ++k) {
    for (std::size_t i = 0; i < a.cols(); ++i) {
      for (std::size_t j = 0; j < b.cols(); ++j) out(i, j) += a(k, i) * b(k, j);
    }
  }
  return out;
}

/// f of the corresponding elements of any number of matrices of one shape
template <class F, class... Ms>
Mat map(F&& f, const Mat& first, const Ms&... rest) {
  Mat out(first.rows(), first.cols());
  for (std::size_t i = 0; i < out.size(); ++i) out.flat()[i] = f(first.flat()[i], rest.flat()[i]...);
  return out;
}

void check_shapes(const std::vector<Layer>& layers, const Mat& inputs, const Mat& targets,
                  const Settings& s) {
  bool fits = !layers.empty() && inputs.rows() == targets.rows() && s.learning_rates.size() == layers.size();
  std::size_t below = inputs.cols();
  for (std::size_t l = 0; fits && l < layers.size(); ++l) {
    const Layer& layer = layers[l];
    const std::size_t n = layer.weight.rows();
    fits = layer.weight.cols() == below && layer.bias.size() == n && layer.feedback.rows() == n &&
           layer.feedback.cols() == below;
    if (s.recurrent && l + 1 < layers.size())
      fits = fits && layer.recurrent.rows() == n && layer.recurrent.cols() == n;
    below = n;
  }
  if (!fits || targets.cols() != below) {
    throw ConfigError(
        "burstprop: shapes of weights, feedback, recurrent weights, inputs, targets and learning rates do "
        "not fit");
  }
}

void output_layer(LayerStep& out, const Mat& targets, double baseline) {
  out.burst_prob = map([&](double) { return baseline; }, out.event_rate);
  out.burst_prob_teacher =
      map([&](double e, double t) { return baseline * ((t - e) * (1 - e) + 1); }, out.event_rate, targets);
  out.delta_backprop = map([](double e, double t) { return (e - t) * e * (1 - e); }, out.event_rate, targets);
}

void hidden_layer(LayerStep& out, const LayerStep& above, const Layer& own, const Layer& upper,
                  bool recurrent) {
  const auto product = [](double a, double b) { return a * b; };
  out.feedback_in = times(above.burst_rate, upper.feedback);
  out.feedback_in_teacher = times(above.burst_rate_teacher, upper.feedback);
  out.recurrent_input = Mat(out.event_rate.rows(), out.event_rate.cols());
  if (recurrent) {
    out.burst_rate_pre_recurrent =
        map([](double s, double e) { return sigmoid(s) * e; }, out.feedback_in, out.event_rate);
    out.recurrent_input = times_transposed(out.burst_rate_pre_recurrent, own.recurrent);
  }
  const auto potential = [](double s, double e, double r) { return s * (1 - e) - r; };
  out.potential = map(potential, out.feedback_in, out.event_rate, out.recurrent_input);
  out.potential_teacher = map(potential, out.feedback_in_teacher, out.event_rate, out.recurrent_input);
  out.burst_prob = map(sigmoid, out.potential);
  out.burst_prob_teacher = map(sigmoid, out.potential_teacher);
  if (recurrent) {
    out.grad_recurrent =
        transposed_times(map([](double u) { return -u; }, out.potential), out.burst_rate_pre_recurrent);
  }
  out.backprop_error_in = times(above.delta_backprop, upper.weight);
  out.delta_backprop =
      map(product, out.backprop_error_in, map([](double e) { return e * (1 - e); }, out.event_rate));
}

}  // namespace

Step evaluate(const std::vector<Layer>& layers, const Mat& inputs, const Mat& targets, const Settings& s) {
  check_shapes(layers, inputs, targets, s);
  Step step;
  step.layers.resize(layers.size());
  const Mat* below = &inputs;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    Mat pre = times_transposed(*below, layers[l].weight);
    for (std::size_t n = 0; n < pre.rows(); ++n) {
      for (std::size_t i = 0; i < pre.cols(); ++i) pre(n, i) += layers[l].bias[i];
    }
    step.layers[l].event_rate = map(sigmoid, pre);
    below = &step.layers[l].event_rate;
  }
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const double error = below->flat()[i] - targets.flat()[i];
    step.mean_squared_error += error * error / static_cast<double>(targets.size());
  }
  for (std::size_t l = layers.size(); l-- > 0;) {
    LayerStep& out = step.layers[l];
    if (l + 1 == layers.size()) {
      output_layer(out, targets, s.baseline);
    } else {
      hidden_layer(out, step.layers[l + 1], layers[l], layers[l + 1], s.recurrent);
    }
    const auto product = [](double a, double b) { return a * b; };
    out.burst_rate = map(product, out.burst_prob, out.event_rate);
    out.burst_rate_teacher = map(product, out.burst_prob_teacher, out.event_rate);
    out.delta = map([](double taught, double free) { return -(taught - free); }, out.burst_rate_teacher,
                    out.burst_rate);
    out.grad_weight = transposed_times(out.delta, l == 0 ? inputs : step.layers[l - 1].event_rate);
    out.grad_bias.assign(out.delta.cols(), 0.0);
    for (std::size_t n = 0; n < out.delta.rows(); ++n) {
      for (std::size_t i = 0; i < out.delta.cols(); ++i) out.grad_bias[i] += out.delta(n, i);
    }
  }
  return step;
}

void apply(std::vector<Layer>& layers, const Step& step, const Settings& s) {
  for (std::size_t l = 0; l < layers.size(); ++l) {
    Layer& layer = layers[l];
    const LayerStep& from = step.layers[l];
    const double lr = s.learning_rates[l];
    if (layer.velocity_weight.size() == 0)
      layer.velocity_weight = Mat(layer.weight.rows(), layer.weight.cols());
    if (layer.velocity_bias.empty()) layer.velocity_bias.assign(layer.bias.size(), 0.0);
    for (std::size_t i = 0; i < layer.weight.size(); ++i) {
      double& v = layer.velocity_weight.flat()[i];
      v = s.momentum * v - lr * from.grad_weight.flat()[i];
      double& w = layer.weight.flat()[i];
      double& y = layer.feedback.flat()[i];
      w += v - s.weight_decay * w;
      if (s.feedback == BurstFeedback::learned) y += v - s.weight_decay * y;
      if (s.feedback == BurstFeedback::symmetric) y = w;
    }
    for (std::size_t i = 0; i < layer.bias.size(); ++i) {
      double& v = layer.velocity_bias[i];
      v = s.momentum * v - lr * from.grad_bias[i];
      layer.bias[i] += v;
    }
    if (!s.recurrent || l + 1 == layers.size()) continue;
    for (std::size_t i = 0; i < layer.recurrent.size(); ++i) {
      layer.recurrent.flat()[i] -= s.recurrent_learning_rate * from.grad_recurrent.flat()[i];
    }
  }
}

}  // namespace apical::layered::burstprop
