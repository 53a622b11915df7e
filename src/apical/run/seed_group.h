// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace apical {

/// What belongs to one seed stands under this name in result files, checkpoints and files of weights.
std::string seed_group(std::uint64_t seed);

/// The seed whose group `name` is; nothing if it is no such group.
std::optional<std::uint64_t> seed_of_group(std::string_view name);

}  // namespace apical
