// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/sign_symmetry.h"

#include <cmath>

namespace apical::layered {
namespace {

template <class T>
void draw_magnitude(FeedbackWeights<T>& magnitude, std::span<const double> fans, std::uint64_t seed,
                    std::uint64_t round) {
  for (std::size_t l = 0; l < magnitude.size(); ++l) {
    Matrix<T>& M = magnitude[l];
    const double bound = std::sqrt(6.0 / fans[l]);
    for (std::size_t i = 0; i < M.size(); ++i) {
      M.flat()[i] = static_cast<T>(bound * uniform({seed, Stream::feedback_deviation,
                                                    static_cast<std::uint32_t>(l), round * M.size() + i}));
    }
  }
}

/// n_l + n_{l+1} of every feedback matrix.
std::vector<double> fans_of(const NetworkDescription& description) {
  std::vector<double> fans;
  for (std::size_t l = 1; l < description.depth(); ++l) {
    fans.push_back(static_cast<double>(description.fan(l).in + description.fan(l).out));
  }
  return fans;
}

template <class T>
FeedbackWeights<T> empty_feedback(const NetworkDescription& description) {
  FeedbackWeights<T> feedback;
  for (std::size_t l = 1; l < description.depth(); ++l) {
    feedback.emplace_back(description.weight_rows(l), description.weight_cols(l));
  }
  return feedback;
}

}  // namespace

template <class T>
FeedbackWeights<T> uniform_magnitude(const NetworkDescription& description) {
  auto magnitude = empty_feedback<T>(description);
  const std::vector<double> fans = fans_of(description);
  for (std::size_t l = 0; l < magnitude.size(); ++l)
    fill(magnitude[l].view(), static_cast<T>(std::sqrt(2.0 / fans[l])));
  return magnitude;
}

template <class T>
FeedbackWeights<T> random_magnitude(const NetworkDescription& description, std::uint64_t seed,
                                    std::uint64_t round) {
  auto magnitude = empty_feedback<T>(description);
  draw_magnitude<T>(magnitude, fans_of(description), seed, round);
  return magnitude;
}

template <class T>
SignSymmetry<T>::SignSymmetry(const NetworkDescription& description, SignMagnitude kind,
                              FeedbackWeights<T> magnitude, std::uint64_t seed)
    : kind_(kind), magnitude_(std::move(magnitude)), fans_(fans_of(description)), seed_(seed) {
  check_feedback(description, FeedbackPath::chained, magnitude_);
  feedback_ = empty_feedback<T>(description);
}

template <class T>
std::string_view SignSymmetry<T>::name() const {
  switch (kind_) {
    case SignMagnitude::uniform:
      return "sign_symmetry_uniform";
    case SignMagnitude::fixed_random:
      return "sign_symmetry_fixed";
    default:
      return "sign_symmetry_batch";
  }
}

template <class T>
void SignSymmetry<T>::prepare_feedback(const Workers& workers, const Network<T>& network) {
  if (kind_ == SignMagnitude::batch_random) draw_magnitude<T>(magnitude_, fans_, seed_, batches_++);
  for (std::size_t l = 0; l < feedback_.size(); ++l) {
    copy<T>(magnitude_[l].view(), feedback_[l].view());
    combine<T>(workers, feedback_[l].view(), network.parameters.W[l + 1].view(), [](T m, T w) {
      return w > 0 ? m : w < 0 ? -m : T(0);
    });
  }
}

template FeedbackWeights<float> uniform_magnitude<float>(const NetworkDescription&);
template FeedbackWeights<double> uniform_magnitude<double>(const NetworkDescription&);
template FeedbackWeights<float> random_magnitude<float>(const NetworkDescription&, std::uint64_t,
                                                        std::uint64_t);
template FeedbackWeights<double> random_magnitude<double>(const NetworkDescription&, std::uint64_t,
                                                          std::uint64_t);
template class SignSymmetry<float>;
template class SignSymmetry<double>;

RuleEntries sign_symmetry_rules() {
  const char* const citation =
      "Liao, Leibo & Poggio, AAAI 2016; Moskovitz, Litwin-Kumar & Abbott, arXiv:1812.06488, 2018";
  return {{.name = "sign_symmetry_uniform",
           .description = "feedback has the signs of the forward weights and one magnitude per layer",
           .citation = citation,
           .options = SignSymmetryOptions{SignMagnitude::uniform}},
          {.name = "sign_symmetry_fixed",
           .description = "feedback has the signs of the forward weights and fixed random magnitudes",
           .citation = citation,
           .options = SignSymmetryOptions{SignMagnitude::fixed_random}},
          {.name = "sign_symmetry_batch",
           .description =
               "feedback has the signs of the forward weights and magnitudes drawn again for each batch",
           .citation = citation,
           .options = SignSymmetryOptions{SignMagnitude::batch_random}}};
}

}  // namespace apical::layered
