// SPDX-License-Identifier: Apache-2.0
// The angle between credit and gradient, as alignment.h defines it, for credit that arrives as whole
// matrices. Areas are "a1", "a2", … from the first hidden layer on, as in circuits; offsets (biases) do not
// count, because circuits have none.
#pragma once

#include <string>
#include <vector>

#include "apical/core/matrix.h"
#include "apical/engine/layered/credit_rule.h"
#include "apical/learning/alignment.h"

namespace apical {

class LayeredAlignment {
 public:
  /// Shapes of the weights, lowest layer first.
  template <class Real>
  explicit LayeredAlignment(const std::vector<Matrix<Real>>& like) : angles_(layer_names(like.size())) {
    for (const Matrix<Real>& W : like) credit_sum_.emplace_back(W.rows(), W.cols());
    gradient_sum_ = credit_sum_;
  }

  /// What a rule wants for one sample and what the gradient wants, both in the direction of change.
  template <class Real>
  void sample(const std::vector<Matrix<Real>>& credit, const std::vector<Matrix<Real>>& gradient) {
    std::vector<CreditProducts> areas(credit.size());
    for (std::size_t l = 0; l < credit.size(); ++l) {
      for (std::size_t i = 0; i < credit[l].size(); ++i) {
        const auto a = static_cast<double>(credit[l].flat()[i]),
                   b = static_cast<double>(gradient[l].flat()[i]);
        areas[l].ab += a * b;
        areas[l].aa += a * a;
        areas[l].bb += b * b;
        credit_sum_[l].flat()[i] += a;
        gradient_sum_[l].flat()[i] += b;
      }
    }
    angles_.count(std::move(areas));
  }

  /// One entry per layer, then "total".
  std::vector<AreaAlignment> result() const;

 private:
  static std::vector<std::string> layer_names(std::size_t layers);
  AngleStatistics angles_;
  std::vector<Matrix<double>> credit_sum_, gradient_sum_;
};

/// What the rule assigns to a batch, summed over its updates, and minus the gradient in the same weights: of
/// the rule's own answer where the rule knows it, else of the forward pass. `part` is scratch.
template <class Real>
void credit_and_gradient(layered::CreditRule<Real>& rule, const layered::Network<Real>& network,
                         const layered::Batch<Real>& batch, layered::Credit<Real>& part,
                         layered::Credit<Real>& assigned, layered::Credit<Real>& gradient);

}  // namespace apical
