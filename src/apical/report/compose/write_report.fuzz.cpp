// SPDX-License-Identifier: Apache-2.0
// A run of which somebody changed manifest, summary, diagnosis, events or experiment in any way is reported,
// examined and verified, or refused. The first letter of an input names the file. The run is of a version
// whose files have no checksums, so that changes reach those who read them.
#include "apical/report/compose/write_report.h"

#include <map>

#include "apical/run/diagnosis_file.h"
#include "apical/run/runs_in.h"
#include "apical/run/verify.h"
#include "support/fuzz.h"

APICAL_FUZZ(input) {
  using namespace apical;
  namespace fs = std::filesystem;
  static const std::map<char, std::string> files{{'m', "manifest.json"},   {'s', "summary.json"},
                                                 {'d', "diagnosis.json"},  {'e', "events.ndjson"},
                                                 {'x', "experiment.toml"}, {'c', "comparison.json"}};
  static const fs::path kept = fs::path(APICAL_TEST_DATA) / "runs/unsealed/layered",
                        run = fuzz::folder() / "run";
  static const bool copied = [] {
    fs::copy(kept, run, fs::copy_options::recursive);
    return true;
  }();
  fuzz::require(copied);
  if (input.size == 0) return;
  const auto file = files.find(input.text().front());
  if (file == files.end()) return;
  fuzz::file_with("run/" + file->second, input.text().substr(1));
  if (file->second == "comparison.json") fs::remove(run / "manifest.json");
  fuzz::accepted([&] { write_report(run); });
  fuzz::accepted([&] { diagnose_run(run); });
  fuzz::accepted([&] { verify_run(run); });
  fuzz::accepted([&] { runs_in(run); });
  if (file->second == "comparison.json") {
    fs::remove(run / "comparison.json");
    fs::copy(kept / "manifest.json", run / "manifest.json");
  } else {
    fs::copy(kept / file->second, run / file->second, fs::copy_options::overwrite_existing);
  }
}
