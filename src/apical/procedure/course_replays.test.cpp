// SPDX-License-Identifier: Apache-2.0
// Laws of replays: every spike at its time, in every presentation, wherever a round was broken off.
#include "apical/procedure/course_replays.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apical/io/sonata.h"
#include "apical/io/test_directory.h"
#include "apical/procedure/spiking_course.h"

namespace apical {
namespace {

using namespace course;
using testing::DoubleEq;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

class CourseReplays : public testing::Test {
 protected:
  CourseReplays() {
    circuit_.dt_s = 1e-4;
    circuit_.groups = {{.name = "in", .size = 10}, {.name = "other", .size = 3}};
  }
  void write(const std::string& population, const std::vector<double>& ms,
             const std::vector<std::uint64_t>& ids) const {
    io::write_sonata_spikes(path("a.h5"), {{population, ms, ids}});
  }
  std::string path(const std::string& name) const { return (directory_ / name).string(); }
  Replay replay() const { return {.population = "in", .spikes_file = "a.h5"}; }
  /// One phase of 10 ms.
  static Course phase_with(const Replay& r) {
    Course c;
    c.stages = {{.name = "run"}};
    c.stages[0].phases = {{.name = "replayed", .duration_s = 0.01, .replays = {r}}};
    return c;
  }
  std::shared_ptr<const Replays> load(const Course& c) {
    return load_replays(c, circuit_, {.pool = pool_, .data = directory_.path()});
  }
  std::string complaint(const Replay& r) {
    try {
      load(phase_with(r));
    } catch (const DataError& e) {
      return e.what();
    }
    return {};
  }
  using Seen = std::vector<std::pair<double, std::uint64_t>>;
  CourseSetting setting(const Course& c) {
    CourseSetting s;
    s.watch.record = {"in"};
    s.watch.record_until_s = 10;
    s.replays = load(c);
    return s;
  }
  static Seen seen(const SpikingCourse& course) {
    Seen out;
    const PopulationSpikes& p = course.recorded().at(0);
    for (std::size_t i = 0; i < p.ms.size(); ++i) out.emplace_back(p.ms[i], p.neuron[i]);
    return out;
  }
  Seen emitted(const Course& c) {
    const auto course = make_course(circuit_, c, setting(c));
    for (std::size_t r = 0; r < course->rounds(); ++r) course->run_round(r);
    return seen(*course);
  }
  io::TestDirectory directory_;
  ThreadPool pool_{1};
  SpikingCircuit circuit_;
};

TEST_F(CourseReplays, EverySpikeIsEmittedAtItsTimeFromThePhasesBeginning) {
  write("in", {0, 0.3, 0.3, 9.9, 10}, {4, 9, 1, 0, 5});
  Course c = phase_with(replay());
  c.stages[0].phases.insert(c.stages[0].phases.begin(), {.name = "silent", .duration_s = 0.002});
  c.stages[0].phases.push_back({.name = "after", .duration_s = 0.005});
  const Seen all = emitted(c);
  ASSERT_EQ(all.size(), 4U) << "the one at 10 ms is not reached";
  EXPECT_THAT(all, ElementsAre(Pair(DoubleEq(2), 4), Pair(DoubleEq(2.3), 1), Pair(DoubleEq(2.3), 9),
                               Pair(DoubleEq(11.9), 0)));
  EXPECT_THAT(in_words(*load(c)),
              ElementsAre("in: 4 spikes of a.h5, population 'in'; 1 are later than what shows them lasts"));
}

TEST_F(CourseReplays, TheBeginningIsATimeInTheFile) {
  write("in", {1, 4.9, 5, 7.5}, {1, 2, 3, 4});
  Replay r = replay();
  r.from_s = 0.005;
  const Course c = phase_with(r);
  EXPECT_THAT(emitted(c), ElementsAre(Pair(0, 3), Pair(DoubleEq(2.5), 4)));
  EXPECT_EQ(load(c)->of(r).before, 2U);
}

TEST_F(CourseReplays, StimuliGoThroughTheirPhasesAndBeginAnewEachTime) {
  write("in", {1, 6, 12}, {1, 2, 3});
  Course c;
  c.stimuli = {{.name = "a", .replays = {replay()}}, {.name = "b"}, {.name = "c", .replays = {replay()}}};
  c.stages = {{.name = "show", .shows = Shows::stimuli}};
  c.stages[0].phases = {{.name = "first", .duration_s = 0.005}, {.name = "second", .duration_s = 0.005}};
  std::vector<double> ms;
  for (const auto& [t, neuron] : emitted(c)) ms.push_back(t);
  EXPECT_THAT(ms, testing::Pointwise(DoubleEq(), {1.0, 6.0, 21.0, 26.0}));
}

TEST_F(CourseReplays, BrokenOffWithinAPhaseItGoesOnWithTheRestOfTheSpikes) {
  std::vector<double> ms;
  std::vector<std::uint64_t> ids;
  for (std::uint64_t n = 0; n < 100; ++n) {
    ms.push_back(static_cast<double>(n) * 1e-4 * 1e3);
    ids.push_back(n % 10);
  }
  write("in", ms, ids);
  const Course c = phase_with(replay());
  struct Enough {};
  CourseSetting s = setting(c);
  s.watch.neuron_steps = 13 * 7;  // pieces of a few steps
  double done = 0;
  s.progress = [&](double seconds) {
    done += seconds;
    if (done > 0.003 && done < 0.006) throw Enough{};
  };
  const auto first = make_course(circuit_, c, s);
  EXPECT_THROW(first->run_round(0), Enough);
  const io::Bytes state = first->save(), place = first->save_place();
  s.progress = {};
  const auto second = make_course(circuit_, c, s);
  second->load(state, "test");
  second->load_place(place, "test");
  second->run_round(0);
  EXPECT_EQ(seen(*second), emitted(c));
  EXPECT_EQ(seen(*second).size(), 100U);
}

TEST_F(CourseReplays, TimesBetweenStepsAreRefusedUnlessTheyAreToBeMoved) {
  write("in", {0.1, 0.26}, {1, 2});
  EXPECT_THAT(complaint(replay()),
              testing::AllOf(HasSubstr("a.h5: /spikes/in/timestamps[1] is 0.26 ms, between two time steps of "
                                       "0.1 ms\n  the nearest: 0.2 or 0.3"),
                             HasSubstr("between_steps = \"nearest\"")));
  Replay r = replay();
  r.between_steps = BetweenSteps::nearest;
  EXPECT_THAT(emitted(phase_with(r)), ElementsAre(Pair(DoubleEq(0.1), 1), Pair(DoubleEq(0.3), 2)));
  EXPECT_THAT(in_words(*load(phase_with(r))).at(0),
              HasSubstr("1 in the file are moved to the nearest time step"));
  write("in", {0.26, 0.3}, {2, 2});
  EXPECT_THAT(complaint(r), HasSubstr("neuron 2 has two spikes in the time step at 0.3 ms"));
  write("in", {1e30}, {2});
  EXPECT_THAT(complaint(r), HasSubstr("more time steps of 0.1 ms than can be counted"));
}

TEST_F(CourseReplays, WhatTheCircuitHasNotIsRefusedWithFileAndRow) {
  write("in", {0, 1, 2}, {1, 2, 10});
  EXPECT_THAT(complaint(replay()),
              HasSubstr("a.h5: /spikes/in/node_ids[2] is 10; population 'in' has 10 relays, counted from 0"));
  io::write_sonata_spikes(path("a.h5"), {{"v1", {}, {}}, {"v2", {}, {}}});
  EXPECT_THAT(complaint(replay()), HasSubstr("it has the populations v1 and v2, and none is called 'in'"));
  Replay r = replay();
  r.spikes_of = "v3";
  EXPECT_THAT(complaint(r), testing::AllOf(HasSubstr("no population 'v3'"), HasSubstr("did you mean 'v")));
  r.spikes_of = "v2";
  EXPECT_EQ(complaint(r), "");
  r.spikes_file = "b.h5";
  EXPECT_THAT(complaint(r), testing::AllOf(HasSubstr("there is no b.h5"), HasSubstr("did you mean a.h5")));
}

TEST_F(CourseReplays, OnlyRelaysReplayAndEachOnceAtATime) {
  write("in", {}, {});
  const auto refused = [&](const Course& c) {
    try {
      validate(c, circuit_);
    } catch (const ConfigError& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  Course c = phase_with(replay());
  EXPECT_EQ(refused(c), "");
  EXPECT_THROW(make_course(circuit_, c, {}), ConfigError);
  c.stages[0].phases[0].replays.push_back(replay());
  EXPECT_THAT(refused(c), HasSubstr("replays spikes in 'in' twice"));
  c = phase_with(replay());
  c.stimuli = {{.name = "s", .replays = {replay()}}};
  EXPECT_EQ(refused(c), "") << "the stimulus is not shown meanwhile";
  c.stages[0].shows = Shows::stimuli;
  EXPECT_THAT(refused(c), HasSubstr("and stimulus 's', which is shown meanwhile, both replay"));
  c = phase_with(replay());
  c.stages[0].phases[0].replays[0].from_s = 1.00005;
  EXPECT_THAT(refused(c), HasSubstr("no whole number of steps"));
  c.stages[0].phases[0].replays[0] = {.population = "in"};
  EXPECT_THAT(refused(c), HasSubstr("give spikes_file"));
  circuit_.groups[0].model = spike::PoissonSource{};
  EXPECT_THAT(refused(phase_with(replay())), HasSubstr("'in', which is no population of relays"));
}

TEST_F(CourseReplays, OtherSpikesHaveAnotherFingerprint) {
  const Course c = phase_with(replay());
  write("in", {1}, {1});
  const DataFingerprint then = fingerprint_of(*load(c));
  write("in", {1}, {2});
  EXPECT_THAT(differences(then, fingerprint_of(*load(c))),
              ElementsAre("spikes of a.h5, population 'in' differ"));
}

}  // namespace
}  // namespace apical
