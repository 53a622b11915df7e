// SPDX-License-Identifier: Apache-2.0
// Any bytes are measurements that are the same once written, or are refused.
#include "apical/run/metrics_file.h"

#include <cmath>

#include "support/fuzz.h"

APICAL_FUZZ(input) {
  using namespace apical;
  fuzz::file_with("metrics.ndjson", input.text());
  std::vector<Measurement> rows;
  if (!fuzz::accepted([&] { rows = read_measurements_in_order(fuzz::folder().path()); })) return;
  fuzz::accepted([&] { read_measurements(fuzz::folder().path()); });
  {
    MetricsFile file(fuzz::folder().path());
    for (const Measurement& m : rows) file.append(m);
    file.close();
  }
  const std::vector<Measurement> again = read_measurements_in_order(fuzz::folder().path());
  fuzz::require(again.size() == rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const bool same =
        rows[i].value == again[i].value || (std::isnan(rows[i].value) && std::isnan(again[i].value));
    fuzz::require(same && rows[i].key() == again[i].key());
  }
}
