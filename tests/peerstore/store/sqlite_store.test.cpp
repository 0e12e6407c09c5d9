// SPDX-License-Identifier: Apache-2.0

// What the conformance suite cannot ask: files and other processes.

#include "troupe/peerstore/store/sqlite_store.hpp"

#include <sys/stat.h>

#include "sqlite_fixture.hpp"

using namespace troupe;
using namespace troupe::test;

namespace fs = std::filesystem;

namespace {

using fixture = sqlite_fixture;

} // namespace

// -- the file -----------------------------------------------------------------

TEST_CASE_FIXTURE(fixture, "an operator can read the store") {
  make();
  CHECK(sqlite_shell(file, "PRAGMA application_id") == "1416786021|");
  CHECK(sqlite_shell(file, "PRAGMA user_version") == "5|");
  CHECK(sqlite_shell(file, "PRAGMA journal_mode") == "wal|");
  const auto id = to_string(numbered_id(1));
  CHECK(sqlite_shell(file, "SELECT * FROM peers LIMIT 1")
        == id
               + "|-1234567|4000|4294967294|5000|1900000000123|7000|8000|"
                 "said \"no\"\n\xc3\xa9|9000|wrong_network|it's "
                 "'other'|us|10000|1|NULL|NULL|0|0|6000|");
  CHECK(sqlite_shell(file, "SELECT address, retry_at FROM addresses "
                           "WHERE peer LIKE '00000001%'")
        == "mconn://" + id + "@host-1.example.org:26656|1001|mconn://" + id
               + "@[2001:db8::1]|NULL|memory:" + id + "|NULL|");
  CHECK(sqlite_shell(file, "SELECT score, failures, last_connected, "
                           "banned_until, incompatible_reason, "
                           "length(addresses) FROM peers_readable LIMIT 1")
        == "-1234.567|0|2030-03-17T17:46:40.123Z|1970-01-01T00:00:08.000Z|"
           "wrong_network|184|");
}

TEST_CASE_FIXTURE(fixture, "the folder of a store is made") {
  file = folder / "a/b/peers.db";
  make();
  CHECK(contents(*open()).peers.size() == 2);
}

TEST_CASE_FIXTURE(fixture, "odd characters in a path are just that") {
  file = folder / "a b%20?x=1#é\".db";
  make();
  CHECK(fs::is_regular_file(file));
  CHECK(contents(**try_read()).peers.size() == 2);
}

TEST_CASE_FIXTURE(fixture, "an empty file becomes a store") {
  write_file(file, "");
  CHECK(contents(**try_read()).peers.empty());
  make();
  CHECK(contents(*open()).problems.empty());
}

TEST_CASE_FIXTURE(fixture, "a path that cannot be a store is refused") {
  SUBCASE("a folder") {
    fs::create_directory(file);
    refused(try_open(), {"not a file"});
    refused(try_read(), {"not a file"});
  }
  SUBCASE("a pipe, at which opening would wait") {
    REQUIRE(mkfifo(file.c_str(), 0600) == 0);
    refused(try_open(), {"not a file"});
    refused(try_read(), {"not a file"});
  }
  SUBCASE("within a file") {
    write_file(folder / "x", "");
    file = folder / "x/peers.db";
    refused(try_open(), {"folder", "Not a directory"});
  }
  SUBCASE("nothing to read") {
    refused(try_read(), {"no such file"});
    CHECK_FALSE(fs::exists(file));
  }
  SUBCASE("where no file can be made") {
    file = "/proc/peers.db";
    refused(try_open(), {"/proc/peers.db.lock"});
  }
}

// -- others -------------------------------------------------------------------

TEST_CASE_FIXTURE(fixture, "two nodes cannot have one store") {
  {
    auto store = open();
    refused(try_open(), {"another node", std::to_string(getpid())});
    CHECK(store->commit({.put = {full_peer(1)}}).code == errc::none);
  }
  CHECK(contents(*open()).peers == peers{full_peer(1)});
}

TEST_CASE_FIXTURE(fixture, "others read while a node writes, each as of one "
                           "instant") {
  auto store = open();
  CHECK(store->commit({.put = {full_peer(1)}}).code == errc::none);
  auto reader = try_read();
  REQUIRE_MESSAGE(reader, to_string(reader.error()));
  CHECK(contents(**reader).peers == peers{full_peer(1)});
  CHECK(store->commit({.put = {bare_peer(1), full_peer(2)}}).code
        == errc::none);
  CHECK(contents(**reader).peers == peers{bare_peer(1), full_peer(2)});
  auto bad = (*reader)->commit({.put = {full_peer(3)}});
  CHECK(bad.code == errc::store_failed);
  CHECK(contains(bad.context, "reading only"));
}

TEST_CASE_FIXTURE(fixture, "an operator may change the store while a node "
                           "runs") {
  auto store = open();
  CHECK(store->commit({.put = {full_peer(1), full_peer(2)}}).code
        == errc::none);
  sqlite_shell(file, "DELETE FROM peers WHERE id LIKE '00000001%'");
  CHECK(store->commit({.put = {full_peer(1)}}).code == errc::none);
  CHECK(contents(*store).peers == peers{full_peer(1), full_peer(2)});
}

TEST_CASE_FIXTURE(fixture, "a store that is locked refuses a commit and takes "
                           "the next one") {
  auto store = open();
  CHECK(store->commit({.put = {full_peer(1)}}).code == errc::none);
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &other) == SQLITE_OK);
  sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr);
  auto bad = store->commit({.put = {full_peer(2)}});
  CHECK(bad.code == errc::store_failed);
  CHECK(contains(bad.context, "locked"));
  CHECK(contents(*store).peers == peers{full_peer(1)});
  sqlite3_close(other);
  CHECK(store->commit({.put = {full_peer(3)}}).code == errc::none);
  CHECK(contents(*store).peers == peers{full_peer(1), full_peer(3)});
}

TEST_CASE_FIXTURE(fixture, "a commit that fails half-way changes nothing") {
  make();
  sqlite_shell(file, "CREATE TRIGGER full BEFORE INSERT ON peers "
                     "WHEN NEW.id LIKE '00000005%' BEGIN "
                     "SELECT RAISE(ABORT, 'disk is full'); END");
  auto store = open();
  auto bad = store->commit({.put = {bare_peer(1), full_peer(4), full_peer(5)},
                            .erase = {numbered_id(2)}});
  CHECK(bad.code == errc::store_failed);
  CHECK(contains(bad.context, "disk is full"));
  CHECK(contents(*store).peers == peers{full_peer(1), full_peer(2)});
  CHECK(store->commit({.put = {full_peer(4)}}).code == errc::none);
  CHECK(contents(*store).peers
        == peers{full_peer(1), full_peer(2), full_peer(4)});
}

TEST_CASE_FIXTURE(fixture, "the log does not grow without end") {
  auto store = open();
  store_changes many;
  for (uint32_t i = 0; i < 2000; ++i)
    many.put.push_back(full_peer(i));
  for (int i = 0; i < 40; ++i)
    REQUIRE(store->commit(many).code == errc::none);
  CHECK(fs::file_size(folder / "peers.db-wal") < 20'000'000);
}
