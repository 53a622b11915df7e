// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/sweep.h"

#include <fmt/format.h>

#include "apical/experiment/toml/toml_text.h"

namespace apical {

std::vector<SweptDocument> swept(TomlDocument variant) {
  std::vector<SweptDocument> out;
  TomlReader root(variant);
  if (!root.has("sweep")) {
    out.push_back({std::move(variant)});
    return out;
  }
  const std::string series = root.text("label", "");
  TomlReader t = root.table("sweep");
  const std::string name = t.text("name");
  const std::vector<double> at = t.numbers("at");
  std::vector<std::string> labels;
  for (double x : at) labels.push_back(fmt::format("{} {:g}", name, x));
  labels = t.texts("labels", labels);
  const bool logarithmic = t.choice("axis", {"linear", "log"}, "linear") == "log";
  if (at.empty()) throw ConfigError("'sweep.at' is empty; expected the values of the axis", t.place("at"));
  if (labels.size() != at.size()) {
    throw ConfigError(
        fmt::format("'sweep.labels' has {} entries; expected {} as in 'at'", labels.size(), at.size()),
        t.place("labels"));
  }
  for (double x : at) {
    if (logarithmic && x <= 0)
      throw ConfigError(fmt::format("'sweep.at' holds {:g}, which a logarithmic axis cannot show", x),
                        t.place("at"));
  }
  if (!t.has("values")) {
    throw ConfigError("missing table [sweep.values]; expected lists in the place of the experiment's values",
                      t.place("name"), "e.g. model.layers = [[10, 50, 784], [10, 100, 784]]");
  }
  t.read_elsewhere("values");
  t.finish();
  std::vector<TomlDocument> documents = variant.unrolled("sweep", "values", at.size());
  for (std::size_t i = 0; i < at.size(); ++i) {
    documents[i].set("label=" + toml_quoted(series.empty() ? labels[i] : series + ", " + labels[i]));
    out.push_back({std::move(documents[i]), SweepPoint{name, at[i], labels[i], logarithmic, series}});
  }
  return out;
}

}  // namespace apical
