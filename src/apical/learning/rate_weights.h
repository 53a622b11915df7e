// SPDX-License-Identifier: Apache-2.0
// Weights of a circuit of rate neurons by the names of its projections, and "NAME.deviation" of those that
// view others.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "apical/engine/rate/engine.h"
#include "apical/learning/parameters.h"

namespace apical {

/// Of projections with weights of their own, no identities; of views of others how they differ from these.
template <class Real>
class RateWeights final : public Weighted {
 public:
  /// The engine outlives this.
  explicit RateWeights(rate::RateEngine<Real>& engine) : engine_(engine) {}

  std::span<const std::uint64_t> seeds() const override { return engine_.seeds(); }
  std::vector<Parameter> parameters() const override;
  std::vector<double> parameter(std::size_t index, std::size_t replica) const override;
  void set_parameters(const std::vector<ParameterValues>& of_replicas) override;
  bool can_do_without(std::string_view name) const override;

 private:
  std::vector<ProjectionId> own() const;
  void set_deviation(ProjectionId id, std::size_t replica, const std::vector<double>& numbers);

  rate::RateEngine<Real>& engine_;
};

extern template class RateWeights<float>;
extern template class RateWeights<double>;

}  // namespace apical
