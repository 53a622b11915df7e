// SPDX-License-Identifier: Apache-2.0
// What can be set about each credit rule, in the names of experiment files.
#pragma once

#include "apical/models/layered_fields.h"
#include "apical/rules/rule_options.h"

namespace apical::models {

void visit_rule(Fields& fields, layered::RuleOptions& rule);

}  // namespace apical::models
