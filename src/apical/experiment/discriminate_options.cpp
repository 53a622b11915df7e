// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/discriminate_options.h"

#include "apical/experiment/toml/field_toml.h"

namespace apical {

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

DiscriminateOptions read_discriminate(const TomlDocument& document) {
  TomlReader root(document);
  if (!root.has("discriminate")) {
    throw ConfigError("missing table [discriminate]; expected noise of measurement and a scale",
                      {document.origin(), 0, 0}, "e.g. [discriminate] with cell_sd = 0.5 and cells = 20");
  }
  TomlReader table = root.table("discriminate");
  DiscriminateOptions options;
  read_fields(table, options);
  table.finish();
  return options;
}

}  // namespace apical
