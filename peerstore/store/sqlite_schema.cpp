// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/store/sqlite_schema.hpp"

#include <array>

#include <fmt/format.h>

namespace troupe {

namespace {

constexpr auto version_1 = R"(
CREATE TABLE peers(
  id TEXT NOT NULL PRIMARY KEY CHECK(length(id) = 40),
  score_milli INTEGER NOT NULL DEFAULT 0,
  scored_at INTEGER,
  short_connections INTEGER NOT NULL DEFAULT 0,
  dialable_at INTEGER,
  last_connected INTEGER,
  last_disconnected INTEGER,
  banned_until INTEGER,
  ban_reason TEXT,
  incompatible_since INTEGER,
  incompatible_reason TEXT,
  incompatible_detail TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE addresses(
  peer TEXT NOT NULL REFERENCES peers(id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  address TEXT NOT NULL,
  failures INTEGER NOT NULL DEFAULT 0,
  retry_at INTEGER,
  last_success INTEGER,
  last_failure INTEGER,
  PRIMARY KEY(peer, position)
) STRICT, WITHOUT ROWID;

CREATE VIEW peers_readable AS
SELECT id,
       (SELECT group_concat(address, ' ') FROM addresses WHERE peer = id)
         AS addresses,
       score_milli / 1000.0 AS score,
       (SELECT min(failures) FROM addresses WHERE peer = id) AS failures,
       strftime('%Y-%m-%dT%H:%M:%fZ', last_connected / 1000.0, 'unixepoch')
         AS last_connected,
       strftime('%Y-%m-%dT%H:%M:%fZ', last_disconnected / 1000.0, 'unixepoch')
         AS last_disconnected,
       strftime('%Y-%m-%dT%H:%M:%fZ', dialable_at / 1000.0, 'unixepoch')
         AS dialable_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', banned_until / 1000.0, 'unixepoch')
         AS banned_until,
       ban_reason,
       strftime('%Y-%m-%dT%H:%M:%fZ', incompatible_since / 1000.0, 'unixepoch')
         AS incompatible_since,
       incompatible_reason,
       incompatible_detail
FROM peers;
)";

// Whoever was judged before that knows no `incompatible_with`, and is judged
// anew.
constexpr auto version_2 = R"(
ALTER TABLE peers ADD COLUMN incompatible_with TEXT;
)";

// Whose bans they are stood in their reason before. When something was written
// before that is not known.
constexpr auto version_3 = R"(
ALTER TABLE peers ADD COLUMN stored_at INTEGER;
ALTER TABLE peers ADD COLUMN banned_by_operator INTEGER NOT NULL DEFAULT 0;
UPDATE peers SET banned_by_operator = 1
WHERE banned_until IS NOT NULL
  AND coalesce(ban_reason, '') NOT GLOB 'misbehaved: *';
)";

// Who told of a peer was not known before: then it counts as if it had told of
// itself. Those that answered once keep that.
constexpr auto version_4 = R"(
ALTER TABLE peers ADD COLUMN source TEXT;
ALTER TABLE peers ADD COLUMN source_group TEXT;
ALTER TABLE peers ADD COLUMN tried INTEGER NOT NULL DEFAULT 0;
ALTER TABLE peers ADD COLUMN anchor INTEGER NOT NULL DEFAULT 0;
UPDATE peers SET tried = 1 WHERE id IN
  (SELECT peer FROM addresses WHERE last_success IS NOT NULL);
CREATE TABLE book(
  secret TEXT NOT NULL CHECK(length(secret) = 32)
) STRICT;
)";

// Since when a peer serves us was not known before: then it begins anew.
constexpr auto version_5 = R"(
ALTER TABLE peers ADD COLUMN served_since INTEGER;
)";

constexpr std::array steps{version_1, version_2, version_3, version_4,
                           version_5};

} // namespace

sqlite_schema peer_schema() {
  return steps;
}

result<sqlite_kind> identify(sqlite_database& db) {
  auto application = db.query_integer("PRAGMA application_id");
  if (!application)
    return application.error();
  if (*application == sqlite_application_id)
    return sqlite_kind::ours;
  auto tables = db.query_integer("SELECT count(*) FROM sqlite_schema");
  if (!tables)
    return tables.error();
  return *application == 0 && *tables == 0 ? sqlite_kind::empty
                                           : sqlite_kind::foreign;
}

result<int64_t> schema_version(sqlite_database& db) {
  return db.query_integer("PRAGMA user_version");
}

failure newer_version(int64_t version, sqlite_schema schema) {
  return {errc::store_failed,
          fmt::format("its schema has version {}, and this program knows "
                      "versions up to {}: use the newer program, or another "
                      "file",
                      version, schema.size())};
}

failure migrate(sqlite_database& db, sqlite_schema schema) {
  auto version = schema_version(db);
  if (!version)
    return version.error();
  const auto last = static_cast<int64_t>(schema.size());
  if (*version > last || *version < 0)
    return newer_version(*version, schema);
  if (*version == last)
    return {};
  std::string sql = "BEGIN IMMEDIATE;";
  for (auto step : schema.subspan(static_cast<size_t>(*version)))
    sql.append(step).append(";");
  sql += fmt::format("PRAGMA application_id = {};PRAGMA user_version = {};"
                     "COMMIT;",
                     sqlite_application_id, last);
  auto bad = db.execute(sql);
  if (bad.code != errc::none) {
    // Fails if there is no transaction any more, which is as good.
    static_cast<void>(db.execute("ROLLBACK"));
    bad.context = fmt::format("cannot bring its schema from version {} to {}: "
                              "{}",
                              *version, last, bad.context);
  }
  return bad;
}

} // namespace troupe
