// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/rdm_inference.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include "apical/analysis/statistics.h"
#include "apical/analysis/subjects_at.h"
#include "apical/core/error.h"
#include "apical/core/random.h"

namespace apical {
namespace {

constexpr std::size_t kAttempts = 256, kFewestDifferent = 4;

std::size_t different(std::span<const std::uint32_t> numbers) {
  return std::set<std::uint32_t>(numbers.begin(), numbers.end()).size();
}

/// f(model, subject), mean over a model's seeds.
Matrix<double> scores_at(std::span<const SeedRdms> models, const SubjectsAt& at) {
  Matrix<double> scores(models.size(), at.subjects());
  for (std::size_t k = 0; k < models.size(); ++k) {
    for (const Rdm& rdm : models[k]) {
      const ReadyRdm model = at.ready_at(rdm);
      for (std::size_t s = 0; s < at.subjects(); ++s) {
        scores(k, s) += compare(model, at.subject(s)) / static_cast<double>(models[k].size());
      }
    }
  }
  return scores;
}

/// Mean over subjects, each as often as drawn.
void mean_over(const Matrix<double>& scores, std::span<const double> weights, std::span<double> means) {
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (std::size_t k = 0; k < scores.rows(); ++k) {
    means[k] = std::inner_product(weights.begin(), weights.end(), scores.row(k).begin(), 0.0) / total;
  }
}

void require_fit(std::span<const SeedRdms> models, std::span<const Rdm> subjects) {
  if (subjects.empty()) throw DataError("there is no subject to compare models with");
  for (const SeedRdms& model : models) {
    APICAL_CHECK(!model.empty());
    for (const Rdm& rdm : model) {
      if (rdm.size() != subjects[0].size()) {
        throw DataError(
            fmt::format("a model's RDM has {} entries, the subjects' {}; expected the same stimuli",
                        rdm.size(), subjects[0].size()));
      }
    }
  }
}

void require_defined(const Matrix<double>& scores) {
  for (std::size_t k = 0; k < scores.rows(); ++k) {
    for (const double score : scores.row(k)) {
      if (!std::isfinite(score)) {
        throw DataError(
            fmt::format("the score of model {} is not defined: its RDM or a subject's is constant over the "
                        "stimuli chosen",
                        k));
      }
    }
  }
}

double variance_of(const Matrix<double>& draws, std::span<const double> combination) {
  double sum = 0, squares = 0;
  std::vector<double> values(draws.rows());
  for (std::size_t b = 0; b < draws.rows(); ++b) {
    values[b] = std::inner_product(combination.begin(), combination.end(), draws.row(b).begin(), 0.0);
    sum += values[b];
  }
  const double centre = sum / static_cast<double>(draws.rows());
  for (const double v : values) squares += (v - centre) * (v - centre);
  return squares / static_cast<double>(draws.rows() - 1);
}

/// Scores of each seed of a model over all data, for the spread among networks.
std::vector<double> seed_scores(const SeedRdms& model, const SubjectsAt& at) {
  std::vector<double> scores;
  for (const Rdm& rdm : model) {
    const ReadyRdm one = at.ready_at(rdm);
    double sum = 0;
    for (std::size_t s = 0; s < at.subjects(); ++s) sum += compare(one, at.subject(s));
    scores.push_back(sum / static_cast<double>(at.subjects()));
  }
  return scores;
}

/// What seeds add to the variance of a score or difference, and the degrees of freedom they leave.
struct SeedSpread {
  double variance = 0;
  std::size_t degrees_of_freedom = std::numeric_limits<std::size_t>::max();
};
SeedSpread spread_of(std::span<const double> scores) {
  if (scores.size() < 2) return {};
  const double sd = sample_sd(scores);
  return {sd * sd / static_cast<double>(scores.size()), scores.size() - 1};
}
/// Seeds of two models are paired if there are as many, or if one of them has none to speak of.
SeedSpread spread_of_difference(std::span<const double> a, std::span<const double> b) {
  if (a.size() < 2) return spread_of(b);
  if (b.size() < 2) return spread_of(a);
  if (a.size() == b.size()) {
    std::vector<double> difference(a.size());
    for (std::size_t k = 0; k < a.size(); ++k) difference[k] = a[k] - b[k];
    return spread_of(difference);
  }
  const SeedSpread left = spread_of(a), right = spread_of(b);
  return {left.variance + right.variance, std::min(left.degrees_of_freedom, right.degrees_of_freedom)};
}

class Inference {
 public:
  Inference(std::span<const SeedRdms> models, std::span<const Rdm> subjects, RdmMeasure measure,
            const RdmDraws& draws, Generalise generalise)
      : models_(models),
        subjects_(subjects),
        measure_(measure),
        draws_(draws),
        stimuli_(*stimuli_of(subjects[0].size())),
        all_(subjects, measure, all_pairs(stimuli_)),
        generalise_(subjects.size() > 1 ? generalise : Generalise::stimuli) {}

