// SPDX-License-Identifier: Apache-2.0
#include "apical/run/seen_activity.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "apical/io/json.h"
#include "apical/run/recorded_activity.h"

namespace apical {
namespace {

/// Of a population; no screen shows more.
constexpr std::size_t kMostSpikes = 4000;

nlohmann::json seen(const PopulationActivity& p, double seconds) {
  const double per_Hz = seconds * static_cast<double>(p.neurons);
  const auto events = static_cast<double>(p.events.front()), bursts = static_cast<double>(p.bursts.front());
  nlohmann::json one{
      {"name", p.name},
      {"neurons", p.neurons},
      {"event_Hz", io::json_number(events / per_Hz)},
      {"burst_Hz", io::json_number(bursts / per_Hz)},
      {"burst_probability", events > 0 ? nlohmann::json(bursts / events) : nlohmann::json(nullptr)}};
  nlohmann::json times = nlohmann::json::array(), neurons = times, later = times;
  for (std::size_t i = 0; i < std::min(kMostSpikes, p.raster_s.size()); ++i) {
    times.push_back(io::json_number(p.raster_s[i]));
    neurons.push_back(p.raster_neuron[i]);
    later.push_back(p.raster_label[i] == kEventLabel ? 0 : 1);
  }
  one["s"] = std::move(times);
  one["neuron"] = std::move(neurons);
  one["later"] = std::move(later);
  return one;
}

}  // namespace

void write_seen_activity(const io::Path& run, std::uint64_t seed, const ActivitySegment& activity) {
  nlohmann::json all{{"schema", "apical-activity/1"},
                     {"seed", seed},
                     {"from_s", io::json_number(activity.start_s)},
                     {"length_s", io::json_number(activity.bin_s)},
                     {"populations", nlohmann::json::array()}};
  for (const PopulationActivity& p : activity.populations)
    all["populations"].push_back(seen(p, activity.bin_s));
  io::write_atomically(run / kSeenActivity, io::json_text(all, -1));
}

}  // namespace apical
