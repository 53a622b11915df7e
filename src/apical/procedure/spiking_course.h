// SPDX-License-Identifier: Apache-2.0
// One seed of a spiking experiment, run in rounds. Between rounds, and where one was broken off, it can be
// saved and continued bit for bit.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "apical/circuit/course.h"
#include "apical/core/threads.h"
#include "apical/io/archive.h"
#include "apical/procedure/course_measures.h"
#include "apical/procedure/course_replays.h"
#include "apical/procedure/spike_watch.h"
#include "apical/tasks/dataset.h"

namespace apical {

class SpikingCourse {
 public:
  virtual ~SpikingCourse() = default;
  virtual std::size_t rounds() const { return 1; }
  /// Rounds in order, each once. One that was broken off (see CourseSetting::progress) goes on where it was.
  virtual std::vector<MeasureRow> run_round(std::size_t round) = 0;
  /// These projections, and no others, transmit nothing from now on. Not part of the state.
  virtual void cut(const std::vector<std::string>& /*projections*/) {}
  /// State after a round. A protocol of its own has nothing to continue from.
  virtual io::Bytes save() { return {}; }
  virtual void load(std::span<const std::byte>, const std::string& /*origin*/) {}
  /// Where within a round it was broken off, beside save(); loaded after it.
  virtual io::Bytes save_place() { return {}; }
  virtual void load_place(std::span<const std::byte>, const std::string& /*origin*/) {}
  /// Of each projection that learns within bounds, the share of weights that lie at one.
  virtual std::vector<std::pair<std::string, double>> weights_at_bounds() const { return {}; }
  virtual const std::vector<ActivitySegment>& segments() const;
  virtual const std::vector<PopulationSpikes>& recorded() const;
  virtual const std::vector<course::WeightChangeCurve>& curves() const;
  /// Null of a protocol of its own, which has none.
  virtual spike::Network<float>* simulated() { return nullptr; }
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
  Ranks* ranks = nullptr;      ///< that share the network; null: it is here alone
  SpikeWatch::Plan watch = {};
  double raster_s = 0.5;                        ///< of each part that is drawn
  std::shared_ptr<const Dataset> samples = {};  ///< as load_samples gives them, of a course that shows any
  std::shared_ptr<const Replays> replays = {};  ///< as load_replays gives them, of a course that has any
  std::function<void(double)> progress =
      {};  ///< told seconds of biological time; may throw to break a round off
};
/// f(seed's position) for so many seeds, beside one another; each goes to the next thread that is free.
void for_each_seed(ThreadPool& pool, std::size_t seeds, const std::function<void(std::size_t)>& f);
/// ConfigError for a course that cannot be done to the circuit, or without the samples or spikes it shows. A
/// course that is a protocol of its own has no circuit.
std::unique_ptr<SpikingCourse> make_course(const SpikingCircuit& circuit, const Course& course,
                                           const CourseSetting& setting);

}  // namespace apical
