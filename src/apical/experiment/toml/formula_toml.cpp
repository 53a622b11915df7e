// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/toml/formula_toml.h"

#include <fmt/format.h>

#include <map>

#include "apical/experiment/toml/toml_text.h"

namespace apical {

void read_formula(TomlReader& t, const char* key, Formula& x, bool given, formula::Synapse synapse) {
  if (given) x.text = t.text(key);
  std::map<std::string, double> numbers;
  for (const std::string& name : t.at(key, [&] { return formula::names_in(x.text); })) {
    if (t.kind(name) != TomlKind::absent) {
      numbers[name] = t.number(name);
    } else if (const auto before = x.numbers.find(name); before != x.numbers.end()) {
      numbers.insert(*before);
    }
  }
  x.numbers = std::move(numbers);
  t.at(key, [&] { formula::parse(x, synapse); });
}

std::string formula_toml(const Formula& x) {
  std::string out = toml_quoted(x.text);
  for (const auto& [name, number] : x.numbers) out += fmt::format(", {} = {}", name, toml_number(number));
  return out;
}

}  // namespace apical
