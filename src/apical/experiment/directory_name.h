// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace apical {

/// The directory of what has this label (UTF-8). Distinct labels have distinct directories, on case-sensitive
/// disks. Letters of every script, digits, "-", "+", ",", "=" and the points of numbers stand as they are and
/// blanks as "_"; everything else as "%" and two hexadecimal digits for each byte, so that no shell, terminal
/// or file beside it is surprised. Of names over 200 bytes the beginning is kept, and a digest of the whole.
std::string directory_name(std::string_view label);

}  // namespace apical
