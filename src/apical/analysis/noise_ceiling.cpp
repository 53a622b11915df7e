// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/noise_ceiling.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "apical/analysis/dot.h"
#include "apical/analysis/subjects_at.h"
#include "apical/core/error.h"

namespace apical {

std::vector<double> pool_part(std::span<const double> rdm, RdmMeasure measure) {
  if (uses_ranks(measure)) return midranks(rdm);
  std::vector<double> part(rdm.begin(), rdm.end());
  const auto n = static_cast<double>(part.size());
  if (measure == RdmMeasure::pearson || measure == RdmMeasure::whitened_pearson) {
    const double centre = std::accumulate(part.begin(), part.end(), 0.0) / n;
    for (double& x : part) x -= centre;
  }
  const double rms = std::sqrt(dot(part, part) / n);
  if (!(rms > 0)) {
    throw DataError(
        fmt::format("an RDM whose entries are all the same has no {} with others", name_of(measure)));
  }
  for (double& x : part) x /= rms;
  return part;
}

std::vector<double> pooled_parts(std::span<const std::vector<double>> parts, std::span<const double> weights,
                                 RdmMeasure measure) {
  APICAL_CHECK(!parts.empty() && parts.size() == weights.size());
  std::vector<double> pool(parts[0].size(), 0.0);
  double total = 0;
  for (std::size_t s = 0; s < parts.size(); ++s) {
    if (weights[s] == 0) continue;
    total += weights[s];
    for (std::size_t e = 0; e < pool.size(); ++e) pool[e] += weights[s] * parts[s][e];
  }
  APICAL_CHECK(total > 0);
  for (double& x : pool) x /= total;
  if (measure == RdmMeasure::whitened_pearson) {
    const double least = *std::min_element(pool.begin(), pool.end());
    for (double& x : pool) x -= least;
  }
  return pool;
}

std::vector<double> pooled_rdm(std::span<const Rdm> rdms, RdmMeasure measure) {
  std::vector<std::vector<double>> parts;
  for (const Rdm& rdm : rdms) parts.push_back(pool_part(rdm, measure));
  return pooled_parts(parts, std::vector<double>(parts.size(), 1.0), measure);
}

NoiseCeiling noise_ceiling(std::span<const Rdm> subjects, RdmMeasure measure) {
  if (subjects.size() < 2) {
    throw DataError(fmt::format("a noise ceiling needs at least two subjects; there is {}", subjects.size()));
  }
  const auto stimuli = stimuli_of(subjects[0].size());
  if (!stimuli) {
    throw DataError(fmt::format("{} entries are no RDM: n stimuli have n(n-1)/2", subjects[0].size()));
  }
  const SubjectsAt at(subjects, measure, all_pairs(*stimuli));
  return {at.lower_ceiling(std::vector<double>(subjects.size(), 1.0)), at.upper_ceiling()};
}

}  // namespace apical
