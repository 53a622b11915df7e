// SPDX-License-Identifier: Apache-2.0
// How somebody looks on while a protocol runs: the protocol hands its steps to a function, which executes
// them in as many pieces as it likes and reads the network in between. Pieces do not change what the network
// does.
#pragma once

#include <cmath>
#include <functional>

#include "apical/engine/spike/network.h"

namespace apical::payeur2021 {

/// Executes exactly so many steps; empty: Network::advance itself.
using WatchedAdvance = std::function<void(spike::Network<float>&, spike::Step)>;

inline void advance_watched(spike::Network<float>& network, double seconds, const WatchedAdvance& advance) {
  const spike::Step steps = std::llround(seconds / network.description().dt_s);
  advance ? advance(network, steps) : network.advance(steps);
}

}  // namespace apical::payeur2021