  RdmInference run(ThreadPool& pool) {
    RdmInference found;
    found.per_subject = scores_at(models_, all_);
    require_defined(found.per_subject);
    const std::vector<double> once(subjects_.size(), 1.0);
    found.scores.resize(models_.size());
    mean_over(found.per_subject, once, found.scores);
    if (has_ceiling()) found.ceiling = NoiseCeiling{all_.lower_ceiling(once), all_.upper_ceiling()};
    found.degrees_of_freedom = freedom_of_data();
    resample(found, pool);
    for (std::size_t k = 0; k < models_.size(); ++k) seeds_.push_back(seed_scores(models_[k], all_));
    test_scores(found);
    test_pairs(found);
    if (found.ceiling) test_against_ceiling(found);
    return found;
  }

 private:
  bool has_ceiling() const { return subjects_.size() > 1; }
  std::size_t columns() const { return models_.size() + (has_ceiling() ? 1 : 0); }
  std::size_t freedom_of_data() const {
    if (generalise_ == Generalise::stimuli) return stimuli_ - 1;
    if (generalise_ == Generalise::subjects) return subjects_.size() - 1;
    return std::min(subjects_.size(), stimuli_) - 1;
  }

  void resample(RdmInference& found, ThreadPool& pool) const {
    for (Matrix<double>* m : {&found.both, &found.subjects, &found.stimuli}) {
      *m = Matrix<double>(draws_.size(), columns());
    }
    const std::vector<double> once(subjects_.size(), 1.0);
    pool.run(draws_.size(), [&](std::size_t b) {
      std::vector<double> weights(subjects_.size(), 0.0);
      for (const std::uint32_t s : draws_.subjects[b]) weights.at(s) += 1;
      const SubjectsAt at(subjects_, measure_, pairs_among(draws_.stimuli[b], stimuli_));
      const Matrix<double> scores = scores_at(models_, at);
      require_defined(scores);
      mean_over(scores, weights, found.both.row(b));
      mean_over(scores, once, found.stimuli.row(b));
      mean_over(found.per_subject, weights, found.subjects.row(b));
      if (has_ceiling()) {
        const std::size_t last = models_.size();
        found.both(b, last) = at.lower_ceiling(weights);
        found.stimuli(b, last) = at.lower_ceiling(once);
        found.subjects(b, last) = all_.lower_ceiling(weights);
      }
    });
  }

  RdmVariance variance(const RdmInference& found, std::span<const double> combination, double seeds) const {
    const double n = static_cast<double>(stimuli_), subjects = static_cast<double>(subjects_.size());
    const double c = n / (n - 1);
    RdmVariance v;
    v.both = variance_of(found.both, combination);
    v.subjects = variance_of(found.subjects, combination);
    v.stimuli = variance_of(found.stimuli, combination);
    if (generalise_ == Generalise::stimuli) {
      v.combined = c * v.stimuli;
    } else {
      const double a = subjects / (subjects - 1);
      v.combined = a * v.subjects;
      if (generalise_ == Generalise::both) {
        const double dual = a * v.subjects + c * v.stimuli - a * c * (v.both - v.subjects - v.stimuli);
        v.combined = std::min(std::max({dual, a * v.subjects, c * v.stimuli}), v.both);
      }
    }
    v.combined += seeds;
    return v;
  }

