// SPDX-License-Identifier: Apache-2.0
// Progress on standard error: a line that rewrites itself on a terminal, a plain line now and then elsewhere.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "apical/cli/command.h"
#include "apical/run/session.h"

namespace apical::cli {

class ProgressPrinter final : public Listener {
 public:
  ProgressPrinter(Context& context, std::string label, const Arguments& arguments);
  ~ProgressPrinter() override;
  void on(const RunProgress& p) override;
  void on(const Measurement& m) override;
  void on(const EpochEnded& e) override;
  void on(const Saving&) override;
  void on(const Begun&) override;
  /// Takes a line that rewrites itself off the terminal.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  struct Sum {
    double value = 0;
    std::size_t seeds = 0;
  };
  std::string latest() const;
  std::string position(const RunProgress& p) const;
  void show(const std::string& text);
  std::ostream& control();
  Context& context_;
  std::string label_;
  bool quiet_, verbose_;
  bool line_open_ = false;
  Clock::time_point last_shown_, window_start_;
  double window_done_ = -1, rate_ = 0;
  double epoch_ = -1;                ///< of what was measured last
  std::string where_;                ///< and its place
  std::map<std::string, Sum> sums_;  ///< headlines among it, over seeds
};

}  // namespace apical::cli
