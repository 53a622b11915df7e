// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/discrimination.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <tuple>

#include "apical/analysis/cholesky.h"
#include "apical/analysis/dot.h"
#include "apical/analysis/statistics.h"
#include "apical/core/error.h"
#include "apical/core/random.h"

namespace apical {
namespace {

constexpr std::size_t kBins = 10;
constexpr double kInfinite = std::numeric_limits<double>::infinity();

double normal_quantile(double p) { return student_quantile(p, kInfinite); }

/// log Σ exp
double log_sum(std::span<const double> logs) {
  const double largest = *std::max_element(logs.begin(), logs.end());
  if (!std::isfinite(largest)) return largest;
  double sum = 0;
  for (const double l : logs) sum += std::exp(l - largest);
  return largest + std::log(sum);
}

std::vector<double> log_priors(std::span<const TheoryReadouts> theories) {
  double total = 0;
  for (const TheoryReadouts& theory : theories) total += theory.prior;
  std::vector<double> logs;
  for (const TheoryReadouts& theory : theories) logs.push_back(std::log(theory.prior / total));
  return logs;
}

void require_theories(std::span<const TheoryReadouts> theories) {
  if (theories.size() < 2) {
    throw DataError(fmt::format("{} theory given; telling apart takes two or more", theories.size()));
  }
  const std::size_t readouts = theories[0].fit.cols();
  for (const TheoryReadouts& theory : theories) {
    if (theory.fit.cols() != readouts || theory.held_out.cols() != readouts || readouts == 0) {
      throw DataError(fmt::format("'{}' has {} and {} readouts, '{}' {}; expected the same, one or more",
                                  theory.name, theory.fit.cols(), theory.held_out.cols(), theories[0].name,
                                  readouts));
    }
    if (theory.fit.rows() < 2 || theory.held_out.rows() < 1) {
      throw DataError(fmt::format("'{}' has {} seeds to fit and {} held out; expected 2 and 1 or more",
                                  theory.name, theory.fit.rows(), theory.held_out.rows()));
    }
    if (!(theory.prior > 0)) {
      throw DataError(
          fmt::format("the prior of '{}' is {}; expected more than 0", theory.name, theory.prior));
    }
    for (const Matrix<double>* z : {&theory.fit, &theory.held_out}) {
      for (const double value : z->flat()) {
        if (!std::isfinite(value))
          throw DataError(fmt::format("a readout of '{}' is {}; expected a number", theory.name, value));
      }
    }
  }
}

/// What an animal of one seed shows: draw `index` of theory `theory`.
void measure_animal(std::span<const double> z, std::span<const std::size_t> readouts, double sd,
                    std::uint64_t seed, std::uint32_t theory, std::uint64_t index, std::span<double> x) {
  for (std::size_t k = 0; k < readouts.size(); ++k) {
    x[k] = z[readouts[k]] + sd * normal({seed, Stream::injected_noise, theory, index * readouts.size() + k});
  }
}

/// Densities of all theories, and the posterior of each after what was measured.
class Judge {
 public:
  Judge(std::span<const TheoryReadouts> theories, std::span<const std::size_t> readouts, double variance,
        TheoryDensity density)
      : priors_(log_priors(theories)) {
    for (const TheoryReadouts& theory : theories)
      fitted_.emplace_back(theory.fit, readouts, variance, density);
  }
  std::size_t theories() const { return fitted_.size(); }
  std::span<const double> priors() const { return priors_; }
  /// Adds log p(x | m) for each theory.
  void add(std::span<const double> x, std::span<double> logs) const {
    for (std::size_t m = 0; m < fitted_.size(); ++m) logs[m] += fitted_[m].log_density(x);
  }
  /// log posteriors from Σ log p(x | m).
  void posterior(std::span<const double> logs, std::span<double> out) const {
    for (std::size_t m = 0; m < fitted_.size(); ++m) out[m] = logs[m] + priors_[m];
    const double norm = log_sum(out);
    for (double& l : out) l -= norm;
  }

