// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/run_fields.h"

#include <algorithm>
#include <set>

namespace apical {

void fields(FieldVisitor& v, RunSettings& o) {
  v({.name = "seeds",
     .meaning = "replicates: a count n for seeds 1 to n, or a list",
     .bounds = within(0, kLargestWhole)},
    o.seeds);
  if (o.seeds.empty()) throw FieldError("seeds", "is empty; expected at least one seed");
  if (std::set(o.seeds.begin(), o.seeds.end()).size() != o.seeds.size())
    throw FieldError("seeds", "names a seed twice: replicates must differ");
  if (v.when(o.chooses_precision))
    v({"precision", "", "of all numbers of a circuit or network"}, o.precision);
  v({"checkpoint_every_s", "s", "from one checkpoint to the next; 0: at every safe point", at_least(0)},
    o.checkpoint_every_s);
}

void fields(FieldVisitor& v, RecordRequest& r) {
  v({.name = "variable",
     .meaning =
         "soma, rate or a compartment of a population; rate (mean over the batch) or offsets of an area of a "
         "layered network (a1, a2, …); weights of a projection",
     .required = true},
    r.variable);
  v({.name = "projection", .meaning = "by name, in place of a population", .optional = true}, r.projection);
  if (!r.projection.empty() && r.variable != "weights") {
    throw FieldError::about({"variable"},
                            "'" + r.variable + "' is no variable of a projection; expected weights");
  }
  if (v.when(r.projection.empty()))
    v({.name = "population", .meaning = "by name", .required = true}, r.population);
  if (v.when(!r.layered)) {
    v({"every_ms", "ms", "from one sample to the next, at least a time step; default: presentation_ms"},
      r.every_ms);
  } else {
    v.without("every_ms", "layered networks, which know no time: every_batches counts");
  }
  if (v.when(r.layered)) {
    v({"every_batches", "batches", "of layered networks: from one sample to the next", within(1, 1e9)},
      r.every_batches);
  } else {
    v.without("every_batches", "a circuit, which knows no batches: every_ms counts");
  }
  v({"seeds", "", "so many of the first seeds are recorded", at_least(1)}, r.replicas);
}

}  // namespace apical
