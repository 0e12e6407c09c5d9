// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "troupe/messages/errc.hpp"
#include "troupe/peerstore/store/sqlite_database.hpp"

namespace troupe {

/// What the header of a database file says, as `PRAGMA application_id`: "Trpe"
/// in ASCII. `file` and others show it.
inline constexpr int64_t sqlite_application_id = 0x54727065;

/// SQL that brings a database from one version to the next. Step `i` (from 0)
/// makes version `i + 1`, which `PRAGMA user_version` tells; step 0 begins with
/// an empty database. Steps that were released once stay as they are.
using sqlite_schema = std::span<const char* const>;

/// The schema of a `sqlite_store`, as documented there.
sqlite_schema peer_schema();

/// What a database is to us.
enum class sqlite_kind : uint8_t {
  /// There is nothing in it.
  empty,
  /// It is ours.
  ours,
  /// It belongs to another program.
  foreign,
};

/// Looks into a database without changing it.
result<sqlite_kind> identify(sqlite_database& db);

/// Returns the version of one of our databases, 0 for an empty one.
result<int64_t> schema_version(sqlite_database& db);

/// Brings an empty database, or one of ours, to the last version of `schema`:
/// in one transaction, so it has either its old version or the last one,
/// whatever happens.
/// @returns `store_failed` if that does not work or the database is of a later
/// version, which then stays as it is.
failure migrate(sqlite_database& db, sqlite_schema schema);

/// Says that a database of `version` is too new.
failure newer_version(int64_t version, sqlite_schema schema);

} // namespace troupe
