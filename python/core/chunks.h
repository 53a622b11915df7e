// SPDX-License-Identifier: Apache-2.0
// Long stretches of steps without the interpreter's lock, broken off by signals between two of them.
#pragma once

#include <fmt/format.h>
#include <nanobind/nanobind.h>

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "apical/core/error.h"

namespace apical::python {

/// `advance(n)` executes n steps. Called with the GIL.
template <class Advance>
void advance_in_chunks(std::int64_t steps, Advance&& advance) {
  constexpr std::chrono::milliseconds kBetweenSignals{20};
  if (steps < 0) throw ConfigError(fmt::format("steps is {}; expected at least 0", steps));
  for (std::int64_t chunk = 1; steps > 0;) {
    const std::int64_t now = std::min(chunk, steps);
    const auto start = std::chrono::steady_clock::now();
    {
      const nanobind::gil_scoped_release others_run;
      advance(now);
    }
    steps -= now;
    if (std::chrono::steady_clock::now() - start < kBetweenSignals / 2) chunk *= 2;
    if (steps > 0 && PyErr_CheckSignals() != 0) throw nanobind::python_error();
  }
}

}  // namespace apical::python
