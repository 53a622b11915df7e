// SPDX-License-Identifier: Apache-2.0
// Weights of spiking networks by the names of projections, as files have them: (postsynaptic, presynaptic),
// NaN where there is no synapse; of one-to-one projections one number per pair. Views show weights of others
// and have none of their own.
#pragma once

#include <cstdint>
#include <vector>

#include "apical/engine/spike/network.h"
#include "apical/learning/parameters.h"

namespace apical {

class SpikingWeights final : public Weighted {
 public:
  /// A network for each seed, all of one circuit; they outlive this.
  SpikingWeights(std::vector<std::uint64_t> seeds, std::vector<spike::Network<float>*> networks);

  std::span<const std::uint64_t> seeds() const override { return seeds_; }
  std::vector<Parameter> parameters() const override;
  std::vector<double> parameter(std::size_t index, std::size_t replica) const override;
  /// DataError for what a synapse cannot have too: none that is a number, or one outside of the bounds of its
  /// rule; and where all synapses of a projection share one number, for several.
  void set_parameters(const std::vector<ParameterValues>& of_replicas) override;

  const spike::Network<float>& network(std::size_t replica) const { return *networks_[replica]; }

 private:
  const SpikingCircuit& circuit() const { return networks_.front()->description(); }

  std::vector<std::uint64_t> seeds_;
  std::vector<spike::Network<float>*> networks_;
  std::vector<std::size_t> own_;  ///< projections with weights of their own
};

}  // namespace apical
