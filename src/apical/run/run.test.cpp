// SPDX-License-Identifier: Apache-2.0
#include "apical/run/run.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "apical/io/json.h"
#include "apical/io/test_directory.h"
#include "apical/run/session.h"
#include "support/small_experiments.h"

namespace apical {
namespace {

/// Has finished at once; its end cannot be examined to the end.
class BreaksOff final : public Session {
 public:
  explicit BreaksOff(const Session& like) : like_(like) {}
  void prepare(const io::Path&) override {}
  void load(const io::Checkpoint&, const std::string&) override {}
  Step advance(const std::atomic<bool>&, Listener&) override { return Step::finished; }
  bool resumable() const override { return false; }
  std::vector<io::CheckpointSection> save() override { return {}; }
  std::vector<io::CheckpointSection> fault_state() override { return {}; }
  void describe(nlohmann::json& manifest) const override { like_.describe(manifest); }
  void examine(Examination& x) override {
    EXPECT_TRUE(wrote_) << "after what goes wrong in an examination nothing else may be asked of a session";
    x.add(examined::kDead, "a1", 1, 1);
    throw DataError("the world does not repeat itself");
  }
  void write_artifacts(const io::Path&) override { wrote_ = true; }

 private:
  const Session& like_;
  bool wrote_ = false;
};

TEST(Run, WhoseExaminationBreaksOffHasFinishedAndKeepsWhatWasFound) {
  const Experiment e = read_experiment(TomlDocument::parse(test::small_network(), "breaks-off.toml"));
  io::TestDirectory directory;
  ThreadPool pool(1);
  const Resources machine{pool};
  const std::unique_ptr<Session> like = open(e, machine);
  BreaksOff session(*like);
  const std::atomic<bool> stop{false};
  RunOptions options;
  options.directory = directory / "run";
  const RunResult result = run_session(e, session, options, machine, stop);
  EXPECT_FALSE(result.stopped);
  EXPECT_TRUE(io::file_exists(directory / "run" / "summary.json"));
  const nlohmann::json kept = io::read_json(directory / "run" / "diagnosis.json").at("examination");
  EXPECT_EQ(kept.at("broken"), "the world does not repeat itself");
  EXPECT_EQ(kept.at("figures").size(), 1U);
}

}  // namespace
}  // namespace apical
