// SPDX-License-Identifier: Apache-2.0

// What every store has to do, whatever it is made of.

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "stores.hpp"
#include "troupe/peerstore/store/memory_store.hpp"
#include "troupe/peerstore/store/store_limits.hpp"
#include "troupe/tests/harness/sim_store.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::string_literals;

namespace {

/// A kind of store.
struct memory_world {
  static constexpr bool persistent = false;

  std::unique_ptr<peer_store> open() {
    return std::make_unique<memory_store>();
  }
};

struct sqlite_world {
  static constexpr bool persistent = true;

  std::unique_ptr<peer_store> open() {
    auto opened = sqlite_store::open({.path = folder / "peers.db"});
    REQUIRE_MESSAGE(opened, to_string(opened.error()));
    return std::move(*opened);
  }

  scratch_folder folder;
};

/// A simulated disk, whose machine crashes between openings.
struct sim_world {
  static constexpr bool persistent = true;

  std::unique_ptr<peer_store> open() {
    disk->crash();
    return disk->open();
  }

  std::shared_ptr<testing::sim_store> disk
      = testing::sim_store::make(std::make_shared<system_entropy>());
};

/// A store and what is asked of it.
template <class World>
struct peer_store_conformance_fixture : World {
  /// The store is closed and opened again, if that leaves anything of it.
  void reopen() {
    if (!World::persistent)
      return;
    store.reset();
    store = World::open();
  }

  std::vector<stored_peer> load() {
    auto found = store->load();
    REQUIRE_MESSAGE(found, to_string(found.error()));
    CHECK(found->problems == std::vector<std::string>{});
    return found->peers;
  }

  /// What is there now and after a restart.
  std::vector<stored_peer> contents() {
    auto before = load();
    reopen();
    CHECK(load() == before);
    return before;
  }

  void put(std::vector<stored_peer> peers) {
    auto bad = store->commit({.put = std::move(peers)});
    CHECK_MESSAGE(bad.code == errc::none, to_string(bad));
  }

  void erase(std::vector<node_id> ids) {
    CHECK(store->commit({.erase = std::move(ids)}).code == errc::none);
  }

  std::unique_ptr<peer_store> store = World::open();
};

using peers = std::vector<stored_peer>;

#define STORES \
  peer_store_conformance_fixture<memory_world>, \
      peer_store_conformance_fixture<sim_world>, \
      peer_store_conformance_fixture<sqlite_world>

} // namespace

TEST_CASE_TEMPLATE("a new store is empty", Fixture, STORES) {
  Fixture world;
  CHECK(world.contents().empty());
}

TEST_CASE_TEMPLATE("everything that is known of a peer comes back", Fixture,
                   STORES) {
  Fixture world;
  world.put({full_peer(1), bare_peer(2)});
  CHECK(world.contents() == peers{full_peer(1), bare_peer(2)});
}

