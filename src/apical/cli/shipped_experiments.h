// SPDX-License-Identifier: Apache-2.0
// Where the experiments are that come with Apical.
#pragma once

#include <string>

#include "apical/io/file.h"

namespace apical::cli {

/// The first folder that exists: "experiments" here; what APICAL_EXPERIMENTS names; what was installed with
/// the program (share/apical/experiments) or lies in the sources it was built in. DataError that says where
/// was looked, or that APICAL_EXPERIMENTS names no folder.
io::Path shipped_experiments();
/// A file in there, or in the next of those folders that has it.
io::Path shipped_experiment(const std::string& relative);

}  // namespace apical::cli
