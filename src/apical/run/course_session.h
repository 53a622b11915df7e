// SPDX-License-Identifier: Apache-2.0
// Courses of stimuli in spiking circuits, one for each seed, that advance round by round beside one another.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>

#include "apical/procedure/course_rounds.h"
#include "apical/procedure/spiking_course.h"
#include "apical/run/saved_weights.h"
#include "apical/run/session.h"

namespace apical {

class CourseSession final : public Session {
 public:
  /// Threads work on a seed each, or share the networks of few seeds if those are large. `ranks` share the
  /// network of one seed after another. What is wrong with samples, or weights to begin with, is thrown here.
  CourseSession(const Experiment& experiment, const Resources& resources, Ranks* ranks = nullptr);

  void prepare(const io::Path& run) override;
  void load(const io::Checkpoint& checkpoint, const std::string& origin) override;
  /// A round, or a second of a longer one.
  Step advance(const std::atomic<bool>& stop, Listener& listener) override;
  bool resumable() const override { return !e_.course.protocol && (round_ > 0 || broken_off_); }
  std::vector<io::CheckpointSection> save() override;
  std::vector<io::CheckpointSection> fault_state() override;
  /// Spikes of what has a membrane or relays them.
  std::vector<Variable> variables() const override;
  const Dataset* data() const override { return samples_.get(); }
  DataFingerprint files() const override { return replays_ ? fingerprint_of(*replays_) : DataFingerprint{}; }
  void describe(nlohmann::json& manifest) const override;
  std::vector<std::string> remarks(std::span<const Measurement> measured) const override;
  std::string origin_hash() const override { return taken_.xxh3; }
  void examine(Examination& x) override;
  /// Activity and curves (results.h5) and, if asked for, all spikes (spikes/seed-N.h5).
  void write_artifacts(const io::Path& run) override;

 private:
  /// What the courses' own states do not have.
  struct Books {
    std::uint64_t round = 0;
    template <class Archive>
    void visit_state(Archive& a) {
      a("round", round);
    }
  };
  /// A round that was broken off: what seeds that are through measured, and where each of the others is.
  struct SeedWithin {
    bool done = false;
    std::vector<MeasureRow> rows = {};
    std::vector<std::uint8_t> place = {};
    template <class Archive>
    void visit_state(Archive& a);
  };
  struct SeedsWithin {
    std::vector<SeedWithin>& seeds;
    template <class Archive>
    void visit_state(Archive& a) {
      a("seeds", seeds);
    }
  };
  struct Clocks {
    double epoch_seconds = 0;
    template <class Archive>
    void visit_state(Archive& a) {
      a("epoch_seconds", epoch_seconds);
    }
  };
  using Clock = std::chrono::steady_clock;
  std::size_t rounds() const { return plan_.size(); }
  TakenWeights begin_with(const std::vector<spike::Network<float>*>& networks) const;
  double simulated_seconds() const;
  std::string section_name(std::size_t seed) const;
  bool is_among_first(std::size_t seed, std::size_t count) const {
    return experiment_.seeds_elsewhere_before() + seed < count;
  }
  void progressed(double seconds);
  void glimpsed(std::uint64_t seed, const ActivitySegment& activity);
  bool round_is_to_pause() const;
  void run_round();
  void run_round_of(std::size_t seed);
  void tell(Listener& listener);

  const Experiment experiment_;
  const SpikingExperiment& e_;
  ThreadPool& pool_;
  Ranks* const ranks_;
  bool inner_ = false;                      ///< threads, or ranks, share a network
  std::shared_ptr<const Dataset> samples_;  ///< that all seeds show; null: stimuli of their own
  std::shared_ptr<const Replays> replays_;  ///< spikes of files; null: none
  SavedWeights weights_;                    ///< to begin with, if any
  TakenWeights taken_;
  std::vector<std::unique_ptr<SpikingCourse>> courses_;
  std::uint64_t round_ = 0;                                   ///< rounds that are done
  std::vector<std::optional<std::vector<MeasureRow>>> rows_;  ///< of seeds that are through the round
  bool broken_off_ = false;                                   ///< within the round
  Clocks clocks_;
  std::vector<CourseRound> plan_;            ///< what each round is; one of nothing for a protocol of its own
  const std::atomic<bool>* stop_ = nullptr;  ///< while it advances
  Clock::time_point pause_ = {};             ///< the next chance to save
  Listener* listener_ = nullptr;
  std::mutex progress_mutex_;
  double done_s_ = 0;
};

}  // namespace apical
