// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/store/sqlite_store.hpp"

#include <utility>

#include <fmt/format.h>

#include "troupe/peerstore/store/sqlite_secret.hpp"

namespace troupe {

namespace fs = std::filesystem;

namespace {

failure refuse(std::string why) {
  return {errc::store_failed, std::move(why)};
}

/// The log is cut to this size, in bytes, once it is copied to the database.
constexpr int log_size_max = 16 * 1024 * 1024;

} // namespace

// -- opening ------------------------------------------------------------------

result<std::unique_ptr<sqlite_store>> sqlite_store::open(options with) {
  std::unique_ptr<sqlite_store> store{new sqlite_store(std::move(with))};
  if (auto bad = make_folder_of(store->options_.path); bad.code != errc::none)
    return store->about(bad);
  auto lock = store_lock::acquire(store->options_.path);
  if (!lock)
    return store->about(lock.error());
  store->lock_ = std::move(*lock);
  if (auto bad = store->connect(); bad.code != errc::none)
    return store->about(bad);
  return store;
}

failure sqlite_store::connect() {
  // Opening a pipe would wait for its other end.
  std::error_code code;
  if (auto status = fs::status(options_.path, code);
      fs::exists(status) && !fs::is_regular_file(status))
    return refuse("it is not a file");
  std::string unusable;
  auto bad = connect(unusable);
  return unusable.empty() ? bad : replace(unusable);
}

failure sqlite_store::connect(std::string& unusable) {
  auto opened = sqlite_database::open(
      options_.path, sqlite_database::mode::read_write, options_.patience);
  if (!opened)
    return opened.error();
  db_ = std::move(*opened);
  if (auto bad = check_soundness(unusable); bad.code != errc::none)
    return bad;
  if (auto bad = configure(); bad.code != errc::none)
    return bad;
  auto writer = sqlite_peer_writer::make(*db_);
  if (!writer)
    return writer.error();
  writer_ = std::move(*writer);
  return {};
}

/// Sets `unusable` to the reason if the file has to be set aside.
failure sqlite_store::check_soundness(std::string& unusable) {
  auto give_up = [this, &unusable](failure reason) {
    if (db_->is_corrupt())
      unusable = reason.context;
    return reason;
  };
  auto kind = identify(*db_);
  if (!kind)
    return give_up(kind.error());
  if (*kind == sqlite_kind::foreign) {
    unusable = "it belongs to another program";
    return refuse(unusable);
  }
  auto version = schema_version(*db_);
  if (!version)
    return give_up(version.error());
  if (*version > static_cast<int64_t>(options_.schema.size()))
    return newer_version(*version, options_.schema);
  auto verdict = db_->query_text("PRAGMA quick_check(1)");
  if (!verdict)
    return give_up(verdict.error());
  if (*verdict != "ok") {
    unusable = *verdict;
    return refuse(unusable);
  }
  return {};
}

failure sqlite_store::configure() {
  auto mode = db_->query_text("PRAGMA journal_mode = WAL");
  if (!mode)
    return mode.error();
  if (*mode != "wal")
    return refuse("it cannot be written");
  // Every commit reaches the disk before it returns, also on macOS, where this
  // takes a special call.
  auto bad = db_->execute(fmt::format("PRAGMA synchronous = FULL;"
                                      "PRAGMA fullfsync = ON;"
                                      "PRAGMA checkpoint_fullfsync = ON;"
                                      "PRAGMA foreign_keys = ON;"
                                      "PRAGMA journal_size_limit = {};",
                                      log_size_max));
  return bad.code == errc::none ? migrate(*db_, options_.schema) : bad;
}

failure sqlite_store::replace(std::string_view unusable) {
  if (db_)
    db_->keep_log();
  writer_.reset();
  db_.reset();
  auto aside = set_aside(options_.path, options_.now);
  if (!aside)
    return refuse(fmt::format("{}, and {}", unusable, aside.error().context));
  problems_.add(fmt::format("store '{}': {}; set aside as '{}', starting with "
                            "an empty store",
                            options_.path.native(), unusable, aside->native()));
  std::string again;
  return connect(again);
}

result<std::unique_ptr<sqlite_store>>
sqlite_store::open_read_only(const fs::path& path,
                             std::chrono::milliseconds patience) {
  std::unique_ptr<sqlite_store> store{
      new sqlite_store({.path = path, .now = {}, .patience = patience})};
  std::error_code code;
  auto status = fs::status(path, code);
  if (status.type() == fs::file_type::not_found)
    return store->about(refuse("there is no such file"));
  if (!fs::exists(status))
    return store->about(refuse(code.message()));
  if (!fs::is_regular_file(status))
    return store->about(refuse("it is not a file"));
  auto bad = store->connect_read_only(sqlite_database::mode::read_only);
  // A reader has to make files beside the database, unless its writer has made
  // them. Where it must not, and there is no log, the database is all there is.
  auto log = path;
  log += "-wal";
  if (bad.code != errc::none && store->db_ && store->db_->cannot_open()
      && !fs::exists(log, code))
    bad = store->connect_read_only(sqlite_database::mode::immutable);
  if (bad.code != errc::none)
    return store->about(bad);
  return store;
}

failure sqlite_store::connect_read_only(sqlite_database::mode how) {
  auto opened = sqlite_database::open(options_.path, how, options_.patience);
  if (!opened)
    return opened.error();
  db_ = std::move(*opened);
  auto kind = identify(*db_);
  if (!kind)
    return kind.error();
  blank_ = *kind == sqlite_kind::empty;
  if (blank_)
    return {};
  if (*kind == sqlite_kind::foreign)
    return refuse("it belongs to another program");
  auto version = schema_version(*db_);
  if (!version)
    return version.error();
  const auto current = static_cast<int64_t>(options_.schema.size());
  if (*version > current)
    return newer_version(*version, options_.schema);
  if (*version < current)
    return refuse(fmt::format("its schema has version {}; a node that is "
                              "started with it brings it to version {}, and "
                              "then it can be read",
                              *version, current));
  return {};
}

// -- reading ------------------------------------------------------------------

result<store_contents> sqlite_store::load() {
  store_contents result;
  if (!db_)
    return about(refuse("it could not be opened again"));
  if (blank_)
    return result;
  auto found = read_peers(*db_, problems_);
  if (!found && writer_ && db_->is_corrupt()) {
    if (auto bad = replace(found.error().context); bad.code != errc::none)
      return about(bad);
    found = read_peers(*db_, problems_);
  }
  if (!found)
    return about(found.error());
  // Peers are worth more than their places.
  if (auto bad = read_secret(*db_, result.secret, problems_);
      bad.code != errc::none)
    problems_.add(fmt::format("cannot read the secret: {}", bad.context));
  if (writer_ && !found->bad_rows.empty())
    if (auto bad = drop(found->bad_rows); bad.code != errc::none)
      problems_.add(fmt::format("cannot remove bad rows: {}", bad.context));
  result.peers = std::move(found->peers);
  result.problems = problems_.take();
  return result;
}

failure sqlite_store::drop(const std::vector<bad_row>& rows) {
  auto bad = db_->execute("BEGIN IMMEDIATE");
  for (auto i = rows.begin(); bad.code == errc::none && i != rows.end(); ++i)
    bad = writer_->erase(*i);
  if (bad.code == errc::none)
    bad = db_->execute("COMMIT");
  if (bad.code != errc::none)
    static_cast<void>(db_->execute("ROLLBACK"));
  return bad;
}

// -- writing ------------------------------------------------------------------

failure sqlite_store::commit(const store_changes& changes) {
  if (!writer_)
    return about(refuse("it is open for reading only"));
  if (auto bad = validate(changes); bad.code != errc::none)
    return about(bad);
  if (changes.empty())
    return {};
  auto bad = transact(changes);
  if (bad.code == errc::none)
    return {};
  // Fails if there is no transaction any more, which is as good.
  static_cast<void>(db_->execute("ROLLBACK"));
  return about(bad);
}

failure sqlite_store::transact(const store_changes& changes) {
  if (auto bad = db_->execute("BEGIN IMMEDIATE"); bad.code != errc::none)
    return bad;
  for (const auto& id : changes.erase)
    if (auto bad = writer_->erase(id); bad.code != errc::none)
      return bad;
  for (auto peer : changes.put) {
    cut_to_limits(peer);
    if (auto bad = writer_->put(peer); bad.code != errc::none)
      return bad;
  }
  if (!changes.secret.empty())
    if (auto bad = write_secret(*db_, changes.secret); bad.code != errc::none)
      return bad;
  return db_->execute("COMMIT");
}

failure sqlite_store::about(const failure& reason) const {
  return refuse(
      fmt::format("store '{}': {}", options_.path.native(), reason.context));
}

} // namespace troupe
