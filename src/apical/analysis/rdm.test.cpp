// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/rdm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include "apical/analysis/classical_scaling.h"
#include "apical/analysis/pattern_similarity.h"
#include "apical/analysis/rdm_compare.h"
#include "apical/analysis/rdm_inference.h"
#include "apical/analysis/reference_rdms.h"
#include "apical/analysis/statistics.h"
#include "apical/core/error.h"
#include "apical/core/random.h"

namespace apical {
namespace {

using ::testing::HasSubstr;

constexpr double kRounding = 1e-12;

Matrix<double> noise(std::uint64_t seed, std::size_t rows, std::size_t cols) {
  Matrix<double> x(rows, cols);
  for (std::size_t k = 0; k < x.size(); ++k) x.flat()[k] = normal({seed, Stream::injected_noise, 0, k});
  return x;
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

TEST(Rdm, DoesNotDependOnTheOrderOfUnits) {
  const Matrix<double> x = noise(1, 6, 9);
  Matrix<double> turned = x;
  for (std::size_t i = 0; i < x.rows(); ++i) std::reverse(turned.row(i).begin(), turned.row(i).end());
  for (const auto kind : {Dissimilarity::correlation, Dissimilarity::cosine, Dissimilarity::euclidean}) {
    const Rdm a = rdm_of(x.view(), kind), b = rdm_of(turned.view(), kind);
    for (std::size_t e = 0; e < a.size(); ++e) EXPECT_NEAR(a[e], b[e], kRounding);
  }
}

TEST(Rdm, FollowsTheOrderOfStimuli) {
  const Matrix<double> x = noise(2, 5, 7);
  const std::vector<std::uint32_t> order{3, 0, 4, 1, 2};
  Matrix<double> permuted(5, 7);
  for (std::size_t i = 0; i < 5; ++i) std::copy_n(x.row(order[i]).begin(), 7, permuted.row(i).begin());
  const Rdm expected = rdm_of(permuted.view(), Dissimilarity::correlation);
  const Rdm found = cut_rdm(rdm_of(x.view(), Dissimilarity::correlation), order);
  for (std::size_t e = 0; e < found.size(); ++e) EXPECT_NEAR(found[e], expected[e], kRounding);
}

TEST(Rdm, OfCorrelationIgnoresGainAndOffsetOfEachStimulus) {
  Matrix<double> x = noise(3, 5, 8);
  const Rdm before = rdm_of(x.view(), Dissimilarity::correlation);
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (double& v : x.row(i)) v = v * (1 + static_cast<double>(i)) - 3.5;
  }
  const Rdm after = rdm_of(x.view(), Dissimilarity::correlation);
  for (std::size_t e = 0; e < after.size(); ++e) EXPECT_NEAR(after[e], before[e], kRounding);
}

TEST(Rdm, NamesAStimulusThatHasNoCorrelation) {
  Matrix<double> x = noise(4, 5, 6);
  for (double& v : x.row(3)) v = 0.1;
  EXPECT_EQ(stimulus_without_direction(x.view(), Dissimilarity::correlation), 3U);
  EXPECT_EQ(stimulus_without_direction(x.view(), Dissimilarity::cosine), std::nullopt);
  EXPECT_THAT(error_of([&] { rdm_of(x.view(), Dissimilarity::correlation); }), HasSubstr("stimulus 3"));
  x(2, 1) = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(error_of([&] { rdm_of(x.view(), Dissimilarity::euclidean); }),
              HasSubstr("stimulus 2 in unit 1"));
  EXPECT_THAT(error_of([&] { rdm_of(noise(1, 1, 3).view(), Dissimilarity::cosine); }),
              HasSubstr("at least two stimuli"));
}

TEST(Rdm, CrossnobisOfNoiseIsNothingWhereDistancesAreSomething) {
  std::vector<double> means;
  for (std::uint64_t draw = 0; draw < 200; ++draw) {
    const std::vector<Matrix<double>> repeats{noise(10 + 3 * draw, 6, 20), noise(11 + 3 * draw, 6, 20),
                                              noise(12 + 3 * draw, 6, 20)};
    const Rdm rdm = crossnobis_rdm(repeats);
    means.push_back(std::accumulate(rdm.begin(), rdm.end(), 0.0) / static_cast<double>(rdm.size()));
    EXPECT_GT(rdm_of(repeats[0].view(), Dissimilarity::squared_euclidean)[0], 0.2);
  }
  const double standard_error = sample_sd(means) / std::sqrt(200.0);
  EXPECT_LT(std::abs(mean(means)), 3 * standard_error);
  EXPECT_LT(standard_error, 0.05);
}

TEST(Rdm, CrossnobisRefusesWhatCannotBeCrossValidated) {
  const std::vector<Matrix<double>> one{noise(1, 5, 4)};
  EXPECT_THAT(error_of([&] { crossnobis_rdm(one); }), HasSubstr("1 given"));
  const std::vector<Matrix<double>> odd{noise(1, 5, 4), noise(1, 5, 3)};
  EXPECT_THAT(error_of([&] { crossnobis_rdm(odd); }), HasSubstr("do not fit"));
  const std::vector<Matrix<double>> two{noise(1, 5, 4), noise(2, 5, 4)};
  EXPECT_THAT(error_of([&] { crossnobis_rdm(two, Matrix<double>(3, 3)); }), HasSubstr("expected 4 x 4"));
  const std::vector<Matrix<double>> same{noise(1, 5, 4), noise(1, 5, 4)};
  EXPECT_THAT(error_of([&] { diagonal_precision(same); }), HasSubstr("no variance"));
}

TEST(Rdm, KnowsHowManyStimuliHaveSoManyPairs) {
  EXPECT_EQ(stimuli_of(4186), 92U);
  EXPECT_EQ(stimuli_of(258840), 720U);
  EXPECT_EQ(stimuli_of(1), 2U);
  EXPECT_EQ(stimuli_of(0), std::nullopt);
  EXPECT_EQ(stimuli_of(4187), std::nullopt);
}

TEST(Rdm, LeavesOutPairsOfAStimulusWithItself) {
  const ChosenPairs pairs = pairs_among(std::vector<std::uint32_t>{2, 0, 2}, 4);
  EXPECT_THAT(pairs.entry, testing::ElementsAre(1U, 1U));
  EXPECT_THAT(pairs.a, testing::ElementsAre(0U, 1U));
  EXPECT_THAT(pairs.b, testing::ElementsAre(1U, 2U));
}

TEST(CompareRdms, TauAIsThatOfAllPairsOneByOne) {
  std::vector<double> a(15), b(15);
  for (std::size_t e = 0; e < 15; ++e) {
    a[e] = static_cast<double>(uniform_integer({5, Stream::bootstrap, 0, e}, 5));
    b[e] = static_cast<double>(uniform_integer({6, Stream::bootstrap, 0, e}, 4));
  }
  double difference = 0;
  for (std::size_t e = 0; e < 15; ++e) {
    for (std::size_t f = e + 1; f < 15; ++f) {
      const double product = (a[e] - a[f]) * (b[e] - b[f]);
      difference += product > 0 ? 1 : product < 0 ? -1 : 0;
    }
  }
  EXPECT_NEAR(compare_rdms(a, b, RdmMeasure::tau_a), difference / 105, kRounding);
}

TEST(CompareRdms, CkaIsTheWhitenedCosineOfSquaredDistances) {
  const Matrix<double> x = noise(7, 9, 5), y = noise(8, 9, 14);
  EXPECT_NEAR(cka(x.view(), y.view()),
              compare_rdms(rdm_of(x.view(), Dissimilarity::squared_euclidean),
                           rdm_of(y.view(), Dissimilarity::squared_euclidean), RdmMeasure::whitened_cosine),
              kRounding);
}

TEST(CompareRdms, WhatIsConstantIsNoNumber) {
  const std::vector<double> same(6, 0.3), other{1, 2, 3, 4, 5, 6};
  EXPECT_TRUE(std::isnan(compare_rdms(same, other, RdmMeasure::pearson)));
  EXPECT_TRUE(std::isnan(compare_rdms(same, other, RdmMeasure::spearman)));
  EXPECT_TRUE(std::isnan(compare_rdms(same, other, RdmMeasure::tau_b)));
  EXPECT_EQ(compare_rdms(same, other, RdmMeasure::tau_a), 0);
  EXPECT_TRUE(std::isnan(partial_spearman(other, other, std::vector<Rdm>{other})));
  EXPECT_THAT(error_of([&] { compare_rdms(same, std::vector<double>(10, 1.0), RdmMeasure::cosine); }),
              HasSubstr("6 and of 10"));
  EXPECT_THAT(error_of([&] {
                compare_rdms(std::vector<double>(5, 1.0), std::vector<double>(5, 1.0), RdmMeasure::cosine);
              }),
              HasSubstr("no RDM"));
}

TEST(PatternSimilarity, IgnoresRotationScaleAndShift) {
  const Matrix<double> x = noise(9, 8, 3), y = noise(10, 8, 4);
  Matrix<double> turned(8, 3);
  const double c = std::cos(0.7), s = std::sin(0.7);
  for (std::size_t i = 0; i < 8; ++i) {
    turned(i, 0) = 2.5 * (c * x(i, 0) - s * x(i, 1)) + 1;
    turned(i, 1) = 2.5 * (s * x(i, 0) + c * x(i, 1)) - 4;
    turned(i, 2) = 2.5 * x(i, 2);
  }
  EXPECT_NEAR(cka(turned.view(), y.view()), cka(x.view(), y.view()), kRounding);
  EXPECT_NEAR(debiased_cka(turned.view(), y.view()), debiased_cka(x.view(), y.view()), 1e-11);
  EXPECT_NEAR(procrustes(turned.view(), y.view()).similarity, procrustes(x.view(), y.view()).similarity,
              kRounding);
  EXPECT_NEAR(procrustes(turned.view(), x.view()).similarity, 1, kRounding);
}

TEST(PatternSimilarity, OfNoiseIsLargeOnlyWhereItIsBiased) {
  const Matrix<double> x = noise(11, 40, 400), y = noise(12, 40, 400);
  EXPECT_GT(cka(x.view(), y.view()), 0.8);
  EXPECT_LT(std::abs(debiased_cka(x.view(), y.view())), 0.1);
}

TEST(PatternSimilarity, RefusesOtherStimuliAndConstantActivity) {
  EXPECT_THAT(error_of([&] { cka(noise(1, 5, 3).view(), noise(1, 6, 3).view()); }), HasSubstr("5 and for 6"));
  EXPECT_THAT(error_of([&] { cka(Matrix<double>(5, 3).view(), noise(1, 5, 3).view()); }),
              HasSubstr("the same for all"));
  EXPECT_THAT(error_of([&] { procrustes(Matrix<double>(5, 3).view(), noise(1, 5, 3).view()); }),
              HasSubstr("the same for all"));
}

TEST(ClassicalScaling, FindsPointsOfAPlaneAgain) {
  const Matrix<double> x = noise(13, 7, 2);
  Rdm distances = rdm_of(x.view(), Dissimilarity::euclidean);
  const ScaledPlane plane = classical_scaling(distances);
  EXPECT_NEAR(plane.share, 1, 1e-10);
  for (std::size_t i = 0; i < 7; ++i) {
    for (std::size_t j = i + 1; j < 7; ++j) {
      EXPECT_NEAR(
          std::hypot(plane.points(i, 0) - plane.points(j, 0), plane.points(i, 1) - plane.points(j, 1)),
          distances[pair_index(i, j, 7)], 1e-12);
    }
  }
  EXPECT_THAT(error_of([] { classical_scaling(std::vector<double>(5, 1.0)); }), HasSubstr("no RDM"));
}

std::vector<Rdm> random_rdms(std::uint64_t seed, std::size_t count, std::size_t stimuli) {
  std::vector<Rdm> rdms;
  for (std::size_t s = 0; s < count; ++s)
    rdms.push_back(rdm_of(noise(seed * 1000 + s, stimuli, 10).view(), Dissimilarity::correlation));
  return rdms;
}

TEST(NoiseCeiling, LowerIsBelowUpper) {
  const auto subjects = random_rdms(20, 5, 9);
  for (std::size_t m = 0; m < kNames<RdmMeasure>.size(); ++m) {
    const NoiseCeiling ceiling = noise_ceiling(subjects, static_cast<RdmMeasure>(m));
    EXPECT_LE(ceiling.lower, ceiling.upper) << kNames<RdmMeasure>[m];
  }
  EXPECT_THAT(error_of([&] {
                noise_ceiling({subjects.data(), 1}, RdmMeasure::spearman);
              }),
              HasSubstr("at least two"));
}

TEST(RdmInference, GivesTheSameBitsForAnyNumberOfThreads) {
  const auto subjects = random_rdms(21, 4, 10);
  std::vector<SeedRdms> models{{random_rdms(22, 2, 10)}, {random_rdms(23, 1, 10)}};
  const RdmDraws draws = draw_stimuli_and_subjects(1, 50, 10, 4);
  ThreadPool one(1), three(3);
  const RdmInference a = infer_from_draws(models, subjects, RdmMeasure::spearman, draws, one);
  const RdmInference b = infer_from_draws(models, subjects, RdmMeasure::spearman, draws, three);
  EXPECT_EQ(a.both, b.both);
  EXPECT_EQ(a.p_zero, b.p_zero);
}

TEST(RdmInference, OfUnrelatedModelsIsNotSignificantTooOften) {
  constexpr std::size_t kRepetitions = 60, kStimuli = 10;
  std::size_t dual = 0, permuted = 0;
  ThreadPool pool(2);
  for (std::uint64_t repetition = 0; repetition < kRepetitions; ++repetition) {
    const auto subjects = random_rdms(100 + repetition, 4, kStimuli);
    const std::vector<SeedRdms> models{random_rdms(500 + repetition, 1, kStimuli)};
    const RdmDraws draws = draw_stimuli_and_subjects(repetition, 100, kStimuli, 4);
    dual += infer_from_draws(models, subjects, RdmMeasure::spearman, draws, pool).p_zero[0] < 0.05 ? 1 : 0;
    std::vector<std::vector<std::uint32_t>> permutations;
    for (std::uint64_t p = 0; p < 99; ++p)
      permutations.push_back(permutation({repetition, Stream::bootstrap, 3, p}, kStimuli));
    permuted +=
        permutation_test(models, subjects, RdmMeasure::spearman, permutations, pool).p[0] < 0.05 ? 1 : 0;
  }
  // 5 % of 60 are 3; more than 9 happen once in a thousand times.
  EXPECT_LE(dual, 9U);
  EXPECT_LE(permuted, 9U);
}

TEST(RdmInference, FindsWhatIsThere) {
  const Matrix<double> truth = noise(30, 12, 30);
  std::vector<Rdm> subjects;
  for (std::uint64_t s = 0; s < 5; ++s) {
    Matrix<double> seen = truth;
    for (std::size_t k = 0; k < seen.size(); ++k)
      seen.flat()[k] += 0.7 * normal({s, Stream::injected_noise, 5, k});
    subjects.push_back(rdm_of(seen.view(), Dissimilarity::correlation));
  }
  const std::vector<SeedRdms> models{{rdm_of(truth.view(), Dissimilarity::correlation)},
                                     random_rdms(31, 1, 12)};
  ThreadPool pool(2);
  const RdmInference found =
      infer_from_draws(models, subjects, RdmMeasure::tau_a, draw_stimuli_and_subjects(1, 200, 12, 5), pool);
  EXPECT_GT(found.scores[0], found.ceiling->lower);
  EXPECT_LT(found.p_zero[0], 0.01);
  EXPECT_LT(found.pairs[0].p, 0.05);
  EXPECT_GT(found.p_zero[1], 0.05);
}

TEST(RdmInference, DrawsAgainWhatCannotBeUsed) {
  const RdmDraws draws = draw_stimuli_and_subjects(1, 300, 5, 2);
  for (std::size_t b = 0; b < draws.size(); ++b) {
    EXPECT_GE(std::set<std::uint32_t>(draws.stimuli[b].begin(), draws.stimuli[b].end()).size(), 4U);
    EXPECT_NE(draws.subjects[b][0], draws.subjects[b][1]);
  }
  EXPECT_THAT(error_of([] { draw_stimuli_and_subjects(1, 2, 6, 2, [](auto) { return false; }); }),
              HasSubstr("attempts gave no draw"));
}

TEST(RdmInference, RefusesRdmsOfOtherStimuli) {
  ThreadPool pool(1);
  const auto subjects = random_rdms(40, 3, 6);
  const std::vector<SeedRdms> models{random_rdms(41, 1, 7)};
  const RdmDraws draws = draw_stimuli_and_subjects(1, 5, 6, 3);
  EXPECT_THAT(error_of([&] { infer_from_draws(models, subjects, RdmMeasure::spearman, draws, pool); }),
              HasSubstr("21 entries, the subjects' 15"));
  EXPECT_THAT(error_of([&] { infer_from_draws(models, {}, RdmMeasure::spearman, draws, pool); }),
              HasSubstr("no subject"));
}

TEST(ReferenceRdms, AxesCanStandInAnyOrder) {
  const io::Array array = io::array_of<double>({3, 2}, {1, 2, 3, 4, 5, 6});
  const SessionRdms rdms = rdms_in(array, {"pair", "subject"}, "x.npz: it");
  ASSERT_EQ(rdms.size(), 2U);
  EXPECT_THAT(rdms[1][0], testing::ElementsAre(2, 4, 6));
}

TEST(ReferenceRdms, SessionsOfASubjectAreNoSubjects) {
  const io::Array array = io::array_of<double>({1, 2, 3}, {1, 2, 3, 3, 4, 5});
  const auto subjects = mean_over_sessions(rdms_in(array, usual_rdm_axes(3), "x"));
  ASSERT_EQ(subjects.size(), 1U);
  EXPECT_THAT(subjects[0], testing::ElementsAre(2, 3, 4));
}

TEST(ReferenceRdms, SaysWhatIsWrongWithAFile) {
  const auto error = [](std::vector<std::uint64_t> shape, std::vector<double> values,
                        const std::vector<std::string>& axes) {
    return error_of([&] { rdms_in(io::array_of(std::move(shape), std::move(values)), axes, "x.npz: it"); });
  };
  EXPECT_THAT(error({4}, {1, 2, 3, 4}, {"pair"}), HasSubstr("no n(n-1)/2"));
  EXPECT_THAT(error({3}, {1, std::nan(""), 3}, {"pair"}), HasSubstr("stimuli 0 and 2"));
  EXPECT_THAT(error({2, 2}, {0, 1, 1, 0.5}, {"stimulus", "stimulus"}),
              HasSubstr("diagonal is not zero at stimulus 1"));
  EXPECT_THAT(error({2, 2}, {0, 1, 2, 0}, {"stimulus", "stimulus"}),
              HasSubstr("not symmetric, first at stimuli 0 and 1"));
  EXPECT_THAT(error({3}, {1, 2, 3}, {"pairs"}), HasSubstr("did you mean 'pair'"));
  EXPECT_THAT(error({3}, {1, 2, 3}, {"subject", "pair"}), HasSubstr("has 1 axes"));
  EXPECT_THAT(error({3}, {1, 2, 3}, {"subject"}), HasSubstr("expected pair"));
  EXPECT_THAT(error({1, 3}, {1, 2, 3}, {"pair", "pair"}), HasSubstr("named twice"));
}

}  // namespace
}  // namespace apical
