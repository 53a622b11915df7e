// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/burstprop_relu.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "apical/engine/layered/kernels.h"

namespace apical::layered {

template <class T>
ReluBurstprop<T>::ReluBurstprop(const NetworkDescription& description, BurstpropOptions options,
                                FeedbackWeights<T> feedback)
    : BurstRule<T>(description, options, std::move(feedback)) {
  bool fits = description.loss == Loss::ce, dense = false;
  for (std::size_t l = 0; l + 1 < description.depth(); ++l) {
    fits = fits && description.layers[l].activation.kind == Activation::relu;
    dense = dense || !description.connection(l);
  }
  if (!fits)
    throw FieldError::about({"activation", "loss"},
                            "burstprop with the loss ce has relu units in all hidden layers");
  if (dense && options.recurrence) {
    throw FieldError::about(
        {"recurrence"},
        "burstprop: recurrence is known for sigmoid units only, and dense hidden layers of relu would have "
        "it",
        "set recurrence = false");
  }
  if (!(options.kappa > 0 && std::isfinite(options.kappa)))
    throw FieldError::about({"kappa"}, "burstprop: kappa must be above 0");
}

template <class T>
void ReluBurstprop<T>::output_bursts(const Workers& workers, In<T> e, In<T> y, MatrixView<T> b,
                                     MatrixView<T> difference) {
  const T P = static_cast<T>(this->options_.baseline), kappa = static_cast<T>(this->options_.kappa);
  blend<T>(workers, P, e, 0, e, b);
  // (b^t - b)/kappa: feedback is linear, so that it arrives as (s^t - s)/kappa.
  copy<T>(e, difference);
  combine<T>(workers, difference, y,
             [P, kappa](T a, T t) { return a * std::min((T(1) - P) / kappa, P * (t - a) / (a + T(1e-8))); });
}

template <class T>
void ReluBurstprop<T>::hidden_bursts(const Workers& workers, std::size_t /*layer*/, In<T> e, MatrixView<T> b,
                                     MatrixView<T> difference) {
  workers.run_ranges(e.rows(), 1, [&](std::size_t n, std::size_t) {
    relu_bursts<T>(e.row(n), b.row(n), difference.row(n));
  });
}

template <class T>
Teaching<T> ReluBurstprop<T>::teaching(std::size_t layer) {
  Teaching<T> out = BurstRule<T>::teaching(layer);
  out.signal = this->burst_difference()[layer].view();
  out.gain = {};
  return out;
}

template class ReluBurstprop<float>;
template class ReluBurstprop<double>;

}  // namespace apical::layered
