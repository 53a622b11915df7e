// SPDX-License-Identifier: Apache-2.0
#include "apical/procedure/spike_watch.h"

#include <algorithm>
#include <cmath>

namespace apical {

using spike::Step;

namespace {

std::chrono::steady_clock::duration seconds_on_wall(double s) {
  return std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<double>(s));
}

}  // namespace

SpikeWatch::SpikeWatch(const spike::SpikingCircuit& description, Plan plan,
                       std::function<void(double)> progress)
    : plan_(std::move(plan)), progress_(std::move(progress)), dt_s_(description.dt_s) {
  std::size_t neurons = 1;
  for (std::size_t g = 0; g < description.groups.size(); ++g) {
    const spike::NeuronGroup& group = description.groups[g];
    neurons += group.size;
    if (std::holds_alternative<spike::PoissonSource>(group.model)) continue;
    watched_.push_back(g);
    names_.push_back(group.name);
    sizes_.push_back(group.size);
    const bool recorded =
        std::find(plan_.record.begin(), plan_.record.end(), group.name) != plan_.record.end();
    record_slot_.push_back(recorded ? static_cast<int>(recorded_.size()) : -1);
    if (recorded) recorded_.push_back({group.name, {}, {}});
  }
  record_from_ = steps_of(plan_.record_from_s);
  record_until_ = recorded_.empty() ? record_from_ : steps_of(plan_.record_until_s);
  bin_steps_ = std::max<Step>(1, steps_of(plan_.bin_s));
  next_glimpse_ = std::chrono::steady_clock::now() + seconds_on_wall(plan_.glimpses.every_s);
  piece_steps_ = static_cast<Step>(std::max<std::size_t>(1, plan_.neuron_steps / neurons));
}

Step SpikeWatch::steps_of(double seconds) const { return std::llround(seconds / dt_s_); }

void SpikeWatch::open(const std::string& name, std::vector<RasterWindow> windows,
                      const spike::Network<float>& network) {
  ActivitySegment segment{
      name, static_cast<double>(network.step()) * dt_s_, static_cast<double>(bin_steps_) * dt_s_, {}, {}};
  if (plan_.raster_neurons > 0) segment.windows = std::move(windows);
  for (std::size_t i = 0; i < watched_.size(); ++i) {
    PopulationActivity population;
    population.name = names_[i];
    population.neurons = sizes_[i];
    segment.populations.push_back(std::move(population));
  }
  segments_.push_back(std::move(segment));
  bin_.assign(watched_.size(), {});
  start_ = network.step();
  open_ = true;
}

bool SpikeWatch::in_raster(Step now) const {
  if (!open_) return false;
  const auto& windows = segments_.back().windows;
  return std::any_of(windows.begin(), windows.end(), [&](const RasterWindow& w) {
    return now - start_ >= steps_of(w.from_s) && now - start_ < steps_of(w.until_s);
  });
}

/// The first step after `now` at which something begins or ends.
Step SpikeWatch::next_change(Step now) const {
  Step next = std::numeric_limits<Step>::max();
  const auto consider = [&](Step at) {
    if (at > now) next = std::min(next, at);
  };
  consider(record_from_);
  consider(record_until_);
  consider(glimpse_until_);
  if (!open_) return next;
  consider(start_ + ((now - start_) / bin_steps_ + 1) * bin_steps_);
  for (const RasterWindow& w : segments_.back().windows) {
    consider(start_ + steps_of(w.from_s));
    consider(start_ + steps_of(w.until_s));
  }
  return next;
}

void SpikeWatch::begin_glimpse(Step now) {
  if (!plan_.glimpses.tell || std::chrono::steady_clock::now() < next_glimpse_) return;
  const Step length = std::max<Step>(1, steps_of(plan_.glimpses.length_s));
  const double length_s = static_cast<double>(length) * dt_s_;
  glimpse_ = {open_ ? segments_.back().name : "",
              static_cast<double>(now) * dt_s_,
              length_s,
              {{"now", 0, length_s}},
              {}};
  for (std::size_t i = 0; i < watched_.size(); ++i) {
    PopulationActivity& p = glimpse_.populations.emplace_back();
    p.name = names_[i];
    p.neurons = sizes_[i];
    for (auto* counts : {&p.spikes, &p.events, &p.bursts}) counts->push_back(0);
  }
  glimpse_from_ = now;
  glimpse_until_ = now + length;
}

