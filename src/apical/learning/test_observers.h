// SPDX-License-Identifier: Apache-2.0
// For tests of runs that are stopped and go on.
#pragma once

#include <atomic>

#include "apical/learning/trainer.h"

namespace apical {

/// Asks a run to stop at the safe point of this number, counted from 1.
struct StopAt final : Observer {
  StopAt(std::atomic<bool>& flag, int at) : stop(flag), left(at) {}
  void on(const SafePoint&) override {
    if (--left == 0) stop = true;
  }
  std::atomic<bool>& stop;
  int left;
};

}  // namespace apical
