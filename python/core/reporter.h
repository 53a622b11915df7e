// SPDX-License-Identifier: Apache-2.0
// Tells Python how a run goes: what was measured, once per epoch, before anything of the next one has been
// learned; how far it is, a few times a second.
#pragma once

#include <nanobind/nanobind.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "apical/run/session.h"
#include "core/calling_thread.h"

namespace apical::python {

class Reporter final : public Listener {
 public:
  /// `heard(kind, fields)` is called with "epoch" or "progress"; False ends the run. None: nobody listens.
  Reporter(CallingThread& caller, nanobind::object heard) : caller_(caller), heard_(std::move(heard)) {}

  void on(const Measurement& m) override { measured_.push_back(m); }
  void on(const RunProgress& p) override;
  void on(const EpochEnded& e) override {
    seconds_ = e.seconds;
    ended_ = true;
  }

  /// Another run begins, of this variant.
  void begin(const std::string& label);
  /// Tells what has been measured since the last epoch.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;
  void tell_epoch();
  void tell(const char* kind, const std::function<void(nanobind::dict&)>& fill);

  CallingThread& caller_;
  nanobind::object heard_;
  std::string label_;
  std::vector<Measurement> measured_;
  RunProgress progress_;
  bool ended_ = false;  ///< an epoch that has not been told of
  double seconds_ = 0;  ///< of it
  Clock::time_point told_{};
};

}  // namespace apical::python
