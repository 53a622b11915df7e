// SPDX-License-Identifier: Apache-2.0
// A parsed TOML document as values that keep their places when they are copied or merged (the nodes of toml++
// forget them).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "apical/core/error.h"

namespace apical {

struct TomlEntry;
struct TomlValue;
using TomlList = std::vector<TomlValue>;

/// Entries in the order of the file.
struct TomlTable {
  std::vector<TomlEntry> entries;
  const TomlValue* get(std::string_view key) const;
  void set(const TomlEntry& entry);
  void erase(std::string_view key);
};

struct TomlDateOrTime {};

struct TomlValue {
  std::variant<bool, std::int64_t, double, std::string, TomlDateOrTime, TomlList, TomlTable> data;
  Place place;
  template <class T>
  const T* as() const {
    return std::get_if<T>(&data);
  }
  bool is_list_of_tables() const;  ///< false for an empty list
  std::string_view kind() const;   ///< "an integer", "a list of tables" … for messages
};

struct TomlEntry {
  std::string key;
  Place place;  ///< of the key
  TomlValue value;
};

/// ConfigError with line and column if `text` is not TOML 1.0.
TomlTable parse_toml(std::string_view text, const std::string& origin);
/// The value on one line. ConfigError for dates and times, which no key of ours takes.
std::string toml_of(const TomlValue& value);
/// A document that reads back as the table.
std::string toml_of(const TomlTable& table);
/// Tables are merged key by key, everything else of `from` replaces what is there.
void merge(TomlTable& into, const TomlTable& from);

}  // namespace apical
