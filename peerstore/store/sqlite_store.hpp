// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "troupe/messages/time.hpp"
#include "troupe/peerstore/store/peer_store.hpp"
#include "troupe/peerstore/store/sqlite_database.hpp"
#include "troupe/peerstore/store/sqlite_peers.hpp"
#include "troupe/peerstore/store/sqlite_schema.hpp"
#include "troupe/peerstore/store/store_file.hpp"
#include "troupe/peerstore/store/store_limits.hpp"

namespace troupe {

/// Keeps peers in a SQLite database in WAL mode, synchronized to disk with each
/// commit. One node at a time writes it; others may read meanwhile.
///
/// Schema, version 4. Every time is a number of milliseconds since the start of
/// 1970 (UTC), or NULL if it never came; the view `peers_readable` has them as
/// text.
///
///     peers       a row a peer
///       id                   40 lower-case hexadecimal digits
///       score_milli          behaviour score in thousandths, at `scored_at`
///       scored_at
///       short_connections    in a row, that ended soon after they began
///       dialable_at          not to be dialed before
///       last_connected
///       last_disconnected
///       banned_until         NULL: not banned
///       ban_reason           for humans
///       incompatible_since   NULL: nothing known against it
///       incompatible_reason  name of an `errc`
///       incompatible_detail  for humans
///       incompatible_with    what we were when it did not fit
///       stored_at            when the row was written, by the clock that all
///                            its times are of
///       banned_by_operator   1: not by the rules
///       source               `id` of who told us first where it is
///       source_group         the `address_group` of that one
///       tried                1: it has answered, and has its place in the book
///                            for that
///       anchor               1: we had dialed it and were connected
///       served_since         when its first connection began that lasted
///     addresses   a row an address of a peer
///       peer                 its `id`
///       position             orders the addresses of a peer
///       address              URL
///       failures             failed dials since the last success
///       retry_at             not to be dialed before
///       last_success
///       last_failure
///     book        one row
///       secret               which places peers have in the book follows from
///                            it: 32 lower-case hexadecimal digits
///
/// A file that is no sound database of ours is set aside (`set_aside`), and an
/// empty one begun. One of an older schema is brought up to date; one of a
/// newer schema is refused and stays as it is, for its data is of value to
/// whoever wrote it. A row that breaks a rule is skipped, reported and removed.
class sqlite_store final : public peer_store {
public:
  /// How long to wait for other processes that lock the database: an operator's
  /// shell that writes, say.
  static constexpr std::chrono::milliseconds default_patience
      = std::chrono::seconds{5};

  /// What is opened, and how.
  struct options {
    std::filesystem::path path;

    /// Names the file that is set aside.
    wall_time now;

    std::chrono::milliseconds patience = default_patience;

    sqlite_schema schema = peer_schema();
  };

  /// Opens a store for the node that keeps its peers there, and makes it if
  /// there is none. May block.
  /// @returns `store_failed`, the context names the file and says, in one line,
  /// what is wrong: another node uses it, it is too new, cannot be read.
  static result<std::unique_ptr<sqlite_store>> open(options with);

  /// Opens a store that somebody else may be writing: `commit` is refused. May
  /// block.
  /// @returns `store_failed` like `open`, and if there is no such file or it is
  /// no sound store of ours in the current version.
  static result<std::unique_ptr<sqlite_store>>
  open_read_only(const std::filesystem::path& path,
                 std::chrono::milliseconds patience = default_patience);

  result<store_contents> load() override;

  failure commit(const store_changes& changes) override;

  [[nodiscard]] bool blocks() const noexcept override {
    return true;
  }

private:
  explicit sqlite_store(options with) : options_(std::move(with)) {}

  failure connect();
  failure connect(std::string& unusable);
  failure connect_read_only(sqlite_database::mode how);
  failure check_soundness(std::string& unusable);
  failure configure();
  failure replace(std::string_view unusable);
  failure transact(const store_changes& changes);
  failure drop(const std::vector<bad_row>& rows);
  [[nodiscard]] failure about(const failure& reason) const;

  options options_;
  store_lock lock_;
  /// Closed before the lock goes; the statements before the database.
  std::optional<sqlite_database> db_;
  /// Absent if the store is open for reading only.
  std::optional<sqlite_peer_writer> writer_;
  /// Whether there is nothing in the file, not even tables.
  bool blank_ = false;
  problem_list problems_;
};

} // namespace troupe
