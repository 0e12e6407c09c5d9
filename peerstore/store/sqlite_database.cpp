// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/store/sqlite_database.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe {

namespace {

failure failure_of(sqlite3* native) {
  return {errc::store_failed, sqlite3_errmsg(native)};
}

/// The file as a URI: what is not plain is escaped.
std::string to_uri(const std::filesystem::path& path, std::string_view query) {
  std::string result = "file:";
  const auto whole = std::filesystem::absolute(path);
  for (auto c : whole.native()) {
    auto octet = static_cast<unsigned char>(c);
    if (octet <= ' ' || octet >= 0x7f || c == '%' || c == '?' || c == '#')
      result += fmt::format("%{:02x}", octet);
    else
      result += c;
  }
  return result.append(query);
}

} // namespace

// -- statements ---------------------------------------------------------------

void sqlite_statement::finalizer::operator()(sqlite3_stmt* x) const {
  sqlite3_finalize(x);
}

void sqlite_statement::bind(int index, int64_t value) {
  sqlite3_bind_int64(native_.get(), index + 1, value);
}

void sqlite_statement::bind(int index, std::string_view value) {
  // A null pointer would be NULL, not an empty text.
  const auto* data = value.data() != nullptr ? value.data() : "";
  sqlite3_bind_text64(native_.get(), index + 1, data, value.size(),
                      SQLITE_STATIC, SQLITE_UTF8);
}

void sqlite_statement::bind_null(int index) {
  sqlite3_bind_null(native_.get(), index + 1);
}

result<bool> sqlite_statement::step() {
  switch (sqlite3_step(native_.get())) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      return failure_of(sqlite3_db_handle(native_.get()));
  }
}

failure sqlite_statement::run() {
  auto done = step();
  reset();
  return done ? failure{} : done.error();
}

void sqlite_statement::reset() {
  // Repeats the failure of the last step, which is known by now.
  sqlite3_reset(native_.get());
}

std::optional<int64_t> sqlite_statement::integer(int column) const {
  if (sqlite3_column_type(native_.get(), column) != SQLITE_INTEGER)
    return std::nullopt;
  return sqlite3_column_int64(native_.get(), column);
}

std::optional<std::string_view> sqlite_statement::text(int column) const {
  if (sqlite3_column_type(native_.get(), column) != SQLITE_TEXT)
    return std::nullopt;
  const auto* data = sqlite3_column_text(native_.get(), column);
  if (data == nullptr)
    return std::nullopt;
  auto size = static_cast<size_t>(sqlite3_column_bytes(native_.get(), column));
  return std::string_view{reinterpret_cast<const char*>(data), size};
}

bool sqlite_statement::is_null(int column) const {
  return sqlite3_column_type(native_.get(), column) == SQLITE_NULL;
}

// -- the database -------------------------------------------------------------

void sqlite_database::closer::operator()(sqlite3* x) const {
  // Statements that are left keep it open until they are gone.
  sqlite3_close_v2(x);
}

result<sqlite_database>
sqlite_database::open(const std::filesystem::path& path, mode how,
                      std::chrono::milliseconds patience) {
  auto flags = SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
  flags |= how == mode::read_write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                   : SQLITE_OPEN_READONLY;
  // SQLite gives the files that it makes beside the database the same mode. If
  // this fails, SQLite says why.
  if (how == mode::read_write)
    if (auto fd
        = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK,
                 S_IRUSR | S_IWUSR);
        fd >= 0)
      ::close(fd);
  auto uri = to_uri(path, how == mode::immutable ? "?immutable=1" : "");
  sqlite3* native = nullptr;
  auto code = sqlite3_open_v2(uri.c_str(), &native, flags, nullptr);
  sqlite_database result;
  result.native_.reset(native);
  if (native == nullptr)
    return {errc::store_failed, "out of memory"};
  if (code != SQLITE_OK)
    return failure_of(native);
  sqlite3_extended_result_codes(native, 1);
  sqlite3_busy_timeout(native, static_cast<int>(patience.count()));
  sqlite3_limit(native, SQLITE_LIMIT_LENGTH, value_size_max);
  // The file may come from anywhere: what its schema names must not run code.
  sqlite3_db_config(native, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(native, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  return result;
}

failure sqlite_database::execute(const std::string& sql) {
  if (sqlite3_exec(native_.get(), sql.c_str(), nullptr, nullptr, nullptr)
      != SQLITE_OK)
    return last_failure();
  return {};
}

result<sqlite_statement> sqlite_database::prepare(std::string_view sql) {
  sqlite3_stmt* native = nullptr;
  auto code = sqlite3_prepare_v3(native_.get(), sql.data(),
                                 static_cast<int>(sql.size()),
                                 SQLITE_PREPARE_PERSISTENT, &native, nullptr);
  sqlite_statement result;
  result.native_.reset(native);
  if (code != SQLITE_OK)
    return last_failure();
  return result;
}

result<int64_t> sqlite_database::query_integer(std::string_view sql) {
  auto query = prepare(sql);
  if (!query)
    return query.error();
  auto found = query->step();
  if (!found)
    return found.error();
  if (auto value = *found ? query->integer(0) : std::nullopt)
    return *value;
  return {errc::store_failed, fmt::format("'{}' is no number", sql)};
}

result<std::string> sqlite_database::query_text(std::string_view sql) {
  auto query = prepare(sql);
  if (!query)
    return query.error();
  auto found = query->step();
  if (!found)
    return found.error();
  if (auto value = *found ? query->text(0) : std::nullopt)
    return std::string{*value};
  return {errc::store_failed, fmt::format("'{}' is no text", sql)};
}

void sqlite_database::keep_log() {
  sqlite3_db_config(native_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1,
                    nullptr);
}

bool sqlite_database::is_corrupt() const {
  auto code = sqlite3_errcode(native_.get());
  return code == SQLITE_NOTADB || code == SQLITE_TOOBIG
         || (code & 0xff) == SQLITE_CORRUPT;
}

bool sqlite_database::cannot_open() const {
  auto code = sqlite3_errcode(native_.get()) & 0xff;
  return code == SQLITE_CANTOPEN || code == SQLITE_READONLY;
}

failure sqlite_database::last_failure() const {
  return failure_of(native_.get());
}

} // namespace troupe
