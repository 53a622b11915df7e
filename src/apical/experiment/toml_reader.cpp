// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/toml_reader.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <set>
#include <toml++/toml.h>

#include "apical/io/file.h"

namespace apical {

struct TomlDocument::Node {
  toml::table table;
};

TomlDocument::TomlDocument(std::unique_ptr<Node> root, std::string origin) : root_(std::move(root)), origin_(std::move(origin)) {}
TomlDocument::TomlDocument(TomlDocument&&) noexcept = default;
TomlDocument& TomlDocument::operator=(TomlDocument&&) noexcept = default;
TomlDocument::~TomlDocument() = default;

TomlDocument TomlDocument::parse(std::string_view text, const std::string& origin) {
  try {
    return {std::make_unique<Node>(Node{toml::parse(text, std::string_view(origin))}), origin};
  } catch (const toml::parse_error& e) {
    const auto at = e.source().begin;
    throw ConfigError(fmt::format("not TOML: {}", e.description()), {origin, at.line, at.column});
  }
}

TomlDocument TomlDocument::read(const std::string& path) { return parse(io::read_text(path), path); }

TomlDocument TomlDocument::copy() const { return {std::make_unique<Node>(*root_), origin_}; }

void TomlDocument::set(std::string_view assignment) {
  const auto equals = assignment.find('=');
  const std::string origin = fmt::format("--set {}", assignment);
  if (equals == std::string_view::npos || equals == 0) {
    throw ConfigError("expected key=value", {origin, 0, 0}, "e.g. --set training.epochs=10");
  }
  toml::table parsed;
  try {
    parsed = toml::parse(assignment, std::string_view(origin));
  } catch (const toml::parse_error&) {
    const std::string quoted = fmt::format("{}=\"{}\"", assignment.substr(0, equals), assignment.substr(equals + 1));
    try {
      parsed = toml::parse(std::string_view(quoted), std::string_view(origin));
    } catch (const toml::parse_error& e) {
      throw ConfigError(fmt::format("not TOML: {}", e.description()), {origin, 0, 0}, "e.g. --set training.epochs=10");
    }
  }
  overlay({std::make_unique<Node>(Node{std::move(parsed)}), origin});
}

namespace {
void merge(toml::table& into, const toml::table& from) {
  for (const auto& [key, value] : from) {
    toml::node* old = into.get(key.str());
    if (old && old->is_table() && value.is_table()) {
      merge(*old->as_table(), *value.as_table());
    } else {
      value.visit([&, k = key](const auto& v) { into.insert_or_assign(k, v); });
    }
  }
}

std::string_view kind_name(const toml::node& n) {
  if (n.is_boolean()) return "true or false";
  if (n.is_integer()) return "an integer";
  if (n.is_floating_point()) return "a number";
  if (n.is_string()) return "a text";
  if (n.is_table()) return "a table";
  if (n.is_array()) return n.is_array_of_tables() ? "a list of tables" : "a list";
  return "a date or time";
}

std::string toml_quoted(const std::string& s) {
  std::string out = "\"";
  for (const char c : s) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string written(double v) {
  if (std::isinf(v)) return v > 0 ? "inf" : "-inf";
  if (v == std::floor(v) && std::abs(v) < 1e15) return fmt::format("{}", static_cast<std::int64_t>(v));
  return fmt::format("{}", v);
}

bool is_bare(std::string_view key) {
  return !key.empty() && key.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == std::string_view::npos;
}
}  // namespace

void TomlDocument::overlay(const TomlDocument& other) { merge(root_->table, other.root_->table); }

std::vector<TomlDocument> TomlDocument::variants(std::string_view key) const {
  TomlDocument base = copy();
  base.root_->table.erase(key);
  std::vector<TomlDocument> out;
  const toml::node* n = root_->table.get(key);
  if (!n) {
    out.push_back(std::move(base));
    return out;
  }
  if (!n->is_array_of_tables()) {
    const auto at = n->source().begin;
    throw ConfigError(fmt::format("'{}' is {}; expected tables [[{}]]", key, kind_name(*n), key), {origin_, at.line, at.column});
  }
  for (const toml::node& item : *n->as_array()) {
    out.push_back(base.copy());
    merge(out.back().root_->table, *item.as_table());
  }
  return out;
}

/// One table as read: shared with the readers opened from it, so that resolved() sees them.
struct TomlReader::State {
  const toml::table* table = nullptr;
  std::string origin;
  std::string path;  ///< "model" or "record[2]"; "" for the document
  Place own_place;
  struct Entry {
    std::string key, value;
    std::vector<std::shared_ptr<State>> children;
    bool list = false;
  };
  std::shared_ptr<std::vector<Entry>> entries = std::make_shared<std::vector<Entry>>();
  std::set<std::string, std::less<>> asked;

