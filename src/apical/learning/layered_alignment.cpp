// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/layered_alignment.h"

#include <string>
#include <utility>

#include "apical/rules/backpropagation.h"

namespace apical {

std::vector<std::string> LayeredAlignment::layer_names(std::size_t layers) {
  std::vector<std::string> names;
  for (std::size_t l = 1; l <= layers; ++l) names.push_back("a" + std::to_string(l));
  return names;
}

std::vector<AreaAlignment> LayeredAlignment::result() const {
  std::vector<CreditProducts> batch(credit_sum_.size());
  for (std::size_t l = 0; l < batch.size(); ++l) {
    for (std::size_t i = 0; i < credit_sum_[l].size(); ++i) {
      const double a = credit_sum_[l].flat()[i], b = gradient_sum_[l].flat()[i];
      batch[l].ab += a * b;
      batch[l].aa += a * a;
      batch[l].bb += b * b;
    }
  }
  return angles_.result(std::move(batch));
}

template <class Real>
void credit_and_gradient(layered::CreditRule<Real>& rule, const layered::Network<Real>& network,
                         const layered::Batch<Real>& batch, layered::Credit<Real>& part,
                         layered::Credit<Real>& assigned, layered::Credit<Real>& gradient) {
  const layered::Workers serial;
  rule.credit(serial, network, batch, assigned, 0);
  // Rules that change the weights within a sample assign the sum of their changes.
  for (int update = 1; update < rule.updates_per_batch(); ++update) {
    rule.credit(serial, network, batch, part, update);
    for (std::size_t l = 0; l < part.dW.size(); ++l) {
      for (std::size_t i = 0; i < part.dW[l].size(); ++i) assigned.dW[l].flat()[i] += part.dW[l].flat()[i];
    }
  }
  if (rule.exact_credit(serial, network, batch, gradient)) return;
  layered::Backpropagation<Real> exact;
  exact.credit(serial, network, batch, gradient, 0);
}

template void credit_and_gradient<float>(layered::CreditRule<float>&, const layered::Network<float>&,
                                         const layered::Batch<float>&, layered::Credit<float>&,
                                         layered::Credit<float>&, layered::Credit<float>&);
template void credit_and_gradient<double>(layered::CreditRule<double>&, const layered::Network<double>&,
                                          const layered::Batch<double>&, layered::Credit<double>&,
                                          layered::Credit<double>&, layered::Credit<double>&);

}  // namespace apical
