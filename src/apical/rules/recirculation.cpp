// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/recirculation.h"

#include "apical/core/field_error.h"

namespace apical::layered {

template <class T>
Recirculation<T>::Recirculation(const NetworkDescription& description, double lambda) : lambda_(lambda) {
  if (description.depth() != 2 || description.outputs() != description.inputs ||
      description.output_activation().kind == Activation::softmax) {
    throw FieldError::about(
        {"layers", "output"},
        "recirculation needs an auto-encoder of two layers with as many outputs as inputs, not softmax");
  }
  require_dense(description, name(), "its second layer leads back to the input");
  if (!(lambda >= 0 && lambda < 1))
    throw FieldError::about({"regression"}, "recirculation: the regression lambda must be in [0, 1)");
}

template <class T>
double Recirculation<T>::credit(const Workers& workers, const Network<T>& network, const Batch<T>& batch,
                                Credit<T>& out, int /*update*/) {
  const NetworkDescription& description = network.description;
  check_input<T>(description, batch.X);
  const std::size_t rows = batch.X.rows();
  const T lambda = static_cast<T>(lambda_);
  const auto layer = [&](std::size_t l, In<T> in, Rows<T>& state) {
    const auto view = state.resize(rows, description.layers[l].size);
    project<T>(workers, network, l, in, view);
    activate(workers, description.layers[l].activation, view, view);
    return view;
  };
  const auto h1 = layer(0, batch.X, h1_);
  const auto reconstruction = layer(1, h1, reconstruction_);
  const auto v2 = v2_.resize(rows, description.inputs);
  blend<T>(workers, lambda, batch.X, T(1) - lambda, reconstruction, v2);
  const auto h3 = layer(0, v2, h3_);
  blend<T>(workers, lambda, h1, T(1) - lambda, h3, h3);

  const auto learn = [&](In<T> before, In<T> after, In<T> pre, std::size_t l) {
    const auto change = change_.resize(rows, before.cols());
    blend<T>(workers, 1, before, -1, after, change);
    correlate<T>(workers, kAllToAll, change, pre, 1, out.dW[l].view());
    batch_mean<T>(kAllToAll, change, 1, out.db[l]);
  };
  learn(batch.X, v2, h1, 1);
  learn(h1, h3, v2, 0);

  double sum = 0;
  for (std::size_t n = 0; n < rows; ++n) {
    for (std::size_t i = 0; i < description.inputs; ++i) {
      const double e = static_cast<double>(reconstruction(n, i)) - static_cast<double>(batch.X(n, i));
      sum += 0.5 * e * e;
    }
  }
  return sum / static_cast<double>(rows);
}

template class Recirculation<float>;
template class Recirculation<double>;

void fields(FieldVisitor& v, RecirculationOptions& o) {
  v({"regression",
     "",
     "share of the old activity that stays on each trip (lambda)",
     {.low = 0, .high = 1, .below = true}},
    o.lambda);
}

RuleEntries recirculation_rules() {
  return {
      {.name = "recirculation",
       .description =
           "an auto-encoder of one hidden layer learns from the change that one trip around its loop makes",
       .citation = "Hinton & McClelland, NIPS 1988",
       .options = RecirculationOptions{},
       .model = logistic_units(),
       .example = {4, 3, 4}}};
}

}  // namespace apical::layered
