// SPDX-License-Identifier: Apache-2.0
// What a session of a course tells of itself, whatever its stages measure and wherever it was continued.
#include "apical/run/course_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace apical {
namespace {

const char* const kXorInAMoment = R"(
[model]
name = "burstprop-xor"
neurons = 40
in_degree = 10
example_s = 0.2
alpha_s = 0.1
[training]
epochs = 2
[run]
seeds = 2
)";

struct Heard final : Listener {
  std::vector<std::size_t> ended, epochs;
  double done = 0, total = 0;
  void on(const EpochEnded& e) override { ended.push_back(e.epoch); }
  void on(const RunProgress& p) override {
    if (epochs.empty() || epochs.back() != p.epoch) epochs.push_back(p.epoch);
    done = p.done;
    total = p.total;
  }
};

Experiment xor_experiment() {
  Experiment e = read_experiment(TomlDocument::parse(kXorInAMoment, "test"));
  for (course::Stage& s : std::get<SpikingExperiment>(e.subject).course.stages) s.measures.clear();
  return e;
}

void go_on(CourseSession& session, Heard& heard) {
  const std::atomic<bool> stop{false};
  while (session.advance(stop, heard) == Session::Step::safe_point) continue;
}

TEST(CourseSession, EpochsEndWithTheirTrainingWhateverIsMeasured) {
  const Experiment e = xor_experiment();
  ThreadPool pool(1);
  CourseSession session(e, {.pool = pool});
  session.prepare({});
  Heard heard;
  go_on(session, heard);
  EXPECT_THAT(heard.ended, testing::ElementsAre(1, 2));
  EXPECT_THAT(heard.epochs, testing::ElementsAre(0, 1, 2));
  EXPECT_NEAR(heard.done, heard.total, 1e-9);
}

TEST(CourseSession, ContinuedItKnowsHowFarItIs) {
  const Experiment e = xor_experiment();
  ThreadPool pool(1);
  CourseSession first(e, {.pool = pool}), second(e, {.pool = pool});
  for (CourseSession* s : {&first, &second}) s->prepare({});
  Heard before, after;
  const std::atomic<bool> stop{false};
  while (before.ended.empty()) first.advance(stop, before);  // two stages and an epoch
  io::Checkpoint checkpoint;
  checkpoint.sections = first.save();
  second.load(checkpoint, "test");
  go_on(second, after);
  EXPECT_THAT(before.epochs, testing::ElementsAre(0, 1));
  EXPECT_THAT(after.epochs, testing::ElementsAre(2));
  EXPECT_THAT(after.ended, testing::ElementsAre(2));
  EXPECT_NEAR(after.done, after.total, 1e-9);
}

/// Asks to stop as soon as it hears anything.
struct Impatient final : Listener {
  std::atomic<bool> stop{false};
  std::vector<Measurement> measured;
  void on(const RunProgress&) override { stop.store(true); }
  void on(const Measurement& m) override { measured.push_back(m); }
};

TEST(CourseSession, StopsWithinARoundAndGoesOnToTheSameBits) {
  const Experiment e = read_experiment(TomlDocument::parse(
      "[model]\nname = \"burstprop-multiplexing\"\npyramidal = 400\nduration_s = 1\n[run]\nseeds = 3\n",
      "test"));
  for (const unsigned threads : {1U, 2U}) {
    ThreadPool pool(threads);
    CourseSession whole(e, {.pool = pool});
    whole.prepare({});
    Impatient patient;
    const std::atomic<bool> never{false};
    while (whole.advance(never, patient) == Session::Step::safe_point) continue;

    auto part = std::make_unique<CourseSession>(e, Resources{.pool = pool});
    part->prepare({});
    Impatient heard;
    std::size_t stops = 0;
    for (;;) {
      heard.stop.store(false);
      const Session::Step step = part->advance(heard.stop, heard);
      if (step == Session::Step::finished) break;
      if (step != Session::Step::stopped) continue;
      ++stops;
      ASSERT_TRUE(part->resumable());
      io::Checkpoint checkpoint;
      checkpoint.sections = part->save();
      part = std::make_unique<CourseSession>(e, Resources{.pool = pool});
      part->prepare({});
      part->load(checkpoint, "test");
    }
    EXPECT_GT(stops, 5U);
    auto of_learning = [](CourseSession& s) {
      std::vector<io::CheckpointSection> sections = s.save();
      std::erase_if(sections, [](const io::CheckpointSection& x) { return x.name == "clock"; });
      return sections;
    };
    EXPECT_EQ(of_learning(*part), of_learning(whole));
    ASSERT_EQ(heard.measured.size(), patient.measured.size());
    for (std::size_t i = 0; i < heard.measured.size(); ++i)
      EXPECT_EQ(heard.measured[i].value, patient.measured[i].value) << heard.measured[i].metric;
  }
}

}  // namespace
}  // namespace apical
