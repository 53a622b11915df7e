// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/toml/toml_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <regex>
#include <set>

#include "apical/core/field_error.h"
#include "apical/experiment/toml/area_table.h"
#include "apical/experiment/toml/toml_text.h"
#include "apical/experiment/toml/toml_tree.h"
#include "apical/io/file.h"

namespace apical {

struct TomlDocument::Node {
  TomlTable table;
};

TomlDocument::TomlDocument(std::unique_ptr<Node> root, std::string origin)
    : root_(std::move(root)), origin_(std::move(origin)) {}
TomlDocument::TomlDocument(TomlDocument&&) noexcept = default;
TomlDocument& TomlDocument::operator=(TomlDocument&&) noexcept = default;
TomlDocument::~TomlDocument() = default;

TomlDocument TomlDocument::parse(std::string_view text, const std::string& origin) {
  return {std::make_unique<Node>(Node{parse_toml(text, origin)}), origin};
}

TomlDocument TomlDocument::read(const std::string& path) { return parse(io::read_text(path), path); }

std::string TomlDocument::text() const { return toml_of(root_->table); }

TomlDocument TomlDocument::copy() const { return {std::make_unique<Node>(*root_), origin_}; }

namespace {

/// Of a text that is no file: lines and columns would point nowhere.
void forget_positions(TomlTable& table);
void forget_positions(TomlValue& value) {
  value.place.line = value.place.column = 0;
  if (auto* table = std::get_if<TomlTable>(&value.data)) forget_positions(*table);
  if (auto* list = std::get_if<TomlList>(&value.data)) {
    for (TomlValue& item : *list) forget_positions(item);
  }
}
void forget_positions(TomlTable& table) {
  for (TomlEntry& e : table.entries) {
    e.place.line = e.place.column = 0;
    forget_positions(e.value);
  }
}

/// What `from` says, wherever `into` says something of its own.
void replace_what_is_there(TomlTable& into, const TomlTable& from) {
  for (const TomlEntry& e : from.entries) {
    const auto own = std::find_if(into.entries.begin(), into.entries.end(),
                                  [&](const TomlEntry& o) { return o.key == e.key; });
    if (own == into.entries.end()) continue;
    auto* table = std::get_if<TomlTable>(&own->value.data);
    if (table && e.value.as<TomlTable>()) {
      replace_what_is_there(*table, *e.value.as<TomlTable>());
    } else {
      *own = e;
    }
  }
}

/// Numbers as people write them elsewhere: ".001", "1.", "0,001", "007", "1/256", "1e400".
bool is_meant_as_number(std::string_view text) {
  static const std::regex number(R"(\s*[+-]?((\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d*)?|\d+/\d+)\s*)");
  return std::regex_match(text.begin(), text.end(), number);
}

/// What a parser found, without saying again that it is not TOML.
std::string without_prefix(const std::string& message) {
  constexpr std::string_view kPrefix = "not TOML: ";
  return message.starts_with(kPrefix) ? message.substr(kPrefix.size()) : message;
}

}  // namespace

void TomlDocument::set(std::string_view assignment, std::string_view variants) {
  const auto equals = assignment.find('=');
  const std::string origin = fmt::format("--set {}", assignment);
  if (equals == std::string_view::npos || equals == 0) {
    throw ConfigError("expected key=value", {origin, 0, 0}, "e.g. --set training.epochs=10");
  }
  TomlTable parsed;
  try {
    parsed = parse_toml(assignment, origin);
  } catch (const ConfigError& fault) {
    const std::string_view key = assignment.substr(0, equals), value = assignment.substr(equals + 1);
    if (key.starts_with('.') || key.ends_with('.') || key.find_first_of("[]") != std::string_view::npos)
      throw ConfigError(fmt::format("'{}' is no key; expected names with points between them", key),
                        {origin, 0, 0}, "a list is set as a whole, e.g. --set model.layers=[4,7,3]");
    if (is_meant_as_number(value))
      throw ConfigError(
          fmt::format("'{}' is no number of TOML ({})", value, without_prefix(fault.bare_message())),
          {origin, 0, 0},
          fmt::format("numbers are written as 0.001, 1e-3, -5, 1_000; this as a text: '{}=\"{}\"'",
                      assignment.substr(0, equals), value));
    const std::string quoted =
        fmt::format("{}={}", assignment.substr(0, equals), toml_quoted(assignment.substr(equals + 1)));
    try {
      parsed = parse_toml(quoted, origin);
    } catch (const ConfigError& e) {
      throw ConfigError(e.bare_message(), {origin, 0, 0}, "e.g. --set training.epochs=10");
    }
  }
  if (parsed.entries.size() != 1)
    throw ConfigError("expected one key=value", {origin, 0, 0}, "give --set once for each key");
  forget_positions(parsed);
  merge(root_->table, parsed);
  for (TomlEntry& e : root_->table.entries) {
    if (variants.empty() || e.key != variants || !e.value.is_list_of_tables()) continue;
    for (TomlValue& variant : std::get<TomlList>(e.value.data))
      replace_what_is_there(std::get<TomlTable>(variant.data), parsed);
  }
}

void TomlDocument::overlay(const TomlDocument& other) { merge(root_->table, other.root_->table); }

std::vector<TomlDocument> TomlDocument::variants(std::string_view key) const {
  TomlDocument base = copy();
  base.root_->table.erase(key);
  std::vector<TomlDocument> out;
  const TomlValue* n = root_->table.get(key);
  if (!n) {
    out.push_back(std::move(base));
    return out;
  }
  if (!n->is_list_of_tables())
    throw ConfigError(fmt::format("'{}' is {}; expected tables [[{}]]", key, n->kind(), key), n->place);
  for (const TomlValue& item : *n->as<TomlList>()) {
    out.push_back(base.copy());
    merge(out.back().root_->table, *item.as<TomlTable>());
  }
  return out;
}

namespace {

/// Entry i of every list in `lists`, in tables as they stand there.
TomlTable entries_at(const TomlTable& lists, std::size_t i, std::size_t count, const std::string& path) {
  TomlTable out;
  for (const TomlEntry& e : lists.entries) {
    const std::string name = path + "." + e.key;
    TomlEntry chosen{e.key, e.place, {}};
    if (const TomlTable* table = e.value.as<TomlTable>()) {
      chosen.value = TomlValue{entries_at(*table, i, count, name), e.value.place};
    } else if (const TomlList* list = e.value.as<TomlList>(); list && list->size() == count) {
      chosen.value = (*list)[i];
    } else {
      throw ConfigError(
          list
              ? fmt::format("'{}' has {} entries; expected {}, one for each value", name, list->size(), count)
              : fmt::format("'{}' is {}; expected a list with one entry for each of the {} values", name,
                            e.value.kind(), count),
          e.value.place);
    }
    out.set(chosen);
  }
  return out;
}

}  // namespace

std::vector<TomlDocument> TomlDocument::unrolled(std::string_view key, std::string_view values,
                                                 std::size_t count) const {
  TomlDocument base = copy();
  base.root_->table.erase(key);
  const TomlValue* table = root_->table.get(key);
  const TomlValue* lists = table && table->as<TomlTable>() ? table->as<TomlTable>()->get(values) : nullptr;
  const std::string path = fmt::format("{}.{}", key, values);
  if (!lists || !lists->as<TomlTable>())
    throw ConfigError(fmt::format("expected a table [{}]", path),
                      lists ? lists->place : Place{origin_, 0, 0});
  std::vector<TomlDocument> out;
  for (std::size_t i = 0; i < count; ++i) {
    out.push_back(base.copy());
    merge(out.back().root_->table, entries_at(*lists->as<TomlTable>(), i, count, path));
  }
  return out;
}

/// One table as read: shared with the readers opened from it, so that resolved() sees them.
struct TomlReader::State {
  const TomlTable* table = nullptr;
  std::string origin;
  std::string path;  ///< "model" or "record[2]"; "" for the document
  Place own_place;
  /// Of numbers below; of all tables if none is named.
  struct Limit {
    std::vector<std::string> tables;
    double most = std::numeric_limits<double>::max();
    std::string hint;
  } limit;
  struct Entry {
    std::string key, value;
    std::vector<std::shared_ptr<State>> children;
    bool list = false;
  };
  std::shared_ptr<std::vector<Entry>> entries = std::make_shared<std::vector<Entry>>();
  std::set<std::string, std::less<>> asked;

