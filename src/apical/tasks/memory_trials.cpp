// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/memory_trials.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apical/core/error.h"

namespace apical {

EvidenceTrial evidence_trial(std::span<const std::int32_t> cues, const EvidenceTiming& timing) {
  if (cues.empty() || timing.cue > timing.spacing) {
    throw ConfigError(
        fmt::format("{} cues of {} steps, {} steps apart: expected at least one, each within its "
                    "spacing",
                    cues.size(), timing.cue, timing.spacing));
  }
  const auto count = static_cast<std::uint32_t>(cues.size());
  EvidenceTrial trial;
  trial.steps = count * timing.spacing + timing.delay + timing.recall;
  trial.scored = {trial.steps - timing.recall, trial.steps};
  std::uint32_t right = 0;
  for (std::uint32_t k = 0; k < count; ++k) {
    const std::uint32_t end = (k + 1) * timing.spacing;
    right += cues[k] == 1 ? 1 : 0;
    trial.segments.push_back(
        {{end - timing.cue, end}, cues[k] == 1 ? EvidenceGroup::right : EvidenceGroup::left, timing.active});
  }
  trial.segments.push_back({trial.scored, EvidenceGroup::recall, timing.active});
  trial.segments.push_back({{0, trial.steps}, EvidenceGroup::noise, timing.noise});
  trial.label = 2 * right > count ? 1 : 0;
  return trial;
}

CopyTrial copy_trial(std::span<const std::int32_t> symbols, std::uint32_t delay, std::size_t alphabet) {
  if (delay == 0) throw ConfigError("a copy task needs a delay of at least 1 step, for its go signal");
  const std::size_t n = symbols.size(), steps = 2 * n + delay;
  CopyTrial trial;
  trial.channel.assign(steps, 0);
  trial.target.assign(steps, 0);
  for (std::size_t i = 0; i < n; ++i) {
    if (symbols[i] < 0 || static_cast<std::size_t>(symbols[i]) >= alphabet) {
      throw ConfigError(fmt::format("symbol {} of an alphabet of {}", symbols[i], alphabet));
    }
    trial.channel[i] = trial.target[n + delay + i] = static_cast<std::size_t>(symbols[i]) + 1;
  }
  trial.channel[n + delay - 1] = alphabet + 1;
  trial.scored = {static_cast<std::uint32_t>(n + delay), static_cast<std::uint32_t>(steps)};
  return trial;
}

StoreRecallTrial store_recall_trial(std::span<const std::int32_t> bits, std::size_t store, std::size_t recall,
                                    std::uint32_t slot) {
  if (store >= recall || recall >= bits.size() || slot == 0) {
    throw ConfigError(
        fmt::format("store in slot {}, recall in slot {} of {} slots of {} steps: expected store before "
                    "recall",
                    store, recall, bits.size(), slot));
  }
  StoreRecallTrial trial;
  trial.inputs = Matrix<double>(bits.size() * slot, 3);
  for (std::size_t t = 0; t < trial.inputs.rows(); ++t) {
    const std::size_t now = t / slot;
    trial.inputs(t, 0) = bits[now] == 1 ? 1 : -1;
    trial.inputs(t, 1) = now == store ? 1 : 0;
    trial.inputs(t, 2) = now == recall ? 1 : 0;
  }
  trial.target = bits[store] == 1 ? 1 : -1;
  const auto first = static_cast<std::uint32_t>(recall) * slot;
  trial.scored = {first, first + slot};
  return trial;
}

BinnedSpikes bin_spikes(std::span<const double> times, std::span<const std::int64_t> channels,
                        const SpikeBins& options) {
  if (times.size() != channels.size()) {
    throw DataError(
        fmt::format("{} spike times and {} channels: expected as many", times.size(), channels.size()));
  }
  if (options.bins == 0 || options.pool == 0 || !(options.t_max > 0)) {
    throw ConfigError(
        fmt::format("{} bins up to {} s, {} channels counted together: expected more than 0 of each",
                    options.bins, options.t_max, options.pool));
  }
  BinnedSpikes binned;
  binned.counts = Matrix<double>(options.bins, (options.channels + options.pool - 1) / options.pool);
  for (std::size_t k = 0; k < times.size(); ++k) {
    if (channels[k] < 0 || static_cast<std::size_t>(channels[k]) >= options.channels) {
      throw DataError(
          fmt::format("spike {} is of channel {}, expected 0 to {}", k, channels[k], options.channels - 1));
    }
    if (!(times[k] >= 0))
      throw DataError(fmt::format("spike {} is at {} s, expected a time from 0 on", k, times[k]));
    if (times[k] >= options.t_max) {
      ++binned.dropped;
      continue;
    }
    // Rounding may lift a time just below t_max into the bin after the last.
    const auto bin = std::min(
        options.bins - 1,
        static_cast<std::size_t>(std::floor(times[k] / options.t_max * static_cast<double>(options.bins))));
    binned.counts(bin, static_cast<std::size_t>(channels[k]) / options.pool) += 1;
  }
  return binned;
}

}  // namespace apical
