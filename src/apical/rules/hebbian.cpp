// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/hebbian.h"

namespace apical::layered {

template <class T>
void hebbian_change(const Workers& workers, HebbianForm form, In<T> W, In<T> y, In<T> x, Rows<T>& lateral,
                    MatrixView<T> dW) {
  correlate<T>(workers, kAllToAll, y, x, 1, dW);
  if (form == HebbianForm::hebb) return;
  const auto yy = lateral.resize(y.cols(), y.cols());
  correlate<T>(workers, kAllToAll, y, y, 1, yy);
  for (std::size_t i = 0; i < yy.rows(); ++i) {
    for (std::size_t j = 0; j < yy.cols(); ++j) {
      const bool kept = form == HebbianForm::subspace || (form == HebbianForm::gha && j <= i) || i == j;
      if (!kept) yy(i, j) = 0;
    }
  }
  gemm<T>(workers, Op::none, Op::none, -1, yy, W, 1, dW);
}

template <class T>
HebbianRule<T>::HebbianRule(const NetworkDescription& description, HebbianForm form) : form_(form) {
  require_dense(description, name(), "its units learn components of everything below them");
}

template <class T>
std::string_view HebbianRule<T>::name() const {
  switch (form_) {
    case HebbianForm::hebb:
      return "hebb";
    case HebbianForm::oja:
      return "oja";
    case HebbianForm::subspace:
      return "subspace";
    default:
      return "gha";
  }
}

template <class T>
Needs HebbianRule<T>::needs() const {
  // y y^T W is what lateral inhibition reads at other units' synapses.
  return {.weight_transport = form_ == HebbianForm::subspace || form_ == HebbianForm::gha};
}

template <class T>
double HebbianRule<T>::credit(const Workers& workers, const Network<T>& network, const Batch<T>& batch,
                              Credit<T>& out, int /*update*/) {
  const NetworkDescription& description = network.description;
  check_batch<T>(description, batch.X, batch.Y);
  forward<T>(workers, network, batch.X, activity_);
  const std::size_t top = description.depth() - 1;
  for (std::size_t l = 0; l < top; ++l) {
    const auto y = response_.resize(batch.X.rows(), description.layers[l].size);
    gemm<T>(workers, Op::none, Op::transpose, 1, presynaptic<T>(batch.X, activity_.h, l),
            network.parameters.W[l].view(), 0, y);
    hebbian_change<T>(workers, form_, network.parameters.W[l].view(), y,
                      presynaptic<T>(batch.X, activity_.h, l), lateral_, out.dW[l].view());
    std::fill(out.db[l].begin(), out.db[l].end(), T(0));
  }
  const auto delta = delta_.resize(batch.X.rows(), description.outputs());
  output_delta<T>(workers, description, output(), batch.Y, delta);
  correlate<T>(workers, kAllToAll, delta, presynaptic<T>(batch.X, activity_.h, top), -1, out.dW[top].view());
  batch_mean<T>(kAllToAll, delta, -1, out.db[top]);
  return mean_loss<T>(description, activity_, batch.Y);
}

template void hebbian_change<float>(const Workers&, HebbianForm, In<float>, In<float>, In<float>,
                                    Rows<float>&, MatrixView<float>);
template void hebbian_change<double>(const Workers&, HebbianForm, In<double>, In<double>, In<double>,
                                     Rows<double>&, MatrixView<double>);
template class HebbianRule<float>;
template class HebbianRule<double>;

RuleEntries hebbian_rules() {
  return {
      {.name = "hebb",
       .description =
           "hidden layers learn by Hebb's product, without any target; the readout by the delta rule",
       .citation = "Hebb, The Organization of Behavior, 1949",
       .options = HebbianOptions{HebbianForm::hebb}},
      {.name = "oja",
       .description =
           "hidden units learn principal components by Oja's rule, without any target; the readout by the "
           "delta rule",
       .citation = "Oja, J Math Biol 15:267, 1982",
       .options = HebbianOptions{HebbianForm::oja}},
      {.name = "subspace",
       .description =
           "hidden layers learn the principal subspace, without any target; the readout by the delta rule",
       .citation = "Oja, Int J Neural Syst 1:61, 1989",
       .options = HebbianOptions{HebbianForm::subspace}},
      {.name = "gha",
       .description =
           "hidden layers learn principal components in order, without any target; the readout by the "
           "delta rule",
       .citation = "Sanger, Neural Networks 2:459, 1989",
       .options = HebbianOptions{HebbianForm::gha}}};
}

}  // namespace apical::layered
