// SPDX-License-Identifier: Apache-2.0

// The class between persistent and ordinary peers.

#include "troupe/peerstore/rules/peer_manager.hpp"
#include "world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// A node that prefers `p`, whose address it has, and `q`, of whom it only
/// knows the ID.
peer_manager_options preferring(size_t max_connected) {
  auto options = world::upgrading(max_connected, 1);
  options.preferred_peers = {address('p'), {.id = peer('q')}};
  return options;
}

} // namespace

TEST_CASE("preferred peers are dialed before ordinary ones and behind "
          "persistent ones") {
  auto options = preferring(4);
  options.persistent_peers = {address('z')};
  world w{options};
  w.know("a");
  w.give('a', 50);
  CHECK(w.dial_all() == "zpa");
}

TEST_CASE("where a preferred peer is whose ID alone is configured, others "
          "tell") {
  world w{preferring(4)};
  CHECK(w.about('q').kind == peer_class::preferred);
  CHECK(w.about('q').state == peer_state::no_address);
  w.know("aq");
  CHECK(w.dial_all() == "pqa");
}

TEST_CASE("a preferred peer takes the place of an ordinary one, however useful "
          "that is, and makes way for nobody") {
  world w{preferring(1)};
  w.know('a', 90);
  CHECK(w.accepted('a').code == errc::none);
  CHECK(w.accepted('q').code == errc::none);
  CHECK(w.evict_next() == 'a');
  CHECK(w.disconnected('a') == errc::none);
  w.give('q', -90);
  w.now += 1h;
  CHECK(w.accepted('a').code == errc::too_many_peers);
  CHECK(w.evict_next() == 0);
}

TEST_CASE("a preferred peer is not forgotten, nor banned by a rule") {
  auto options = preferring(1);
  options.max_peers = 3;
  world w{options};
  w.give('q', -50);
  w.know('a', 1);
  CHECK_FALSE(*w.core.add(address('b')));
  CHECK(w.peers() == std::vector{peer('a'), peer('p'), peer('q')});
  CHECK(w.report('q', peer_behaviour::false_proof) == errc::none);
  CHECK(w.report('q', peer_behaviour::false_proof) == errc::none);
  CHECK_FALSE(w.is_banned(peer('q')));
}

TEST_CASE("who is both persistent and preferred is persistent") {
  auto options = preferring(4);
  options.persistent_peers = {address('p')};
  world w{options};
  CHECK(w.about('p').kind == peer_class::persistent);
}

TEST_CASE("a preferred peer needs an ID, and an address that can be one") {
  auto options = preferring(4);
  options.preferred_peers = {{.protocol = "mconn", .hostname = "host"}};
  CHECK(validate(options, peer('m')).context
        == "preferred_peers has a null ID");
  options.preferred_peers = {
      {.protocol = "mconn", .id = peer('a'), .hostname = "127.1", .port = 1}};
  CHECK(validate(options, peer('m')).context.starts_with("preferred_peers: "));
}

TEST_CASE("the verdict on a connection says whether its peer is preferred, "
          "whatever else it is") {
  auto options = preferring(4);
  options.persistent_peers = {address('p'), address('z')};
  options.unconditional_peers = {peer('q')};
  world w{options};
  for (auto who : {'p', 'q'})
    CHECK(w.accepted(who).preferred);
  for (auto who : {'z', 'a'})
    CHECK_FALSE(w.accepted(who).preferred);
}