 private:
  std::vector<FittedTheory> fitted_;
  std::vector<double> priors_;
};

/// Mean information of one animal of each seed of a theory, and how the posterior judged it.
struct SeedJudgement {
  double bits = 0;
  std::vector<double> guesses;                            ///< share of draws by guessed theory
  std::vector<double> confidence_sum, right_sum, counts;  ///< by bin
};

SeedJudgement judge_seed(const Judge& judge, std::size_t truth, std::span<const double> z,
                         std::span<const std::size_t> readouts, double sd,
                         const DiscriminationOptions& options, std::uint64_t first_draw) {
  SeedJudgement out{0, std::vector<double>(judge.theories(), 0.0), std::vector<double>(kBins, 0.0),
                    std::vector<double>(kBins, 0.0), std::vector<double>(kBins, 0.0)};
  std::vector<double> x(readouts.size()), logs(judge.theories()), posterior(judge.theories());
  const double share = 1 / static_cast<double>(options.draws);
  for (std::size_t d = 0; d < options.draws; ++d) {
    measure_animal(z, readouts, sd, options.seed, static_cast<std::uint32_t>(truth), first_draw + d, x);
    std::fill(logs.begin(), logs.end(), 0.0);
    judge.add(x, logs);
    judge.posterior(logs, posterior);
    // log2 p(x|m) / Σ π p(x|m') is the posterior over the prior.
    out.bits += share * (posterior[truth] - judge.priors()[truth]) / std::numbers::ln2;
    const auto guess =
        static_cast<std::size_t>(std::max_element(posterior.begin(), posterior.end()) - posterior.begin());
    out.guesses[guess] += share;
    const double confidence = std::exp(posterior[guess]);
    const std::size_t bin = std::min(kBins - 1, static_cast<std::size_t>(confidence * kBins));
    out.confidence_sum[bin] += confidence;
    out.right_sum[bin] += guess == truth ? 1 : 0;
    out.counts[bin] += 1;
  }
  return out;
}

/// Judgements of all seeds of all theories; `held_out` or those that densities were fitted to.
std::vector<std::vector<SeedJudgement>> judgements(const Judge& judge,
                                                   std::span<const TheoryReadouts> theories,
                                                   std::span<const std::size_t> readouts, double sd,
                                                   bool held_out, const DiscriminationOptions& options,
                                                   ThreadPool& pool) {
  std::vector<std::vector<SeedJudgement>> all(theories.size());
  for (std::size_t m = 0; m < theories.size(); ++m) {
    const Matrix<double>& z = held_out ? theories[m].held_out : theories[m].fit;
    all[m].resize(z.rows());
    const std::uint64_t before = held_out ? std::uint64_t{1} << 40 : 0;
    pool.run(z.rows(), [&, m](std::size_t s) {
      all[m][s] = judge_seed(judge, m, z.row(s), readouts, sd, options, before + s * options.draws);
    });
  }
  return all;
}

/// Σ π_m mean over seeds, and its standard error over seeds, which are what was sampled.
std::pair<double, double> mean_bits(const std::vector<std::vector<SeedJudgement>>& all,
                                    std::span<const double> log_priors) {
  double bits = 0, variance = 0;
  for (std::size_t m = 0; m < all.size(); ++m) {
    std::vector<double> seeds;
    for (const SeedJudgement& judged : all[m]) seeds.push_back(judged.bits);
    const double prior = std::exp(log_priors[m]);
    bits += prior * mean(seeds);
    if (seeds.size() < 2) continue;
    const double sd = sample_sd(seeds);
    variance += prior * prior * sd * sd / static_cast<double>(seeds.size());
  }
  return {bits, std::sqrt(variance)};
}

void describe_guesses(const std::vector<std::vector<SeedJudgement>>& all, std::span<const double> log_priors,
                      Separation& out) {
  out.confusion = Matrix<double>(all.size(), all.size());
  std::vector<double> confidence(kBins, 0.0), right(kBins, 0.0), weight(kBins, 0.0);
  for (std::size_t m = 0; m < all.size(); ++m) {
    const double seeds = static_cast<double>(all[m].size()), prior = std::exp(log_priors[m]);
    for (const SeedJudgement& judged : all[m]) {
      for (std::size_t g = 0; g < all.size(); ++g) out.confusion(m, g) += judged.guesses[g] / seeds;
      double draws = std::accumulate(judged.counts.begin(), judged.counts.end(), 0.0);
      for (std::size_t b = 0; b < kBins; ++b) {
        confidence[b] += prior / seeds * judged.confidence_sum[b] / draws;
        right[b] += prior / seeds * judged.right_sum[b] / draws;
        weight[b] += prior / seeds * judged.counts[b] / draws;
      }
    }
    out.accuracy += prior * out.confusion(m, m);
  }
  for (std::size_t b = 0; b < kBins; ++b) out.calibration_error += std::abs(confidence[b] - right[b]);
}

/// Experiments of 1, 2, … animals, each of a seed of its own.
void simulate_experiments(const Judge& judge, std::span<const TheoryReadouts> theories,
                          std::span<const std::size_t> readouts, double sd,
                          const DiscriminationOptions& options, ThreadPool& pool, Separation& out) {
  const std::size_t most = options.most_animals;
  Matrix<double> accepted(options.experiments, most), wrong(options.experiments, most);
  std::vector<double> until(theories.size());
  double total = 0;
  for (std::size_t m = 0; m < theories.size(); ++m) until[m] = total += std::exp(judge.priors()[m]);
  const double threshold = std::log1p(-options.alpha);
  pool.run(options.experiments, [&](std::size_t e) {
    // Truths in the shares of the priors, not by lot: their number adds no noise.
    const double at = (static_cast<double>(e) + 0.5) / static_cast<double>(options.experiments) * total;
    const auto truth =
        std::min(static_cast<std::size_t>(std::upper_bound(until.begin(), until.end(), at) - until.begin()),
                 theories.size() - 1);
    const Matrix<double>& z = theories[truth].held_out;
    std::vector<double> x(readouts.size()), logs(theories.size(), 0.0), posterior(theories.size());
    for (std::size_t a = 0; a < most; ++a) {
      const std::uint64_t index = (std::uint64_t{1} << 41) + e * most + a;
      const std::uint64_t seed = uniform_integer({options.seed, Stream::bootstrap, 4, index}, z.rows());
      measure_animal(z.row(seed), readouts, sd, options.seed, static_cast<std::uint32_t>(truth), index, x);
      judge.add(x, logs);
      judge.posterior(logs, posterior);
      for (std::size_t m = 0; m < theories.size(); ++m) {
        if (posterior[m] >= threshold) (m == truth ? accepted : wrong)(e, a) = 1;
      }
    }
  });
  out.accepted.assign(most, 0.0);
  out.wrong.assign(most, 0.0);
  for (std::size_t a = 0; a < most; ++a) {
    for (std::size_t e = 0; e < options.experiments; ++e) {
      out.accepted[a] += accepted(e, a) / static_cast<double>(options.experiments);
      out.wrong[a] += wrong(e, a) / static_cast<double>(options.experiments);
    }
    if (!out.animals_80 && out.accepted[a] >= 0.80) out.animals_80 = a + 1;
    if (!out.animals_95 && out.accepted[a] >= 0.95) out.animals_95 = a + 1;
  }
}

std::vector<double> readout_of(const Matrix<double>& z, std::size_t k) {
  std::vector<double> values;
  for (std::size_t s = 0; s < z.rows(); ++s) values.push_back(z(s, k));
  return values;
}
/// Fitted and held-out seeds alike: nothing is fitted to a pair.
std::vector<double> all_seeds(const TheoryReadouts& theory, std::size_t k) {
  std::vector<double> values = readout_of(theory.fit, k);
  for (const double v : readout_of(theory.held_out, k)) values.push_back(v);
  return values;
}

/// 2.5 and 97.5 % of the difference of means over resampled seeds.
std::pair<double, double> bootstrap_difference(std::span<const double> a, std::span<const double> b,
                                               std::uint64_t seed) {
  constexpr std::size_t kResamples = 1000;
  std::vector<double> differences(kResamples);
  for (std::size_t r = 0; r < kResamples; ++r) {
    const auto resampled = [&](std::span<const double> values, std::uint32_t object) {
      double sum = 0;
      for (std::size_t i = 0; i < values.size(); ++i) {
        sum +=
            values[uniform_integer({seed, Stream::bootstrap, object, r * values.size() + i}, values.size())];
      }
      return sum / static_cast<double>(values.size());
    };
    differences[r] = resampled(a, 5) - resampled(b, 6);
  }
  return {quantile(differences, 0.025), quantile(differences, 0.975)};
}

double normal_below(double x) { return std::erfc(-x / std::numbers::sqrt2) / 2; }

std::optional<std::size_t> animals_up_to(std::size_t most, double d_prime, double alpha, double power) {
  if (!(d_prime > 0)) return {};
  const std::size_t animals = animals_for_one_sided_test(d_prime, alpha, power);
  if (animals > most) return {};
  return animals;
}

}  // namespace

double MeasurementNoise::variance() const {
  const auto n = static_cast<double>(cells), t = static_cast<double>(trials);
  return animal_sd * animal_sd + cell_sd * cell_sd / n + trial_sd * trial_sd / (n * t);
}

FittedTheory::FittedTheory(const Matrix<double>& z, std::span<const std::size_t> readouts,
                           double noise_variance, TheoryDensity density)
    : density_(density), mean_(readouts.size(), 0.0), noise_(noise_variance) {
  const std::size_t n = z.rows(), k = readouts.size();
  if (n < 2) throw DataError(fmt::format("a density of {} seed cannot be fitted; two or more are needed", n));
  for (std::size_t s = 0; s < n; ++s) {
    seeds_.emplace_back();
    for (std::size_t i = 0; i < k; ++i) {
      seeds_.back().push_back(z(s, readouts[i]));
      mean_[i] += z(s, readouts[i]) / static_cast<double>(n);
    }
  }
  const double two_pi = 2 * std::numbers::pi;
  if (density == TheoryDensity::kernel) {
    if (!(noise_ > 0)) throw DataError("kernels around seeds need noise of measurement; there is none");
    log_norm_ = -std::log(static_cast<double>(n)) - static_cast<double>(k) / 2 * std::log(two_pi * noise_);
    return;
  }
  // Σ = (1 - γ) S + γ diag S, γ = min(1, K / seeds): few seeds say little of how readouts go together.
  const double shrink = std::min(1.0, static_cast<double>(k) / static_cast<double>(n));
  Matrix<double> covariance(k, k);
  for (std::size_t i = 0; i < k; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = 0;
      for (const auto& seed : seeds_) sum += (seed[i] - mean_[i]) * (seed[j] - mean_[j]);
      sum /= static_cast<double>(n - 1);
      covariance(i, j) = covariance(j, i) = i == j ? sum + noise_ : (1 - shrink) * sum;
    }
    if (!(covariance(i, i) > 0)) {
      throw DataError(
          fmt::format("readout {} is the same in all seeds and there is no noise of measurement: theories "
                      "would be told apart by rounding",
                      readouts[i]));
    }
  }
  const Cholesky factor(covariance);
  lower_ = Matrix<double>(k, k);
  std::vector<double> unit(k);
  for (std::size_t j = 0; j < k; ++j) {  // columns of L⁻¹
    std::fill(unit.begin(), unit.end(), 0.0);
    unit[j] = 1;
    const std::vector<double> column = factor.half_solve(unit);
    for (std::size_t i = 0; i < k; ++i) lower_(i, j) = column[i];
  }
  log_norm_ = -(static_cast<double>(k) * std::log(two_pi) + factor.log_determinant()) / 2;
}

