// SPDX-License-Identifier: Apache-2.0
// Trials whose answer needs memory, from what was drawn for them. Ranges of steps are [from, to).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "apical/core/matrix.h"

namespace apical {

struct StepRange {
  std::uint32_t from = 0, to = 0;
};

/// Evidence accumulation (Bellec et al. 2020 after Morcos & Harvey 2016): cues on the left or the right, a
/// delay, then a recall signal during which the side with more cues is to be told. Cue k lasts the last `cue`
/// steps of the k-th `spacing`.
struct EvidenceTiming {
  std::uint32_t spacing = 150, cue = 100, delay = 1050, recall = 150;  ///< steps
  double active = 0.04, noise = 0.01;  ///< spike probability per step: of an active group, of the noise group
};
enum class EvidenceGroup { left, right, recall, noise };
struct EvidenceSegment {
  StepRange steps;
  EvidenceGroup group = EvidenceGroup::noise;
  double probability = 0;
};
struct EvidenceTrial {
  std::uint32_t steps = 0;
  std::vector<EvidenceSegment> segments;
  std::int32_t label = 0;  ///< 1: more cues on the right
  StepRange scored;
};
/// `cues`: 0 left, 1 right.
EvidenceTrial evidence_trial(std::span<const std::int32_t> cues, const EvidenceTiming& timing = {});

/// Copy: S symbols, silence, a go signal, then the symbols again: T = 2 S + delay. Channel 0 is silence, 1
/// ... K the symbols, K + 1 go; class 0 is silence, 1 ... K the symbols.
struct CopyTrial {
  std::vector<std::size_t> channel, target;  ///< per step
  StepRange scored;
};
/// `symbols` from 0, below `alphabet`. ConfigError for others, and for a delay of 0 steps.
CopyTrial copy_trial(std::span<const std::int32_t> symbols, std::uint32_t delay, std::size_t alphabet);

/// Store and recall (Bellec et al. 2018): a stream of bits, one per slot; that shown with the store flag is
/// to be told with the recall flag. Channels: +-1 of the bit, store, recall.
struct StoreRecallTrial {
  Matrix<double> inputs;  ///< steps x 3
  double target = 0;      ///< +-1 of the stored bit
  StepRange scored;       ///< the recall slot
};
/// ConfigError unless store comes before recall and both are slots.
StoreRecallTrial store_recall_trial(std::span<const std::int32_t> bits, std::size_t store, std::size_t recall,
                                    std::uint32_t slot);

/// Spikes of a channel each as counts per bin: bin floor(t / t_max bins), unit floor(channel / pool).
struct SpikeBins {
  std::size_t bins = 100;
  double t_max = 1.4;  ///< s; spikes from there on are dropped and counted
  std::size_t channels = 700;
  std::size_t pool = 1;  ///< channels that are counted together
};
struct BinnedSpikes {
  Matrix<double> counts;  ///< bins x pooled channels
  std::size_t dropped = 0;
};
/// DataError for lists of different lengths, negative times and channels that do not exist.
BinnedSpikes bin_spikes(std::span<const double> times, std::span<const std::int64_t> channels,
                        const SpikeBins& options);

}  // namespace apical
