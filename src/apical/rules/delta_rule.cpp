// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/delta_rule.h"

#include <utility>

namespace apical::layered {

template <class T>
double DeltaRule<T>::find_errors(const Workers& workers, const Network<T>& network, const Batch<T>& batch) {
  const NetworkDescription& description = network.description;
  check_batch<T>(description, batch.X, batch.Y);
  forward<T>(workers, network, batch.X, activity_);
  resize(delta_, description, batch.X.rows());
  output_delta<T>(workers, description, output(), batch.Y, delta_.back().view());
  prepare_feedback(workers, network);
  if (direct()) {
    for (std::size_t l = 1; l < description.depth(); ++l) {
      project_back<T>(workers, kAllToAll, delta_.back().view(), feedback(network, l), delta_[l - 1].view());
      times_derivative<T>(workers, description.layers[l - 1].activation, activity_.h[l - 1].view(),
                          delta_[l - 1].view());
    }
  } else {
    carry_back<T>(
        workers, description, activity_.h, delta_, [&](std::size_t l) { return feedback(network, l); },
        [&](std::size_t l, MatrixView<T> delta) { emit(l, delta); });
  }
  return mean_loss<T>(description, activity_, batch.Y);
}

template <class T>
double DeltaRule<T>::credit(const Workers& workers, const Network<T>& network, const Batch<T>& batch,
                            Credit<T>& out, int /*update*/) {
  const double loss = find_errors(workers, network, batch);
  correlate_layers<T>(workers, network.description, delta_, batch.X, activity_.h, -1, out);
  learn_feedback(workers, network, batch, out);
  return loss;
}

template <class T>
std::optional<double> DeltaRule<T>::prepare_credit(const Workers& workers, const Network<T>& network,
                                                   const Batch<T>& batch) {
  if (learns_feedback()) return std::nullopt;
  return find_errors(workers, network, batch);
}

template <class T>
void DeltaRule<T>::add_credit(const Workers& workers, Network<T>& network, const Batch<T>& batch, T eta,
                              T keep) {
  for (std::size_t l = 0; l < delta_.size(); ++l) {
    const Connection& connection = network.description.connection(l);
    correlate<T>(workers, connection, delta_[l].view(), presynaptic<T>(batch.X, activity_.h, l), -eta,
                 network.parameters.W[l].view(), keep);
    batch_mean<T>(connection, delta_[l].view(), -eta, std::span<T>(network.parameters.b[l]), 1);
  }
}

template <class T>
Teaching<T> DeltaRule<T>::teaching(std::size_t layer) {
  const auto delta = std::as_const(delta_[layer]).view();
  const auto taught = taught_.resize(delta.rows(), delta.cols());
  blend<T>({}, -1, delta, 0, delta, taught);
  return {.signal = taught, .gain = {}, .slope = {}};
}

template class DeltaRule<float>;
template class DeltaRule<double>;

}  // namespace apical::layered
