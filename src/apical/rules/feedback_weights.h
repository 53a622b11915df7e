// SPDX-License-Identifier: Apache-2.0
// Feedback matrices of their own. Entry l (from 0) serves hidden layer l+1: chained, it has the shape of
// W_{l+2}, i.e. (n_{l+2}, n_{l+1}) or that of a convolution, and backpropagation would be equality; direct,
// it is (n_L, n_{l+1}). This is the transpose of the literature's B_l, so that a product with row-wise
// batches reads it in memory order.
#pragma once

#include <string>

#include "apical/engine/layered/credit_rule.h"
#include "apical/engine/layered/layered_fields.h"

namespace apical::layered {

template <class T>
using FeedbackWeights = std::vector<Matrix<T>>;

enum class FeedbackPath { chained, direct };

/// How random feedback starts.
struct FeedbackStart {
  WeightInit init = WeightInit::glorot_uniform;
  double gain = 1;
};
inline void fields(FieldVisitor& v, FeedbackStart& s) {
  v({"feedback_init", "", "initial feedback weights"}, s.init);
  v({"feedback_gain", "", "multiplies initial feedback weights"}, s.gain);
}

/// Random feedback weights, N or U as `init` says, scaled by `gain`.
template <class T>
FeedbackWeights<T> random_feedback(const NetworkDescription& description, FeedbackPath path, WeightInit init,
                                   double gain, std::uint64_t seed) {
  FeedbackWeights<T> feedback;
  for (std::size_t l = 0; l + 1 < description.depth(); ++l) {
    const auto object = static_cast<std::uint32_t>(l);
    if (path == FeedbackPath::direct) {
      feedback.emplace_back(description.outputs(), description.layers[l].size);
      initialise(feedback.back(), init, gain, seed, Stream::feedback_deviation, object);
    } else {
      feedback.emplace_back(description.weight_rows(l + 1), description.weight_cols(l + 1));
      initialise(feedback.back(), description.fan(l + 1), init, gain, seed, Stream::feedback_deviation,
                 object);
    }
  }
  return feedback;
}

template <class T>
FeedbackWeights<T> random_feedback(const NetworkDescription& description, FeedbackPath path,
                                   const FeedbackStart& start, std::uint64_t seed) {
  return random_feedback<T>(description, path, start.init, start.gain, seed);
}

/// Throws ConfigError unless there is one matrix per hidden layer, of the shape that the path asks for.
template <class T>
void check_feedback(const NetworkDescription& description, FeedbackPath path,
                    const FeedbackWeights<T>& feedback) {
  bool fits = feedback.size() + 1 == description.depth();
  for (std::size_t l = 0; fits && l < feedback.size(); ++l) {
    const bool direct = path == FeedbackPath::direct;
    fits = feedback[l].rows() == (direct ? description.outputs() : description.weight_rows(l + 1)) &&
           feedback[l].cols() == (direct ? description.layers[l].size : description.weight_cols(l + 1));
  }
  if (!fits) {
    throw ConfigError(
        "feedback weights do not fit the network: one matrix per hidden layer, rows = units that send "
        "the error, columns = units that receive it (beside a convolution: the shape of its weights)");
  }
}

/// As CreditRule::own_weights() gives them.
template <class T>
std::vector<OwnWeights<T>> own_feedback(FeedbackWeights<T>& feedback, FeedbackPath path,
                                        std::string_view of = "") {
  std::vector<OwnWeights<T>> out;
  for (std::size_t l = 0; l < feedback.size(); ++l) {
    const std::size_t from = path == FeedbackPath::direct ? feedback.size() + 1 : l + 2;
    out.push_back({.from = from, .to = l + 1, .values = feedback[l].view(), .by_sender = true, .of = of});
  }
  return out;
}

template <class T>
void visit_matrices(StateVisitor& visit, const std::string& name, std::vector<Matrix<T>>& matrices) {
  for (std::size_t l = 0; l < matrices.size(); ++l)
    visit(name + "." + std::to_string(l + 1), matrices[l].flat());
}

}  // namespace apical::layered
