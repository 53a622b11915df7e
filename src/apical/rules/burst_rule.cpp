// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/burst_rule.h"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "apical/rules/delta_rule.h"

namespace apical::layered {

template <class T>
FeedbackWeights<T> burst_feedback(const NetworkDescription& description, const BurstpropOptions& options,
                                  std::uint64_t seed) {
  FeedbackWeights<T> feedback;
  for (std::size_t l = 1; l < description.depth(); ++l) {
    Matrix<T>& Y = feedback.emplace_back(description.weight_rows(l), description.weight_cols(l));
    for (std::size_t i = 0; i < Y.size(); ++i) {
      Y.flat()[i] =
          static_cast<T>(options.feedback_deviation *
                         normal({seed, Stream::feedback_deviation, static_cast<std::uint32_t>(l - 1), i}));
    }
  }
  return feedback;
}

template <class T>
BurstRule<T>::BurstRule(const NetworkDescription& description, BurstpropOptions options,
                        FeedbackWeights<T> feedback)
    : options_(options), feedback_(std::move(feedback)) {
  if (!(options_.baseline > 0 && options_.baseline < 1))
    throw FieldError("p_baseline", fmt::format("is {}; expected above 0 and below 1", options_.baseline));
  for (const auto& [name, value] : {std::pair{"feedback_deviation", options_.feedback_deviation},
                                    std::pair{"recurrent_range", options_.recurrent_range},
                                    std::pair{"recurrent_rate", options_.recurrent_rate}}) {
    if (!(value >= 0)) throw FieldError(name, fmt::format("is {}; expected 0 or more", value));
  }
  if (options_.feedback == BurstFeedback::symmetric) {
    feedback_.clear();
  } else {
    check_feedback(description, FeedbackPath::chained, feedback_);
  }
  if (options_.feedback == BurstFeedback::learned) {
    for (Matrix<T>& Y : feedback_) slots_.push_back({Y.flat(), Y.flat(), true});
  }
}

template <class T>
Needs BurstRule<T>::needs() const {
  return {.weight_transport = options_.feedback == BurstFeedback::symmetric, .separate_phases = true};
}

template <class T>
void BurstRule<T>::visit_state(StateVisitor& visit) {
  visit_matrices<T>(visit, "feedback", feedback_);
}

template <class T>
std::vector<OwnWeights<T>> BurstRule<T>::own_weights() {
  if (options_.feedback == BurstFeedback::symmetric) return {};
  return own_feedback(feedback_, FeedbackPath::chained);
}

template <class T>
double BurstRule<T>::credit(const Workers& workers, const Network<T>& network, const Batch<T>& batch,
                            Credit<T>& out, int /*update*/) {
  const NetworkDescription& description = network.description;
  const std::size_t depth = description.depth(), N = batch.X.rows();
  check_batch<T>(description, batch.X, batch.Y);
  forward<T>(workers, network, batch.X, activity_);
  resize(bursts_, description, 2 * N);
  resize(difference_, description, N);
  const auto half = [&](std::size_t l, std::size_t which) {
    const auto both = bursts_[l].view();
    return MatrixView<T>(both.data() + which * N * both.cols(), N, both.cols());
  };
  output_bursts(workers, output(), batch.Y, half(depth - 1, 0), half(depth - 1, 1));
  for (std::size_t l = depth - 1; l-- > 0;) {
    project_back<T>(workers, description.connection(l + 1), bursts_[l + 1].view(),
                    feedback_beside(network, l + 1), bursts_[l].view());
    hidden_bursts(workers, l, activity_.h[l].view(), half(l, 0), half(l, 1));
  }
  for (std::size_t l = 0; l < depth; ++l) copy<T>(half(l, 1), difference_[l].view());
  correlate_layers<T>(workers, description, difference_, batch.X, activity_.h, 1, out);
  for (std::size_t l = 0; l < slots_.size(); ++l) slots_[l].credit = out.dW[l + 1].flat();
  learn_recurrence(workers);
  return mean_loss<T>(description, activity_, batch.Y);
}

template <class T>
Teaching<T> BurstRule<T>::teaching(std::size_t layer) {
  const MatrixView<const T> e = std::as_const(activity_.h[layer]).view();
  const auto per_event = [&](const T* bursts, Rows<T>& out, T silent) {  // p = b / e
    const auto view = out.resize(e.rows(), e.cols());
    copy<T>(MatrixView<const T>(bursts, e.rows(), e.cols()), view);
    combine<T>({}, view, e, [silent](T b, T rate) { return rate > 0 ? b / rate : silent; });
    return view;
  };
  Teaching<T> out;
  out.signal = per_event(difference_[layer].flat().data(), signal_, 0);
  out.gain = e;
  if (layer + 1 == activity_.h.size()) return out;
  // Of those without the teacher; who has no events has no dendrite that could be told to be linear.
  const auto slope = per_event(bursts_[layer].flat().data(), slope_, std::numeric_limits<T>::quiet_NaN());
  combine<T>({}, slope, e, [](T p, T) { return 4 * p * (1 - p); });
  out.slope = slope;
  return out;
}

template FeedbackWeights<float> burst_feedback<float>(const NetworkDescription&, const BurstpropOptions&,
                                                      std::uint64_t);
template FeedbackWeights<double> burst_feedback<double>(const NetworkDescription&, const BurstpropOptions&,
                                                        std::uint64_t);
template class BurstRule<float>;
template class BurstRule<double>;

void fields(FieldVisitor& v, BurstpropOptions& o) {
  v.choice({"feedback", "",
            "feedback weights stay as they start, make the changes of the forward weights (Kolen-Pollack), "
            "or are the forward weights"},
           o.feedback, {"fixed", "learned", "symmetric"});
  v({"feedback_deviation", "", "standard deviation of initial feedback weights", at_least(0)},
    o.feedback_deviation);
  v({"p_baseline", "", "burst probability of the output without a teacher", between(0, 1)}, o.baseline);
  v({"kappa", "", "scale of the teacher at a softmax output (loss ce); divided out below"}, o.kappa);
  v({"recurrence", "",
     "inhibition among the units of dense hidden layers keeps burst probabilities where they are linear"},
    o.recurrence);
  v({"recurrent_range", "", "initial recurrent weights are uniform within +- this", at_least(0)},
    o.recurrent_range);
  v({"recurrent_rate", "",
     "learning rate of recurrent weights, mean over the batch (published: 1e-4 for the sum over 32)",
     at_least(0)},
    o.recurrent_rate);
}

}  // namespace apical::layered
