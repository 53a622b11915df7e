// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace apical::io {

/// The path of the first floating-point number in a saved state that is not finite, "network/layer/v";
/// nothing if all are. Bytes that are no state have none: whoever loads them says what is wrong.
std::optional<std::string> first_not_finite(std::span<const std::byte> state);

}  // namespace apical::io
