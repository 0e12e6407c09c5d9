// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/peer_manager_options.hpp"

#include "world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

failure check(const peer_manager_options& options) {
  return validate(options, peer(world::own));
}

} // namespace

TEST_CASE("PM-01: the defaults are valid") {
  CHECK(check({}).code == errc::none);
  CHECK(check({.max_connected = {}}).code == errc::none);
}

TEST_CASE("PM-02: a persistent peer needs a valid address") {
  CHECK(check({.persistent_peers = {address('a')}}).code == errc::none);
  auto bad = check({.persistent_peers = {address('a'), {.protocol = "mconn"}}});
  CHECK(bad.code == errc::invalid_option);
  CHECK(bad.context.starts_with("persistent_peers: address \"mconn:\": it has "
                                "no node ID"));
}

TEST_CASE("PM-03: there is a slot for every persistent peer") {
  peer_manager_options options;
  options.persistent_peers = {address('a'), address('b'), address('c')};
  options.max_connected = 3;
  CHECK(check(options).code == errc::none);
  options.max_connected = 2;
  CHECK(check(options).context
        == "persistent_peers has 3 peers, expected at most max_connected (2)");
  // Peers count, not addresses, and we are no peer of ours.
  options.persistent_peers
      = {address('a'), address('a', 2), address('b'), address(world::own)};
  CHECK(check(options).code == errc::none);
}

TEST_CASE("PM-08: a manager is not made of bad options or without an ID") {
  seeded_entropy random{1};
  CHECK(peer_manager::make(peer('m'), {}, random).has_value());
  CHECK(peer_manager::make(peer('m'), {.max_connected = 0}, random).code()
        == errc::invalid_option);
  CHECK(peer_manager::make({}, {}, random).code() == errc::invalid_node_id);
}

TEST_CASE("PM-12G, PM-14G: outgoing connections are connections") {
  CHECK(check({.max_connected = 2, .max_outgoing = 2}).code == errc::none);
  CHECK(check({.max_connected = 2, .max_outgoing = 0}).code == errc::none);
  CHECK(check({.max_connected = {}, .max_outgoing = 2}).code == errc::none);
  CHECK(check({.max_connected = 2, .max_outgoing = 3}).context
        == "max_outgoing is 3, expected at most max_connected (2)");
  CHECK(check({.max_connected = 2, .max_outgoing = SIZE_MAX}).code
        == errc::invalid_option);
}

TEST_CASE("T-06: nothing means no limit, and 0 is not nothing") {
  CHECK(check({.max_connected = 0}).context
        == "max_connected is 0, expected at least 1");
}

TEST_CASE("times make sense") {
  CHECK(check({.retry = {.min_retry_time = 0s}}).code == errc::invalid_option);
  CHECK(check({.disconnect_cooldown = -1s}).context
        == "disconnect_cooldown is -1s, expected at least 0");
  CHECK(check({.stable_after = -1s}).code == errc::invalid_option);
  CHECK(check({.disconnect_cooldown = 0s, .stable_after = 0s}).code
        == errc::none);
  CHECK(check({.dial_deadline = 0s}).context
        == "dial_deadline is 0s, expected more than 0");
}
