// SPDX-License-Identifier: Apache-2.0
#include "apical/models/payeur2021_mnist.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "apical/core/error.h"
#include "apical/core/threads.h"

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
constexpr std::size_t kPictures = 4;

MnistOptions tiny() {
  MnistOptions o;
  o.hidden = 40;
  o.per_class = 4;
  return o;
}

int right_after(MnistNetwork& network, int rounds) {
  for (int r = 0; r < rounds; ++r) {
    for (std::size_t p = 0; p < kPictures; ++p) network.learn(bars(p), p);
  }
  int right = 0;
  for (int r = 0; r < 5; ++r) {
    for (std::size_t p = 0; p < kPictures; ++p) right += network.predict(bars(p), p).digit == p ? 1 : 0;
  }
  return right;
}

// 20 answers: guessing among ten digits gives 2, and 10 or more with a probability below 1e-5.
TEST(SpikingMnist, LearnsPicturesItOnlyGuessedBefore) {
  MnistNetwork network(tiny(), kSide * kSide, 1);
  EXPECT_LE(right_after(network, 0), 9);
  EXPECT_GE(right_after(network, 30), 16);
}

TEST(SpikingMnist, WithoutPlasticityNothingChangesAndNothingIsLearned) {
  MnistOptions o = tiny();
  o.hidden_eta = o.output_eta = 0;
  MnistNetwork network(o, kSide * kSide, 1);
  const auto before = network.network().weights(network.network().connection("hid->out"));
  EXPECT_LE(right_after(network, 10), 9);
  EXPECT_EQ(network.network().weights(network.network().connection("hid->out")), before);
}

double mean_square_change(MnistOptions o, std::uint64_t seed) {
  MnistNetwork network(o, kSide * kSide, seed);
  auto& n = network.network();
  const auto before = n.weights(n.connection("in->hid"));
  for (int r = 0; r < 10; ++r) {
    for (std::size_t p = 0; p < kPictures; ++p) network.learn(bars(p), p);
  }
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
    MnistNetwork network(o, kSide * kSide, 1);
    auto& n = network.network();
    const auto weights = [&](const char* name) { return n.weights(n.connection(name)); };
    const auto forward = weights("hid->out"), back = weights("out->hid bursts");
    right_after(network, 10);
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
  EXPECT_GT(mnist_teacher_A(true, o.e_min_Hz, o), mnist_teacher_A(true, 0.5 * o.e_max_Hz, o));
  EXPECT_NEAR(mnist_teacher_A(true, o.e_max_Hz, o), 0, 1e-15);
  EXPECT_NEAR(mnist_teacher_A(false, o.e_min_Hz, o), 0, 1e-15);
  EXPECT_LT(mnist_teacher_A(false, o.e_max_Hz, o), 0);
}

TEST(SpikingMnist, ThreadsDoNotChangeABit) {
  ThreadPool pool(2);
  MnistOptions o = tiny();
  o.hidden = 600;  // more than a block
  MnistNetwork one(o, kSide * kSide, 3), two(o, kSide * kSide, 3, &pool);
  for (MnistNetwork* n : {&one, &two}) n->learn(bars(1), 1);
  EXPECT_EQ(one.network().weights(0), two.network().weights(0));
  EXPECT_EQ(one.predict(bars(2), 2).class_Hz, two.predict(bars(2), 2).class_Hz);
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
