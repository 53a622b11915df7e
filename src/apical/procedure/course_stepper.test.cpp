// SPDX-License-Identifier: Apache-2.0
// Laws of courses: order, duration, plastic where it is said, counted where it is said, continued bit for
// bit.
#include "apical/procedure/course_stepper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "apical/models/payeur2021_mnist.h"
#include "apical/models/payeur2021_propagation.h"
#include "apical/models/payeur2021_xor.h"
#include "apical/procedure/course_display.h"
#include "apical/procedure/test_courses.h"

namespace apical {
namespace {

using namespace course;
using testing::HasSubstr;

CourseStepper stepper(const Course& c, std::uint64_t seed = 1) {
  CourseSetting setting;
  setting.seed = seed;
  setting.watch.raster_neurons = 5;
  setting.raster_s = 0.1;
  return CourseStepper(payeur2021::xor_network(test::tiny_xor()), c, setting);
}

TEST(Course, LastsAsLongAsItsPhasesTogether) {
  const Course c = payeur2021::xor_course(test::tiny_xor(), 4);
  EXPECT_NEAR(c.duration_s(), 3 * 0.1 + 6 * 4 * 0.5, 1e-12);
  EXPECT_NEAR(payeur2021::xor_course(test::tiny_xor(), 0).duration_s(), 3 * 0.1 + 4 * 0.5, 1e-12);
  CourseStepper s = stepper(c);
  test::run_to_its_end(s);
  EXPECT_EQ(s.network().step(), 123000);
}

TEST(Course, StagesOfAnEpochComeBetweenThoseBeforeAndThoseAfter) {
  std::vector<std::pair<std::string, std::size_t>> order;
  const Course c = payeur2021::xor_course(test::tiny_xor(), 2);
  for (const CourseRound& r : rounds_of(c)) order.emplace_back(c.stages[r.stage].name, r.epoch);
  EXPECT_THAT(order, testing::ElementsAre(std::pair{"burn-in", 0}, std::pair{"untrained", 0},
                                          std::pair{"training", 1}, std::pair{"training", 2},
                                          std::pair{"trained", 2}));
  // Without training there is nothing to come after it.
  EXPECT_EQ(rounds_of(payeur2021::xor_course(test::tiny_xor(), 0)).size(), 2U);
}

TEST(Course, LongStagesAreCutIntoRounds) {
  Course c;
  c.stages = {{.name = "test", .shows = Shows::test_samples}};
  c.stages[0].phases = {{.name = "a"}};
  c.samples = Samples{.task = "mnist", .population = "in", .test = 2 * kRoundPresentations + 1};
  const std::vector<CourseRound> rounds = rounds_of(c);
  ASSERT_EQ(rounds.size(), 3U);
  EXPECT_FALSE(rounds[1].ends_stage);
  EXPECT_EQ(rounds[2].last - rounds[2].first, 1U);
  EXPECT_TRUE(rounds[2].ends_stage);
}

TEST(Course, ShowsOnlySamplesThatItWasHanded) {
  Course c;
  c.stages = {{.name = "test", .shows = Shows::test_samples}};
  c.stages[0].phases = {{.name = "a"}};
  c.samples = Samples{.task = "mnist", .population = "in", .test = 1};
  try {
    make_course(payeur2021::xor_network(test::tiny_xor()), c, {});
    ADD_FAILURE() << "samples came from nowhere";
  } catch (const ConfigError& e) {
    EXPECT_THAT(e.what(), testing::AllOf(HasSubstr("samples of task 'mnist'"), HasSubstr("load_samples()")));
  }
}

TEST(Course, WeightsChangeInPlasticPhasesOnly) {
  CourseStepper s = stepper(payeur2021::xor_course(test::tiny_xor(), 1));
  const auto weights = [&] { return s.network().weights(s.network().connection("hid1->out exc")); };
  const auto before = weights();
  s.run_round(0);
  s.run_round(1);
  EXPECT_EQ(weights(), before);
  s.run_round(2);
  const auto trained = weights();
  EXPECT_NE(trained, before);
  s.run_round(3);
  EXPECT_EQ(weights(), trained);

  Course frozen = payeur2021::xor_course(test::tiny_xor(), 1);
  for (Phase& p : frozen.stages[2].phases) p.plastic = false;
  CourseStepper f = stepper(frozen);
  test::run_to_its_end(f);
  EXPECT_EQ(f.network().weights(f.network().connection("hid1->out exc")), before);
}

TEST(Course, SpikesCountInThePhaseThatAMeasureNames) {
  // A phase without a current, one with, and measures of each: the sum is what both together have.
  const payeur2021::PropagationOptions o{.pyramidal = 150};
  Course c;
  c.stages = {{.name = "run"}};
  Stage& s = c.stages[0];
  s.phases = {{.name = "quiet", .duration_s = 0.5}, {.name = "driven", .duration_s = 0.5}};
  s.phases[1].injections = {{.population = "pyr1", .constant_A = 400e-12}};
  s.measures = {{.quantities = {MeasureKind::event_Hz}, .of = {"pyr1"}, .phase = "quiet", .name = "first"},
                {.quantities = {MeasureKind::event_Hz}, .of = {"pyr1"}, .name = "last"},
                {.quantities = {MeasureKind::event_Hz}, .of = {"pyr1"}, .each = Each::phase, .name = "each"}};
  const SpikingCircuit circuit = payeur2021::multiplexing_population(o);
  const test::Measured m = test::measured(circuit, c, 1);
  EXPECT_GT(m("test", 0, "last"), 1.5 * m("test", 0, "first"));
  EXPECT_EQ(m("phase", 0, "each"), m("test", 0, "first"));
  EXPECT_EQ(m("phase", 1, "each"), m("test", 0, "last"));
  // Without the current the second phase goes on like the first; what the circuit injects is back after a
  // phase.
  s.phases.push_back({.name = "quiet again", .duration_s = 0.5});
  const test::Measured longer = test::measured(circuit, c, 1);
  EXPECT_LT(longer("phase", 2, "each"), 0.8 * longer("phase", 1, "each"));
}

TEST(Course, SourcesThatAStimulusDoesNotNameHaveTheCircuitsRate) {
  SpikingCircuit circuit = payeur2021::mnist_network({.hidden = 10, .per_class = 1}, 100);
  std::get<spike::PoissonSource>(circuit.groups[spike::group_index(circuit, "in")].model).rate_Hz = 20;
  Course c;
  c.stimuli = {{.name = "loud", .rates = {{"in", {100}}}}, {.name = "nothing"}};
  for (const Shows shows : {Shows::stimuli, Shows::nothing}) {
    c.stages.push_back({.name = std::string(name_of(shows)), .shows = shows});
    c.stages.back().phases = {{.name = "a", .duration_s = 20}};
    c.stages.back().measures = {{.quantities = {MeasureKind::event_Hz},
                                 .of = {"in"},
                                 .each = shows == Shows::stimuli ? Each::stimulus : Each::stage}};
  }
  const test::Measured m = test::measured(circuit, c, 1);
  EXPECT_NEAR(m("test", 0, "in_event_Hz_loud"), 100, 2);
  constexpr double kSpread_Hz = 0.5;  // of the mean of 2000 seconds, about five times
  EXPECT_NEAR(m("test", 0, "in_event_Hz_nothing"), 20, kSpread_Hz);
  EXPECT_NEAR(m("test", 0, "in_event_Hz"), 20, kSpread_Hz);
}

TEST(Course, MeansOfBinsAndTheirSeriesAreThoseOfThePhase) {
  const payeur2021::PropagationOptions o{.pyramidal = 150, .burn_in_s = 0.1, .duration_s = 0.5};
  Course c = payeur2021::multiplexing_course(o);
  c.stages[0].measures.push_back({.quantities = {MeasureKind::event_Hz}, .of = {"pyr1"}, .name = "all"});
  const test::Measured m = test::measured(payeur2021::multiplexing_population(o), c, 1);
  EXPECT_NEAR(m("test", 0, "event_Hz"), m("test", 0, "all"), 1e-9);
}

TEST(Course, ContinuedFromASafePointItGivesTheSameBits) {
  const Course c = payeur2021::xor_course(test::tiny_xor(), 3);
  CourseStepper whole = stepper(c);
  std::vector<test::Measured> expected(whole.rounds());
  std::vector<io::Bytes> saved;
  for (std::size_t r = 0; r < whole.rounds(); ++r) {
    expected[r].add(whole.run_round(r));
    saved.push_back(whole.save());
  }
  for (const std::size_t stop : {0, 1, 3}) {
    CourseStepper other = stepper(c);
    other.load(saved[stop], "test");
    for (std::size_t r = stop + 1; r < other.rounds(); ++r) {
      test::Measured m;
      m.add(other.run_round(r));
      EXPECT_EQ(m, expected[r]) << stop << " " << r;
    }
    EXPECT_EQ(other.save(), saved.back());
  }
}

TEST(Course, TaughtAtOnceByCountsOfTheStageBeforeItIsContinuedToTheSameBits) {
  Course c = payeur2021::xor_course(test::tiny_xor(), 2);
  c.teacher->sees = Teacher::Sees::counts;
  c.teacher->high_Hz = 100;  // so that currents follow counts
  std::swap(c.stages[2].phases.front(), c.stages[2].phases.back());
  CourseStepper whole = stepper(c), part = stepper(c);
  for (std::size_t r = 0; r < 2; ++r) whole.run_round(r);
  part.load(whole.save(), "test");
  whole.run_round(2);
  part.run_round(2);
  EXPECT_EQ(part.save(), whole.save());
}

/// Broken off after every piece, each time gone on with by another that takes up what was saved.
struct BrokenOff {};
void expect_the_same_bits_in_pieces(const SpikingCircuit& circuit, const Course& c,
                                    const std::string& recorded, std::size_t neuron_steps) {
  CourseSetting setting;
  setting.watch.raster_neurons = 5;
  setting.raster_s = 0.1;
  setting.watch.bin_s = c.activity_bin_s;
  setting.watch.record = {recorded};
  setting.watch.record_until_s = 0.7;
  CourseStepper whole(circuit, c, setting);
  const test::Measured expected = test::run_to_its_end(whole);

  setting.watch.neuron_steps = neuron_steps;
  setting.progress = [](double) { throw BrokenOff{}; };
  auto part = std::make_unique<CourseStepper>(circuit, c, setting);
  test::Measured found;
  std::size_t breaks = 0;
  for (std::size_t r = 0; r < part->rounds();) {
    try {
      found.add(part->run_round(r));
      ++r;
    } catch (const BrokenOff&) {
      ++breaks;
      auto next = std::make_unique<CourseStepper>(circuit, c, setting);
      next->load(part->save(), "state");
      next->load_place(part->save_place(), "place");
      part = std::move(next);
    }
  }
  EXPECT_GT(breaks, 20U);
  EXPECT_EQ(found, expected);
  EXPECT_EQ(part->save(), whole.save());
  ASSERT_EQ(part->recorded().size(), 1U);
  EXPECT_EQ(part->recorded()[0].ms, whole.recorded()[0].ms);
}

TEST(Course, BrokenOffWithinARoundItGivesTheSameBits) {
  expect_the_same_bits_in_pieces(payeur2021::xor_network(test::tiny_xor()),
                                 payeur2021::xor_course(test::tiny_xor(), 1), "out", 100'000);
}

TEST(Course, BrokenOffBetweenAndWithinBinsItGivesTheSameBits) {
  payeur2021::PropagationOptions o{.pyramidal = 60, .burn_in_s = 0.1, .duration_s = 0.5};
  o.bin_s = 0.05;
  expect_the_same_bits_in_pieces(payeur2021::multiplexing_population(o), payeur2021::multiplexing_course(o),
                                 "pyr1", 10'000);
}

TEST(Course, LearningRatesFallToZeroWhereTheStageSaysSo) {
  Course c = payeur2021::xor_course(test::tiny_xor(), 1);
  c.stages[2].decay = true;
  CourseStepper falling = stepper(c), constant = stepper(payeur2021::xor_course(test::tiny_xor(), 1));
  test::run_to_its_end(falling);
  test::run_to_its_end(constant);
  const auto change = [&](CourseStepper& s) {
    return std::abs(s.network().mean_weight(s.network().connection("hid1->out exc")) - 1.3 * 0.18);
  };
  EXPECT_NE(change(falling), change(constant));
}

TEST(Course, IsDoneToAnotherCircuitOfTheSameNames) {
  payeur2021::XorOptions cut = test::tiny_xor();
  cut.feedback = payeur2021::XorFeedback::cut;
  const Course c = payeur2021::xor_course(test::tiny_xor(), 1);
  const test::Measured one = test::measured(payeur2021::xor_network(test::tiny_xor()), c, 1),
                       other = test::measured(payeur2021::xor_network(cut), c, 1);
  EXPECT_NE(one, other);
  EXPECT_TRUE(other.has("test", 1, "out_event_Hz_10"));
}

TEST(Course, PhasesOfAnEpochAreToldOnceInEach) {
  Course c = payeur2021::xor_course(test::tiny_xor(), 2);
  c.stages[2].measures.push_back(
      {.quantities = {MeasureKind::event_Hz}, .of = {"out"}, .each = Each::phase, .name = "rate"});
  CourseStepper s = stepper(c);
  std::set<std::tuple<std::string, std::size_t, std::string>> told;
  for (std::size_t r = 0; r < s.rounds(); ++r) {
    for (const MeasureRow& row : s.run_round(r)) {
      for (const auto& [name, value] : row.values)
        EXPECT_TRUE(told.emplace(row.split, row.epoch, name).second) << row.split << " " << name;
    }
  }
  EXPECT_TRUE(told.contains({"train", 2, "rate_phase_2"}));
  const Display d = display_of(payeur2021::xor_network(test::tiny_xor()), c);
  EXPECT_TRUE(std::any_of(d.figures.begin(), d.figures.end(), [](const Display::Figure& f) {
    return !f.lines.empty() && f.lines.front().metric == "rate_phase_0";
  }));
}

TEST(Course, TellsInWordsWhatIsDone) {
  const std::string words = in_words(payeur2021::xor_course({}, 500));
  EXPECT_THAT(words,
              HasSubstr("in each of 500 epochs: for each of 4 stimuli in their order 3.6 s (settling), then "
                        "3.6 s (prediction), then 0.8 s (teaching) with plasticity and a teaching current"));
}

}  // namespace
}  // namespace apical
