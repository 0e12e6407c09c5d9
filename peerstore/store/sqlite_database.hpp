// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "troupe/messages/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace troupe {

/// One prepared statement. Parameters and columns are numbered from 0; reading
/// a column does not convert it.
class sqlite_statement {
public:
  sqlite_statement() = default;

  // -- parameters -------------------------------------------------------------

  void bind(int index, int64_t value);
  /// @param value has to stay until `run` or `reset`.
  void bind(int index, std::string_view value);
  void bind(int index, std::string&& value) = delete;
  void bind_null(int index);

  // -- execution --------------------------------------------------------------

  /// Moves to the next row. @returns whether there is one; `store_failed`
  /// otherwise.
  result<bool> step();

  /// Runs a statement that returns nothing, and resets it.
  failure run();

  /// Makes it ready to run again; keeps the parameters.
  void reset();

  // -- columns of the current row ---------------------------------------------

  /// Absent if the column is not an integer.
  [[nodiscard]] std::optional<int64_t> integer(int column) const;

  /// Valid until the next step. Absent if the column is not text.
  [[nodiscard]] std::optional<std::string_view> text(int column) const;

  [[nodiscard]] bool is_null(int column) const;

private:
  friend class sqlite_database;

  struct finalizer {
    void operator()(sqlite3_stmt* x) const;
  };

  std::unique_ptr<sqlite3_stmt, finalizer> native_;
};

/// A connection to a SQLite database. Failures come as `store_failed` in
/// SQLite's words; who knows the path puts it in front.
class sqlite_database {
public:
  enum class mode : uint8_t {
    /// Makes the file if there is none.
    read_write,
    read_only,
    /// Of a file that nobody writes: makes no file beside it.
    immutable,
  };

  /// Longest value that is read or written, in bytes. What is longer makes the
  /// statement fail.
  static constexpr int value_size_max = 1024 * 1024;

  /// Opens a file; SQLite looks into it with the first statement.
  /// @param patience how long to wait for locks of other processes.
  static result<sqlite_database> open(const std::filesystem::path& path,
                                      mode how,
                                      std::chrono::milliseconds patience);

  /// Runs statements that return nothing of interest, separated by semicolons.
  failure execute(const std::string& sql);

  result<sqlite_statement> prepare(std::string_view sql);

  /// Returns the integer that a query returns.
  result<int64_t> query_integer(std::string_view sql);

  /// Returns the text that a query returns.
  result<std::string> query_text(std::string_view sql);

  /// Leaves the log of the database alone when it is closed: it belongs to
  /// what is wrong with it.
  void keep_log();

  /// Whether the last failure says that the file is not a (sound) database.
  [[nodiscard]] bool is_corrupt() const;

  /// Whether the last failure says that the file cannot be opened this way.
  [[nodiscard]] bool cannot_open() const;

private:
  struct closer {
    void operator()(sqlite3* x) const;
  };

  [[nodiscard]] failure last_failure() const;

  std::unique_ptr<sqlite3, closer> native_;
};

} // namespace troupe
