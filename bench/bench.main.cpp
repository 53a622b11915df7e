// SPDX-License-Identifier: Apache-2.0
// Runs the micro-benchmarks and heads their output with what a figure means nothing without.
#include <benchmark/benchmark.h>

#include "apical/core/build_info.h"
#include "apical/engine/layered/gemm.h"

int main(int argc, char** argv) {
  const apical::BuildInfo& build = apical::build_info();
  benchmark::AddCustomContext("apical", build.version + " " + build.revision);
  benchmark::AddCustomContext("compiler", build.compiler + " " + build.build_type + build.flags);
  // Another BLAS kernel can halve the speed of dense layers.
  benchmark::AddCustomContext("BLAS kernels", apical::layered::blas_core_name());
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
