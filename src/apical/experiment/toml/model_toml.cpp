// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/toml/model_toml.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace apical {
namespace {

Matrix<double> to_matrix(const std::vector<std::vector<double>>& rows) {
  Matrix<double> m(rows.size(), rows.empty() ? 0 : rows.front().size());
  for (std::size_t i = 0; i < m.rows(); ++i) std::copy(rows[i].begin(), rows[i].end(), m.row(i).begin());
  return m;
}

void check_choices(TomlReader& t, const models::Parameter& p, const std::vector<std::string>& given) {
  if (p.choices.empty()) return;
  for (const std::string& g : given) {
    if (std::find(p.choices.begin(), p.choices.end(), g) != p.choices.end()) continue;
    throw ConfigError(fmt::format("unknown {} '{}'", p.name, g), t.place(p.name), suggestion(g, p.choices));
  }
}

/// `areas`: names given before, for tables between areas.
models::Value read_value(TomlReader& t, const models::Parameter& p, const std::vector<std::string>& areas) {
  struct Reader {
    TomlReader& t;
    const models::Parameter& p;
    const std::vector<std::string>& areas;
    models::Value operator()(bool v) const { return t.boolean(p.name, v); }
    models::Value operator()(double v) const { return t.number(p.name, v); }
    models::Value operator()(const std::string& v) const {
      std::string text = t.text(p.name, v);
      check_choices(t, p, {text});
      return text;
    }
    models::Value operator()(const std::vector<double>& v) const {
      return p.required ? t.numbers(p.name) : t.numbers(p.name, v);
    }
    models::Value operator()(const std::vector<std::string>& v) const {
      auto texts = t.texts(p.name, v);
      check_choices(t, p, texts);
      return texts;
    }
    models::Value operator()(const models::Entries& v) const {
      return p.required ? t.numbers_and_texts(p.name) : t.numbers_and_texts(p.name, v);
    }
    models::Value operator()(const Matrix<double>& v) const {
      return t.kind(p.name) == TomlKind::absent ? v : to_matrix(t.number_rows(p.name, areas));
    }
  };
  return std::visit(Reader{t, p, areas}, p.default_value);
}

/// A list that may mix numbers and texts, where it has numbers only; else the value as it is.
models::Value plain(const models::Value& value) {
  const auto* entries = std::get_if<models::Entries>(&value);
  if (entries == nullptr) return value;
  std::vector<double> numbers;
  for (const auto& entry : *entries) {
    if (!std::holds_alternative<double>(entry)) return value;
    numbers.push_back(std::get<double>(entry));
  }
  return numbers;
}

models::Parameter with_default(models::Parameter p, const ParameterDefaults& defaults) {
  const auto at = defaults.find(p.name);
  if (at == defaults.end()) return p;
  const models::Value given = at->second.index() == p.default_value.index() ? at->second : plain(at->second);
  if (given.index() != p.default_value.index()) return p;
  p.default_value = given;
  p.required = false;
  return p;
}

/// Where `word` stands in a text, not as a part of another; npos if it does not.
std::size_t word_in(std::string_view text, std::string_view word) {
  const auto inside = [&](std::size_t i) {
    return i < text.size() && (std::isalnum(static_cast<unsigned char>(text[i])) != 0 || text[i] == '_');
  };
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    if (!(at > 0 && inside(at - 1)) && !inside(at + word.size())) return at;
  }
  return std::string_view::npos;
}

template <class Recipe>
ModelChoice read_with(TomlReader& t, const Recipe& model, const ParameterDefaults& defaults) {
  ParameterDefaults values = read_values(t, model.parameters, defaults);
  t.finish();
  return at_parameter(t, model.parameters, [&] {
    return ModelChoice{model.name, model.citation, values, model.build(models::Values(values))};
  });
}

}  // namespace

ParameterDefaults read_values(TomlReader& t, const std::vector<models::Parameter>& parameters,
                              const ParameterDefaults& defaults) {
  ParameterDefaults values;
  // Names of areas stand before the tables that use them. Each key is asked for once, in the same order
  // whether it is given or not, so that a resolved experiment resolves to itself.
  std::vector<std::string> areas;
  for (const models::Parameter& p : parameters) {
    const models::Value& v =
        values.emplace(p.name, read_value(t, with_default(p, defaults), areas)).first->second;
    if (p.name == "areas") areas = std::get<std::vector<std::string>>(v);
  }
  return values;
}

Place place_of(const TomlReader& t, const std::vector<models::Parameter>& parameters,
               const std::string& complaint) {
  std::string key = "name";
  std::size_t first = std::string::npos;
  for (const models::Parameter& p : parameters) {
    const std::size_t at = t.has(p.name) ? word_in(complaint, p.name) : std::string::npos;
    if (at < first) {
      first = at;
      key = p.name;
    }
  }
  return t.place(key);
}

ModelChoice read_model(TomlReader& t, const ParameterDefaults& defaults,
                       std::optional<std::string> otherwise) {
  const std::string name = t.text("name", std::move(otherwise));
  if (const models::LayeredModelRecipe* layered = models::find_layered(name))
    return read_with(t, *layered, defaults);
  return read_with(t, t.at("name", [&]() -> const models::Model& { return models::find(name); }), defaults);
}

}  // namespace apical
