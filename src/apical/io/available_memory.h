// SPDX-License-Identifier: Apache-2.0
// Memory that this process may still take: the least of what is free on the machine, what its cgroups leave
// it (containers, batch systems) and what 'ulimit -v' does.
#pragma once

#include <filesystem>

#include "apical/core/resources.h"

namespace apical {

Memory available_memory();

/// The same from files below `root`, for tests: proc/meminfo, proc/self/cgroup, sys/fs/cgroup.
Memory available_memory_below(const std::filesystem::path& root);

}  // namespace apical