  const TomlValue* find(std::string_view key) {
    asked.emplace(key);
    return table ? table->get(key) : nullptr;
  }
  /// The entry of a sub-table or list of them; the same one when it is opened again.
  Entry& child_entry(std::string_view key, bool list) {
    for (Entry& e : *entries) {
      if (e.key == key && (e.list || !e.children.empty())) return e;
    }
    return entries->emplace_back(Entry{std::string(key), "", {}, list});
  }
  std::string name(std::string_view key) const {
    return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
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
      for (const TomlEntry& e : table->entries) present.push_back(e.key);
    }
    const std::string near = nearest_name(key, present);
    throw ConfigError(fmt::format("missing key '{}'; expected {}", name(key), expected), own_place,
                      near.empty() ? "" : fmt::format("there is a '{}' here: is it meant?", near));
  }
  [[noreturn]] void wrong(std::string_view key, const TomlValue& n, const std::string& expected) const {
    throw ConfigError(fmt::format("'{}' is {}; expected {}", name(key), n.kind(), expected), n.place);
  }
  void require_not_beyond(std::string_view key, double v, const Place& at) const {
    const bool is_time =
        key.ends_with("_ms") || key.ends_with("_s");  // counted in steps, with bounds of its own
    if (!limit.tables.empty() || is_time || std::abs(v) <= limit.most) return;
    throw ConfigError(fmt::format("'{}' is {:g}; expected at most {:g} in size", name(key), v, limit.most),
                      at, limit.hint);
  }
  /// Of a table that is opened here.
  void begin(State& child, std::string_view key, std::string child_path, Place place) const {
    child.origin = origin;
    child.path = std::move(child_path);
    child.own_place = std::move(place);
    if (!limit.tables.empty() &&
        std::find(limit.tables.begin(), limit.tables.end(), key) == limit.tables.end())
      return;
    child.limit = {{}, limit.most, limit.hint};
  }
  double number_at(std::string_view key, const TomlValue& n, const char* expected) const {
    if (const auto* whole = n.as<std::int64_t>()) {
      const auto nearest = static_cast<double>(*whole);
      // 2^63 itself is no 64-bit integer.
      if (nearest < 0x1p63 && static_cast<std::int64_t>(nearest) == *whole) return nearest;
      throw ConfigError(
          fmt::format("'{}' is {}, which no number of double precision holds exactly", name(key), *whole),
          n.place, "whole numbers are exact up to 9007199254740992");
    }
    const double* v = n.as<double>();
    if (!v) wrong(key, n, expected);
    if (!std::isfinite(*v))
      throw ConfigError(fmt::format("'{}' is {}; expected a finite number", name(key), *v), n.place);
    require_not_beyond(key, *v, n.place);
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

void TomlReader::limit_numbers(std::vector<std::string> tables, double most, std::string hint) {
  state_->limit = {std::move(tables), most, std::move(hint)};
}

bool TomlReader::has(std::string_view key) const { return state_->table && state_->table->get(key); }

std::vector<std::string> TomlReader::keys() const {
  std::vector<std::string> out;
  if (state_->table == nullptr) return out;
  out.reserve(state_->table->entries.size());
  for (const TomlEntry& e : state_->table->entries) out.push_back(e.key);
  return out;
}

TomlKind TomlReader::kind(std::string_view key) const {
  const TomlValue* n = state_->find(key);
  if (!n) return TomlKind::absent;
  if (n->is_list_of_tables()) return TomlKind::table_list;
  constexpr TomlKind kKinds[] = {TomlKind::boolean,      TomlKind::number, TomlKind::number, TomlKind::text,
                                 TomlKind::date_or_time, TomlKind::list,   TomlKind::table};
  return kKinds[n->data.index()];
}

Place TomlReader::place(std::string_view key) const {
  const TomlValue* n = state_->table ? state_->table->get(key) : nullptr;
  return n ? n->place : state_->own_place;
}

std::string TomlReader::path(std::string_view key) const { return state_->name(key); }

ConfigError TomlReader::placed(const ConfigError& e, std::string_view otherwise) const {
  if (!e.place().file.empty()) return e;
  const auto* about = dynamic_cast<const FieldError*>(&e);
  if (about == nullptr) return ConfigError(e.bare_message(), place(otherwise), e.hint());
  const std::string message = about->message_as(path(about->fields().front()));
  for (const std::string& field : about->fields()) {
    if (has(field)) return ConfigError(message, place(field), e.hint());
  }
  return ConfigError(message, place(otherwise), e.hint());
}

double TomlReader::number(std::string_view key, std::optional<double> otherwise) {
  const TomlValue* n = state_->find(key);
  if (!n && !otherwise) state_->missing(key, "a number");
  const double v = n ? state_->number_at(key, *n, "a number") : *otherwise;
  state_->note(key, toml_number(v));
  return v;
}

std::int64_t TomlReader::integer(std::string_view key, std::optional<std::int64_t> otherwise,
                                 std::int64_t low, std::int64_t high) {
  const TomlValue* n = state_->find(key);
  if (!n && !otherwise) state_->missing(key, "an integer");
  if (n && !n->as<std::int64_t>()) state_->wrong(key, *n, "an integer");
  const std::int64_t v = n ? *n->as<std::int64_t>() : *otherwise;
  if (v < low || v > high) {
    throw ConfigError(fmt::format("'{}' is {}; expected {} … {}", state_->name(key), v, low, high),
                      place(key));
  }
  state_->note(key, fmt::format("{}", v));
  return v;
}

bool TomlReader::boolean(std::string_view key, std::optional<bool> otherwise) {
  const TomlValue* n = state_->find(key);
  if (!n && !otherwise) state_->missing(key, "true or false");
  if (n && !n->as<bool>()) state_->wrong(key, *n, "true or false");
  const bool v = n ? *n->as<bool>() : *otherwise;
  state_->note(key, v ? "true" : "false");
  return v;
}

std::string TomlReader::text(std::string_view key, std::optional<std::string> otherwise) {
  const TomlValue* n = state_->find(key);
  if (!n && !otherwise) state_->missing(key, "a text in quotes");
  if (n && !n->as<std::string>()) state_->wrong(key, *n, "a text in quotes");
  std::string v = n ? *n->as<std::string>() : *otherwise;
  state_->note(key, toml_quoted(v));
  return v;
}

std::string TomlReader::choice(std::string_view key, const std::vector<std::string>& choices,
                               std::optional<std::string> otherwise) {
  std::string v = text(key, std::move(otherwise));
  for (const std::string& c : choices) {
    if (c == v) return v;
  }
  throw ConfigError(fmt::format("'{}' is '{}'; expected {}", state_->name(key), v, join_names(choices, "or")),
                    place(key), suggestion(v, choices));
}

std::vector<double> TomlReader::numbers(std::string_view key, std::optional<std::vector<double>> otherwise) {
  const TomlValue* n = state_->find(key);
  if (!n && !otherwise) state_->missing(key, "a number or a list of numbers");
  std::vector<double> v;
  if (!n) {
    v = *otherwise;
  } else if (const TomlList* list = n->as<TomlList>()) {
    for (const TomlValue& item : *list) v.push_back(state_->number_at(key, item, "a number in this list"));
  } else {
    v.push_back(state_->number_at(key, *n, "a number or a list of numbers"));
  }
  std::string text;
  for (double x : v) text += (text.empty() ? "" : ", ") + toml_number(x);
  state_->note(key, "[" + text + "]");
  return v;
}

std::vector<std::string> TomlReader::texts(std::string_view key,
                                           std::optional<std::vector<std::string>> otherwise) {
  const TomlValue* n = state_->find(key);
  if (!n && !otherwise) state_->missing(key, "a text or a list of texts");
  std::vector<std::string> v;
  if (!n) {
    v = *otherwise;
  } else if (const TomlList* list = n->as<TomlList>()) {
    for (const TomlValue& item : *list) {
      if (!item.as<std::string>()) state_->wrong(key, item, "a text in this list");
      v.push_back(*item.as<std::string>());
    }
  } else if (n->as<std::string>()) {
    v.push_back(*n->as<std::string>());
  } else {
    state_->wrong(key, *n, "a text or a list of texts");
  }
  std::string text;
  for (const std::string& s : v) text += (text.empty() ? "" : ", ") + toml_quoted(s);
  state_->note(key, "[" + text + "]");
  return v;
}

std::vector<std::variant<double, std::string>> TomlReader::numbers_and_texts(
    std::string_view key, std::optional<std::vector<std::variant<double, std::string>>> otherwise) {
  const TomlValue* n = state_->find(key);
  if (!n && !otherwise) state_->missing(key, "a list of numbers and texts");
  std::vector<std::variant<double, std::string>> v;
  if (!n) {
    v = *otherwise;
  } else {
    const TomlList* list = n->as<TomlList>();
    if (!list) state_->wrong(key, *n, "a list of numbers and texts");
    for (const TomlValue& item : *list) {
      if (const auto* words = item.as<std::string>()) {
        v.emplace_back(*words);
      } else {
        v.emplace_back(state_->number_at(key, item, "a number or a text in this list"));
      }
    }
  }
  std::string text;
  for (const auto& entry : v) {
    if (!text.empty()) text += ", ";
    const auto* words = std::get_if<std::string>(&entry);
    text += words ? toml_quoted(*words) : toml_number(std::get<double>(entry));
  }
  state_->note(key, "[" + text + "]");
  return v;
}

std::vector<std::string> TomlReader::entries(std::string_view key) {
  const TomlValue* n = state_->find(key);
  if (!n) state_->missing(key, "a list");
  const TomlList* list = n->as<TomlList>();
  if (!list) state_->wrong(key, *n, "a list");
  std::vector<std::string> out;
  for (const TomlValue& item : *list) out.push_back(toml_of(item));
  return out;
}

std::vector<std::vector<double>> TomlReader::number_rows(std::string_view key,
                                                         const std::vector<std::string>& areas) {
  const TomlValue* n = state_->find(key);
  if (!n) state_->missing(key, "a list of rows of numbers");
  if (const auto* file = n->as<std::string>()) {
    const io::Path path = io::Path(n->place.file).parent_path() / *file;
    auto table = at(key, [&] { return read_area_table(path.string(), areas); });
    for (const std::vector<double>& row : table) {
      for (const double x : row) state_->require_not_beyond(key, x, n->place);
    }
    state_->note(key, toml_rows(table));
    return table;
  }
  const TomlList* rows = n->as<TomlList>();
  if (!rows) state_->wrong(key, *n, "a list of rows of numbers");
  std::vector<std::vector<double>> out;
  for (const TomlValue& row : *rows) {
    const TomlList* cells = row.as<TomlList>();
    if (!cells) state_->wrong(key, row, "a row of numbers");
    out.emplace_back();
    for (const TomlValue& cell : *cells)
      out.back().push_back(state_->number_at(key, cell, "a number in this row"));
    if (out.back().size() != out.front().size()) {
      throw ConfigError(fmt::format("a row of '{}' has {} numbers; expected {} as in the first",
                                    state_->name(key), out.back().size(), out.front().size()),
                        row.place);
    }
  }
  state_->note(key, toml_rows(out));
  return out;
}

TomlReader TomlReader::table(std::string_view key) {
  const TomlValue* n = state_->find(key);
  if (n && !n->as<TomlTable>()) state_->wrong(key, *n, fmt::format("a table [{}]", state_->name(key)));
  State::Entry& entry = state_->child_entry(key, false);
  if (entry.children.empty()) {
    auto child = std::make_shared<State>();
    child->table = n ? n->as<TomlTable>() : nullptr;
    state_->begin(*child, key, state_->name(key), n ? n->place : state_->own_place);
    entry.children.push_back(child);
  }
  return TomlReader(std::make_unique<State>(*entry.children.front()));
}

std::vector<TomlReader> TomlReader::tables(std::string_view key) {
  const TomlValue* n = state_->find(key);
  if (!n) return {};
  const TomlList* list = n->as<TomlList>();
  if (!list || !(list->empty() || n->is_list_of_tables()))
    state_->wrong(key, *n, fmt::format("tables [[{}]]", state_->name(key)));
  State::Entry& entry = state_->child_entry(key, true);
  std::vector<TomlReader> out;
  for (const TomlValue& item : *list) {
    if (out.size() == entry.children.size()) {
      auto child = std::make_shared<State>();
      child->table = item.as<TomlTable>();
      state_->begin(*child, key, fmt::format("{}[{}]", state_->name(key), out.size() + 1), item.place);
      entry.children.push_back(child);
    }
    out.push_back(TomlReader(std::make_unique<State>(*entry.children[out.size()])));
  }
  return out;
}

void TomlReader::read_elsewhere(std::string_view key) { state_->asked.emplace(key); }

void TomlReader::finish() {
  if (!state_->table) return;
  for (const TomlEntry& entry : state_->table->entries) {
    if (state_->asked.contains(entry.key)) continue;
    const std::vector<std::string> known(state_->asked.begin(), state_->asked.end());
    const std::string where =
        state_->path.empty() ? "at the top level" : fmt::format("in [{}]", state_->path);
    const std::string hint =
        entry.key.find('.') == std::string::npos
            ? suggestion(entry.key, known)
            : fmt::format("in quotes it is one name; without them, {}, it is a key in a table", entry.key);
    throw ConfigError(fmt::format("unknown key '{}' {}", entry.key, where), entry.place, hint);
  }
}

std::string TomlReader::resolved() const {
  // Values first, then sub-tables, as TOML demands.
  struct Writer {
    static void write(const State& s, const std::string& path, std::string& out) {
      for (const auto& e : *s.entries) {
        if (e.children.empty() && !e.list) out += fmt::format("{} = {}\n", toml_key(e.key), e.value);
      }
      for (const auto& e : *s.entries) {
        const std::string name = path.empty() ? toml_key(e.key) : path + "." + toml_key(e.key);
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
