// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/subjects_at.h"

#include <fmt/format.h>

#include "apical/analysis/noise_ceiling.h"
#include "apical/core/error.h"

namespace apical {

SubjectsAt::SubjectsAt(std::span<const Rdm> subjects, RdmMeasure measure, ChosenPairs pairs)
    : measure_(measure), pairs_(std::move(pairs)) {
  if (is_whitened(measure)) whitening_ = std::make_unique<RdmWhitening>(pairs_);
  for (const Rdm& rdm : subjects) {
    if (rdm.size() != subjects[0].size()) {
      throw DataError(fmt::format("subjects have RDMs of {} and of {} entries; expected the same stimuli",
                                  subjects[0].size(), rdm.size()));
    }
    const std::vector<double> entries = pairs_.of(rdm);
    parts_.push_back(pool_part(entries, measure));
    ready_.push_back(made_ready(entries));
  }
}

ReadyRdm SubjectsAt::ready_at(std::span<const double> rdm) const { return made_ready(pairs_.of(rdm)); }

double SubjectsAt::lower_ceiling(std::span<const double> weights) const {
  std::vector<double> others(weights.begin(), weights.end());
  double sum = 0, different = 0;
  for (std::size_t s = 0; s < ready_.size(); ++s) {
    if (weights[s] == 0) continue;
    others[s] = 0;
    sum += compare(made_ready(pooled_parts(parts_, others, measure_)), ready_[s]);
    others[s] = weights[s];
    different += 1;
  }
  APICAL_CHECK(different > 1);
  return sum / different;
}

double SubjectsAt::upper_ceiling() const {
  const ReadyRdm pool = made_ready(pooled_parts(parts_, std::vector<double>(parts_.size(), 1.0), measure_));
  double sum = 0;
  for (const ReadyRdm& subject : ready_) sum += compare(pool, subject);
  return sum / static_cast<double>(ready_.size());
}

}  // namespace apical
