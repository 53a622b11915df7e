// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/discrimination.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "apical/analysis/statistics.h"
#include "apical/core/error.h"
#include "apical/core/random.h"

namespace apical {
namespace {

using ::testing::HasSubstr;

/// Seeds around a mean in every readout, of unit spread; `draw` tells sets of seeds apart.
Matrix<double> seeds_around(double mean, std::size_t seeds, std::size_t readouts, std::uint64_t draw,
                            double sd = 1) {
  Matrix<double> z(seeds, readouts);
  for (std::size_t i = 0; i < z.size(); ++i)
    z.flat()[i] = mean + sd * normal({draw, Stream::injected_noise, 77, i});
  return z;
}
TheoryReadouts theory(const char* name, double mean, std::size_t fit, std::size_t held_out,
                      std::uint64_t draw, std::size_t readouts = 1, double sd = 1) {
  return {name, 1, seeds_around(mean, fit, readouts, 2 * draw, sd),
          seeds_around(mean, held_out, readouts, 2 * draw + 1, sd)};
}

MeasurementNoise of_animals(double sd) { return {.cell_sd = 0, .trial_sd = 0, .animal_sd = sd}; }

DiscriminationOptions gains_only(std::size_t draws = 1) {
  DiscriminationOptions options;
  options.draws = draws;
  options.experiments = 0;
  return options;
}

template <class Call>
std::string error_of(Call call) {
  try {
    call();
  } catch (const Error& e) {
    return e.what();
  }
  return "accepted";
}

const std::vector<std::size_t> kFirst{0};

TEST(Discrimination, TwoUnitNormalsGiveTheInformationThatTheyHave) {
  ThreadPool pool(1);
  struct Known {
    double apart, bits, error;
  };
  // By numerical integration of the two densities.
  for (const Known& known :
       {Known{0.5, 0.04373, 0.401294}, Known{1, 0.160747, 0.308538}, Known{2, 0.485944, 0.158655},
        Known{3, 0.759979, 0.066807}, Known{4, 0.912822, 0.02275}}) {
    const std::vector<TheoryReadouts> theories{theory("a", 0, 4000, 4000, 1),
                                               theory("b", known.apart, 4000, 4000, 2)};
    const Separation found = separation_of(theories, kFirst, of_animals(0), gains_only(), pool);
    EXPECT_NEAR(found.gain.held_out, known.bits, 3 * found.gain.held_out_se) << known.apart;
    const double error_se = std::sqrt(known.error * (1 - known.error) / 8000);
    EXPECT_NEAR(1 - found.accuracy, known.error, 3 * error_se) << known.apart;
    EXPECT_LT(found.calibration_error, 0.05);
  }
}

TEST(Discrimination, ThreeNormalsGiveUpToLog2OfThree) {
  ThreadPool pool(1);
  for (const auto& [apart, bits] :
       {std::pair{0.5, 0.111167}, {1.0, 0.366165}, {2.0, 0.893237}, {4.0, 1.468725}}) {
    const std::vector<TheoryReadouts> theories{theory("a", 0, 4000, 4000, 3),
                                               theory("b", apart, 4000, 4000, 4),
                                               theory("c", 2 * apart, 4000, 4000, 5)};
    const Separation found = separation_of(theories, kFirst, of_animals(0), gains_only(), pool);
    EXPECT_NEAR(found.gain.held_out, bits, 3 * found.gain.held_out_se) << apart;
    EXPECT_LE(found.gain.held_out, std::log2(3.0));
  }
}

TEST(Discrimination, ATheoryUnderTwoNamesCannotBeToldApart) {
  ThreadPool pool(1);
  const std::vector<TheoryReadouts> theories{theory("a", 0, 32, 32, 6), theory("b", 0, 32, 32, 7)};
  DiscriminationOptions options;
  options.experiments = 400;
  const Separation found = separation_of(theories, kFirst, of_animals(0.5), options, pool);
  EXPECT_LT(std::abs(found.gain.held_out), 3 * found.gain.held_out_se);
  EXPECT_LE(found.gain.held_out, found.gain.same_seeds);
  EXPECT_NEAR(found.accuracy, 0.5, 0.15);  // of 64 seeds
  const auto pairs = pair_separations(theories, of_animals(0.5), options);
  EXPECT_LT(pairs[0].low, 0);
  EXPECT_GT(pairs[0].high, 0);
}

// Held-out seeds deflate, the same seeds inflate what identical theories seem to tell: means over sets of
// seeds.
TEST(Discrimination, TheTwoEstimatorsLieOnBothSides) {
  ThreadPool pool(1);
  struct Known {
    std::size_t seeds;
    double noise, same, held_out;
  };
  for (const Known& known :
       {Known{8, 0.3, 0.1806, -0.5684}, Known{8, 1, 0.0327, -0.0493}, Known{32, 0.3, 0.0469, -0.116}}) {
    std::vector<double> same, held_out;
    DiscriminationOptions options = gains_only(20);
    options.density = TheoryDensity::kernel;
    for (std::uint64_t set = 0; set < 300; ++set) {
      options.seed = set;
      const std::vector<TheoryReadouts> theories{theory("a", 0, known.seeds, known.seeds, 1000 + 2 * set),
                                                 theory("b", 0, known.seeds, known.seeds, 1001 + 2 * set)};
      const auto gain = separation_of(theories, kFirst, of_animals(known.noise), options, pool).gain;
      same.push_back(gain.same_seeds);
      held_out.push_back(gain.held_out);
    }
    EXPECT_NEAR(mean(same), known.same, 4 * sample_sd(same) / std::sqrt(300.0)) << known.seeds;
    EXPECT_NEAR(mean(held_out), known.held_out, 4 * sample_sd(held_out) / std::sqrt(300.0)) << known.seeds;
  }
}

TEST(Discrimination, APlugInNormalIsDeflatedAsKnown) {
  ThreadPool pool(1);
  struct Known {
    std::size_t seeds;
    double apart, bits;
  };
  for (const Known& known :
       {Known{16, 0, -0.0665}, Known{32, 0, -0.0268}, Known{32, 1, 0.1391}, Known{64, 2, 0.4751}}) {
    std::vector<double> bits;
    for (std::uint64_t set = 0; set < 200; ++set) {
      const std::vector<TheoryReadouts> theories{theory("a", 0, known.seeds, 200, 5000 + 2 * set),
                                                 theory("b", known.apart, known.seeds, 200, 5001 + 2 * set)};
      bits.push_back(separation_of(theories, kFirst, of_animals(0), gains_only(), pool).gain.held_out);
    }
    EXPECT_NEAR(mean(bits), known.bits, 4 * sample_sd(bits) / std::sqrt(200.0))
        << known.seeds << ", " << known.apart;
  }
}

TEST(Discrimination, FindsThePlantedReadoutAmongMany) {
  ThreadPool pool(1);
  constexpr std::size_t kRepeats = 40, kReadouts = 21, kPlanted = 13;
  std::size_t first = 0;
  for (std::uint64_t repeat = 0; repeat < kRepeats; ++repeat) {
    std::vector<TheoryReadouts> theories{theory("a", 0, 32, 32, 9000 + 2 * repeat, kReadouts),
                                         theory("b", 0, 32, 32, 9001 + 2 * repeat, kReadouts)};
    for (Matrix<double>* z : {&theories[1].fit, &theories[1].held_out}) {
      for (std::size_t s = 0; s < z->rows(); ++s) (*z)(s, kPlanted) += 2;
    }
    const auto chosen = chosen_readouts(theories, of_animals(0.5), 1, gains_only(4), pool);
    first += chosen == std::vector<std::size_t>{kPlanted} ? 1 : 0;
  }
  EXPECT_GE(first, 38U);  // 95 %
}

TEST(Discrimination, IsSeldomSureOfTheWrongTheory) {
  ThreadPool pool(2);
  const std::vector<TheoryReadouts> theories{theory("a", 0, 200, 200, 11), theory("b", 1, 200, 200, 12)};
  DiscriminationOptions options;
  options.draws = 8;
  options.most_animals = 40;
  const Separation found = separation_of(theories, kFirst, of_animals(0.3), options, pool);
  const double three_se = 3 * std::sqrt(0.05 * 0.95 / 2000);
  for (const double wrong : found.wrong) EXPECT_LE(wrong, 0.05 + three_se);
  ASSERT_TRUE(found.animals_95.has_value());
  EXPECT_LE(*found.animals_80, *found.animals_95);
}

TEST(Discrimination, MoreNoiseNeedsMoreAnimals) {
  ThreadPool pool(2);
  const std::vector<TheoryReadouts> theories{theory("a", 0, 64, 64, 13, 1, 0.05),
                                             theory("b", 1, 64, 64, 14, 1, 0.05)};
  DiscriminationOptions options;
  options.draws = 4;
  options.most_animals = 400;
  const Separation quiet = separation_of(theories, kFirst, of_animals(1), options, pool);
  const Separation loud = separation_of(theories, kFirst, of_animals(2), options, pool);
  ASSERT_TRUE(quiet.animals_95 && loud.animals_95);
  const double ratio = static_cast<double>(*loud.animals_95) / static_cast<double>(*quiet.animals_95);
  EXPECT_NEAR(ratio, 4, 0.15 * 4);  // where noise is all that matters, n goes with its variance
  EXPECT_LT(loud.gain.held_out, quiet.gain.held_out);
}

TEST(Discrimination, GivesTheSameBitsForAnyNumberOfThreads) {
  ThreadPool one(1), three(3);
  const std::vector<TheoryReadouts> theories{theory("a", 0, 8, 8, 15, 3), theory("b", 1, 8, 8, 16, 3)};
  DiscriminationOptions options;
  options.experiments = 100;
  const std::vector<std::size_t> both{2, 0};
  const Separation a = separation_of(theories, both, of_animals(1), options, one),
                   b = separation_of(theories, both, of_animals(1), options, three);
  EXPECT_EQ(a.gain.held_out, b.gain.held_out);
  EXPECT_EQ(a.accepted, b.accepted);
  EXPECT_EQ(a.confusion, b.confusion);
}

TEST(Discrimination, CountsAnimalsOfATestAsTablesDo) {
  const std::vector<std::pair<double, std::size_t>> one_sided{{0.3, 96}, {0.5, 35}, {0.8, 14},
                                                              {1, 9},    {1.5, 4},  {2, 3}};
  for (const auto& [d, animals] : one_sided)
    EXPECT_EQ(animals_for_one_sided_test(d, 0.05, 0.9), animals) << d;
  const std::vector<std::pair<double, std::size_t>> bayes{{0.3, 121}, {0.5, 44}, {0.8, 17},
                                                          {1, 11},    {1.5, 5},  {2, 3}};
  for (const auto& [d, animals] : bayes) EXPECT_EQ(animals_for_bayes_error(d, 0.05), animals) << d;
}

TEST(Discrimination, MoreCellsAndTrialsAreLessNoise) {
  MeasurementNoise noise{.cell_sd = 1, .trial_sd = 2, .animal_sd = 0.5, .cells = 4, .trials = 10};
  EXPECT_DOUBLE_EQ(noise.variance(), 0.25 + 0.25 + 4.0 / 40);
}

TEST(Discrimination, SaysWhatCannotBeTold) {
  ThreadPool pool(1);
  const auto separate = [&](const std::vector<TheoryReadouts>& theories, double noise,
                            TheoryDensity density = TheoryDensity::normal) {
    DiscriminationOptions options = gains_only();
    options.density = density;
    return error_of([&] { separation_of(theories, kFirst, of_animals(noise), options, pool); });
  };
  EXPECT_THAT(separate({theory("a", 0, 4, 4, 1)}, 1), HasSubstr("1 theory given"));
  EXPECT_THAT(separate({theory("a", 0, 4, 4, 1), theory("b", 0, 4, 4, 1, 2)}, 1),
              HasSubstr("expected the same"));
  EXPECT_THAT(separate({theory("a", 0, 4, 4, 1), theory("b", 0, 1, 4, 1)}, 1),
              HasSubstr("expected 2 and 1 or more"));
  EXPECT_THAT(separate({theory("a", 0, 4, 4, 1, 1, 0), theory("b", 1, 4, 4, 1, 1, 0)}, 0),
              HasSubstr("by rounding"));
  EXPECT_THAT(separate({theory("a", 0, 4, 4, 1), theory("b", 1, 4, 4, 1)}, 0, TheoryDensity::kernel),
              HasSubstr("need noise"));
  std::vector<TheoryReadouts> broken{theory("a", 0, 4, 4, 1), theory("b", 1, 4, 4, 1)};
  broken[1].held_out(2, 0) = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(separate(broken, 1), HasSubstr("readout of 'b' is nan"));
  std::vector<TheoryReadouts> impossible{theory("a", 0, 4, 4, 1), theory("b", 1, 4, 4, 1)};
  impossible[0].prior = 0;
  EXPECT_THAT(separate(impossible, 1), HasSubstr("prior of 'a'"));
}

}  // namespace
}  // namespace apical
