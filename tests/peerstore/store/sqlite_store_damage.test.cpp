// SPDX-License-Identifier: Apache-2.0

// Files that are no store, rows that break a rule, and other versions.

#include <array>

#include "sqlite_fixture.hpp"
#include "troupe/peerstore/store/sqlite_store.hpp"

using namespace troupe;
using namespace troupe::test;

namespace fs = std::filesystem;

namespace {

using fixture = sqlite_fixture;

} // namespace

// -- files that are no store --------------------------------------------------

TEST_CASE_FIXTURE(fixture, "what is no sound store is set aside, and the "
                           "node starts with an empty one") {
  std::string reason;
  SUBCASE("text") {
    write_file(file, std::string(10'000, 'x'));
    reason = "not a database";
  }
  SUBCASE("the beginning of a store") {
    make();
    fs::resize_file(file, 5000);
    reason = "malformed";
  }
  SUBCASE("a store whose root page is gone") {
    make();
    scribble(file, 4096, 4096);
    reason = "";
  }
  SUBCASE("a store whose header is gone") {
    make();
    scribble(file, 0, 100);
    reason = "not a database";
  }
  SUBCASE("another program's database") {
    sqlite_shell(file, "CREATE TABLE cookies(x); PRAGMA application_id = 7");
    reason = "another program";
  }
  SUBCASE("an unmarked database") {
    sqlite_shell(file, "CREATE TABLE peers(x)");
    reason = "another program";
  }
  const auto before = read_file(file);
  {
    auto store = open();
    auto found = contents(*store);
    CHECK(found.peers.empty());
    REQUIRE(found.problems.size() == 1);
    CHECK_MESSAGE(contains(found.problems[0], reason), found.problems[0]);
    CHECK(contains(found.problems[0], file.native()));
    CHECK(contains(found.problems[0], "peers.db.corrupt-20300102T030405Z"));
    CHECK(store->commit({.put = {full_peer(3)}}).code == errc::none);
    CHECK(contents(*store).problems.empty());
  }
  CHECK(folder.names("corrupt")
        == std::vector<std::string>{"peers.db.corrupt-20300102T030405Z"});
  CHECK(read_file(folder / "peers.db.corrupt-20300102T030405Z") == before);
  CHECK(contents(*open()).peers == peers{full_peer(3)});
}

TEST_CASE_FIXTURE(fixture, "nothing that was set aside is overwritten") {
  for (auto text : {"first first first", "second second sec", "third third"}) {
    write_file(file, text);
    open();
    fs::remove(file);
  }
  CHECK(folder.names("corrupt")
        == std::vector<std::string>{"peers.db.corrupt-20300102T030405Z",
                                    "peers.db.corrupt-20300102T030405Z-2",
                                    "peers.db.corrupt-20300102T030405Z-3"});
  CHECK(read_file(folder / "peers.db.corrupt-20300102T030405Z-2")
        == "second second sec");
}

TEST_CASE_FIXTURE(fixture, "a log goes with its database") {
  write_file(file, "not a database at all");
  write_file(folder / "peers.db-wal", "a log");
  write_file(folder / "peers.db-shm", "its index");
  open();
  CHECK(folder.names("corrupt")
        == std::vector<std::string>{"peers.db.corrupt-20300102T030405Z",
                                    "peers.db.corrupt-20300102T030405Z-wal"});
}

TEST_CASE_FIXTURE(fixture, "a store that breaks while it is read is set aside "
                           "as well") {
  {
    auto store = open();
    store_changes many;
    for (uint32_t i = 0; i < 2000; ++i)
      many.put.push_back(full_peer(i));
    REQUIRE(store->commit(many).code == errc::none);
  }
  auto store = open();
  scribble(file, 8192, fs::file_size(file) - 8192);
  // Has no effect but that the store must not trust its cache any more.
  sqlite_shell(file, "PRAGMA user_version = 2");
  auto found = contents(*store);
  CHECK(found.peers.empty());
  REQUIRE(found.problems.size() == 1);
  CHECK(contains(found.problems[0], "malformed"));
  CHECK(store->commit({.put = {full_peer(3)}}).code == errc::none);
  CHECK(contents(*store).peers == peers{full_peer(3)});
}

TEST_CASE_FIXTURE(fixture, "who only reads sets nothing aside") {
  SUBCASE("text") {
    write_file(file, std::string(10'000, 'x'));
    refused(try_read(), {"not a database"});
  }
  SUBCASE("another program's database") {
    sqlite_shell(file, "CREATE TABLE cookies(x)");
    refused(try_read(), {"another program"});
  }
  CHECK(folder.names("corrupt").empty());
  CHECK(fs::exists(file));
}

// -- rows that break a rule ---------------------------------------------------

TEST_CASE_FIXTURE(fixture, "a bad row is skipped, reported and removed; "
                           "the others are there") {
  make();
  const auto id = to_string(numbered_id(1));
  const auto other = to_string(numbered_id(2));
  // The statement, and what the report names.
  std::array<std::string, 2> row;
  auto left = peers{full_peer(2)};
  auto bad_peer = [&](const std::string& column, const std::string& value) {
    row = {"UPDATE peers SET " + column + " = " + value + " WHERE id = '" + id
               + "'",
           column};
  };
  auto bad_address = [&](const std::string& column, const std::string& value) {
    row = {"UPDATE addresses SET " + column + " = " + value + " WHERE peer = '"
               + id + "' AND position = 1",
           column};
    auto fewer = full_peer(1);
    fewer.addresses.erase(fewer.addresses.begin() + 1);
    left = {fewer, full_peer(2)};
  };
  SUBCASE("an ID that is none") {
    bad_peer("id", "replace(id, '1', 'x')");
  }
  SUBCASE("an ID in upper case") {
    row = {"INSERT INTO peers(id) VALUES('" + std::string(40, 'A') + "')",
           "id"};
    left = {full_peer(1), full_peer(2)};
  }
  SUBCASE("a count below 0") {
    bad_peer("short_connections", "-1");
  }
  SUBCASE("a count above 32 bits") {
    bad_peer("short_connections", "4294967296");
  }
  SUBCASE("a time before 1970") {
    bad_peer("last_connected", "-1");
  }
  SUBCASE("a time after 9999") {
    bad_peer("banned_until", "253402300800000");
  }
  SUBCASE("a reason that no release knows") {
    bad_peer("incompatible_reason", "'mood'");
  }
  SUBCASE("a reason that is too long") {
    bad_peer("ban_reason", "hex(zeroblob(300))");
  }
  SUBCASE("an address that is none") {
    bad_address("address", "'nowhere'");
  }
  SUBCASE("an address of somebody else") {
    bad_address("address", "'mconn://" + other + "@host:1'");
  }
  SUBCASE("an address that is there twice") {
    bad_address("address", "'mconn://" + id + "@HOST-1.example.org:26656'");
  }
  SUBCASE("an address that is too long") {
    bad_address("address", "address || '/' || hex(zeroblob(600))");
  }
  SUBCASE("failures below 0") {
    bad_address("failures", "-1");
  }
  SUBCASE("an address without peer") {
    row = {"DELETE FROM peers WHERE id = '" + id + "'", "peer"};
  }
  SUBCASE("an address without peer behind all peers") {
    row = {"INSERT INTO addresses(peer, position, address) "
           "VALUES('g', 0, 'x')",
           "peer"};
    left = {full_peer(1), full_peer(2)};
  }
  sqlite_shell(file, row[0]);
  {
    auto reader = try_read();
    REQUIRE(reader);
    auto found = contents(**reader);
    CHECK(found.peers == left);
    CHECK_FALSE(found.problems.empty());
  }
  auto store = open();
  auto found = contents(*store);
  CHECK(found.peers == left);
  auto names_it = [&row](const std::string& line) {
    return contains(line, "bad " + row[1]);
  };
  CHECK(std::ranges::any_of(found.problems, names_it));
  CHECK(contents(*store).problems.empty());
  // And the peer can come back.
  CHECK(store->commit({.put = {full_peer(1)}}).code == errc::none);
  store.reset();
  CHECK(contents(*open()).peers == peers{full_peer(1), full_peer(2)});
}

TEST_CASE_FIXTURE(fixture, "of many bad rows the first are reported, and how "
                           "many there are") {
  make();
  sqlite_shell(file, "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL "
                     "SELECT i + 1 FROM c WHERE i < 300) INSERT INTO "
                     "addresses(peer, position, address) SELECT 'x' || i, 0, "
                     "'y' FROM c");
  auto store = open();
  auto found = contents(*store);
  REQUIRE(found.problems.size() == store_problems_max);
  CHECK(found.problems.back() == "201 more problems");
  CHECK(contents(*store).problems.empty());
}

TEST_CASE_FIXTURE(fixture, "a value beyond all bounds makes the file useless, "
                           "not the node") {
  make();
  sqlite_shell(file, "UPDATE peers SET ban_reason = hex(zeroblob(1000000))");
  auto store = open();
  auto found = contents(*store);
  CHECK(found.peers.empty());
  REQUIRE(found.problems.size() == 1);
  CHECK(contains(found.problems[0], "too big"));
}

// -- versions -----------------------------------------------------------------

TEST_CASE_FIXTURE(fixture, "a store of an older version is brought up to date, "
                           "once") {
  make();
  const std::array steps{peer_schema()[0],
                         peer_schema()[1],
                         peer_schema()[2],
                         peer_schema()[3],
                         peer_schema()[4],
                         "CREATE TABLE notes(id TEXT)",
                         "INSERT INTO notes SELECT id FROM peers; "
                         "ALTER TABLE peers ADD COLUMN mood INTEGER"};
  for (int i = 0; i < 2; ++i) {
    auto store = try_open(steps);
    REQUIRE_MESSAGE(store, to_string(store.error()));
    CHECK(contents(**store).peers == peers{full_peer(1), full_peer(2)});
  }
  CHECK(sqlite_shell(file, "PRAGMA user_version") == "7|");
  CHECK(sqlite_shell(file, "SELECT count(*) FROM notes") == "2|");
  CHECK(sqlite_shell(file, "SELECT count(mood) FROM peers") == "0|");
}

TEST_CASE_FIXTURE(fixture, "version 1 did not say what a peer did not fit "
                           "with") {
  const std::array first{peer_schema()[0]};
  REQUIRE(try_open(first).error().context.find("incompatible_with")
          != std::string::npos);
  sqlite_shell(file, "INSERT INTO peers(id, incompatible_since, "
                     "incompatible_reason) VALUES('"
                         + to_string(numbered_id(1))
                         + "', 1, 'wrong_network')");
  auto found = contents(*open());
  REQUIRE(found.peers.size() == 1);
  CHECK(found.peers[0].incompatible->with == "");
  CHECK(sqlite_shell(file, "PRAGMA user_version") == "5|");
}

TEST_CASE_FIXTURE(fixture, "version 2 did not say who banned a peer but in the "
                           "reason, nor when") {
  const std::array first{peer_schema()[0], peer_schema()[1]};
  REQUIRE(try_open(first).error().context.find("stored_at")
          != std::string::npos);
  auto insert = [this](uint32_t number, std::string_view more) {
    sqlite_shell(file, fmt::format("INSERT INTO peers(id, banned_until, "
                                   "ban_reason) VALUES('{}', {})",
                                   numbered_id(number), more));
  };
  insert(1, "99, 'misbehaved: spam'");
  insert(2, "99, 'Misbehaved: says I'");
  insert(3, "99, NULL");
  insert(4, "NULL, NULL");
  auto found = contents(*open());
  CHECK(sqlite_shell(file, "PRAGMA user_version") == "5|");
  REQUIRE(found.peers.size() == 4);
  for (const auto& x : found.peers) {
    CHECK_FALSE(x.stored_at);
    CHECK(x.ban.has_value() == (x.id != numbered_id(4)));
    if (x.ban)
      CHECK(x.ban->by_operator == (x.id != numbered_id(1)));
  }
}

TEST_CASE_FIXTURE(fixture, "version 4 did not say since when a peer serves "
                           "us") {
  const std::array first{peer_schema()[0], peer_schema()[1], peer_schema()[2],
                         peer_schema()[3]};
  REQUIRE(try_open(first).error().context.find("served_since")
          != std::string::npos);
  sqlite_shell(file, "INSERT INTO peers(id, last_connected, tried, anchor) "
                     "VALUES('"
                         + to_string(numbered_id(1)) + "', 1, 1, 1)");
  auto found = contents(*open());
  CHECK(sqlite_shell(file, "PRAGMA user_version") == "5|");
  REQUIRE(found.peers.size() == 1);
  CHECK(found.peers[0].anchor);
  CHECK_FALSE(found.peers[0].served_since);
}

TEST_CASE_FIXTURE(fixture, "a new store has all versions behind it") {
  const std::array steps{peer_schema()[0], peer_schema()[1],
                         peer_schema()[2], peer_schema()[3],
                         peer_schema()[4], "CREATE TABLE notes(id TEXT)"};
  REQUIRE(try_open(steps));
  CHECK(sqlite_shell(file, "PRAGMA user_version") == "6|");
  CHECK(sqlite_shell(file, "SELECT count(*) FROM notes") == "0|");
}

TEST_CASE_FIXTURE(fixture, "a step that fails leaves the store as it was") {
  make();
  const std::array steps{peer_schema()[0],
                         peer_schema()[1],
                         peer_schema()[2],
                         peer_schema()[3],
                         peer_schema()[4],
                         "CREATE TABLE notes(id TEXT)",
                         "ALTER TABLE no_such_table ADD COLUMN x"};
  refused(try_open(steps), {"version 5 to 7", "no_such_table"});
  CHECK(sqlite_shell(file, "PRAGMA user_version") == "5|");
  CHECK(contents(*open()).peers == peers{full_peer(1), full_peer(2)});
}

TEST_CASE_FIXTURE(fixture, "a store of a newer version is refused and stays as "
                           "it is") {
  make();
  sqlite_shell(file, "PRAGMA user_version = 8");
  const auto before = read_file(file);
  refused(try_open(), {"version 8", "up to 5"});
  refused(try_read(), {"version 8", "up to 5"});
  CHECK(read_file(file) == before);
  CHECK(folder.names("corrupt").empty());
}

TEST_CASE_FIXTURE(fixture, "who only reads brings nothing up to date") {
  make();
  sqlite_shell(file, "PRAGMA user_version = 0");
  refused(try_read(), {"version 0", "version 5"});
}
