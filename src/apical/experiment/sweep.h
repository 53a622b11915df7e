// SPDX-License-Identifier: Apache-2.0
// One experiment for each value of something: what the table [sweep] of a file says.
//   [sweep]
//   name = "hidden neurons"
//   at = [50, 100, 500]                                        # where on the axis
//   labels = ["N = 50", "N = 100", "N = 500"]                  # default: "hidden neurons 50" …
//   axis = "log"                                               # default: linear
//   [sweep.values]                                             # lists in the place of the experiment's own
//   values model.layers = [[10, 50, 784], [10, 100, 784], [10, 500, 784]]
// Together with [[variant]] every variant is run at every value; a variant may bring lists of its own, e.g.
// of learning rates, as [variant.sweep.values].
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apical/core/fields.h"
#include "apical/experiment/toml/toml_reader.h"

namespace apical {

/// All of the table but its values.
struct SweepOptions {
  std::string name;
  std::vector<double> at = {};
  std::vector<std::string> labels = {};
  bool logarithmic = false;
};
void fields(FieldVisitor& v, SweepOptions& o);

struct SweepPoint {
  std::string name;  ///< what is swept: the title of the axis
  double at = 0;
  std::string label;  ///< of this value
  bool logarithmic = false;
  std::string series;  ///< label of the variant; empty if the file has none
};

struct SweptDocument {
  TomlDocument document;  ///< an experiment with a label of its own: "error neurons, N = 50"
  std::optional<SweepPoint> point = {};
};

/// The experiments of one variant: itself if there is no [sweep]. ConfigError with file, line and column.
std::vector<SweptDocument> swept(TomlDocument variant);

}  // namespace apical
