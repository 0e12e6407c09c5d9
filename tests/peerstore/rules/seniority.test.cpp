// SPDX-License-Identifier: Apache-2.0

// Who served us first: how it is found out, how long it holds, and what it
// decides.

#include "troupe/peerstore/rules/seniority.hpp"

#include <map>

#include "stored_state.hpp"
#include "told_world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

duration seniority(const told_world& w, const node_id& id) {
  const auto* known = w.core.state().peers.find(id);
  return known != nullptr ? seniority_of(*known, w.now) : duration::zero();
}

/// Time passes, and nobody is dialed.
void pass(told_world& w, duration time) {
  w.now += time;
  static_cast<void>(w.core.probe_next(w.now));
}

/// Someone who dialed us, and where he is.
void come_and_tell(told_world& w, char first, const char* ip) {
  w.come(first, ip);
  w.tell(first, {at(first, ip)});
}

} // namespace

TEST_CASE("who was here for ten minutes has served since he came") {
  told_world w;
  come_and_tell(w, 'a', "8.8.8.8");
  pass(w, 9min);
  CHECK(seniority(w, peer('a')) == 0s);
  pass(w, 1min);
  CHECK(seniority(w, peer('a')) == 10min);
  SUBCASE("and nothing makes that longer or shorter") {
    CHECK(w.disconnected('a') == errc::none);
    pass(w, 1h);
    come_and_tell(w, 'a', "8.8.8.8");
    pass(w, 1h);
    CHECK(seniority(w, peer('a')) == 2h + 10min);
  }
  SUBCASE("not any more after a week without him") {
    CHECK(w.disconnected('a') == errc::none);
    pass(w, service_memory);
    CHECK(seniority(w, peer('a')) > service_memory);
    pass(w, 1ms);
    CHECK(seniority(w, peer('a')) == 0s);
    come_and_tell(w, 'a', "8.8.8.8");
    CHECK(seniority(w, peer('a')) == 0s);
    pass(w, 10min);
    CHECK(seniority(w, peer('a')) == 10min);
  }
  SUBCASE("but while he is here") {
    pass(w, 2 * service_memory);
    CHECK(seniority(w, peer('a')) > 2 * service_memory);
  }
  SUBCASE("and a store keeps that") {
    stored_state disk;
    disk.take(w, noon);
    told_world next{told_world::roomy(), 2};
    CHECK(next.core.load(disk.all(), next.now, noon + 1h).empty());
    CHECK(seniority(next, peer('a')) == 70min);
  }
}

TEST_CASE("who comes and goes serves nobody") {
  told_world w;
  for (int i = 0; i < 20; ++i) {
    come_and_tell(w, 'a', "8.8.8.8");
    pass(w, 9min);
    CHECK(w.disconnected('a') == errc::none);
    pass(w, 1min);
  }
  CHECK(seniority(w, peer('a')) == 0s);
}

TEST_CASE("most of those that we dial have served us longest") {
  std::map<bool, int> counts;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    told_world w{told_world::roomy(), seed};
    std::vector<stored_peer> all;
    for (uint32_t i = 0; i < 40; ++i)
      all.push_back({.id = numbered_at(i).id,
                     .addresses
                     = {{.address = numbered_at(i), .last_success = noon - 1h}},
                     .served_since = i < 20 ? std::optional{noon - 10h}
                                            : std::optional{noon - 1h},
                     .last_connected = noon - 1h,
                     .tried = true});
    CHECK(w.core.load(all, w.now, noon).empty());
    auto next = w.core.dial_next(w.now);
    REQUIRE(next);
    ++counts[seniority(w, next->id) > 9h];
  }
  // Three quarters, and half of the rest.
  CHECK(counts[true] > 160);
  // But others have their part.
  CHECK(counts[false] > 10);
}

TEST_CASE("when all inbound slots are taken, one that served us before the "
          "others gets in, whatever the networks") {
  auto options = told_world::roomy();
  options.max_connected = 4;
  options.max_incoming = 4;
  options.max_outgoing = 0;
  options.max_connected_upgrade = 1;
  told_world w{options};
  come_and_tell(w, 'a', "8.8.8.8");
  pass(w, 3h);
  CHECK(w.disconnected('a') == errc::none);
  // Its point has faded.
  pass(w, 5h);
  for (auto first : {'b', 'c', 'd', 'e'})
    come_and_tell(w, first, fmt::format("9.{}.1.1", int{first}).c_str());
  auto enter = [&w](char first, const char* ip) {
    return w.core
        .accepted(peer(first), std::nullopt, w.now,
                  endpoint{.protocol = "mconn",
                           .ip = ip_address::parse(ip),
                           .port = 1})
        .code;
  };
  CHECK(enter('f', "10.1.1.1") == errc::too_many_peers);
  CHECK(enter('a', "8.8.8.8") == errc::none);
  CHECK(w.evict_next() != 0);
  CHECK_FALSE(check_invariants(w.view()).has_value());
}
