// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/contrastive.h"

#include <cmath>

#include "apical/engine/layered/layered_fields.h"

namespace apical::layered {

template <class T>
ContrastiveHebbian<T>::ContrastiveHebbian(const NetworkDescription& description, ContrastiveOptions options)
    : options_(options) {
  if (description.output_activation().kind == Activation::softmax) {
    throw FieldError::about(
        {"output"},
        "contrastive Hebbian learning settles its output units one by one: softmax outputs cannot");
  }
  if (!(options_.feedback_gain > 0)) {
    throw FieldError::about(
        {"settling_gain"},
        "contrastive Hebbian learning needs a feedback gain above 0: without feedback the phases are equal");
  }
}

template <class T>
std::string_view ContrastiveHebbian<T>::name() const {
  return options_.form == ContrastiveForm::hebbian ? "contrastive_hebbian" : "generec";
}

template <class T>
double ContrastiveHebbian<T>::credit(const Workers& workers, const Network<T>& network, const Batch<T>& batch,
                                     Credit<T>& out, int /*update*/) {
  check_batch<T>(network.description, batch.X, batch.Y);
  const double gain = options_.feedback_gain;
  settling_.present(workers, network, batch.X);
  settling_.rest(minus_);
  settling_.settle(workers, network, gain, {}, options_.settling, minus_);
  settling_.rest(plus_);
  settling_.settle(workers, network, gain, {OutputCondition<T>::clamped, batch.Y}, options_.settling, plus_);
  resize(difference_, network.description, batch.X.rows());
  for (std::size_t l = 0; l < minus_.size(); ++l) {
    const double depth = static_cast<double>(minus_.size() - 1 - l);
    const T factor = static_cast<T>(options_.depth_factor ? std::pow(gain, -depth) : 1.0);
    const Connection& connection = network.description.connection(l);
    const auto difference = difference_[l].view(), dW = out.dW[l].view();
    blend<T>(workers, 1, plus_[l].view(), -1, minus_[l].view(), difference);
    batch_mean<T>(connection, difference, factor, out.db[l]);
    if (options_.form == ContrastiveForm::generec || l == 0) {
      // For the first layer both forms agree: the input is the same in both phases.
      correlate<T>(workers, connection, difference, presynaptic<T>(batch.X, minus_, l), factor, dW);
    } else {
      correlate<T>(workers, connection, plus_[l].view(), plus_[l - 1].view(), factor, dW);
      correlate<T>(workers, connection, minus_[l].view(), minus_[l - 1].view(), -factor, dW, 1);
    }
  }
  return squared_error<T>(minus_.back().view(), batch.Y);
}

template <class T>
void ContrastiveHebbian<T>::predict(const Workers& workers, const Network<T>& network, MatrixView<const T> X,
                                    MatrixView<T> out) {
  settling_.present(workers, network, X);
  settling_.rest(prediction_);
  settling_.settle(workers, network, options_.feedback_gain, {}, options_.prediction, prediction_);
  copy<T>(prediction_.back().view(), out);
}

template <class T>
bool ContrastiveHebbian<T>::answer_further(const Workers& workers, const Network<T>& network,
                                           MatrixView<const T> X, MatrixView<T> out) {
  predict(workers, network, X, out);
  settling_.settle(workers, network, options_.feedback_gain, {}, options_.prediction, prediction_);
  copy<T>(prediction_.back().view(), out);
  return true;
}

template class ContrastiveHebbian<float>;
template class ContrastiveHebbian<double>;

void fields(FieldVisitor& v, ContrastiveOptions& o) {
  v({"settling_gain", "", "gain of the top-down input while settling", more_than(0)}, o.feedback_gain);
  v({"depth_factor", "", "multiply the credit of a layer by gain^(layer - top)"}, o.depth_factor);
  v({"phase_steps", "steps", "settling steps of either phase", at_least(0)}, o.settling.max_steps);
  v({"prediction_steps", "steps", "settling steps of an answer", at_least(0)}, o.prediction.max_steps);
  dynamics_fields(v, o.settling);
  o.prediction.dynamics = o.settling.dynamics;
  o.prediction.step = o.settling.step;
  o.prediction.tolerance = o.settling.tolerance;
}

RuleEntries contrastive_rules() {
  return {{.name = "contrastive_hebbian",
           .description = "a settling network compares its correlations with the output free and clamped",
           .citation = "Movellan, 1990; Xie & Seung, Neural Comput 15:441, 2003",
           .options = ContrastiveOptions{},
           .model = logistic_units()},
          {.name = "generec",
           .description =
               "a settling network learns from the change of postsynaptic activity between output free and "
               "clamped",
           .citation = "O'Reilly, Neural Comput 8:895, 1996",
           .options = ContrastiveOptions{.form = ContrastiveForm::generec},
           .model = logistic_units()}};
}

}  // namespace apical::layered
