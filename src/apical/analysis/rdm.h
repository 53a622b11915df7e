// SPDX-License-Identifier: Apache-2.0
// Representational dissimilarity matrices (Kriegeskorte, Mur & Bandettini 2008): how different the activity
// is that each pair of stimuli evokes. An RDM of n stimuli is kept as the N = n(n-1)/2 numbers above its
// diagonal, row by row: 0-1, 0-2, …, 0-(n-1), 1-2, … Everything about representations is computed in double
// precision, whatever the networks ran in.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apical/core/matrix.h"
#include "apical/core/names.h"

namespace apical {

using Rdm = std::vector<double>;

/// Of the patterns x_i, x_j of two stimuli over p units.
enum class Dissimilarity {
  correlation,        ///< 1 - Pearson over units
  cosine,             ///< 1 - cos
  squared_euclidean,  ///< Σ(x_i - x_j)² / p
  euclidean,          ///< its root
};
template <>
inline constexpr std::array kNames<Dissimilarity>{std::string_view("correlation"), std::string_view("cosine"),
                                                  std::string_view("squared-euclidean"),
                                                  std::string_view("euclidean")};

/// The stimulus whose pattern has no correlation (constant over units) or no direction (zero), the first of
/// them.
std::optional<std::size_t> stimulus_without_direction(MatrixView<const double> patterns, Dissimilarity kind);

/// `patterns`: stimuli x units, any unit. DataError for fewer than two stimuli, for what is not finite, and
/// for a stimulus of which the dissimilarity is not defined, by its number from 0.
Rdm rdm_of(MatrixView<const double> patterns, Dissimilarity kind);

/// Cross-validated squared distance per unit: mean over ordered pairs m ≠ m' of repeats of
/// (a_i - a_j)_m' P (a_i - a_j)_m' / p (Walther et al., NeuroImage 137, 2016). Unbiased, so it may be
/// negative. `repeats`: two or more of stimuli x units. `precision`: P, symmetric units x units; none for the
/// identity.
Rdm crossnobis_rdm(std::span<const Matrix<double>> repeats,
                   const std::optional<Matrix<double>>& precision = {});
/// Inverse variances of what repeats leave, pooled over stimuli, on the diagonal: P for independent units.
/// DataError for a unit without variance.
Matrix<double> diagonal_precision(std::span<const Matrix<double>> repeats);

/// 1 where the labels of two stimuli differ, else 0.
Rdm label_rdm(std::span<const std::string> labels);

constexpr std::size_t pairs_of(std::size_t stimuli) { return stimuli * (stimuli - 1) / 2; }
/// n for N = n(n-1)/2 entries; none if N is no such number.
std::optional<std::size_t> stimuli_of(std::size_t pairs);
/// Where the pair i < j stands.
constexpr std::size_t pair_index(std::size_t i, std::size_t j, std::size_t stimuli) {
  return i * stimuli - i * (i + 1) / 2 + (j - i - 1);
}

/// The RDM of the stimuli kept, which are different and in any order.
Rdm cut_rdm(std::span<const double> rdm, std::span<const std::uint32_t> kept);

/// Which entries a choice of stimuli has, and between which places of the choice each lies. Stimuli may be
/// chosen several times (bootstrap): then pairs of a stimulus with itself are left out.
struct ChosenPairs {
  std::size_t places = 0;           ///< as many as stimuli were chosen
  std::vector<std::size_t> entry;   ///< in the RDM of all stimuli
  std::vector<std::uint32_t> a, b;  ///< the places, a < b
  std::vector<double> of(std::span<const double> rdm) const;
  std::size_t size() const { return entry.size(); }
};
ChosenPairs pairs_among(std::span<const std::uint32_t> chosen, std::size_t stimuli);
ChosenPairs all_pairs(std::size_t stimuli);

}  // namespace apical
