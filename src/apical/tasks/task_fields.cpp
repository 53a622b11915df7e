// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/task_fields.h"

namespace apical {

void seed_field(FieldVisitor& v, std::uint64_t& seed) {
  seed_field(v, "seed", "seed of the draws; each network seed wants its own", seed);
}

void seed_field(FieldVisitor& v, const char* name, const char* meaning, std::uint64_t& seed,
                const char* source) {
  v({name, "", meaning, {}, source}, seed);
}

}  // namespace apical
