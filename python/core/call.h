// SPDX-License-Identifier: Apache-2.0
// What everything that runs is told beside what to run.
#pragma once

#include <nanobind/nanobind.h>

#include <string>

#include "core/handed.h"

namespace apical::python {

/// Where a call writes, what it may use of the machine, and who hears of it.
struct Call {
  std::string directory;
  bool resume = false;
  unsigned threads = 0;
  std::string data;
  Handed handed;           ///< what tasks have in memory
  nanobind::object heard;  ///< `heard(kind, fields)`, see Reporter; None: nobody
  bool ignore_memory = false;
};

/// With all that was handed in, and what memory there is.
inline Resources resources_of(ThreadPool& pool, const Call& call) {
  Resources resources = resources_of(pool, call.data, call.handed);
  if (call.ignore_memory) resources.memory = {};
  return resources;
}

}  // namespace apical::python
