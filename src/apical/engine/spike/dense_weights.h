// SPDX-License-Identifier: Apache-2.0
// Sparse weights of a spiking network as a full matrix.
#pragma once

#include <string>

#include "apical/core/matrix.h"
#include "apical/engine/spike/network.h"

namespace apical::spike {

/// (postsynaptic, presynaptic), NaN where there is no synapse.
template <class Real>
Matrix<double> dense_weights(const Network<Real>& network, std::size_t connection);

/// The numbers of synapses that are there; what `values` have elsewhere is left out. ConfigError for another
/// shape, a synapse's weight that is not finite, and weights that synapses do not have one by one.
template <class Real>
void set_dense_weights(Network<Real>& network, std::size_t connection, const Matrix<double>& values);

}  // namespace apical::spike
