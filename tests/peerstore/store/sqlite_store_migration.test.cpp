// SPDX-License-Identifier: Apache-2.0

// Stores that earlier versions of the program have written.

#include <filesystem>

#include "../../vectors.hpp"
#include "sqlite_fixture.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// A store as a node of that version left it, in a folder of its own.
struct sqlite_store_migration_fixture : sqlite_fixture {
  void take(const char* name) {
    std::filesystem::copy_file(std::filesystem::path{data_dir} / name, file);
  }

  std::vector<std::string> columns() {
    std::vector<std::string> result;
    result.push_back(sqlite_shell(file, "SELECT group_concat(name, ' ') FROM "
                                        "pragma_table_info('peers')"));
    return result;
  }
};

} // namespace

TEST_CASE_FIXTURE(sqlite_store_migration_fixture,
                  "version 3 did not say who told of a peer, nor who "
                  "has answered, and had no secret") {
  take("peers_version_3.db");
  REQUIRE(sqlite_shell(file, "PRAGMA user_version") == "3|");
  const auto found = contents(*open());
  CHECK(sqlite_shell(file, "PRAGMA user_version") == "5|");
  CHECK(found.problems.empty());
  CHECK(found.secret.empty());
  REQUIRE(found.peers.size() == 4);
  // One that refused, one that nobody knows, one that is banned, and one that
  // was a peer.
  for (const auto& x : found.peers) {
    CAPTURE(to_string(x.id));
    CHECK_FALSE(x.source);
    CHECK(x.source_group.empty());
    CHECK_FALSE(x.anchor);
    CHECK_FALSE(x.served_since);
    const auto has_answered
        = std::any_of(x.addresses.begin(), x.addresses.end(),
                      [](const auto& y) { return y.last_success.has_value(); });
    CHECK(x.tried == has_answered);
  }
  const auto& peer = found.peers[3];
  CHECK(peer.tried);
  CHECK(peer.addresses.front().address.port == 28656);
  CHECK(peer.last_connected.has_value());
  CHECK(found.peers[0].addresses.front().failures == 1);
  CHECK(found.peers[2].ban->reason == "noisy");
  CHECK(found.peers[2].ban->by_operator);
  // It is a store of this version now.
  const std::string secret(32, 'a');
  CHECK(open()->commit({.secret = secret}).code == errc::none);
  const auto again = contents(*open());
  CHECK(again.peers == found.peers);
  CHECK(again.secret == secret);
}

TEST_CASE_FIXTURE(sqlite_store_migration_fixture,
                  "a store of version 3 has the tables of a new one "
                  "after") {
  take("peers_version_3.db");
  static_cast<void>(open());
  const auto migrated = columns();
  file = folder / "new.db";
  static_cast<void>(open());
  CHECK(columns() == migrated);
}

TEST_CASE_FIXTURE(sqlite_store_migration_fixture,
                  "a secret that is none is left out, and peers stay") {
  make();
  sqlite_shell(file, "INSERT INTO book VALUES('" + std::string(32, 'x') + "')");
  auto store = open();
  auto found = contents(*store);
  CHECK(found.secret.empty());
  CHECK(found.peers.size() == 2);
  REQUIRE(found.problems.size() == 1);
  CHECK(contains(found.problems[0], "secret"));
  CHECK(store->commit({.secret = "short"}).code == errc::store_failed);
  CHECK(store->commit({.secret = std::string(32, '0')}).code == errc::none);
  CHECK(contents(*store).secret == std::string(32, '0'));
}
