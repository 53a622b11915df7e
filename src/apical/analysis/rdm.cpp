// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/rdm.h"

#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "apical/analysis/dot.h"
#include "apical/core/error.h"

namespace apical {
namespace {

void require_finite(MatrixView<const double> x) {
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (std::size_t k = 0; k < x.cols(); ++k) {
      if (!std::isfinite(x(i, k))) {
        throw DataError(
            fmt::format("activity of stimulus {} in unit {} is {}; expected a finite number", i, k, x(i, k)));
      }
    }
  }
}

bool is_directional(Dissimilarity kind) {
  return kind == Dissimilarity::correlation || kind == Dissimilarity::cosine;
}

/// The pattern less its mean (correlation) and of length 1; false if nothing is left.
bool point(std::span<const double> pattern, Dissimilarity kind, std::span<double> direction) {
  const double n = static_cast<double>(pattern.size());
  const double centre =
      kind == Dissimilarity::correlation ? std::accumulate(pattern.begin(), pattern.end(), 0.0) / n : 0.0;
  double largest = 0;
  for (std::size_t k = 0; k < pattern.size(); ++k) {
    direction[k] = pattern[k] - centre;
    largest = std::max(largest, std::abs(pattern[k]));
  }
  const double length = std::sqrt(dot(direction, direction));
  // A constant pattern leaves what rounding of its mean leaves.
  if (length <= 4 * std::numeric_limits<double>::epsilon() * largest * std::sqrt(n)) return false;
  for (double& x : direction) x /= length;
  return true;
}

double distance_per_unit(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += (a[k] - b[k]) * (a[k] - b[k]);
  return sum / static_cast<double>(a.size());
}

void require_repeats(std::span<const Matrix<double>> repeats) {
  if (repeats.size() < 2) {
    throw DataError(fmt::format("crossnobis compares repeats with each other: {} given, at least 2 expected",
                                repeats.size()));
  }
  for (const Matrix<double>& one : repeats) {
    if (one.rows() != repeats[0].rows() || one.cols() != repeats[0].cols()) {
      throw DataError(fmt::format("repeats of {} x {} and of {} x {} stimuli x units do not fit",
                                  repeats[0].rows(), repeats[0].cols(), one.rows(), one.cols()));
    }
    require_finite(one.view());
  }
}

}  // namespace

std::optional<std::size_t> stimulus_without_direction(MatrixView<const double> patterns, Dissimilarity kind) {
  if (!is_directional(kind)) return {};
  std::vector<double> direction(patterns.cols());
  for (std::size_t i = 0; i < patterns.rows(); ++i) {
    if (!point(patterns.row(i), kind, direction)) return i;
  }
  return {};
}

Rdm rdm_of(MatrixView<const double> patterns, Dissimilarity kind) {
  const std::size_t n = patterns.rows();
  if (n < 2 || patterns.cols() == 0) {
    throw DataError(
        fmt::format("{} stimuli x {} units have no RDM; at least two stimuli and one unit are needed", n,
                    patterns.cols()));
  }
  require_finite(patterns);
  Matrix<double> directions;
  if (is_directional(kind)) {
    directions = Matrix<double>(n, patterns.cols());
    for (std::size_t i = 0; i < n; ++i) {
      if (!point(patterns.row(i), kind, directions.row(i))) {
        throw DataError(fmt::format("the activity of stimulus {} is {} in all units, so it has no {}", i,
                                    kind == Dissimilarity::cosine ? "0" : "the same",
                                    kind == Dissimilarity::cosine ? "direction" : "correlation"));
      }
    }
  }
  Rdm rdm;
  rdm.reserve(pairs_of(n));
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i + 1; j < n; ++j) {
      if (is_directional(kind)) {
        rdm.push_back(1 - dot(directions.row(i), directions.row(j)));
      } else {
        const double d = distance_per_unit(patterns.row(i), patterns.row(j));
        rdm.push_back(kind == Dissimilarity::euclidean ? std::sqrt(d) : d);
      }
    }
  }
  return rdm;
}

