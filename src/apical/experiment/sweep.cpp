// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/sweep.h"

#include <fmt/format.h>

#include <algorithm>

#include "apical/experiment/toml/field_toml.h"
#include "apical/experiment/toml/toml_text.h"

namespace apical {

void fields(FieldVisitor& v, SweepOptions& o) {
  v({.name = "name", .meaning = "what is swept: the title of the axis", .required = true}, o.name);
  v({.name = "at", .meaning = "where on the axis", .required = true}, o.at);
  if (o.labels.empty()) {
    for (const double x : o.at) o.labels.push_back(fmt::format("{} {}", o.name, x));
  }
  v({"labels", "", "of the values, one for each; default: the name and the value"}, o.labels);
  v.words({"axis", "", "how the axis is drawn"}, o.logarithmic, "log", "linear");
  if (o.labels.size() != o.at.size()) {
    throw FieldError({"labels", "at"},
                     fmt::format("has {} entries; expected {} as in 'at'", o.labels.size(), o.at.size()));
  }
  for (std::size_t i = 0; i < o.labels.size(); ++i) {
    const auto first =
        static_cast<std::size_t>(std::find(o.labels.begin(), o.labels.end(), o.labels[i]) - o.labels.begin());
    if (first == i) continue;
    if (o.at[first] == o.at[i])
      throw FieldError("at", fmt::format("holds {} twice", o.at[i]), "each value once");
    throw FieldError("labels",
                     fmt::format("holds '{}' twice, of {} and of {}", o.labels[i], o.at[first], o.at[i]),
                     "give each value a label of its own");
  }
  for (const double x : o.at) {
    if (o.logarithmic && x <= 0)
      throw FieldError({"at", "axis"}, fmt::format("holds {}, which a logarithmic axis cannot show", x));
  }
}

std::vector<SweptDocument> swept(TomlDocument variant) {
  std::vector<SweptDocument> out;
  TomlReader root(variant);
  if (!root.has("sweep")) {
    out.push_back({std::move(variant)});
    return out;
  }
  const std::string series = root.text("label", "");
  TomlReader t = root.table("sweep");
  SweepOptions o;
  read_fields(t, o);
  if (o.at.empty()) throw ConfigError("'sweep.at' is empty; expected the values of the axis", t.place("at"));
  if (!t.has("values")) {
    throw ConfigError("missing table [sweep.values]; expected lists in the place of the experiment's values",
                      t.place("name"), "e.g. model.layers = [[10, 50, 784], [10, 100, 784]]");
  }
  t.read_elsewhere("values");
  t.finish();
  std::vector<TomlDocument> documents = variant.unrolled("sweep", "values", o.at.size());
  for (std::size_t i = 0; i < o.at.size(); ++i) {
    const std::string& label = o.labels[i];
    documents[i].set("label=" + toml_quoted(series.empty() ? label : fmt::format("{}, {}", series, label)));
    out.push_back({std::move(documents[i]), SweepPoint{o.name, o.at[i], label, o.logarithmic, series}});
  }
  return out;
}

}  // namespace apical
