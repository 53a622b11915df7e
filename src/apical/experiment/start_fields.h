// SPDX-License-Identifier: Apache-2.0
// Where a run begins, if not at its initialisation: [model] start_from and [training] continue_from.
#pragma once

#include <string>

#include "apical/core/fields.h"

namespace apical {

struct StartOptions {
  std::string start_from;  ///< empty: the initialisation
};
void fields(FieldVisitor& v, StartOptions& o);

struct ContinueOptions {
  std::string continue_from;  ///< a run; empty: none
};
void fields(FieldVisitor& v, ContinueOptions& o);

}  // namespace apical
