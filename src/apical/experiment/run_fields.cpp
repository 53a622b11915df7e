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
  v({.name = "part_of",
     .meaning = "all seeds of the experiment of which these follow one another, where others run the rest "
                "('apical sweep' divides seeds so): what is kept of the first seeds counts all of them",
     .bounds = within(0, kLargestWhole),
     .optional = true},
    o.part_of);
  const auto place = std::search(o.part_of.begin(), o.part_of.end(), o.seeds.begin(), o.seeds.end());
  if (!o.part_of.empty() && place == o.part_of.end())
    throw FieldError({"part_of", "seeds"}, "does not have 'seeds' one after another");
  if (v.when(o.chooses_precision))
    v({"precision", "", "of all numbers of a circuit or network"}, o.precision);
  v({"checkpoint_every_s", "s", "from one checkpoint to the next; 0: at every safe point", at_least(0)},
    o.checkpoint_every_s);
}

std::size_t seeds_before(const std::vector<std::uint64_t>& seeds, const std::vector<std::uint64_t>& part_of) {
  if (part_of.empty()) return 0;
  const auto place = std::search(part_of.begin(), part_of.end(), seeds.begin(), seeds.end());
  return static_cast<std::size_t>(place - part_of.begin());
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
