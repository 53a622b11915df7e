// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nanobind/nanobind.h>

#include "apical/run/run.h"

namespace apical::python {

/// Without what stands in the run's files.
nanobind::dict dict_of(const RunResult& r);

}  // namespace apical::python