  std::vector<double> unit(std::size_t plus, std::size_t minus) const {
    std::vector<double> combination(columns(), 0.0);
    combination[plus] += 1;
    combination[minus] -= 1;
    return combination;
  }

  void test_scores(RdmInference& found) const {
    for (std::size_t k = 0; k < models_.size(); ++k) {
      const SeedSpread seeds = spread_of(seeds_[k]);
      std::vector<double> combination(columns(), 0.0);
      combination[k] = 1;
      found.variance.push_back(variance(found, combination, seeds.variance));
      const auto freedom = std::min(found.degrees_of_freedom, seeds.degrees_of_freedom);
      found.p_zero.push_back(student_tail(found.scores[k] / std::sqrt(found.variance.back().combined),
                                          static_cast<double>(freedom)));
    }
  }

  RdmContrast contrast(const RdmInference& found, std::size_t plus, std::size_t minus, double difference,
                       const SeedSpread& seeds) const {
    RdmContrast made;
    made.difference = difference;
    made.variance = variance(found, unit(plus, minus), seeds.variance);
    // Two models of the same RDM differ by nothing, in every resample.
    if (made.difference == 0 && made.variance.combined == 0) return made;
    made.t = difference / std::sqrt(made.variance.combined);
    const auto freedom = std::min(found.degrees_of_freedom, seeds.degrees_of_freedom);
    made.p = std::min(1.0, 2 * student_tail(std::abs(made.t), static_cast<double>(freedom)));
    return made;
  }

  void test_pairs(RdmInference& found) const {
    std::vector<double> p;
    for (std::size_t a = 0; a < models_.size(); ++a) {
      for (std::size_t b = a + 1; b < models_.size(); ++b) {
        RdmContrast pair = contrast(found, a, b, found.scores[a] - found.scores[b],
                                    spread_of_difference(seeds_[a], seeds_[b]));
        pair.a = a;
        pair.b = b;
        p.push_back(pair.p);
        found.pairs.push_back(pair);
      }
    }
    const std::vector<double> q = benjamini_hochberg(p);
    const std::vector<double> maxima = largest_deviations(found);
    for (std::size_t k = 0; k < found.pairs.size(); ++k) {
      found.pairs[k].q = q[k];
      double beyond = 0;
      for (const double m : maxima) beyond += m >= std::abs(found.pairs[k].t) ? 1 : 0;
      found.pairs[k].p_max = (1 + beyond) / (static_cast<double>(maxima.size()) + 1);
    }
  }

  /// For each resample the largest |z| of any pair: draws of "both", centred, over their SD.
  std::vector<double> largest_deviations(const RdmInference& found) const {
    const Matrix<double>& draws = generalise_ == Generalise::both       ? found.both
                                  : generalise_ == Generalise::subjects ? found.subjects
                                                                        : found.stimuli;
    std::vector<double> maxima(draws.rows(), 0.0);
    for (const RdmContrast& pair : found.pairs) {
      double centre = 0;
      for (std::size_t b = 0; b < draws.rows(); ++b) centre += draws(b, pair.a) - draws(b, pair.b);
      centre /= static_cast<double>(draws.rows());
      const double sd = std::sqrt(variance_of(draws, unit(pair.a, pair.b)));
      if (sd == 0) continue;
      for (std::size_t b = 0; b < draws.rows(); ++b) {
        maxima[b] = std::max(maxima[b], std::abs(draws(b, pair.a) - draws(b, pair.b) - centre) / sd);
      }
    }
    return maxima;
  }

  void test_against_ceiling(RdmInference& found) const {
    for (std::size_t k = 0; k < models_.size(); ++k) {
      found.below_ceiling.push_back(
          contrast(found, models_.size(), k, found.ceiling->lower - found.scores[k], spread_of(seeds_[k])));
      found.below_ceiling.back().a = k;
      found.below_ceiling.back().b = k;
    }
  }

