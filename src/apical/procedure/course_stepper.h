// SPDX-License-Identifier: Apache-2.0
// Executes any course over a spiking network under the eyes of a watch, in rounds. Between rounds, and where
// one was broken off, it can be saved and continued bit for bit; a fault keeps the network's state.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apical/circuit/course.h"
#include "apical/engine/spike/network.h"
#include "apical/procedure/course_measures.h"
#include "apical/procedure/course_rounds.h"
#include "apical/procedure/course_teaching.h"
#include "apical/procedure/spike_watch.h"
#include "apical/procedure/spiking_course.h"
#include "apical/tasks/dataset.h"

namespace apical {

class CourseStepper final : public SpikingCourse {
 public:
  /// `setting.samples` as load_samples gave it, where the course shows samples. ConfigError for a course that
  /// does not fit the circuit.
  CourseStepper(const SpikingCircuit& circuit, const Course& course, const CourseSetting& setting);

  std::size_t rounds() const override { return rounds_.size(); }
  std::vector<MeasureRow> run_round(std::size_t round) override;
  void cut(const std::vector<std::string>& projections) override;
  io::Bytes save() override;
  void load(std::span<const std::byte> bytes, const std::string& origin) override;
  io::Bytes save_place() override;
  void load_place(std::span<const std::byte> bytes, const std::string& origin) override;
  std::vector<std::pair<std::string, double>> weights_at_bounds() const override;
  const std::vector<ActivitySegment>& segments() const override { return watch_.segments(); }
  const std::vector<PopulationSpikes>& recorded() const override { return watch_.recorded(); }
  spike::Network<float>* simulated() override { return &network_; }
  spike::Network<float>& network() { return network_; }

  template <class Archive>
  void visit_state(Archive& a);

 private:
  struct Shown;
  /// Within a round; what the network holds, and settings of the phase are that, is saved with it.
  struct Place {
    bool within = false;
    std::uint64_t presentation = 0, phase = 0;
    bool in_phase = false;
    spike::Step phase_began = 0;
    std::vector<std::vector<std::uint64_t>> bins =
        {};  ///< of the phase, spikes, events and bursts of each group
    template <class Archive>
    void visit_state(Archive& a) {
      a("within", within);
      a("presentation", presentation);
      a("phase", phase);
      a("in_phase", in_phase);
      a("phase_began", phase_began);
      a.resized("bins", bins);
    }
  };
  /// What save() leaves out of a round that was broken off.
  struct PlaceAndWatch {
    Place& place;
    SpikeWatch& watch;
    template <class Archive>
    void visit_state(Archive& a) {
      place.visit_state(a);
      a.section("watch", [&] { watch.visit_open_segment(a); });
    }
  };
  /// A compartment that the course injects currents into.
  struct Driven {
    std::size_t group;
    course::CellPart part;
    spike::Drive base;
  };
  const Split& samples(const course::Stage& stage) const;
  std::size_t sample_at(const course::Stage& stage, std::size_t epoch, std::size_t i);
  Shown shown(const course::Stage& stage, std::size_t epoch, std::size_t i);
  void open_segment(const course::Stage& stage, std::size_t epoch, std::size_t first, std::size_t last);
  void present(const CourseRound& round);
  bool is_taught(const Shown& shown, const course::Phase& phase) const;
  void begin_phase(const Shown& shown, const course::Phase& phase);
  void run_bins(const course::Phase& phase);
  void advance_to(spike::Step end) { advance(watch_, network_, end - network_.step()); }
  void set_rates(const Shown& shown);
  void set_trains(const Shown& shown, const course::Stage& stage);
  void set_drives(const Shown& shown, const course::Phase& phase);
  void set_learning_rates(const course::Stage& stage, std::size_t epoch, std::size_t i);
  EndedPhase run_phase(const Shown& shown, const course::Phase& phase);
  spike::Step steps_of(double seconds) const;

  const Course course_;
  const CourseSetting setting_;
  std::vector<CourseRound> rounds_;
  spike::Network<float> network_;
  SpikeWatch watch_;
  std::optional<Teaching> teaching_;
  std::vector<Driven> driven_;
  std::vector<std::size_t> rated_;       ///< groups of sources whose rates the course sets
  std::vector<std::size_t> replaying_;   ///< groups of relays that the course replays spikes in
  std::vector<StageMeasures> measures_;  ///< by stage
  Place place_;
  double last_phase_s_ = 0;           ///< duration of what counters have counted
  std::vector<std::uint32_t> order_;  ///< of an epoch's samples
  const course::Stage* order_stage_ = nullptr;
  std::size_t order_epoch_ = 0;
};

}  // namespace apical
