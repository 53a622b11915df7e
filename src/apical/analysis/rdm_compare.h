// SPDX-License-Identifier: Apache-2.0
// How alike two RDMs are. Sources: Nili et al., PLoS Comput Biol 10:e1003553 (2014); Diedrichsen et al., NBDT
// 5(3) (2021) for the whitened measures; Schütt et al., eLife 12:e82566 (2023) for rho-a.
//
// Spearman favours models that predict ties (categories); tau-a and rho-a do not.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "apical/analysis/cholesky.h"
#include "apical/analysis/rdm.h"
#include "apical/analysis/rdm_ranks.h"

namespace apical {

enum class RdmMeasure {
  spearman,         ///< Pearson of midranks
  rho_a,            ///< 12 Σ(r - r̄)(q - q̄)/(N³ - N): its expectation when ties are broken at random
  tau_a,            ///< (concordant - discordant) / (N(N-1)/2)
  tau_b,            ///< the same over the root of pairs not tied in either
  pearson,          ///< of the entries
  cosine,           ///< of the entries: for distances of which 0 means something
  whitened_cosine,  ///< u'V⁻¹v / √(u'V⁻¹u · v'V⁻¹v), V = AA' + 2I, A the pairs' incidence on stimuli
  whitened_pearson,  ///< the same after means are subtracted
};
template <>
inline constexpr std::array kNames<RdmMeasure>{
    std::string_view("spearman"),        std::string_view("rho-a"),           std::string_view("tau-a"),
    std::string_view("tau-b"),           std::string_view("pearson"),         std::string_view("cosine"),
    std::string_view("whitened-cosine"), std::string_view("whitened-pearson")};

constexpr bool uses_ranks(RdmMeasure m) { return m <= RdmMeasure::tau_b; }
constexpr bool uses_order_only(RdmMeasure m) { return m == RdmMeasure::tau_a || m == RdmMeasure::tau_b; }
constexpr bool is_whitened(RdmMeasure m) { return m >= RdmMeasure::whitened_cosine; }

/// V⁻¹v = ½(v - A(2I + A'A)⁻¹A'v) for pairs that may be missing; each place has a column of its own in A.
/// `pairs` must outlive it.
class RdmWhitening {
 public:
  explicit RdmWhitening(const ChosenPairs& pairs);
  std::vector<double> operator()(std::span<const double> entries) const;

 private:
  const ChosenPairs& pairs_;
  Cholesky inner_;
};

/// The entries of an RDM made ready for one measure, so that each comparison is a product.
struct ReadyRdm {
  RdmMeasure measure{};
  std::vector<double> left, right;   ///< f(a, b) = a.left · b.right
  std::vector<std::uint32_t> order;  ///< instead, where only the order counts
  bool defined = true;               ///< false if all entries are equal (or 0): no comparison means anything
};
/// `groups` of `entries` are needed by measures of ranks, `whitening` by whitened ones.
ReadyRdm ready(std::span<const double> entries, RdmMeasure measure, const RdmWhitening* whitening = nullptr);
ReadyRdm ready(std::span<const std::uint32_t> groups, std::uint32_t count, RdmMeasure measure);
/// NaN if one of them is not defined.
double compare(const ReadyRdm& a, const ReadyRdm& b);

/// Of two RDMs of the same stimuli. NaN if one is constant; DataError for lengths that differ or are no RDM.
double compare_rdms(std::span<const double> a, std::span<const double> b, RdmMeasure measure);

/// Pearson of what is left of the midranks of both after regression on 1 and the midranks of all controls.
/// NaN if nothing is left.
double partial_spearman(std::span<const double> a, std::span<const double> b, std::span<const Rdm> controls);

}  // namespace apical
