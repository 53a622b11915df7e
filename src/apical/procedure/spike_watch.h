// SPDX-License-Identifier: Apache-2.0
// Looks on while a spiking protocol runs: counts spikes, events and bursts of every population in bins, keeps
// the spikes of a few neurons for rasters, and all spikes of a stretch of time if they are to be recorded. It
// reads between steps and changes nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "apical/engine/spike/network.h"

namespace apical {

/// A piece of a segment that is drawn as a raster; seconds from the segment's start.
struct RasterWindow {
  std::string label;
  double from_s = 0, until_s = 0;
  template <class Archive>
  void visit_state(Archive& a) {
    a("label", label);
    a("from", from_s);
    a("until", until_s);
  }
};

/// One population in one segment; one entry per bin, and per spike in the raster.
struct PopulationActivity {
  std::string name;
  std::uint64_t neurons = 0;
  std::vector<std::uint64_t> spikes, events, bursts;
  std::vector<double> raster_s;  ///< from the segment's start
  std::vector<std::uint32_t> raster_neuron;
  std::vector<std::uint8_t> raster_label;  ///< spike::Label
  template <class Archive>
  void visit_state(Archive& a) {
    a("name", name);
    a("neurons", neurons);
    a.resized("spikes", spikes);
    a.resized("events", events);
    a.resized("bursts", bursts);
    a.resized("raster_s", raster_s);
    a.resized("raster_neuron", raster_neuron);
    a.resized("raster_label", raster_label);
  }
};

/// A stretch of a protocol that is looked at closely.
struct ActivitySegment {
  std::string name;
  double start_s = 0, bin_s = 0;
  std::vector<RasterWindow> windows;
  std::vector<PopulationActivity> populations;
  template <class Archive>
  void visit_state(Archive& a) {
    a("name", name);
    a("start_s", start_s);
    a("bin_s", bin_s);
    a.resized("windows", windows);
    a.resized("populations", populations);
  }
};

/// All spikes of one population within the recorded stretch, in order of time, then neuron.
struct PopulationSpikes {
  std::string name;
  std::vector<double> ms;
  std::vector<std::uint64_t> neuron;
  template <class Archive>
  void visit_state(Archive& a) {
    a("name", name);
    a.resized("ms", ms);
    a.resized("neuron", neuron);
  }
};

class SpikeWatch {
 public:
  /// What somebody sees who looks in now and then while it runs: by the clock on the wall, so never the same
  /// twice, and nothing that is measured.
  struct Glimpses {
    double every_s = 2;              ///< on the wall, at least
    double most_of_the_time = 0.01;  ///< that telling may take
    double length_s = 0.2;           ///< biological
    std::size_t neurons = 20;        ///< of each population, whose spikes are shown
    std::function<void(const ActivitySegment&)> tell =
        {};  ///< one window and one bin over all of it; empty: none
  };
  struct Plan {
    double bin_s = 0.1;
    std::size_t raster_neurons = 0;  ///< of each population; 0: no raster
    double record_from_s = 0,
           record_until_s = 0;             ///< biological time; nothing is recorded if they are the same
    std::vector<std::string> record = {};  ///< populations
    Glimpses glimpses = {};
    /// Steps times neurons between two chances to break off: about a tenth of a second of work.
    std::size_t neuron_steps = 1'000'000;
  };
  /// Poisson sources are not watched: they are the world, and many. `progress` is told the seconds of every
  /// piece, and may throw to break off there.
  SpikeWatch(const spike::SpikingCircuit& description, Plan plan, std::function<void(double)> progress = {});

  /// Opens a segment at the network's present time; windows must not overlap and rise in time.
  void open(const std::string& name, std::vector<RasterWindow> windows, const spike::Network<float>& network);
  /// A bin that is not full is dropped.
  void close() { open_ = false; }
  /// Executes so many steps.
  void advance(spike::Network<float>& network, spike::Step steps);

  const std::vector<ActivitySegment>& segments() const { return segments_; }
  const std::vector<PopulationSpikes>& recorded() const { return recorded_; }

  template <class Archive>
  void visit_state(Archive& a) {
    a.resized("segments", segments_);
    a.resized("recorded", recorded_);
  }
  /// Beside it, where a segment is open.
  template <class Archive>
  void visit_open_segment(Archive& a) {
    a("open", open_);
    a("start", start_);
    a.resized("bin", bin_);
  }

 private:
  spike::Step next_change(spike::Step now) const;
  bool in_raster(spike::Step now) const;
  bool in_recording(spike::Step now) const { return now >= record_from_ && now < record_until_; }
  void take(spike::Network<float>& network, spike::Step first);
  spike::Step steps_of(double seconds) const;
  bool glimpsing() const { return glimpse_until_ > 0; }
  void begin_glimpse(spike::Step now);
  void end_glimpse();

  Plan plan_;
  std::function<void(double)> progress_;
  double dt_s_;
  std::vector<std::size_t> watched_;  ///< groups
  std::vector<std::string> names_;
  std::vector<std::uint64_t> sizes_;
  std::vector<int> record_slot_;  ///< by watched group: place in recorded_, or -1
  spike::Step record_from_ = 0, record_until_ = 0, bin_steps_ = 1;
  spike::Step piece_steps_ = 1;  ///< at most
  std::vector<ActivitySegment> segments_;
  std::vector<PopulationSpikes> recorded_;
  bool open_ = false;
  spike::Step start_ = 0;
  /// Of a bin that is being filled.
  struct Bin : spike::Counts {
    template <class Archive>
    void visit_state(Archive& a) {
      a("spikes", spikes);
      a("events", events);
      a("bursts", bursts);
    }
  };
  std::vector<Bin> bin_;
  ActivitySegment glimpse_;
  spike::Step glimpse_from_ = 0, glimpse_until_ = 0;  ///< until 0: none is taken
  std::chrono::steady_clock::time_point next_glimpse_;
};

}  // namespace apical
