// SPDX-License-Identifier: Apache-2.0
// A network that several ranks share: matrices are divided, neurons are not. A matrix that is large enough
// for threads to share is cut into chunks of rows, by the circuit alone; each rank has some of them, and does
// with them what one process does. Rates and potentials, which are few beside synapses, every rank works out
// for itself, so that factors of rules, delays, noise and measurements need nothing of others.
//
// What travels in a step: sums of whole rows, once; and where a chunk adds to sums of columns (feedback
// through the transpose, or projections to more neurons than they come from) the sum itself, from rank to
// rank, since additions in another order would give other bits.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "apical/circuit/circuit.h"
#include "apical/core/ranks.h"

namespace apical::rate {

/// In which order sums that several ranks add to are added up. The others are here to show that it matters.
enum class Sums {
  of_one_process,
  of_each_rank,  ///< each rank adds its own, then the sums are added: what a library's reduction does
  from_the_last  ///< the highest rank begins: as messages may happen to arrive
};

struct Sharing {
  Ranks* ranks = nullptr;  ///< null: it is whole here. Must outlive the network
  Sums sums = Sums::of_one_process;
};

/// How the matrix of a dense projection is cut where neurons lie along vectors. Rows are those of the longer
/// side: W(post, pre) or its transpose.
struct Cut {
  std::size_t chunks = 1, rows = 0;
  bool divisible() const { return chunks > 1; }
  /// Of a chunk; of the one behind the last: `rows`.
  std::size_t first_row(std::size_t chunk) const {
    return chunk == chunks ? rows : rows * chunk / chunks / 4 * 4;  // whole blocks of rows
  }
};
Cut cut_of(const Circuit& circuit, ProjectionId j);

/// First chunks, or rows, of every rank, and one more.
std::vector<std::size_t> chunks_of_ranks(const Cut& cut, std::size_t ranks);
std::vector<std::size_t> rows_of_ranks(const Cut& cut, std::size_t ranks);

/// A rule that is a plain outer product, which can ride on the sweep through the matrix.
bool is_fast(const Projection& j);
/// The view that rides on the sweep of the matrix it shows; none: null.
const Projection* fused_view_of(const Circuit& circuit, ProjectionId j);

/// Why ranks cannot share it; empty if they can.
std::string why_not_shared(const Circuit& circuit);

}  // namespace apical::rate