void SpikeWatch::end_glimpse() {
  const auto began = std::chrono::steady_clock::now();
  glimpse_until_ = 0;
  plan_.glimpses.tell(glimpse_);
  const auto ended = std::chrono::steady_clock::now();
  next_glimpse_ = ended + std::max(seconds_on_wall(plan_.glimpses.every_s),
                                   std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                                       (ended - began) / plan_.glimpses.most_of_the_time));
}

void SpikeWatch::take(spike::Network<float>& network, Step first) {
  const bool raster = in_raster(first), recording = in_recording(first);
  for (std::size_t i = 0; i < watched_.size(); ++i) {
    if (!raster && !glimpsing() && !(recording && record_slot_[i] >= 0)) continue;
    for (const spike::Spike& s : network.take_spikes(watched_[i])) {
      if (recording && record_slot_[i] >= 0) {
        PopulationSpikes& to = recorded_[static_cast<std::size_t>(record_slot_[i])];
        to.ms.push_back(static_cast<double>(s.step) * dt_s_ * 1e3);
        to.neuron.push_back(s.neuron);
      }
      if (glimpsing() && s.neuron < plan_.glimpses.neurons) {
        PopulationActivity& to = glimpse_.populations[i];
        to.raster_s.push_back(static_cast<double>(s.step - glimpse_from_) * dt_s_);
        to.raster_neuron.push_back(s.neuron);
        to.raster_label.push_back(static_cast<std::uint8_t>(s.label));
      }
      if (!raster || s.neuron >= plan_.raster_neurons) continue;
      PopulationActivity& to = segments_.back().populations[i];
      to.raster_s.push_back(static_cast<double>(s.step - start_) * dt_s_);
      to.raster_neuron.push_back(s.neuron);
      to.raster_label.push_back(static_cast<std::uint8_t>(s.label));
    }
  }
}

void SpikeWatch::advance(spike::Network<float>& network, Step steps) {
  const Step end = network.step() + steps;
  while (network.step() < end) {
    if (!glimpsing()) begin_glimpse(network.step());
    const Step now = network.step(), piece = std::min({end, next_change(now), now + piece_steps_}) - now;
    const bool raster = in_raster(now), recording = in_recording(now);
    std::vector<spike::Counts> before;
    for (std::size_t i = 0; i < watched_.size(); ++i) {
      network.record(watched_[i], raster || glimpsing() || (recording && record_slot_[i] >= 0));
      before.push_back(network.counts(watched_[i]));
    }
    network.advance(piece);
    take(network, now);
    if (glimpsing()) {
      for (std::size_t i = 0; i < watched_.size(); ++i) {
        const spike::Counts after = network.counts(watched_[i]);
        PopulationActivity& to = glimpse_.populations[i];
        to.spikes.front() += after.spikes - before[i].spikes;
        to.events.front() += after.events - before[i].events;
        to.bursts.front() += after.bursts - before[i].bursts;
      }
      if (network.step() == glimpse_until_) end_glimpse();
    }
    const bool full = (network.step() - start_) % bin_steps_ == 0;
    for (std::size_t i = 0; open_ && i < watched_.size(); ++i) {
      const spike::Counts after = network.counts(watched_[i]);
      bin_[i].spikes += after.spikes - before[i].spikes;
      bin_[i].events += after.events - before[i].events;
      bin_[i].bursts += after.bursts - before[i].bursts;
      if (!full) continue;
      PopulationActivity& to = segments_.back().populations[i];
      to.spikes.push_back(bin_[i].spikes);
      to.events.push_back(bin_[i].events);
      to.bursts.push_back(bin_[i].bursts);
      bin_[i] = {};
    }
    if (progress_) progress_(static_cast<double>(piece) * dt_s_);  // last: all of the piece is counted
  }
}

}  // namespace apical