  std::span<const SeedRdms> models_;
  std::span<const Rdm> subjects_;
  RdmMeasure measure_;
  const RdmDraws& draws_;
  std::size_t stimuli_;
  SubjectsAt all_;
  Generalise generalise_;
  std::vector<std::vector<double>> seeds_;
};

std::size_t stimuli_of_subjects(std::span<const Rdm> subjects) {
  const auto stimuli = stimuli_of(subjects[0].size());
  if (!stimuli || *stimuli < kFewestDifferent) {
    throw DataError(
        fmt::format("{} entries are no RDM of {} or more stimuli", subjects[0].size(), kFewestDifferent));
  }
  return *stimuli;
}

}  // namespace

RdmDraws draw_stimuli_and_subjects(
    std::uint64_t seed, std::size_t resamples, std::size_t stimuli, std::size_t subjects,
    const std::function<bool(std::span<const std::uint32_t> stimuli)>& usable) {
  const auto draw = [&](std::uint32_t object, std::size_t n, const auto& accepted) {
    std::vector<std::vector<std::uint32_t>> all(resamples, std::vector<std::uint32_t>(n));
    for (std::size_t b = 0; b < resamples; ++b) {
      std::size_t attempt = 0;
      do {
        if (attempt == kAttempts) {
          throw DataError(
              fmt::format("resample {} of {}: {} attempts gave no draw that can be used; there are too few "
                          "stimuli in which "
                          "a model, or too few subjects, differ",
                          b, n, kAttempts));
        }
        for (std::size_t i = 0; i < n; ++i) {
          all[b][i] = static_cast<std::uint32_t>(
              uniform_integer({seed, Stream::bootstrap, object, ((b << 8) + attempt) * n + i}, n));
        }
        ++attempt;
      } while (!accepted(all[b]));
    }
    return all;
  };
  RdmDraws draws;
  draws.stimuli = draw(1, stimuli, [&](std::span<const std::uint32_t> row) {
    return different(row) >= kFewestDifferent && (!usable || usable(row));
  });
  draws.subjects = draw(
      2, subjects, [&](std::span<const std::uint32_t> row) { return subjects == 1 || different(row) > 1; });
  return draws;
}

RdmInference infer_from_draws(std::span<const SeedRdms> models, std::span<const Rdm> subjects,
                              RdmMeasure measure, const RdmDraws& draws, ThreadPool& pool,
                              Generalise generalise) {
  require_fit(models, subjects);
  stimuli_of_subjects(subjects);
  if (draws.size() < 2 || draws.subjects.size() != draws.size()) {
    throw DataError(fmt::format("{} resamples of stimuli and {} of subjects; expected as many, two or more",
                                draws.size(), draws.subjects.size()));
  }
  return Inference(models, subjects, measure, draws, generalise).run(pool);
}

PermutationTest permutation_test(std::span<const SeedRdms> models, std::span<const Rdm> subjects,
                                 RdmMeasure measure, std::span<const std::vector<std::uint32_t>> permutations,
                                 ThreadPool& pool) {
  require_fit(models, subjects);
  const std::size_t n = stimuli_of_subjects(subjects);
  const SubjectsAt at(subjects, measure, all_pairs(n));
  const std::vector<double> once(subjects.size(), 1.0);
  std::vector<double> scores(models.size());
  mean_over(scores_at(models, at), once, scores);
  PermutationTest test{Matrix<double>(permutations.size(), models.size()), {}, {}};
  pool.run(permutations.size(), [&](std::size_t p) {
    std::vector<SeedRdms> permuted;
    for (const SeedRdms& model : models) {
      permuted.emplace_back();
      for (const Rdm& rdm : model) permuted.back().push_back(cut_rdm(rdm, permutations[p]));
    }
    mean_over(scores_at(permuted, at), once, test.null.row(p));
  });
  const double all = static_cast<double>(permutations.size()) + 1;
  for (std::size_t k = 0; k < models.size(); ++k) {
    double beyond = 1, beyond_max = 1;
    for (std::size_t p = 0; p < permutations.size(); ++p) {
      const auto row = test.null.row(p);
      beyond += row[k] >= scores[k] ? 1 : 0;
      beyond_max += *std::max_element(row.begin(), row.end()) >= scores[k] ? 1 : 0;
    }
    test.p.push_back(beyond / all);
    test.p_max.push_back(beyond_max / all);
  }
  return test;
}

}  // namespace apical
