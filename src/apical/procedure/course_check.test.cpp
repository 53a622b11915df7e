// SPDX-License-Identifier: Apache-2.0
// What cannot be done to a circuit, or would give no numbers, is refused before it begins.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "apical/models/payeur2021_mnist.h"
#include "apical/models/payeur2021_xor.h"
#include "apical/procedure/course_stepper.h"
#include "apical/procedure/test_courses.h"

namespace apical {
namespace {

using namespace course;
using testing::HasSubstr;

std::string complaint(const std::function<void(Course&)>& spoil) {
  Course c = payeur2021::xor_course(test::tiny_xor(), 1);
  spoil(c);
  try {
    check_course(c, payeur2021::xor_network(test::tiny_xor()));
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "";
}

TEST(CourseCheck, ThatDoesNotFitItsCircuitIsExplained) {
  EXPECT_EQ(complaint([](Course&) {}), "");
  EXPECT_THAT(complaint([](Course& c) { c.stimuli[0].injections[0].population = "in3"; }), HasSubstr("in3"));
  EXPECT_THAT(complaint([](Course& c) { c.stages[2].measures[2].of = {"hid3"}; }),
              HasSubstr("did you mean 'hid"));
  EXPECT_THAT(complaint([](Course& c) { c.stages[2].measures[0].phase = "predicting"; }),
              HasSubstr("stage 'training' has no phase 'predicting'"));
  EXPECT_THAT(complaint([](Course& c) { c.teacher.reset(); }), HasSubstr("needs a teacher"));
  EXPECT_THAT(complaint([](Course& c) { c.teacher->high_Hz = 3; }), HasSubstr("high_Hz of the teacher is 3"));
  EXPECT_THAT(complaint([](Course& c) { c.teacher->law = Teacher::Law::burst_probability; }),
              HasSubstr("escape_burst"));
  EXPECT_THAT(complaint([](Course& c) { c.stimuli[1].target = {1, 0}; }), HasSubstr("has 2 targets"));
  EXPECT_THAT(complaint([](Course& c) { c.stages[1].name = "training"; }),
              HasSubstr("two stages are named 'training'"));
  EXPECT_THAT(complaint([](Course& c) { c.stages[2].measures[0].name = "patterns_correct"; }),
              HasSubstr("measures two things under the name 'patterns_correct'"));
  EXPECT_THAT(complaint([](Course& c) { c.stages[0].phases.clear(); }), HasSubstr("has no phases"));
  EXPECT_THAT(complaint([](Course& c) { c.stages[1].measures[1].mean_of_bins = true; }), HasSubstr("bin_ms"));
  EXPECT_THAT(complaint([](Course& c) { c.stages[0].decay = true; }), HasSubstr("none of an epoch"));
  EXPECT_THAT(complaint([](Course& c) { c.stages[0].shows = Shows::test_samples; }), HasSubstr("no task"));
}

TEST(CourseCheck, MeasuresOfOnePlaceTimeAndNameAreRefused) {
  // Their rows would count as seeds of one figure.
  const Measure rate{.quantities = {MeasureKind::event_Hz}, .of = {"out"}, .name = "rate"};
  const auto both = [&](std::size_t one, std::size_t other, Each each = Each::stage) {
    return complaint([&](Course& c) {
      c.stages[0].measures.clear();
      for (const std::size_t s : {one, other}) {
        c.stages[s].measures.push_back(rate);
        c.stages[s].measures.back().each = each;
      }
    });
  };
  EXPECT_THAT(both(0, 1),
              HasSubstr("stages 'burn-in' and 'untrained' measure under the name 'rate' of 'test'"));
  EXPECT_EQ(both(1, 3), "");  // before training, and after it
  EXPECT_EQ(both(2, 3), "");  // in train, and in test
  EXPECT_THAT(complaint([&](Course& c) {
                c.stages[2].where = "test";
                c.stages[2].measures.clear();
                for (const std::size_t s : {2, 3}) c.stages[s].measures.push_back(rate);
              }),
              HasSubstr("stages 'training' and 'trained' measure"));
  // Rows of phases have no epoch that would tell them apart.
  EXPECT_THAT(both(1, 3, Each::phase), HasSubstr("under the name 'rate' of 'phase'"));
  EXPECT_THAT(complaint([](Course& c) { c.stages[1].where = "phase"; }), HasSubstr("measures in 'phase'"));
  EXPECT_THAT(complaint([](Course& c) { c.stages[2].phases[0].name = "prediction"; }),
              HasSubstr("stage 'training' has several phases 'prediction'"));
}

TEST(CourseCheck, ThatWouldMeasureOrInjectWhatIsNoNumberIsRefused) {
  // Bins that are cut off count too little.
  EXPECT_THAT(complaint([](Course& c) { c.stages[1].phases[1].bin_s = 0.1; }),
              HasSubstr("bins of 0.1 s do not divide the 0.25 s of phase 'answer'"));
  EXPECT_THAT(complaint([](Course& c) { c.stages[1].phases[1].bin_s = 2.5e-4; }),
              HasSubstr("no whole number of steps"));
  EXPECT_THAT(complaint([](Course& c) { c.stages[1].phases[1].duration_s = 0.25005; }),
              HasSubstr("takes 0.25005 s, no whole number of steps of 0.0001 s"));
  EXPECT_THAT(complaint([](Course& c) {
                c.stages[1].phases[1].bin_s = 0.25;
                c.stages[1].correlations = {{.name = "r",
                                             .between = {SeriesKind::event_Hz, "out"},
                                             .and_of = {SeriesKind::event_Hz, "hid1"}}};
              }),
              HasSubstr("needs two bins or more"));
  EXPECT_THAT(complaint([](Course& c) {
                c.stages[1].phases[1].injections.assign(2, {.population = "hid1", .amplitude_A = 1e-10});
              }),
              HasSubstr("injects two sines into the soma of 'hid1'"));
  // Rates of no time, and currents that follow from them.
  EXPECT_THAT(complaint([](Course& c) { c.stages[1].phases[1].duration_s = 0; }),
              HasSubstr("counts spikes in phase 'answer', which takes no time"));
  const auto by_counts = [](double settling_s) {
    return complaint([&](Course& c) {
      c.teacher->sees = Teacher::Sees::counts;
      c.stages.erase(c.stages.begin(), c.stages.begin() + 2);
      c.stages[0].measures.clear();
      c.stages[0].phases[1].duration_s = settling_s;
      if (settling_s < 0)
        c.stages[0].phases.erase(c.stages[0].phases.begin(), c.stages[0].phases.begin() + 2);
    });
  };
  EXPECT_EQ(by_counts(0.1), "");
  EXPECT_THAT(by_counts(0), HasSubstr("by counts of the phase before, but that takes no time"));
  EXPECT_THAT(by_counts(-1), HasSubstr("by counts of the phase before, but there is none"));
  EXPECT_THAT(complaint([](Course& c) {
                c.teacher->law = Teacher::Law::burst_probability;
                c.teacher->low_Hz = 0;
              }),
              HasSubstr("low_Hz of the teacher is 0"));
  // Answers to what has no target.
  const auto untaught = [](Course& c) {
    for (Stimulus& s : c.stimuli) s.target.clear();
  };
  EXPECT_THAT(complaint(untaught), HasSubstr("with targets"));
  EXPECT_THAT(complaint([&](Course& c) {
                untaught(c);
                for (Stage& s : c.stages) s.measures.clear();
              }),
              HasSubstr("is taught, but its stage shows nothing that has a target"));
  EXPECT_THAT(complaint([](Course& c) { c.stages[1].watched_first = 501; }), HasSubstr("at most 500"));
}

TEST(CourseCheck, ThatSetsWhatCannotBeSetIsRefused) {
  // Two populations, one's weights shown by the other's.
  SpikingCircuit circuit = payeur2021::mnist_network({.hidden = 30, .per_class = 2}, 4);
  const auto complaint = [&](const std::function<void(Course&)>& spoil) -> std::string {
    Course c;
    c.stimuli = {{.name = "a", .rates = {{"in", {50}}}}};
    c.stages = {{.name = "run", .shows = Shows::stimuli}};
    c.stages[0].phases = {{.name = "only"}};
    spoil(c);
    try {
      CourseStepper(circuit, c, {}).run_round(0);
    } catch (const ConfigError& e) {
      return e.what();
    }
    return "";
  };
  const auto weight = [&](const char* projection, double w) {
    return complaint([&](Course& c) { c.stages[0].phases[0].weights = {{projection, w}}; });
  };
  EXPECT_EQ(weight("out->hid bursts", 0.5), "");
  EXPECT_THAT(weight("out->hid events", 0.5),
              testing::AllOf(HasSubstr("which has none of its own"), HasSubstr("'out->hid bursts'")));
  EXPECT_THAT(weight("hid->out", 101), HasSubstr("to 101, outside the bounds [-100, 100] of its rule"));
  EXPECT_THAT(complaint([](Course& c) {
                c.stages[0].phases[0].weights = {{"hid->out", 1}, {"hid->out", 2}};
              }),
              HasSubstr("sets weights of 'hid->out' twice"));
  EXPECT_THAT(complaint([](Course& c) { c.stimuli[0].rates[0].rates_Hz = {200}; }),
              HasSubstr("below 1/dt = 200 Hz"));
  EXPECT_THAT(complaint([](Course& c) {
                c.stimuli[0].rates.push_back({"in", {1}});
              }),
              HasSubstr("sets rates of 'in' twice"));
  EXPECT_THAT(
      complaint([](Course& c) { c.samples = Samples{.task = "mnist", .population = "in", .rate_Hz = 200}; }),
      HasSubstr("samples.rate_Hz is 200"));
  EXPECT_THAT(complaint([](Course& c) {
                c.stages[0].shows = Shows::training_samples;
                c.samples = Samples{.task = "mnist", .population = "in"};
              }),
              HasSubstr("shows training_samples, of which there are none"));
  EXPECT_THAT(complaint([](Course& c) { c.stages[0].shows = Shows::training_samples; }),
              HasSubstr("add [samples]"));
  circuit.connections.erase(circuit.connections.begin() +
                            static_cast<std::ptrdiff_t>(spike::connection_index(circuit, "in->hid")));
  EXPECT_THAT(complaint([](Course& c) {
                c.stages[0].measures = {{.quantities = {MeasureKind::event_Hz}, .of = {"in"}}};
              }),
              HasSubstr("counts events of 'in', Poisson sources"));
}

}  // namespace
}  // namespace apical
