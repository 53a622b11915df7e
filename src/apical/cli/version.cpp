// SPDX-License-Identifier: Apache-2.0
#include "apical/cli/version.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apical/core/build_info.h"
#include "apical/engine/layered/gemm.h"
#include "apical/engine/rate/kernels.h"
#include "apical/io/libraries.h"

namespace apical::cli {

std::string version_text() {
  const BuildInfo& b = build_info();
  return fmt::format("apical {} ({}), {}, {}, numerics {}\n", b.version, b.revision, b.compiler, b.build_type,
                     kNumericsVersion);
}

nlohmann::json version_json() {
  const BuildInfo& b = build_info();
  nlohmann::json j{{"schema", "apical-version/1"}, {"version", b.version},    {"revision", b.revision},
                   {"compiler", b.compiler},       {"build", b.build_type},   {"flags", b.flags},
                   {"numerics", kNumericsVersion}, {"cplusplus", __cplusplus}};
  j["instruction_sets"] = rate::available_targets();
  j["instruction_set"] = rate::current_target();
  j["blas_kernels"] = layered::blas_core_name();
  for (const io::Library& l : io::libraries())
    j["libraries"][l.name] = {{"loaded", l.loaded}, {"compiled", l.compiled}};
  return j;
}

}  // namespace apical::cli
