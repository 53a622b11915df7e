// SPDX-License-Identifier: Apache-2.0
// Progress on standard error: a line that rewrites itself on a terminal, a plain line now and then elsewhere.
#pragma once

#include <chrono>
#include <string>

#include "apical/cli/command.h"
#include "apical/learning/trainer.h"

namespace apical::cli {

class ProgressPrinter final : public Observer {
 public:
  ProgressPrinter(Context& context, std::string label, bool quiet);
  ~ProgressPrinter() override;
  void on(const Progress& p) override;
  void on(const Evaluated& e) override;
  void on(const TrainingMeasured& m) override;
  /// Of a simulation, in seconds of biological time.
  void on_simulated(double done_s, double total_s, const std::string& note);
  /// Takes a line that rewrites itself off the terminal.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  void show(const std::string& text);
  Context& context_;
  std::string label_, validation_;
  bool quiet_;
  bool line_open_ = false;
  Clock::time_point last_shown_, window_start_;
  double window_done_ = -1, rate_ = 0;
};

}  // namespace apical::cli
