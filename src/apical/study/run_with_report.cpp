// SPDX-License-Identifier: Apache-2.0
#include "apical/study/run_with_report.h"

#include "apical/report/compose/write_report.h"

namespace apical {

RunResult run_with_report(const Experiment& experiment, const RunOptions& options, const Resources& resources,
                          const std::atomic<bool>& stop) {
  RunResult result = run_experiment(experiment, options, resources, stop);
  const bool has_page = result.was_finished && io::file_exists(options.directory / "report.html");
  if (result.stopped || has_page) return result;
  // Without its page a finished run was killed while it was being written: nobody else removes the piece.
  if (result.was_finished) io::remove_temporaries(options.directory);
  write_report(options.directory);
  return result;
}

}  // namespace apical