Rdm crossnobis_rdm(std::span<const Matrix<double>> repeats, const std::optional<Matrix<double>>& precision) {
  require_repeats(repeats);
  const std::size_t n = repeats[0].rows(), p = repeats[0].cols();
  if (precision && (precision->rows() != p || precision->cols() != p)) {
    throw DataError(fmt::format("the precision is {} x {}; expected {} x {}, one row for each unit",
                                precision->rows(), precision->cols(), p, p));
  }
  const double m = static_cast<double>(repeats.size());
  // Σ over m ≠ m' of d_m' P d_m' = (Σd)' P (Σd) - Σ d_m' P d_m.
  std::vector<double> difference(p), weighted(p), total(p);
  const auto form = [&](std::span<const double> d) {
    if (!precision) return dot(d, d);
    for (std::size_t k = 0; k < p; ++k) weighted[k] = dot(precision->row(k), d);
    return dot(weighted, d);
  };
  Rdm rdm;
  rdm.reserve(pairs_of(n));
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i + 1; j < n; ++j) {
      std::fill(total.begin(), total.end(), 0.0);
      double same = 0;
      for (const Matrix<double>& one : repeats) {
        for (std::size_t k = 0; k < p; ++k) {
          difference[k] = one(i, k) - one(j, k);
          total[k] += difference[k];
        }
        same += form(difference);
      }
      rdm.push_back((form(total) - same) / (m * (m - 1) * static_cast<double>(p)));
    }
  }
  return rdm;
}

Matrix<double> diagonal_precision(std::span<const Matrix<double>> repeats) {
  require_repeats(repeats);
  const std::size_t n = repeats[0].rows(), p = repeats[0].cols();
  const double m = static_cast<double>(repeats.size());
  Matrix<double> precision(p, p);
  for (std::size_t k = 0; k < p; ++k) {
    double squares = 0;
    for (std::size_t i = 0; i < n; ++i) {
      double centre = 0;
      for (const Matrix<double>& one : repeats) centre += one(i, k) / m;
      for (const Matrix<double>& one : repeats) squares += (one(i, k) - centre) * (one(i, k) - centre);
    }
    if (squares <= 0) {
      throw DataError(fmt::format("unit {} is the same in all repeats: it has no variance to divide by", k));
    }
    precision(k, k) = (m - 1) * static_cast<double>(n) / squares;
  }
  return precision;
}

Rdm label_rdm(std::span<const std::string> labels) {
  Rdm rdm;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    for (std::size_t j = i + 1; j < labels.size(); ++j) rdm.push_back(labels[i] == labels[j] ? 0 : 1);
  }
  return rdm;
}

std::optional<std::size_t> stimuli_of(std::size_t pairs) {
  auto n = static_cast<std::size_t>(std::sqrt(2.0 * static_cast<double>(pairs)));
  while (pairs_of(n + 1) <= pairs) ++n;
  if (n < 2 || pairs_of(n) != pairs) return {};
  return n;
}

Rdm cut_rdm(std::span<const double> rdm, std::span<const std::uint32_t> kept) {
  const std::size_t n = stimuli_of(rdm.size()).value_or(0);
  APICAL_CHECK(n > 0);
  return pairs_among(kept, n).of(rdm);
}

std::vector<double> ChosenPairs::of(std::span<const double> rdm) const {
  std::vector<double> values(entry.size());
  for (std::size_t e = 0; e < entry.size(); ++e) values[e] = rdm[entry[e]];
  return values;
}

ChosenPairs pairs_among(std::span<const std::uint32_t> chosen, std::size_t stimuli) {
  ChosenPairs pairs;
  pairs.places = chosen.size();
  for (std::uint32_t a = 0; a < chosen.size(); ++a) {
    APICAL_CHECK(chosen[a] < stimuli);
    for (std::uint32_t b = a + 1; b < chosen.size(); ++b) {
      if (chosen[a] == chosen[b]) continue;
      pairs.entry.push_back(
          pair_index(std::min(chosen[a], chosen[b]), std::max(chosen[a], chosen[b]), stimuli));
      pairs.a.push_back(a);
      pairs.b.push_back(b);
    }
  }
  return pairs;
}

ChosenPairs all_pairs(std::size_t stimuli) {
  std::vector<std::uint32_t> all(stimuli);
  std::iota(all.begin(), all.end(), 0U);
  return pairs_among(all, stimuli);
}

}  // namespace apical
