// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/sim_store.hpp"

#include "../peerstore/rules/world.hpp"
#include "../peerstore/store/stores.hpp"

using namespace troupe;
using namespace troupe::test;
using testing::sim_store;
using testing::sim_store_options;

namespace {

using peers = std::vector<stored_peer>;

struct sim_store_fixture {
  explicit sim_store_fixture(sim_store_options options = {}, uint64_t seed = 1)
    : disk(sim_store::make(std::make_shared<seeded_entropy>(seed), options)) {}

  peers load() {
    return store->load()->peers;
  }

  std::shared_ptr<sim_store> disk;
  std::unique_ptr<peer_store> store = disk->open();
};

} // namespace

TEST_CASE("a commit takes a time within its bounds, which is a function of the "
          "seed") {
  const sim_store_options options{.delay_min = 5ms, .delay_max = 9ms};
  sim_store_fixture one{options};
  sim_store_fixture same{options};
  sim_store_fixture other{options, 2};
  size_t differences = 0;
  for (uint32_t i = 0; i < 1000; ++i) {
    const store_changes changes{.put = {bare_peer(i)}};
    auto delay = one.store->begin(changes);
    CHECK(delay >= 5ms);
    CHECK(delay <= 9ms);
    CHECK(same.store->begin(changes) == delay);
    differences += other.store->begin(changes) == delay ? 0 : 1;
  }
  CHECK(differences > 900);
}

TEST_CASE("what was acknowledged is there after a crash; of what was under "
          "way, all or nothing is") {
  sim_store_fixture world;
  size_t both = 0;
  for (uint32_t i = 0; i < 1000; ++i) {
    world.store->begin({.put = {full_peer(3 * i)}});
    REQUIRE(world.store->commit({.put = {full_peer(3 * i)}}).code
            == errc::none);
    world.store->begin({.put = {bare_peer(3 * i + 1), bare_peer(3 * i + 2)}});
    const auto before = world.load().size();
    world.disk->crash();
    world.store = world.disk->open();
    const auto after = world.load();
    CHECK(world.disk->peers().contains(numbered_id(3 * i)));
    CHECK((after.size() == before || after.size() == before + 2));
    both += after.size() == before ? 0 : 1;
  }
  CHECK(both > 400);
  CHECK(both < 600);
  CHECK(world.disk->acknowledged() == 1000);
  CHECK(world.disk->interrupted() == 1000);
  CHECK(world.disk->survived() == both);
}

TEST_CASE("a crash without a commit under way changes nothing") {
  sim_store_fixture world;
  world.store->begin({.put = {full_peer(1)}});
  CHECK(world.store->commit({.put = {full_peer(1)}}).code == errc::none);
  world.disk->crash();
  world.store = world.disk->open();
  CHECK(world.load() == peers{full_peer(1)});
  CHECK(world.disk->interrupted() == 0);
}

TEST_CASE("a dead node's store does nothing any more") {
  sim_store_fixture world;
  auto old = std::move(world.store);
  SUBCASE("after a crash") {
    world.disk->crash();
  }
  SUBCASE("once the next one is there") {
    world.store = world.disk->open();
  }
  CHECK(old->begin({.put = {full_peer(1)}}) == 0ms);
  CHECK(old->commit({.put = {full_peer(1)}}).code == errc::store_failed);
  CHECK(old->load().code() == errc::store_failed);
  world.disk->crash();
  CHECK(world.disk->peers().empty());
}

TEST_CASE("a disk fails as often as it is told to, and may have worked all the "
          "same") {
  sim_store_fixture world{{.failures_per_mille = 500}};
  size_t failures = 0;
  size_t stored = 0;
  for (uint32_t i = 0; i < 1000; ++i) {
    auto bad = world.store->commit({.put = {bare_peer(i)}});
    const auto there = world.disk->peers().contains(numbered_id(i));
    CHECK((there || bad.code == errc::store_failed));
    failures += bad.code == errc::none ? 0 : 1;
    stored += bad.code != errc::none && there ? 1 : 0;
  }
  CHECK(failures > 400);
  CHECK(failures < 600);
  CHECK(stored > failures / 3);
  CHECK(stored < failures * 2 / 3);
}
