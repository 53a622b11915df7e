// SPDX-License-Identifier: Apache-2.0
// SQLite: tables in a file or in memory. Faults are IoErrors that name the file; SQL is of
// ours alone, never of a user.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "apical/io/file.h"

struct sqlite3;
struct sqlite3_stmt;

namespace apical::io {

/// The file is no database, or not a whole one.
class DamagedDatabase : public IoError {
 public:
  using IoError::IoError;
};

class Database {
 public:
  enum class Mode { read_only, read_write, in_memory };
  /// A file is made if it is to be written and is not there.
  explicit Database(Path path, Mode mode = Mode::read_write);
  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  ~Database();

  /// Statements without results.
  void run(const std::string& sql);
  /// All that `other` holds, in place of what is here.
  void copy_from(Database& other);

 private:
  friend class Statement;
  [[noreturn]] void fail(const std::string& operation) const;
  struct Close {
    void operator()(sqlite3* handle) const noexcept;
  };
  Path path_;
  std::unique_ptr<sqlite3, Close> handle_;
};

/// A prepared statement. Parameters and columns count from 1 and from 0, as SQLite has them.
class Statement {
 public:
  Statement(Database& database, std::string_view sql);
  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, double value);
  Statement& bind(int parameter, std::string_view value);
  Statement& bind_null(int parameter);
  /// Goes to the next row; false after the last, and then the statement can be bound and run again.
  bool step();
  void reset();
  std::int64_t integer(int column) const;
  std::optional<double> number(int column) const;     ///< nothing if it is NULL
  std::optional<std::string> text(int column) const;  ///< likewise

 private:
  void check(int result) const;
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const noexcept;
  };
  Database* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

}  // namespace apical::io