double FittedTheory::mahalanobis_square(std::span<const double> x) const {
  APICAL_CHECK(density_ == TheoryDensity::normal && x.size() == mean_.size());
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    double whitened = 0;
    for (std::size_t j = 0; j <= i; ++j) whitened += lower_(i, j) * (x[j] - mean_[j]);
    sum += whitened * whitened;
  }
  return sum;
}

double FittedTheory::log_density(std::span<const double> x) const {
  if (density_ == TheoryDensity::normal) return log_norm_ - mahalanobis_square(x) / 2;
  std::vector<double> logs;
  logs.reserve(seeds_.size());
  for (const auto& seed : seeds_) {
    double square = 0;
    for (std::size_t i = 0; i < x.size(); ++i) square += (x[i] - seed[i]) * (x[i] - seed[i]);
    logs.push_back(-square / (2 * noise_));
  }
  return log_norm_ + log_sum(logs);
}

Separation separation_of(std::span<const TheoryReadouts> theories, std::span<const std::size_t> readouts,
                         const MeasurementNoise& noise, const DiscriminationOptions& options,
                         ThreadPool& pool) {
  require_theories(theories);
  const double variance = noise.variance(), sd = std::sqrt(variance);
  const Judge judge(theories, readouts, variance, options.density);
  Separation out;
  const auto held_out = judgements(judge, theories, readouts, sd, true, options, pool);
  std::tie(out.gain.held_out, out.gain.held_out_se) = mean_bits(held_out, judge.priors());
  out.gain.same_seeds =
      mean_bits(judgements(judge, theories, readouts, sd, false, options, pool), judge.priors()).first;
  describe_guesses(held_out, judge.priors(), out);
  if (options.experiments > 0) simulate_experiments(judge, theories, readouts, sd, options, pool, out);
  return out;
}

