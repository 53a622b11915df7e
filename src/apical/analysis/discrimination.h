// SPDX-License-Identifier: Apache-2.0
// How well an experiment would tell theories apart. Each theory predicts K readouts, with a spread over seeds
// (animals differ); what is measured in one animal is x = z + noise. From the densities p(x | theory) follow
// how much one animal tells (expected information gain, bits), how often the best guess is right, and how
// many animals it takes.
//
// Theory densities are normal, with mean and shrunken covariance of the seeds they are fitted to, or a kernel
// around each seed. Scored on the same seeds they claim too much, on others too little: both are given, as a
// bracket, and neither is cut off at 0.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apical/core/matrix.h"
#include "apical/core/threads.h"

namespace apical {

/// What a theory predicts: seeds x readouts, on one scale for all theories.
struct TheoryReadouts {
  std::string name;
  double prior = 1;  ///< relative to the others
  Matrix<double> fit, held_out;
};

/// Of one animal, in the units of readouts.
struct MeasurementNoise {
  double cell_sd = 1, trial_sd = 1, animal_sd = 0.2;
  std::size_t cells = 20, trials = 50;
  /// animal_sd² + cell_sd² / cells + trial_sd² / (cells trials)
  double variance() const;
};

enum class TheoryDensity { normal, kernel };

struct DiscriminationOptions {
  TheoryDensity density = TheoryDensity::normal;
  std::uint64_t seed = 1;
  std::size_t draws = 64;          ///< of noise for each seed of each theory
  std::size_t experiments = 2000;  ///< simulated, to find how many animals are enough
  std::size_t most_animals = 100;
  double alpha = 0.05;  ///< a theory is accepted where its posterior reaches 1 - alpha
};

/// log p(x | theory) with noise of `variance` per readout.
class FittedTheory {
 public:
  /// Of some readouts of the seeds `z`. DataError for fewer than two seeds, and where seeds do not differ and
  /// there is no noise.
  FittedTheory(const Matrix<double>& z, std::span<const std::size_t> readouts, double noise_variance,
               TheoryDensity density);
  /// `x` of the readouts chosen, in their order.
  double log_density(std::span<const double> x) const;
  /// (x - μ)' (Σ + R)⁻¹ (x - μ), of the normal density.
  double mahalanobis_square(std::span<const double> x) const;

 private:
  TheoryDensity density_;
  std::vector<std::vector<double>> seeds_;  ///< kernel: readouts chosen
  std::vector<double> mean_;
  Matrix<double> lower_;  ///< of the covariance with noise
  double log_norm_ = 0, noise_ = 0;
};

/// Expected information gain of one animal, bits.
struct InformationGain {
  double held_out = 0, held_out_se = 0;  ///< scored on seeds that the densities have not seen
  double same_seeds = 0;                 ///< scored on those they were fitted to: too high
};

struct Separation {
  InformationGain gain;
  double accuracy = 0;           ///< of the theory with the largest posterior, held-out seeds, one animal
  Matrix<double> confusion;      ///< truth x guess, rows sum to 1
  double calibration_error = 0;  ///< mean |confidence - share right| over ten bins, by their counts
  /// Smallest number of animals after which the posterior of the truth is at least 1 - alpha in 80 and in 95
  /// % of experiments; none: not up to `most_animals`.
  std::optional<std::size_t> animals_80, animals_95;
  std::vector<double> accepted;  ///< share of experiments in which the truth is accepted, by animals from 1
  std::vector<double> wrong;     ///< share in which another theory is
};

/// The readouts chosen, as one experiment. DataError for fewer than two theories, or matrices that do not
/// fit.
Separation separation_of(std::span<const TheoryReadouts> theories, std::span<const std::size_t> readouts,
                         const MeasurementNoise& noise, const DiscriminationOptions& options,
                         ThreadPool& pool);

/// Up to `most` readouts, each the one that adds most to the held-out gain of one animal; stops where none
/// adds.
std::vector<std::size_t> chosen_readouts(std::span<const TheoryReadouts> theories,
                                         const MeasurementNoise& noise, std::size_t most,
                                         const DiscriminationOptions& options, ThreadPool& pool);

/// Two theories by one readout.
struct PairSeparation {
  std::size_t a = 0, b = 0, readout = 0;
  double difference = 0;        ///< mean of a less mean of b
  double low = 0, high = 0;     ///< bootstrap over seeds, 95 %
  double cohens_d = 0;          ///< of the seeds, without noise; infinite if they do not vary
  double d_prime = 0;           ///< |difference| / √(½(σ_a² + σ_b²)) with noise
  double auc = 0.5;             ///< P(an animal of a shows more than one of b), with noise
  double pairwise_error = 0.5;  ///< of one animal, both as likely: bound ½ exp(-d'²/8)
  std::optional<std::size_t> animals_80 = {}, animals_95 = {};  ///< one-sided test at alpha
};
std::vector<PairSeparation> pair_separations(std::span<const TheoryReadouts> theories,
                                             const MeasurementNoise& noise,
                                             const DiscriminationOptions& options);

/// ((z_{1-alpha} + z_power) / d')², rounded up: animals for a one-sided test of a difference of d' standard
/// deviations.
std::size_t animals_for_one_sided_test(double d_prime, double alpha, double power);
/// Animals until the better of two equally likely normal theories, d' apart, is wrong in less than `error` of
/// experiments: (2 z_{1-error} / d')², rounded up.
std::size_t animals_for_bayes_error(double d_prime, double error);

}  // namespace apical
