// SPDX-License-Identifier: Apache-2.0
// Names under which files keep what belongs to something: groups and datasets of HDF5, arrays of archives.
// One rule for all circuits, so that what is simulated can be written down.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "apical/core/field_error.h"

namespace apical {

/// What a file cannot hold in this name: "is empty", "has a '/'" …; empty if nothing is wrong with it.
std::string wrong_in_name(std::string_view name);

/// FieldError about `field` for a name that a file cannot hold, or one of those `taken` by what is written
/// beside it. `what` says whose name it is: "a population", "a compartment of 'a1.pyr'".
void require_storable(std::string_view name, const std::string& what, const char* field,
                      std::initializer_list<std::string_view> taken = {});

/// The same for what people read, which may be anything that stands on one line.
void require_one_line(std::string_view text, const std::string& what, const char* field);

}  // namespace apical
