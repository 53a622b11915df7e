// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/toml/part_table.h"

#include <fmt/format.h>

namespace apical::part_table {

Shown shown(double x) { return {"number", fmt::format("{:.12g}", x), ""}; }
Shown shown(bool x) { return {"true or false", x ? "true" : "false", ""}; }
Shown shown(int x) { return {"whole number", fmt::format("{}", x), ""}; }
Shown shown(std::size_t x) { return {"whole number", fmt::format("{}", x), ""}; }
Shown shown(std::uint32_t) { return {"whole number", "", ""}; }
Shown shown(const std::string& x) { return {"text", x.empty() ? "" : fmt::format("\"{}\"", x), ""}; }
Shown shown(ActivationKind x) {
  return {"text", fmt::format("\"{}\"", name_of(x)), listed(activation_names())};
}
Shown shown(const std::vector<double>&) { return {"list of numbers", "not given", ""}; }
Shown shown(const std::vector<std::string>&) { return {"list of texts", "", ""}; }
Shown shown(const std::vector<std::pair<std::uint32_t, std::uint32_t>>&) {
  return {"list of pairs", "not given", ""};
}
Shown shown(const Matrix<double>&) { return {"table of numbers", "", ""}; }
Shown shown(PopulationId) { return {"name of a population", "", ""}; }
Shown shown(ProjectionId) { return {"name of a projection", "", ""}; }
Shown shown(const course::Series&) { return {"text", "", ""}; }
Shown shown(const std::vector<Compartment>&) { return {"list of tables", "", "see compartments"}; }

Shown shown(const Formula&) { return {"text", "", "see circuits.md"}; }

std::string listed(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string row(const Field& f, const Shown& s) {
  std::string expected = s.expected.empty() ? f.bounds.text() : s.expected;
  if (expected.empty()) expected = listed(f.choices);
  const std::string standard =
      f.required ? "required" : s.standard + (f.unit.empty() || s.standard.empty() ? "" : " " + f.unit);
  return fmt::format("| `{}` | {} | {} | {} | {} |\n", f.name, s.type, standard, expected, f.meaning);
}

std::string titled(const char* title, const std::string& rows) {
  return fmt::format(
      "### {}\n\n| key | type | default | expected | meaning |\n| --- | --- | --- | --- | --- |\n{}\n", title,
      rows);
}

}  // namespace apical::part_table