  const toml::node* find(std::string_view key) {
    asked.emplace(key);
    return table ? table->get(key) : nullptr;
  }
  std::string name(std::string_view key) const { return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key); }
  Place place_of(const toml::node& n) const {
    const auto at = n.source().begin;
    const std::string file = n.source().path ? *n.source().path : origin;
    return {file, at.line, at.column};
  }
  void note(std::string_view key, std::string value) {
    for (Entry& e : *entries) {
      if (e.key == key) {
        e.value = std::move(value);
        return;
      }
    }
    entries->push_back({std::string(key), std::move(value), {}, false});
  }
  [[noreturn]] void missing(std::string_view key, const char* expected) const {
    std::vector<std::string> present;
    if (table) {
      for (const auto& [k, v] : *table) present.emplace_back(k.str());
    }
    const std::string near = nearest_name(key, present);
    throw ConfigError(fmt::format("missing key '{}'; expected {}", name(key), expected), own_place,
                      near.empty() ? "" : fmt::format("there is a '{}' here: is it meant?", near));
  }
  [[noreturn]] void wrong(std::string_view key, const toml::node& n, const std::string& expected) const {
    throw ConfigError(fmt::format("'{}' is {}; expected {}", name(key), kind_name(n), expected), place_of(n));
  }
  double number_at(std::string_view key, const toml::node& n, const char* expected) const {
    const auto v = n.value<double>();
    if (!v || n.is_boolean()) wrong(key, n, expected);
    if (!std::isfinite(*v)) throw ConfigError(fmt::format("'{}' is {}; expected a finite number", name(key), *v), place_of(n));
    return *v;
  }
};

TomlReader::TomlReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
TomlReader::TomlReader(TomlReader&&) noexcept = default;
TomlReader::~TomlReader() = default;

TomlReader::TomlReader(const TomlDocument& document) : state_(std::make_unique<State>()) {
  state_->table = &document.root_->table;
  state_->origin = document.origin();
  state_->own_place = {document.origin(), 0, 0};
}

bool TomlReader::has(std::string_view key) const { return state_->table && state_->table->contains(key); }

TomlKind TomlReader::kind(std::string_view key) const {
  const toml::node* n = state_->find(key);
  if (!n) return TomlKind::absent;
  if (n->is_boolean()) return TomlKind::boolean;
  if (n->is_number()) return TomlKind::number;
  if (n->is_string()) return TomlKind::text;
  if (n->is_table()) return TomlKind::table;
  return n->is_array_of_tables() ? TomlKind::table_list : TomlKind::list;
}

Place TomlReader::place(std::string_view key) const {
  const toml::node* n = state_->table ? state_->table->get(key) : nullptr;
  return n ? state_->place_of(*n) : state_->own_place;
}

double TomlReader::number(std::string_view key, std::optional<double> otherwise) {
  const toml::node* n = state_->find(key);
  if (!n && !otherwise) state_->missing(key, "a number");
  const double v = n ? state_->number_at(key, *n, "a number") : *otherwise;
  state_->note(key, written(v));
  return v;
}

std::int64_t TomlReader::integer(std::string_view key, std::optional<std::int64_t> otherwise, std::int64_t low, std::int64_t high) {
  const toml::node* n = state_->find(key);
  if (!n && !otherwise) state_->missing(key, "an integer");
  if (n && !n->is_integer()) state_->wrong(key, *n, "an integer");
  const std::int64_t v = n ? *n->value<std::int64_t>() : *otherwise;
  if (v < low || v > high) {
    throw ConfigError(fmt::format("'{}' is {}; expected {} … {}", state_->name(key), v, low, high), place(key));
  }
  state_->note(key, fmt::format("{}", v));
  return v;
}

bool TomlReader::boolean(std::string_view key, std::optional<bool> otherwise) {
  const toml::node* n = state_->find(key);
  if (!n && !otherwise) state_->missing(key, "true or false");
  if (n && !n->is_boolean()) state_->wrong(key, *n, "true or false");
  const bool v = n ? *n->value<bool>() : *otherwise;
  state_->note(key, v ? "true" : "false");
  return v;
}

std::string TomlReader::text(std::string_view key, std::optional<std::string> otherwise) {
  const toml::node* n = state_->find(key);
  if (!n && !otherwise) state_->missing(key, "a text in quotes");
  if (n && !n->is_string()) state_->wrong(key, *n, "a text in quotes");
  std::string v = n ? *n->value<std::string>() : *otherwise;
  state_->note(key, toml_quoted(v));
  return v;
}

std::string TomlReader::choice(std::string_view key, const std::vector<std::string>& choices, std::optional<std::string> otherwise) {
  std::string v = text(key, std::move(otherwise));
  for (const std::string& c : choices) {
    if (c == v) return v;
  }
  throw ConfigError(fmt::format("'{}' is '{}'; expected {}", state_->name(key), v, join_names(choices, "or")), place(key),
                    suggestion(v, choices));
}

std::vector<double> TomlReader::numbers(std::string_view key, std::optional<std::vector<double>> otherwise) {
  const toml::node* n = state_->find(key);
  if (!n && !otherwise) state_->missing(key, "a number or a list of numbers");
  std::vector<double> v;
  if (!n) {
    v = *otherwise;
  } else if (const toml::array* list = n->as_array()) {
    for (const toml::node& item : *list) v.push_back(state_->number_at(key, item, "a number in this list"));
  } else {
    v.push_back(state_->number_at(key, *n, "a number or a list of numbers"));
  }
  std::string text;
  for (double x : v) text += (text.empty() ? "" : ", ") + written(x);
  state_->note(key, "[" + text + "]");
  return v;
}

std::vector<std::string> TomlReader::texts(std::string_view key, std::optional<std::vector<std::string>> otherwise) {
  const toml::node* n = state_->find(key);
  if (!n && !otherwise) state_->missing(key, "a text or a list of texts");
  std::vector<std::string> v;
  if (!n) {
    v = *otherwise;
  } else if (const toml::array* list = n->as_array()) {
    for (const toml::node& item : *list) {
      if (!item.is_string()) state_->wrong(key, item, "a text in this list");
      v.push_back(*item.value<std::string>());
    }
  } else if (n->is_string()) {
    v.push_back(*n->value<std::string>());
  } else {
    state_->wrong(key, *n, "a text or a list of texts");
  }
  std::string text;
  for (const std::string& s : v) text += (text.empty() ? "" : ", ") + toml_quoted(s);
  state_->note(key, "[" + text + "]");
  return v;
}

std::vector<std::vector<double>> TomlReader::number_rows(std::string_view key) {
  const toml::node* n = state_->find(key);
  if (!n) state_->missing(key, "a list of rows of numbers");
  const toml::array* rows = n->as_array();
  if (!rows) state_->wrong(key, *n, "a list of rows of numbers");
  std::vector<std::vector<double>> out;
  std::string text;
  for (const toml::node& row : *rows) {
    const toml::array* cells = row.as_array();
    if (!cells) state_->wrong(key, row, "a row of numbers");
    out.emplace_back();
    std::string line;
    for (const toml::node& cell : *cells) {
      out.back().push_back(state_->number_at(key, cell, "a number in this row"));
      line += (line.empty() ? "" : ", ") + written(out.back().back());
    }
    if (out.back().size() != out.front().size()) {
      throw ConfigError(fmt::format("a row of '{}' has {} numbers; expected {} as in the first", state_->name(key), out.back().size(),
                                    out.front().size()),
                        state_->place_of(row));
    }
    text += (text.empty() ? "[" : ", [") + line + "]";
  }
  state_->note(key, "[" + text + "]");
  return out;
}

TomlReader TomlReader::table(std::string_view key) {
  const toml::node* n = state_->find(key);
  if (n && !n->is_table()) state_->wrong(key, *n, fmt::format("a table [{}]", state_->name(key)));
  auto child = std::make_shared<State>();
  child->table = n ? n->as_table() : nullptr;
  child->origin = state_->origin;
  child->path = state_->name(key);
  child->own_place = n ? state_->place_of(*n) : state_->own_place;
  state_->entries->push_back({std::string(key), "", {child}, false});
  auto own = std::make_unique<State>(*child);
  return TomlReader(std::move(own));
}

std::vector<TomlReader> TomlReader::tables(std::string_view key) {
  const toml::node* n = state_->find(key);
  if (!n) return {};
  const toml::array* list = n->as_array();
  if (!list || !(list->empty() || n->is_array_of_tables())) state_->wrong(key, *n, fmt::format("tables [[{}]]", state_->name(key)));
  State::Entry entry{std::string(key), "", {}, true};
  std::vector<TomlReader> out;
  std::size_t number = 0;
  for (const toml::node& item : *list) {
    auto child = std::make_shared<State>();
    child->table = item.as_table();
    child->origin = state_->origin;
    child->path = fmt::format("{}[{}]", state_->name(key), ++number);
    child->own_place = state_->place_of(item);
    entry.children.push_back(child);
    out.push_back(TomlReader(std::make_unique<State>(*child)));
  }
  state_->entries->push_back(std::move(entry));
  return out;
}

void TomlReader::finish() {
  if (!state_->table) return;
  for (const auto& [key, value] : *state_->table) {
    if (state_->asked.contains(std::string_view(key.str()))) continue;
    const std::vector<std::string> known(state_->asked.begin(), state_->asked.end());
    const std::string where = state_->path.empty() ? "at the top level" : fmt::format("in [{}]", state_->path);
    const auto at = key.source().begin;
    const std::string file = key.source().path ? *key.source().path : state_->origin;
    throw ConfigError(fmt::format("unknown key '{}' {}", key.str(), where), {file, at.line, at.column}, suggestion(key.str(), known));
  }
}

std::string TomlReader::resolved() const {
  // Values first, then sub-tables, as TOML demands.
  struct Writer {
    static std::string key_text(const std::string& key) { return is_bare(key) ? key : toml_quoted(key); }
    static void write(const State& s, const std::string& path, std::string& out) {
      for (const auto& e : *s.entries) {
        if (e.children.empty() && !e.list) out += fmt::format("{} = {}\n", key_text(e.key), e.value);
      }
      for (const auto& e : *s.entries) {
        const std::string name = path.empty() ? key_text(e.key) : path + "." + key_text(e.key);
        for (const auto& child : e.children) {
          std::string body;
          write(*child, name, body);
          if (body.empty() && !e.list) continue;
          out += e.list ? fmt::format("\n[[{}]]\n{}", name, body) : fmt::format("\n[{}]\n{}", name, body);
        }
      }
    }
  };
  std::string out;
  Writer::write(*state_, "", out);
  return out;
}

}  // namespace apical
