// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/equilibrium_propagation.h"

#include "apical/engine/layered/layered_fields.h"

namespace apical::layered {

template <class T>
EquilibriumPropagation<T>::EquilibriumPropagation(const NetworkDescription& description,
                                                  EquilibriumOptions options, std::uint64_t seed)
    : options_(options), seed_(seed) {
  if (options_.beta == 0)
    throw FieldError::about({"beta"}, "equilibrium propagation needs a nudging strength beta other than 0");
  if (description.loss == Loss::bce) {
    throw FieldError::about(
        {"loss"},
        "equilibrium propagation lowers the squared error of the settled output, or the cross-entropy of a "
        "softmax "
        "readout: loss mse or ce, not bce");
  }
  if (settling_layers(description) == 0)
    throw FieldError::about({"layers"},
                            "equilibrium propagation needs a layer that settles below a softmax readout");
}

template <class T>
void EquilibriumPropagation<T>::nudge(const Workers& workers, const Network<T>& network,
                                      const Batch<T>& batch, double beta, LayerRows<T>& s) {
  resize(s, network.description, batch.X.rows());
  for (std::size_t l = 0; l < s.size(); ++l) copy<T>(free_[l].view(), s[l].view());
  settling_.settle(workers, network, 1, {OutputCondition<T>::nudged, batch.Y, beta}, options_.nudged, s);
}

template <class T>
double EquilibriumPropagation<T>::credit(const Workers& workers, const Network<T>& network,
                                         const Batch<T>& batch, Credit<T>& out, int /*update*/) {
  check_batch<T>(network.description, batch.X, batch.Y);
  settling_.present(workers, network, batch.X);
  settling_.rest(free_);
  settling_.settle(workers, network, 1, {}, options_.free, free_);
  double beta = options_.beta;
  if (options_.nudging == Nudging::random_sign && uniform({seed_, Stream::perturbation, 0, batches_}) < 0.5)
    beta = -beta;
  ++batches_;
  nudge(workers, network, batch, beta, nudged_);
  const bool symmetric = options_.nudging == Nudging::symmetric;
  if (symmetric) nudge(workers, network, batch, -beta, opposite_);
  const LayerRows<T>& baseline = symmetric ? opposite_ : free_;
  const T factor = static_cast<T>(1 / (symmetric ? 2 * beta : beta));
  const std::size_t settling = settling_layers(network.description);
  for (std::size_t l = 0; l < settling; ++l) {
    const Connection& connection = network.description.connection(l);
    correlate<T>(workers, connection, nudged_[l].view(), presynaptic<T>(batch.X, nudged_, l), factor,
                 out.dW[l].view());
    correlate<T>(workers, connection, baseline[l].view(), presynaptic<T>(batch.X, baseline, l), -factor,
                 out.dW[l].view(), 1);
    batch_mean<T>(connection, nudged_[l].view(), factor, out.db[l]);
    batch_mean<T>(connection, baseline[l].view(), -factor, out.db[l], 1);
  }
  if (settling < free_.size()) {
    const Connection& connection = network.description.connection(settling);
    const auto missing = missing_.resize(batch.Y.rows(), batch.Y.cols());
    blend<T>(workers, 1, batch.Y, -1, free_.back().view(), missing);
    correlate<T>(workers, connection, missing, free_[settling - 1].view(), 1, out.dW[settling].view());
    batch_mean<T>(connection, missing, 1, out.db[settling]);
  }
  return settled_loss<T>(network.description, free_, batch.Y);
}

template <class T>
void EquilibriumPropagation<T>::predict(const Workers& workers, const Network<T>& network,
                                        MatrixView<const T> X, MatrixView<T> out) {
  settling_.present(workers, network, X);
  settling_.rest(prediction_);
  settling_.settle(workers, network, 1, {}, options_.free, prediction_);
  copy<T>(prediction_.back().view(), out);
}

template <class T>
bool EquilibriumPropagation<T>::answer_further(const Workers& workers, const Network<T>& network,
                                               MatrixView<const T> X, MatrixView<T> out) {
  predict(workers, network, X, out);
  settling_.settle(workers, network, 1, {}, options_.free, prediction_);
  copy<T>(prediction_.back().view(), out);
  return true;
}

template <class T>
bool EquilibriumPropagation<T>::exact_credit(const Workers& workers, const Network<T>& network,
                                             const Batch<T>& batch, Credit<T>& out) {
  const Settling further{
      .dynamics = options_.free.dynamics, .max_steps = 1000, .step = 0.5, .tolerance = 1e-6};
  settling_.present(workers, network, batch.X);
  settling_.rest(prediction_);
  settling_.settle(workers, network, 1, {}, further, prediction_);
  equilibrium_credit<T>(workers, network, batch.X, batch.Y, prediction_,
                        {.max_steps = 1000, .step = 0.5, .tolerance = 1e-6}, out);
  return true;
}

template class EquilibriumPropagation<float>;
template class EquilibriumPropagation<double>;

void fields(FieldVisitor& v, EquilibriumOptions& o) {
  v.choice({"nudging", "", "which nudged phases are compared"}, o.nudging,
           {"one_sided", "random_sign", "symmetric"});
  v({"beta", "", "strength of the nudge"}, o.beta);
  v({"free_steps", "steps", "settling steps of the free phase, and of an answer", at_least(0)},
    o.free.max_steps);
  v({"nudged_steps", "steps", "settling steps of a nudged phase", at_least(0)}, o.nudged.max_steps);
  dynamics_fields(v, o.free);
  o.nudged.dynamics = o.free.dynamics;
  o.nudged.step = o.free.step;
  o.nudged.tolerance = o.free.tolerance;
}

RuleEntries equilibrium_propagation_rules() {
  return {{.name = "equilibrium_propagation",
           .description = "a settling network compares its correlations free and nudged towards the target",
           .citation =
               "Scellier & Bengio, Front Comput Neurosci 11:24, 2017; Laborieux et al., Front Neurosci "
               "15:633674, 2021",
           .options = EquilibriumOptions{},
           .model = logistic_units()}};
}

}  // namespace apical::layered