TEST_CASE_TEMPLATE("a ban that was taken is there after a restart, with "
                   "its end and its reason",
                   Fixture, STORES) {
  Fixture world;
  auto banned = bare_peer(1);
  banned.ban = stored_ban{.until = at(2'000'000'000, 1), .reason = "spam"};
  world.put({banned});
  CHECK(world.contents() == peers{banned});
  banned.ban.reset();
  world.put({banned});
  CHECK(world.contents() == peers{bare_peer(1)});
}

TEST_CASE_TEMPLATE("peers come ordered by ID, whatever the order they went in",
                   Fixture, STORES) {
  Fixture world;
  world.put({full_peer(0x80), bare_peer(3), full_peer(0xffffffff)});
  world.put({bare_peer(0x7f), bare_peer(1)});
  CHECK(world.contents()
        == peers{bare_peer(1), bare_peer(3), bare_peer(0x7f), full_peer(0x80),
                 full_peer(0xffffffff)});
}

TEST_CASE_TEMPLATE("a peer replaces all that was stored under its ID", Fixture,
                   STORES) {
  Fixture world;
  world.put({full_peer(1), full_peer(2)});
  world.put({bare_peer(1)});
  CHECK(world.contents() == peers{bare_peer(1), full_peer(2)});
  auto fewer = full_peer(2);
  fewer.addresses.erase(fewer.addresses.begin());
  world.put({full_peer(1), fewer});
  CHECK(world.contents() == peers{full_peer(1), fewer});
}

TEST_CASE_TEMPLATE("erased peers are gone; erasing who is not there is fine",
                   Fixture, STORES) {
  Fixture world;
  world.put({full_peer(1), full_peer(2), full_peer(3)});
  world.erase({numbered_id(1), numbered_id(3), numbered_id(4)});
  CHECK(world.contents() == peers{full_peer(2)});
  auto bad
      = world.store->commit({.put = {bare_peer(1)}, .erase = {numbered_id(2)}});
  CHECK(bad.code == errc::none);
  CHECK(world.contents() == peers{bare_peer(1)});
}

TEST_CASE_TEMPLATE("no changes change nothing", Fixture, STORES) {
  Fixture world;
  world.put({full_peer(1)});
  CHECK(world.store->commit({}).code == errc::none);
  CHECK(world.contents() == peers{full_peer(1)});
}

TEST_CASE_TEMPLATE("changes that only a bug makes are refused as a whole",
                   Fixture, STORES) {
  Fixture world;
  world.put({full_peer(1)});
  auto refused = [&](const store_changes& what, std::string_view named) {
    auto bad = world.store->commit(what);
    CHECK(bad.code == errc::store_failed);
    CHECK_MESSAGE(bad.context.find(named) != std::string::npos, bad.context);
  };
  auto borrowed = bare_peer(5);
  borrowed.addresses.push_back({numbered_address(6)});
  refused({.put = {bare_peer(4), stored_peer{}}}, "no ID");
  refused({.put = {bare_peer(4), bare_peer(4)}}, to_string(numbered_id(4)));
  refused({.put = {bare_peer(4)}, .erase = {numbered_id(4)}}, "twice");
  refused({.put = {bare_peer(4)}, .erase = {numbered_id(1), numbered_id(1)}},
          to_string(numbered_id(1)));
  refused({.put = {bare_peer(4), borrowed}}, to_string(numbered_id(6)));
  CHECK(world.contents() == peers{full_peer(1)});
}

TEST_CASE_TEMPLATE("what is too long or too much is cut to its limit", Fixture,
                   STORES) {
  Fixture world;
  auto big = bare_peer(1);
  for (size_t i = 0; i <= stored_addresses_max; ++i)
    big.addresses.push_back({numbered_address(1, uint16_t(i + 1))});
  // The limit falls within the last character.
  big.ban = stored_ban{.until = wall_time::max(),
                       .reason = std::string(stored_text_size_max - 1, 'x')
                                 + "\xc3\xa9"};
  big.incompatible
      = stored_incompatibility{.since = wall_time::min(),
                               .reason = errc::no_common_channel,
                               .detail = std::string(100'000, '\xa9'),
                               .with = std::string(513, 'w')};
  big.last_connected = wall_time::min();
  auto cut = big;
  cut.addresses.pop_back();
  cut.ban->until = stored_time_max;
  cut.ban->reason.resize(stored_text_size_max - 1);
  cut.incompatible->since = at(0);
  cut.incompatible->detail.resize(stored_text_size_max);
  cut.incompatible->with.resize(stored_text_size_max);
  cut.last_connected = at(0);
  world.put({big});
  CHECK(world.contents() == peers{cut});
}

TEST_CASE_TEMPLATE("an address that no text gives back is left out", Fixture,
                   STORES) {
  Fixture world;
  auto peer = full_peer(1);
  const auto kept = peer;
  auto odd = numbered_address(1);
  odd.hostname = "UPPER";
  peer.addresses.insert(peer.addresses.begin(), {odd});
  odd.hostname = std::string(node_address::max_text_size, 'h');
  peer.addresses.push_back({odd});
  world.put({peer});
  CHECK(world.contents() == peers{kept});
}

TEST_CASE_TEMPLATE("texts may hold any byte", Fixture, STORES) {
  Fixture world;
  auto peer = bare_peer(1);
  peer.ban
      = stored_ban{.until = at(1), .reason = "a\0b\xff'; DROP TABLE peers"s};
  peer.incompatible = stored_incompatibility{.since = at(1), .detail = ""};
  world.put({peer});
  CHECK(world.contents() == peers{peer});
}

TEST_CASE_TEMPLATE("a long run of random changes ends where a map ends",
                   Fixture, STORES) {
  Fixture world;
  std::mt19937_64 random{20'260'101};
  auto below = [&random](uint32_t bound) {
    return static_cast<uint32_t>(random() % bound);
  };
  std::map<node_id, stored_peer> model;
  for (int round = 0; round < 200; ++round) {
    std::map<node_id, stored_peer> put;
    std::vector<node_id> erase;
    for (auto left = below(20); left > 0; --left) {
      auto number = below(64);
      auto peer = below(2) == 0 ? full_peer(number) : bare_peer(number);
      peer.score_milli = static_cast<int64_t>(random());
      put.insert_or_assign(peer.id, peer);
    }
    for (auto left = below(5); left > 0; --left)
      if (auto id = numbered_id(below(64));
          !put.contains(id) && std::ranges::find(erase, id) == erase.end())
        erase.push_back(id);
    store_changes changes{.erase = erase};
    for (const auto& [id, peer] : put) {
      changes.put.push_back(peer);
      model.insert_or_assign(id, peer);
    }
    for (const auto& id : erase)
      model.erase(id);
    REQUIRE(world.store->commit(changes).code == errc::none);
    if (round % 50 == 0)
      world.reopen();
  }
  peers expected;
  for (const auto& [id, peer] : model)
    expected.push_back(peer);
  CHECK(world.contents() == expected);
}
