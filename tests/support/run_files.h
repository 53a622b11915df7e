// SPDX-License-Identifier: Apache-2.0
// What two directories of runs must have in common if they are the same runs, whatever happened on the way.
#pragma once

#include <filesystem>
#include <set>
#include <string>

namespace apical::test {

/// Whether something stands in `out` that --resume continues.
bool can_be_resumed(const std::filesystem::path& out);

/// Until what a command does below `out` can be continued, however long its data take to be read; a minute at
/// most.
void wait_until_it_has_begun(const std::filesystem::path& out);

/// The first file that differs, in words; empty if none does. Clocks and machines are no part of a result: of
/// manifests, summaries, events and reports only the presence counts, and of checkpoints all but the books of
/// the runner is compared.
std::string difference(const std::filesystem::path& whole, const std::filesystem::path& broken);

}  // namespace apical::test
