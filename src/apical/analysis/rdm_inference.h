// SPDX-License-Identifier: Apache-2.0
// Which differences between models would be found again with other stimuli and other subjects (Schütt et al.,
// eLife 12:e82566, 2023). Stimuli and subjects are resampled, never pairs of stimuli: N pairs of n stimuli
// are not N observations.
//
// The score of a model is the mean over subjects of f(model, subject's RDM), on the scale of the noise
// ceiling (and the mean over seeds, where a model is a network trained several times).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apical/analysis/noise_ceiling.h"
#include "apical/core/matrix.h"
#include "apical/core/threads.h"

namespace apical {

/// Numbers of stimuli and subjects, from 0; one row for each resample.
struct RdmDraws {
  std::vector<std::vector<std::uint32_t>> stimuli, subjects;
  std::size_t size() const { return stimuli.size(); }
};
/// With replacement, by address: resample b, attempt a (0 unless drawn again) and place i are drawn at
/// (seed, Stream::bootstrap, 1 for stimuli and 2 for subjects, ((b << 8) + a) places + i). Draws with fewer
/// than four different stimuli, with one subject (if there are more) and those that `usable` refuses are
/// drawn again. DataError if 256 attempts do not help.
RdmDraws draw_stimuli_and_subjects(
    std::uint64_t seed, std::size_t resamples, std::size_t stimuli, std::size_t subjects,
    const std::function<bool(std::span<const std::uint32_t> stimuli)>& usable = {});

/// To what the result shall carry over.
enum class Generalise { both, stimuli, subjects };
template <>
inline constexpr std::array kNames<Generalise>{std::string_view("both"), std::string_view("stimuli"),
                                               std::string_view("subjects")};

/// Of a score or a difference, over resamples (B - 1 in the denominator), and what follows from them.
struct RdmVariance {
  double both = 0, subjects = 0, stimuli = 0;
  /// a V_s + c V_t - a c (V_b - V_s - V_t) with a = S/(S-1), c = n/(n-1); at least max(a V_s, c V_t), then at
  /// most V_b. Of one kind only where it is to carry over to that alone. Plus sd²/K over K seeds.
  double combined = 0;
};

struct RdmContrast {
  std::size_t a = 0, b = 0;  ///< models
  double difference = 0, t = 0, p = 1;
  RdmVariance variance;
  double q = 1;      ///< Benjamini & Hochberg (1995) among all pairs
  double p_max = 1;  ///< (1 + #{resamples: max over pairs |z| ≥ |t|}) / (B + 1)
};

struct RdmInference {
  Matrix<double> per_subject;  ///< models x subjects
  std::vector<double> scores;
  std::optional<NoiseCeiling> ceiling;  ///< none for one subject
  std::size_t degrees_of_freedom = 0;   ///< min(S, n) - 1, or K - 1 if that is less
  /// Resamples x (models, then the lower ceiling where there is one).
  Matrix<double> both, subjects, stimuli;
  std::vector<RdmVariance> variance;
  std::vector<double> p_zero;  ///< one-sided against 0
  std::vector<RdmContrast> pairs;
  /// Lower ceiling less score, two-sided: what is left to explain. `a` is the model.
  std::vector<RdmContrast> below_ceiling;
};

/// A model's RDMs, one for each seed.
using SeedRdms = std::vector<Rdm>;

/// DataError if RDMs do not fit each other or a score is not defined in a resample. The same numbers for any
/// number of threads.
RdmInference infer_from_draws(std::span<const SeedRdms> models, std::span<const Rdm> subjects,
                              RdmMeasure measure, const RdmDraws& draws, ThreadPool& pool,
                              Generalise generalise = Generalise::both);

/// Are a model and the subjects related at all? Labels of the model's stimuli are permuted: m[o][:, o].
struct PermutationTest {
  Matrix<double> null;        ///< permutations x models: scores
  std::vector<double> p;      ///< (1 + #{null ≥ score}) / (P + 1)
  std::vector<double> p_max;  ///< against the maximum over models
};
PermutationTest permutation_test(std::span<const SeedRdms> models, std::span<const Rdm> subjects,
                                 RdmMeasure measure, std::span<const std::vector<std::uint32_t>> permutations,
                                 ThreadPool& pool);

}  // namespace apical
