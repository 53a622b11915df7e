// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/discriminate_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "apical/core/field_error.h"
#include "apical/core/name_pattern.h"
#include "apical/experiment/toml/field_toml.h"

namespace apical {
namespace {

/// Whether a model has "MEASURE: CONDITION", as far as that is known before anything has run: tests of a
/// course are patterns. `known` gets all that it has.
bool has_readout(const ProbedModel& model, const std::string& readout, std::set<std::string>& known) {
  const Protocol& p = model.protocol;
  bool found = false;
  for (const Condition& condition : p.conditions) {
    if (condition.name == p.control) continue;
    const auto is = [&](const std::string& measure) {
      known.insert(measure + ": " + condition.name);
      found = found || readout == measure + ": " + condition.name;
    };
    for (const Measure& measure : p.measures) {
      if (!measure.populations.empty()) is(measure.name);
    }
    if (p.evaluate) {
      for (const char* test : {"test loss", "test accuracy"}) is(test);
    }
    for (const std::string& metric : p.metrics)
      found = found || matches(fmt::format("test {}: {}", metric, condition.name), readout);
  }
  return found;
}

void require_answerable(const DiscriminateOptions& o, const std::vector<ProbedModel>& models) {
  if (!o.prior.empty() && o.prior.size() != models.size()) {
    throw FieldError("prior", fmt::format("has {} numbers for {} models; expected one for each, or none",
                                          o.prior.size(), models.size()));
  }
  for (const std::string& readout : o.readouts) {
    std::set<std::string> known;
    std::vector<std::string> lacking;
    for (const ProbedModel& model : models) {
      if (!has_readout(model, readout, known)) lacking.push_back(model.experiment.label);
    }
    if (lacking.empty()) continue;
    if (lacking.size() < models.size()) {
      throw FieldError("readouts",
                       fmt::format("names '{}', which {} {} not; expected what all models have", readout,
                                   join_names(lacking), lacking.size() == 1 ? "has" : "have"));
    }
    throw FieldError("readouts", fmt::format("names '{}', which is no measure of a condition; {}", readout,
                                             suggestion(readout, {known.begin(), known.end()})));
  }
  for (const ProbedModel& model : models) {
    const std::size_t seeds = model.experiment.seeds_of_all_parts(), fit = o.fit > 0 ? o.fit : seeds / 2;
    if (fit >= 2 && fit < seeds) continue;
    throw FieldError(
        "fit",
        fmt::format("makes {} of {} seeds those that predictions are fitted on; expected 2 or more, "
                    "and some held out",
                    fit, seeds),
        "e.g. run.seeds = 64");
  }
}

}  // namespace

void fields(FieldVisitor& v, DiscriminateOptions& o) {
  v({"scale", "", "what makes readouts of different models comparable"}, o.scale);
  v({.name = "readouts", .meaning = "\"MEASURE: CONDITION\"; empty: all of them", .optional = true},
    o.readouts);
  v({.name = "prior",
     .meaning = "how likely each model is, relative to the others; empty: all the same",
     .bounds = more_than(0),
     .optional = true},
    o.prior);
  v({"fit", "seeds", "on which predictions are fitted, the rest are held out; 0: half of them",
     within(0, 1e6)},
    o.fit);
  v({"most_readouts", "", "that are put together in one experiment", within(1, 20)}, o.most_readouts);
  v({"cell_sd", "", "noise between cells of one animal, on the scale of readouts", at_least(0)},
    o.noise.cell_sd);
  v({"trial_sd", "", "noise between trials of one cell", at_least(0)}, o.noise.trial_sd);
  v({"animal_sd", "", "differences between animals beyond those between seeds", at_least(0)},
    o.noise.animal_sd);
  v({"cells", "", "recorded in each animal", within(1, 1e6)}, o.noise.cells);
  v({"trials", "", "of each cell", within(1, 1e6)}, o.noise.trials);
  v({"density", "", "of a model's predictions over seeds"}, o.estimate.density);
  v({"alpha", "", "a model is accepted where its posterior is 1 - alpha", between(0, 0.5)}, o.estimate.alpha);
  v({"animals", "", "the most that are tried", within(1, 10000)}, o.estimate.most_animals);
  v({"experiments", "", "that are simulated to count animals", within(20, 1e6)}, o.estimate.experiments);
  v({"draws", "", "of noise for each seed", within(1, 1e5)}, o.estimate.draws);
  v({"seed", "", "of what is drawn", within(0, kLargestWhole)}, o.estimate.seed);
}

DiscriminateOptions read_discriminate(const TomlDocument& document, const std::vector<ProbedModel>& models) {
  TomlReader root(document);
  if (!root.has("discriminate")) {
    throw ConfigError("missing table [discriminate]; expected noise of measurement and a scale",
                      {document.origin(), 0, 0}, "e.g. [discriminate] with cell_sd = 0.5 and cells = 20");
  }
  if (models.size() < 2) {
    throw ConfigError("there is one model, and nothing to tell it from", {document.origin(), 0, 0},
                      "give [[variant]] tables, one per theory");
  }
  TomlReader table = root.table("discriminate");
  DiscriminateOptions options;
  read_fields(table, options);
  table.finish();
  table.placing([&] { require_answerable(options, models); });
  return options;
}

}  // namespace apical
