// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/spiking_tables.h"

#include <fmt/format.h>

#include <algorithm>

namespace apical {
namespace {

void check_stretch(const SpikeRecordRequest& r, double end_s) {
  if (r.from_s >= end_s) {
    throw FieldError("from_s",
                     fmt::format("is {:g}; expected less than {:g}, when the course ends", r.from_s, end_s));
  }
  if (r.until_s > end_s * (1 + 1e-9)) {
    throw FieldError("until_s",
                     fmt::format("is {:g}; expected at most {:g}, when the course ends", r.until_s, end_s));
  }
  if (!(r.until_s > r.from_s)) {
    throw FieldError({"until_s", "from_s"},
                     fmt::format("is {:g}; expected more than from_s = {:g}", r.until_s, r.from_s));
  }
}

}  // namespace

void fields(FieldVisitor& v, CourseTraining& o) {
  v({"epochs", "", "how often the stages of an epoch are gone through", within(0, 1e6)}, o.epochs);
}

void fields(FieldVisitor& v, SpikeRecordOptions& o) {
  SpikeRecordRequest& r = o.request;
  const bool network = !o.populations.empty();
  v({"spikes", "", "all spikes, to a file in the layout of SONATA for each seed"}, r.spikes);
  if (r.spikes && !network)
    throw FieldError("spikes", "does not go with a circuit that has no populations: its spikes are given",
                     "leave it out");
  if (v.when(r.spikes)) {
    v({"from_s", "s", "biological time at which recording begins", at_least(0)}, r.from_s);
    if (r.until_s == 0) r.until_s = std::max(r.from_s, std::min(r.from_s + 1, o.end_s));
    v({"until_s", "s", "and ends; default: a second later"}, r.until_s);
    check_stretch(r, o.end_s);
    if (r.populations.empty()) r.populations = o.populations;
    v({.name = "populations",
       .meaning = "whose spikes; default: all but Poisson sources",
       .choices = o.populations},
      r.populations);
    v({"seeds", "", "so many of the first seeds", at_least(1)}, r.seeds);
    if (r.seeds > o.seeds)
      throw FieldError("seeds", fmt::format("is {}; expected at most the {} there are", r.seeds, o.seeds));
  } else {
    for (const char* name : {"from_s", "until_s", "populations", "seeds"})
      v.without(name, "spikes = false: add spikes = true");
  }
  if (v.when(network)) {
    v({"raster_neurons", "neurons", "of each population in rasters, of the first seed; 0: no raster",
       within(0, 200)},
      r.raster_neurons);
    v({"raster_s", "s", "of each part that is drawn in them", more_than(0)}, r.raster_s);
  }
}

}  // namespace apical