std::vector<std::size_t> chosen_readouts(std::span<const TheoryReadouts> theories,
                                         const MeasurementNoise& noise, std::size_t most,
                                         const DiscriminationOptions& options, ThreadPool& pool) {
  require_theories(theories);
  DiscriminationOptions quick = options;
  quick.experiments = 0;
  std::vector<std::size_t> chosen;
  double gain = -kInfinite;
  while (chosen.size() < std::min(most, theories[0].fit.cols())) {
    std::optional<std::size_t> best;
    for (std::size_t k = 0; k < theories[0].fit.cols(); ++k) {
      if (std::find(chosen.begin(), chosen.end(), k) != chosen.end()) continue;
      std::vector<std::size_t> tried = chosen;
      tried.push_back(k);
      const double found = separation_of(theories, tried, noise, quick, pool).gain.held_out;
      if (found <= gain) continue;
      gain = found;
      best = k;
    }
    if (!best) break;
    chosen.push_back(*best);
  }
  return chosen;
}

std::vector<PairSeparation> pair_separations(std::span<const TheoryReadouts> theories,
                                             const MeasurementNoise& noise,
                                             const DiscriminationOptions& options) {
  require_theories(theories);
  const double variance = noise.variance();
  std::vector<PairSeparation> all;
  for (std::size_t a = 0; a < theories.size(); ++a) {
    for (std::size_t b = a + 1; b < theories.size(); ++b) {
      for (std::size_t k = 0; k < theories[0].fit.cols(); ++k) {
        const std::vector<double> of_a = all_seeds(theories[a], k), of_b = all_seeds(theories[b], k);
        PairSeparation pair{.a = a, .b = b, .readout = k};
        pair.difference = mean(of_a) - mean(of_b);
        std::tie(pair.low, pair.high) = bootstrap_difference(of_a, of_b, options.seed);
        const double sd_a = sample_sd(of_a), sd_b = sample_sd(of_b), own = (sd_a * sd_a + sd_b * sd_b) / 2;
        pair.cohens_d = pair.difference == 0 ? 0 : pair.difference / std::sqrt(own);
        pair.d_prime = pair.difference == 0 ? 0 : std::abs(pair.difference) / std::sqrt(own + variance);
        double above = 0;
        for (const double x : of_a) {
          for (const double y : of_b) {
            above += variance > 0 ? normal_below((x - y) / std::sqrt(2 * variance))
                     : x > y      ? 1
                     : x < y      ? 0
                                  : 0.5;
          }
        }
        pair.auc = above / static_cast<double>(of_a.size() * of_b.size());
        pair.pairwise_error = std::exp(-pair.d_prime * pair.d_prime / 8) / 2;
        pair.animals_80 = animals_up_to(options.most_animals, pair.d_prime, options.alpha, 0.80);
        pair.animals_95 = animals_up_to(options.most_animals, pair.d_prime, options.alpha, 0.95);
        all.push_back(pair);
      }
    }
  }
  return all;
}

std::size_t animals_for_one_sided_test(double d_prime, double alpha, double power) {
  APICAL_CHECK(d_prime > 0);
  const double root = (normal_quantile(1 - alpha) + normal_quantile(power)) / d_prime;
  return static_cast<std::size_t>(std::max(1.0, std::ceil(root * root)));
}

std::size_t animals_for_bayes_error(double d_prime, double error) {
  APICAL_CHECK(d_prime > 0);
  const double root = 2 * normal_quantile(1 - error) / d_prime;
  return static_cast<std::size_t>(std::max(1.0, std::ceil(root * root)));
}

}  // namespace apical
