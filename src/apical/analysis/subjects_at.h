// SPDX-License-Identifier: Apache-2.0
// The RDMs of subjects at chosen stimuli, made ready for one measure: what noise ceilings and resampling
// share.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "apical/analysis/rdm_compare.h"

namespace apical {

class SubjectsAt {
 public:
  /// DataError if the RDMs differ in length. A choice may hold a stimulus more than once.
  SubjectsAt(std::span<const Rdm> subjects, RdmMeasure measure, ChosenPairs pairs);
  SubjectsAt(const SubjectsAt&) = delete;
  SubjectsAt& operator=(const SubjectsAt&) = delete;

  std::size_t subjects() const { return ready_.size(); }
  const ReadyRdm& subject(std::size_t s) const { return ready_[s]; }
  /// Any RDM of all stimuli at the same choice.
  ReadyRdm ready_at(std::span<const double> rdm) const;
  /// Mean over the different subjects of f(pool of the others, as often as their weight says; subject):
  /// weights are how often each was drawn. Two or more must be above 0.
  double lower_ceiling(std::span<const double> weights) const;
  double upper_ceiling() const;

 private:
  ReadyRdm made_ready(std::span<const double> entries) const {
    return ready(entries, measure_, whitening_.get());
  }

  RdmMeasure measure_;
  ChosenPairs pairs_;
  std::unique_ptr<RdmWhitening> whitening_;
  std::vector<std::vector<double>> parts_;
  std::vector<ReadyRdm> ready_;
};

}  // namespace apical
