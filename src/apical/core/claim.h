// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace apical {

/// What the caller knows of processes elsewhere that may still hold a run, beside what can be seen from here.
struct Claim {
  std::string job;  ///< of a scheduler that runs a job at one place at a time, e.g. "slurm 4711"; or empty
  std::uint64_t attempt =
      0;                  ///< how often it has started the job again: later ones take over from earlier ones
  std::string lost_host;  ///< a host whose processes are known to be dead
};

}  // namespace apical
