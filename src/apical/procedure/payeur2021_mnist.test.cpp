// SPDX-License-Identifier: Apache-2.0
// The network of digits learns four small pictures, by the course of the experiment but for what it shows.
#include "apical/models/payeur2021_mnist.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "apical/core/threads.h"
#include "apical/procedure/course_samples.h"
#include "apical/procedure/course_stepper.h"
#include "apical/procedure/test_courses.h"

namespace apical::payeur2021 {
namespace {

constexpr std::size_t kSide = 6;

/// Two rows, or two columns, of white pixels: four pictures that no single pixel tells apart.
std::vector<double> bars(std::size_t digit) {
  std::vector<double> x(kSide * kSide, 0.0);
  for (std::size_t i = 0; i < kSide; ++i) {
    for (const std::size_t k : {digit / 2, digit / 2 + 3})
      x[digit % 2 == 0 ? k * kSide + i : i * kSide + k] = 1;
  }
  return x;
}
constexpr std::size_t kPictures = 4, kTests = 5;

MnistOptions tiny() {
  MnistOptions o;
  o.hidden = 40;
  o.per_class = 4;
  o.decay = false;
  return o;
}

/// The four pictures instead of MNIST; five tests after the training (epoch `epochs`), or none.
Course course_of_bars(const MnistOptions& o, std::size_t epochs) {
  Course c = mnist_course(o, epochs);
  for (std::size_t p = 0; p < kPictures; ++p) {
    course::Stimulus s{.name = std::to_string(p)};
    s.rates = {{"in", bars(p)}};
    for (double& Hz : s.rates[0].rates_Hz) Hz *= o.input_Hz;
    s.target.assign(kDigits, 0.0);
    s.target[p] = 1;
    c.stimuli.push_back(s);
  }
  const course::Stage test = c.stages[2];
  c.stages.erase(c.stages.begin());
  c.stages.pop_back();
  c.stages[0].shows = course::Shows::stimuli;
  c.stages[0].shuffled = false;
  for (std::size_t i = 0; i < kTests; ++i) {
    c.stages.push_back(test);
    course::Stage& s = c.stages.back();
    s.name = s.where = "test " + std::to_string(i);
    s.when = epochs > 0 ? course::When::after : course::When::before;
    s.shows = course::Shows::stimuli;
    s.watched.clear();
    s.measures[0].quantities = {course::MeasureKind::correct};
  }
  c.samples.reset();
  return c;
}

std::unique_ptr<CourseStepper> stepper(const MnistOptions& o, std::size_t epochs, std::uint64_t seed = 1,
                                       ThreadPool* pool = nullptr) {
  CourseSetting setting;
  setting.seed = seed;
  setting.pool = pool;
  return std::make_unique<CourseStepper>(mnist_network(o, kSide * kSide), course_of_bars(o, epochs), setting);
}

double right_after(const MnistOptions& o, std::size_t epochs) {
  const test::Measured m = test::run_to_its_end(*stepper(o, epochs));
  double right = 0;
  for (std::size_t i = 0; i < kTests; ++i) right += m("test " + std::to_string(i), epochs, "correct");
  return right;
}

// 20 answers: guessing among ten digits gives 2, and 10 or more with a probability below 1e-5.
TEST(SpikingMnist, LearnsPicturesItOnlyGuessedBefore) {
  EXPECT_LE(right_after(tiny(), 0), 9);
  EXPECT_GE(right_after(tiny(), 30), 16);
}

TEST(SpikingMnist, WithoutPlasticityNothingChangesAndNothingIsLearned) {
  MnistOptions o = tiny();
  o.hidden_eta = o.output_eta = 0;
  const auto s = stepper(o, 10);
  const auto before = s->network().weights(s->network().connection("hid->out"));
  test::run_to_its_end(*s);
  EXPECT_EQ(s->network().weights(s->network().connection("hid->out")), before);
  EXPECT_LE(right_after(o, 10), 9);
}

double mean_square_change(const MnistOptions& o, std::uint64_t seed) {
  const auto s = stepper(o, 10, seed);
  auto& n = s->network();
  const auto before = n.weights(n.connection("in->hid"));
  test::run_to_its_end(*s);
  const auto after = n.weights(n.connection("in->hid"));
  double sum = 0;
  for (std::size_t i = 0; i < before.size(); ++i)
    sum += (after[i] - before[i]) * (after[i] - before[i]) / static_cast<double>(before.size());
  return sum;
}

TEST(SpikingMnist, WithoutFeedbackHiddenWeightsOnlyDiffuse) {
  MnistOptions with = tiny(), cut = tiny();
  cut.feedback = MnistFeedback::cut;
  with.feedback_gain = 20;
  EXPECT_GT(mean_square_change(with, 1), 1.5 * mean_square_change(cut, 1));
  cut.hidden_plasticity = false;
  EXPECT_EQ(mean_square_change(cut, 1), 0);
}

TEST(SpikingMnist, LearnedFeedbackChangesAsForwardWeightsDoAndKeepsTakingOffWhatEventsLetExpect) {
  for (const MnistFeedback feedback : {MnistFeedback::random, MnistFeedback::learned}) {
    MnistOptions o = tiny();
    o.feedback = feedback;
    const auto s = stepper(o, 10);
    auto& n = s->network();
    const auto weights = [&](const char* name) { return n.weights(n.connection(name)); };
    const auto forward = weights("hid->out"), back = weights("out->hid bursts");
    test::run_to_its_end(*s);
    const auto forward_after = weights("hid->out"), back_after = weights("out->hid bursts"),
               events = weights("out->hid events");
    const std::size_t outputs = kDigits * o.per_class;
    double largest = 0;
    for (std::size_t j = 0; j < o.hidden; ++j) {
      for (std::size_t k = 0; k < outputs; ++k) {
        const std::size_t up = j * outputs + k, down = k * o.hidden + j;
        const double follow = feedback == MnistFeedback::learned ? o.feedback_follow : 0;
        ASSERT_NEAR(back_after[down] - back[down], follow * (forward_after[up] - forward[up]), 1e-4);
        ASSERT_NEAR(events[down], o.output_burst_probability * back_after[down], 1e-5);
        largest = std::max(largest, std::abs(back_after[down] - back[down]));
      }
    }
    EXPECT_TRUE(feedback == MnistFeedback::learned ? largest > 0.1 : largest == 0) << largest;
  }
}

TEST(SpikingMnist, TeacherRaisesBurstsOfWhatIsMissingAndLowersThoseOfWhatIsTooMuch) {
  const MnistOptions o;
  const course::Teacher teacher = *mnist_course(o, 1).teacher;
  const auto current = [&](bool wanted, double rate_Hz) {
    return teaching_current_A(teacher, spike::EscapeBurst{}, wanted, rate_Hz);
  };
  EXPECT_GT(current(true, o.e_min_Hz), current(true, 0.5 * o.e_max_Hz));
  EXPECT_NEAR(current(true, o.e_max_Hz), 0, 1e-15);
  EXPECT_NEAR(current(false, o.e_min_Hz), 0, 1e-15);
  EXPECT_LT(current(false, o.e_max_Hz), 0);
}

TEST(SpikingMnist, ThreadsDoNotChangeABit) {
  ThreadPool pool(2);
  MnistOptions o = tiny();
  o.hidden = 600;  // more than a block
  const auto one = stepper(o, 1, 3), two = stepper(o, 1, 3, &pool);
  EXPECT_EQ(test::run_to_its_end(*one), test::run_to_its_end(*two));
  EXPECT_EQ(one->network().weights(0), two->network().weights(0));
}

TEST(SpikingMnist, PoolsSquaresOfPixels) {
  const std::vector<double> four{1, 0, 0, 0.5, 0, 1, 0, 0.5, 1, 1, 0, 0, 1, 1, 0, 0};
  EXPECT_EQ(pooled(four, 4, 2), (std::vector<double>{0.5, 0.25, 1, 0}));
  MnistOptions o;
  o.pooling = 5;
  EXPECT_THROW(mnist_sources(o, 28), ConfigError);
  o = {};
  o.hidden = 0;
  EXPECT_THROW(mnist_network(o, 196), ConfigError);
}

}  // namespace
}  // namespace apical::payeur2021
