// SPDX-License-Identifier: Apache-2.0
// Options that tasks share.
#pragma once

#include "apical/core/fields.h"

namespace apical {

/// "seed" of addressed draws: unless it is given, the data of each network seed have that seed.
void seed_field(FieldVisitor& v, std::uint64_t& seed);
/// A seed of its own.
void seed_field(FieldVisitor& v, const char* name, const char* meaning, std::uint64_t& seed,
                const char* source = "");
/// A number of samples, trials or episodes.
template <class Count>
void count_field(FieldVisitor& v, const char* name, const char* meaning, Count& count, double low = 1,
                 double high = 1e6, const char* source = "") {
  v({name, "", meaning, within(low, high), source}, count);
}

}  // namespace apical
