// SPDX-License-Identifier: Apache-2.0
// A learner that is shown its task: circuits in continuous time, layered networks in batches, policies that
// learn from reward. All seeds advance together.
#pragma once

#include <memory>

#include "apical/learning/trainer.h"
#include "apical/run/recorder.h"
#include "apical/run/session.h"

namespace apical {

class TrainingSession final : public Session {
 public:
  /// What is wrong with the experiment, its data or its recordings is thrown here.
  TrainingSession(const Experiment& experiment, std::unique_ptr<Learner> learner);

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
  Examination examine() override { return learner_->examine(); }
  std::vector<std::string> remarks(std::span<const Measurement> measured) const override;
  void write_artifacts(const io::Path& run) override;
  void tidy(const io::Path& run) override;

 private:
  void write_pictures(const io::Path& run);

  const Experiment experiment_;
  std::unique_ptr<Learner> learner_;
  Trainer trainer_;
  std::optional<Recorder> recorder_;
};

}  // namespace apical
