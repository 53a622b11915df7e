// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/toml/toml_tree.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <optional>

#include "apical/experiment/toml/toml_depth.h"

namespace apical {
namespace {

Place place_of(const toml::source_region& source, const std::string& origin) {
  return {origin, source.begin.line, source.begin.column};
}

/// What a document says at a place on one line, in the units of toml++: lines and letters from 1.
std::string_view written_at(std::string_view text, const toml::source_region& where) {
  for (toml::source_index line = 1; line < where.begin.line; ++line)
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  text = text.substr(0, text.find('\n'));
  const auto bytes_of_letters = [&](toml::source_index letters) {
    std::size_t at = 0;
    for (; letters > 0 && at < text.size(); --letters)
      for (++at; at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80;) ++at;
    return at;
  };
  const std::size_t from = bytes_of_letters(where.begin.column - 1);
  return text.substr(from, bytes_of_letters(where.end.column - 1) - from);
}

/// A number that was written with other digits than 0 must not become 0 without a word.
void require_no_underflow(std::string_view written, const Place& place) {
  if (written.substr(0, written.find_first_of("eE")).find_first_of("123456789") == std::string_view::npos)
    return;
  throw ConfigError(fmt::format("{} is nearer to 0 than any number of double precision", written), place,
                    "the smallest one is about 5e-324");
}

struct Source {
  std::string_view text;
  const std::string& origin;
};

TomlTable converted(const toml::table& from, const Source& source);

TomlValue converted(const toml::node& n, const Source& source) {
  TomlValue v{TomlDateOrTime{}, place_of(n.source(), source.origin)};
  if (const auto* table = n.as_table()) {
    v.data = converted(*table, source);
  } else if (const auto* array = n.as_array()) {
    TomlList list;
    for (const toml::node& item : *array) list.push_back(converted(item, source));
    v.data = std::move(list);
  } else if (const auto* flag = n.as_boolean()) {
    v.data = flag->get();
  } else if (const auto* whole = n.as_integer()) {
    v.data = whole->get();
  } else if (const auto* real = n.as_floating_point()) {
    if (real->get() == 0) require_no_underflow(written_at(source.text, n.source()), v.place);
    v.data = real->get();
  } else if (const auto* text = n.as_string()) {
    v.data = text->get();
  }
  return v;
}

TomlTable converted(const toml::table& from, const Source& source) {
  TomlTable out;
  for (const auto& [key, value] : from) {
    out.entries.push_back(
        {std::string(key.str()), place_of(key.source(), source.origin), converted(value, source)});
  }
  // toml++ sorts by name.
  std::stable_sort(out.entries.begin(), out.entries.end(), [](const TomlEntry& a, const TomlEntry& b) {
    return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
  });
  return out;
}

}  // namespace

const TomlValue* TomlTable::get(std::string_view key) const {
  const auto at =
      std::find_if(entries.begin(), entries.end(), [&](const TomlEntry& e) { return e.key == key; });
  return at == entries.end() ? nullptr : &at->value;
}

void TomlTable::set(const TomlEntry& entry) {
  const auto at =
      std::find_if(entries.begin(), entries.end(), [&](const TomlEntry& e) { return e.key == entry.key; });
  if (at == entries.end()) {
    entries.push_back(entry);
  } else {
    *at = entry;
  }
}

void TomlTable::erase(std::string_view key) {
  std::erase_if(entries, [&](const TomlEntry& e) { return e.key == key; });
}

bool TomlValue::is_list_of_tables() const {
  const TomlList* list = as<TomlList>();
  return list && !list->empty() && std::all_of(list->begin(), list->end(), [](const TomlValue& v) {
           return v.as<TomlTable>() != nullptr;
         });
}

std::string_view TomlValue::kind() const {
  if (is_list_of_tables()) return "a list of tables";
  constexpr std::string_view kNames[] = {"true or false",  "an integer", "a number", "a text",
                                         "a date or time", "a list",     "a table"};
  return kNames[data.index()];
}

TomlTable parse_toml(std::string_view text, const std::string& origin) {
  if (const std::optional<TooDeep> deep = too_deep(text)) {
    throw ConfigError(fmt::format("is nested deeper than {} levels here", kDeepestToml),
                      {origin, deep->line, deep->column});
  }
  try {
    return converted(toml::parse(text, std::string_view(origin)), {text, origin});
  } catch (const toml::parse_error& e) {
    const auto at = e.source().begin;
    throw ConfigError(fmt::format("not TOML: {}", e.description()), {origin, at.line, at.column});
  }
}

void merge(TomlTable& into, const TomlTable& from) {
  for (const TomlEntry& entry : from.entries) {
    const TomlValue* old = into.get(entry.key);
    if (!old || !old->as<TomlTable>() || !entry.value.as<TomlTable>()) {
      into.set(entry);
      continue;
    }
    TomlEntry merged = entry;
    merged.value = *old;
    merge(std::get<TomlTable>(merged.value.data), *entry.value.as<TomlTable>());
    into.set(merged);
  }
}

}  // namespace apical
