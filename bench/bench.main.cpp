// SPDX-License-Identifier: Apache-2.0
// Runs the micro-benchmarks and heads their output with what a figure means nothing without.
#include <benchmark/benchmark.h>

#include <cstdlib>

#include "apical/core/build_info.h"

int main(int argc, char** argv) {
  const apical::BuildInfo& build = apical::build_info();
  benchmark::AddCustomContext("apical", build.version + " " + build.revision);
  benchmark::AddCustomContext("compiler", build.compiler + " " + build.build_type + build.flags);
  // A forced BLAS kernel can halve the speed of dense layers.
  const char* core = std::getenv("OPENBLAS_CORETYPE");
  benchmark::AddCustomContext("OPENBLAS_CORETYPE", core == nullptr ? "(not set)" : core);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
