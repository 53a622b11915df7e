// SPDX-License-Identifier: Apache-2.0
// A learner that is shown its task: circuits in continuous time, layered networks in batches, policies that
// learn from reward. All seeds advance together.
#pragma once

#include <memory>

#include "apical/learning/trainer.h"
#include "apical/run/continuation.h"
#include "apical/run/recorder.h"
#include "apical/run/saved_weights.h"
#include "apical/run/session.h"

namespace apical {

class TrainingSession final : public Session {
 public:
  /// What is wrong with the experiment, its data, its recordings or the run that it goes on from is thrown
  /// here. `taken`: weights that the learner has been given.
  /// `ranks`: that share the learner, and do the same to it; rank 0 alone writes anything.
  TrainingSession(const Experiment& experiment, std::unique_ptr<Learner> learner, TakenWeights taken = {},
                  Ranks* ranks = nullptr);

  void prepare(const io::Path& run) override;
  void load(const io::Checkpoint& checkpoint, const std::string& origin) override;
  void begin_again(const io::Path& run) override;
  Step advance(const std::atomic<bool>& stop, Listener& listener) override;
  bool resumable() const override { return true; }
  std::vector<io::CheckpointSection> save() override;
  std::vector<io::CheckpointSection> fault_state() override;
  std::vector<Variable> variables() const override { return learner_->variables(); }
  const Dataset* data() const override { return &learner_->data(0); }
  void describe(nlohmann::json& manifest) const override;
  std::vector<Measurement> conclusions(std::span<const Measurement> measured) const override;
  void examine(Examination& x) override { learner_->examine(x); }
  std::vector<std::string> remarks(std::span<const Measurement> measured) const override;
  void write_artifacts(const io::Path& run) override;
  void tidy(const io::Path& run) override;
  std::string origin_hash() const override { return parent_ ? parent_->xxh3 : taken_.xxh3; }
  /// Of the run that it goes on from too.
  std::size_t epochs_trained() const { return trainer_.epochs_trained(); }

 private:
  bool writes() const { return ranks_ == nullptr || ranks_->leads(); }
  io::Bytes trainer_state();
  void go_on_from_parent();
  void write_pictures(const io::Path& run);

  const Experiment experiment_;
  Ranks* ranks_;
  std::unique_ptr<Learner> learner_;
  Trainer trainer_;
  std::optional<Recorder> recorder_;
  TakenWeights taken_;
  std::optional<Parent> parent_;
  io::Path run_;
};

}  // namespace apical
