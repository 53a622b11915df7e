// SPDX-License-Identifier: Apache-2.0
// What a trainer tells, as measurements: the only place where scores become rows.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "apical/learning/trainer.h"
#include "apical/run/session.h"

namespace apical {

class TrainingListener final : public Observer {
 public:
  /// The listener must outlive this.
  TrainingListener(std::vector<std::uint64_t> seeds, Listener& to);
  void on(const Evaluated& e) override;
  void on(const TrainingMeasured& m) override;
  void on(const Aligned& a) override;
  void on(const Progress& p) override;
  void on(const EpochTrained& e) override;
  /// Learning ends after so many seconds more, whatever the number of epochs.
  void end_within(double seconds) { seconds_left_ = std::max(0.0, seconds); }

 private:
  using Rows = std::vector<std::vector<Measurement>>;  ///< of each replica
  Measurement row(std::size_t epoch, std::string_view where, std::string_view metric, std::size_t replica,
                  double value) const;

  std::vector<std::uint64_t> seeds_;
  double seconds_left_ = std::numeric_limits<double>::infinity();
  Listener& to_;
};

}  // namespace apical
