// SPDX-License-Identifier: Apache-2.0
// Parsed documents as text again.
#include <fmt/format.h>

#include <algorithm>

#include "apical/experiment/toml/toml_text.h"
#include "apical/experiment/toml/toml_tree.h"

namespace apical {
namespace {

struct TextOfValue {
  const Place& place;
  std::string operator()(bool x) const { return x ? "true" : "false"; }
  std::string operator()(std::int64_t x) const { return fmt::format("{}", x); }
  std::string operator()(double x) const { return toml_number(x); }
  std::string operator()(const std::string& x) const { return toml_quoted(x); }
  std::string operator()(const TomlDateOrTime&) const {
    throw ConfigError("a date or time is no value of an experiment", place, "put it in quotes");
  }
  std::string operator()(const TomlList& list) const {
    std::string out;
    for (const TomlValue& item : list) out += (out.empty() ? "" : ", ") + toml_of(item);
    return "[" + out + "]";
  }
  std::string operator()(const TomlTable& table) const {
    std::string out;
    for (const TomlEntry& e : table.entries)
      out += fmt::format("{}{} = {}", out.empty() ? "" : ", ", toml_key(e.key), toml_of(e.value));
    return "{" + out + "}";
  }
};

/// Values first, then tables, as TOML demands.
void write(const TomlTable& table, const std::string& path, std::string& out) {
  const auto is_table = [](const TomlEntry& e) {
    return e.value.as<TomlTable>() || e.value.is_list_of_tables();
  };
  for (const TomlEntry& e : table.entries) {
    if (!is_table(e)) out += fmt::format("{} = {}\n", toml_key(e.key), toml_of(e.value));
  }
  for (const TomlEntry& e : table.entries) {
    const std::string name = path.empty() ? toml_key(e.key) : path + "." + toml_key(e.key);
    if (const auto* inner = e.value.as<TomlTable>()) {
      out += fmt::format("\n[{}]\n", name);
      write(*inner, name, out);
    } else if (is_table(e)) {
      for (const TomlValue& item : *e.value.as<TomlList>()) {
        out += fmt::format("\n[[{}]]\n", name);
        write(*item.as<TomlTable>(), name, out);
      }
    }
  }
}

}  // namespace

std::string toml_of(const TomlValue& value) { return std::visit(TextOfValue{value.place}, value.data); }

std::string toml_of(const TomlTable& table) {
  std::string out;
  write(table, "", out);
  return out;
}

}  // namespace apical
