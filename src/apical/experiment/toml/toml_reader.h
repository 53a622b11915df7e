// SPDX-License-Identifier: Apache-2.0
// Reads one table of an experiment file: every key that is asked for is known, every other key is an error,
// and what was found or assumed is kept, so that a run can store the experiment as resolved.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "apical/core/error.h"

namespace apical {

/// A parsed file. Keeps the text's places for messages.
class TomlDocument {
 public:
  /// ConfigError with line and column if `text` is not TOML 1.0. `origin` is the file's name in messages.
  static TomlDocument parse(std::string_view text, const std::string& origin);
  /// IoError if the file cannot be read.
  static TomlDocument read(const std::string& path);
  TomlDocument(TomlDocument&&) noexcept;
  TomlDocument& operator=(TomlDocument&&) noexcept;
  ~TomlDocument();

  /// "model.layers=[4, 30, 3]": replaces or adds a value. ConfigError if it is not key=value in TOML; a bare
  /// word that is no TOML value counts as a string. Entries of [[variants]] that have a value of their own
  /// there get the new one.
  void set(std::string_view assignment, std::string_view variants = {});
  /// Lays `other` over this document: tables are merged key by key, everything else is replaced.
  void overlay(const TomlDocument& other);
  const std::string& origin() const { return origin_; }
  /// The entries of [[key]], each laid over a copy of this document without them, so that an entry needs to
  /// say only what is different. Just a copy of this document if there are none.
  std::vector<TomlDocument> variants(std::string_view key) const;
  /// `count` copies without the table `key`: copy i has entry i of every list in the sub-table `values` of
  /// `key` laid over it, at the same place as in the sub-table. ConfigError for anything else in there, and
  /// for lists of other lengths.
  std::vector<TomlDocument> unrolled(std::string_view key, std::string_view values, std::size_t count) const;
  TomlDocument copy() const;
  /// What it says, with all that was set and laid over it: reads back as the same document, places apart.
  std::string text() const;

 private:
  friend class TomlReader;
  struct Node;
  TomlDocument(std::unique_ptr<Node> root, std::string origin);
  std::unique_ptr<Node> root_;
  std::string origin_;
};

/// What kind of value stands at a key.
enum class TomlKind { absent, boolean, number, text, list, table, table_list, date_or_time };

class TomlReader {
 public:
  /// The whole document as a table. The document must outlive the reader.
  explicit TomlReader(const TomlDocument& document);
  TomlReader(TomlReader&&) noexcept;
  ~TomlReader();

  /// Numbers but times in tables of these names, opened from now on, and in all below are at most so large:
  /// ConfigError with the hint otherwise.
  void limit_numbers(std::vector<std::string> tables, double most, std::string hint);

  bool has(std::string_view key) const;
  std::vector<std::string> keys() const;  ///< in the order of the file
  TomlKind kind(std::string_view key) const;
  Place place(std::string_view key) const;
  /// "training.epochs": the key with the tables it is in.
  std::string path(std::string_view key) const;
  /// An error that has no place yet, with that of the key it is about: of the first option that a FieldError
  /// names and that is given here, else of `otherwise` or of this table.
  ConfigError placed(const ConfigError& e, std::string_view otherwise = "name") const;

  // Without a default a missing key is an error. All check the type; numbers must be finite.
  double number(std::string_view key, std::optional<double> otherwise = {});
  /// An integer in [low, high]; `unit` names what is counted in messages.
  std::int64_t integer(std::string_view key, std::optional<std::int64_t> otherwise, std::int64_t low,
                       std::int64_t high);
  bool boolean(std::string_view key, std::optional<bool> otherwise = {});
  std::string text(std::string_view key, std::optional<std::string> otherwise = {});
  /// One of `choices`.
  std::string choice(std::string_view key, const std::vector<std::string>& choices,
                     std::optional<std::string> otherwise = {});
  /// A list of numbers; a single number counts as a list of one.
  std::vector<double> numbers(std::string_view key, std::optional<std::vector<double>> otherwise = {});
  std::vector<std::string> texts(std::string_view key,
                                 std::optional<std::vector<std::string>> otherwise = {});
  /// A list of numbers and texts, which must be there.
  std::vector<std::variant<double, std::string>> numbers_and_texts(
      std::string_view key, std::optional<std::vector<std::variant<double, std::string>>> otherwise = {});
  /// A list of anything, each entry as TOML on one line; not part of resolved().
  std::vector<std::string> entries(std::string_view key);
  /// A list of equally long lists of numbers, or the name of a CSV file with a table between areas (see
  /// area_table.h; relative to the experiment's file), of which `areas` are taken; resolved() has the
  /// numbers.
  std::vector<std::vector<double>> number_rows(std::string_view key,
                                               const std::vector<std::string>& areas = {});

  /// The sub-table, empty if absent.
  TomlReader table(std::string_view key);
  /// The entries of [[key]].
  std::vector<TomlReader> tables(std::string_view key);

  /// A key that another reader of the same document reads: known here, and no part of resolved().
  void read_elsewhere(std::string_view key);
  /// ConfigError for the first key that nobody asked for, with the nearest known one.
  void finish();
  /// Runs `f`; a ConfigError without a place gets that of `key` (or of this table).
  template <class F>
  decltype(auto) at(std::string_view key, F&& f) {
    try {
      return f();
    } catch (const ConfigError& e) {
      if (!e.place().file.empty()) throw;
      throw ConfigError(e.bare_message(), place(key), e.hint());
    }
  }

  /// Runs `f`; its errors are placed().
  template <class F>
  decltype(auto) placing(F&& f, std::string_view otherwise = "name") {
    try {
      return f();
    } catch (const ConfigError& e) {
      throw placed(e, otherwise);
    }
  }

  /// This table and those opened from it, as TOML, defaults included, in the order they were asked for.
  std::string resolved() const;

 private:
  struct State;
  explicit TomlReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace apical
