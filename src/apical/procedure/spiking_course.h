// SPDX-License-Identifier: Apache-2.0
// One seed of a spiking experiment, run in rounds. Between rounds it can be saved and continued bit for bit.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "apical/experiment/spiking_experiment.h"
#include "apical/io/archive.h"
#include "apical/procedure/spike_watch.h"

namespace apical {

/// What was measured at one time: a line of metrics.ndjson without the seed.
struct MeasureRow {
  std::size_t epoch = 0;
  std::string split;  ///< "test", or "train" for what is measured within training
  std::vector<std::pair<std::string, double>> values;
};

class SpikingCourse {
 public:
  virtual ~SpikingCourse() = default;
  virtual std::size_t rounds() const { return 1; }
  /// Rounds in order, each once.
  virtual std::vector<MeasureRow> run_round(std::size_t round) = 0;
  /// State after a round. Courses of one round have nothing to continue from.
  virtual io::Bytes save() { return {}; }
  virtual void load(std::span<const std::byte>, const std::string& /*origin*/) {}
  virtual const std::vector<ActivitySegment>& segments() const;
  virtual const std::vector<PopulationSpikes>& recorded() const;
  virtual const std::vector<payeur2021::PairingCurve>& curves() const;
  /// The network as a numerical fault left it; empty if there was none.
  const io::Bytes& fault_state() const { return fault_state_; }

 protected:
  /// Executes so many steps under the watch's eyes; keeps the state of a network that fails.
  void advance(SpikeWatch& watch, spike::Network<float>& network, spike::Step steps);

 private:
  io::Bytes fault_state_;
};

struct CourseSetting {
  std::uint64_t seed = 1;
  ThreadPool* pool = nullptr;  ///< inside the network; may be null
  SpikeWatch::Plan watch = {};
  double raster_s = 0.5;  ///< of each part that is drawn
  std::function<void(double)> progress =
      {};  ///< told seconds of biological time; may throw to break a round off
};
std::unique_ptr<SpikingCourse> make_course(const SpikingExperiment& experiment, const CourseSetting& setting);

/// Biological seconds of one seed, by the options alone; of pairing protocols the summed duration of their
/// trains.
double course_seconds(const SpikingExperiment& experiment);
/// Bins in which activity over time is counted, s.
double activity_bin_s(const SpikingExperiment& experiment);

}  // namespace apical
