// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/peer_manager_options.hpp"

#include "world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

failure check(const peer_manager_options& options) {
  return validate(options, peer(world::own));
}

} // namespace

TEST_CASE("the defaults are valid") {
  CHECK(check({}).code == errc::none);
  CHECK(check({.max_connected = {}}).code == errc::none);
}

TEST_CASE("a persistent peer needs a valid address") {
  CHECK(check({.persistent_peers = {address('a')}}).code == errc::none);
  auto bad = check({.persistent_peers = {address('a'), {.protocol = "mconn"}}});
  CHECK(bad.code == errc::invalid_option);
  CHECK(bad.context.starts_with("persistent_peers: address \"mconn:\": it has "
                                "no node ID"));
}

TEST_CASE("there is a slot for every persistent peer") {
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

TEST_CASE("known peers are bounded whether connections are or not") {
  // Upstream wants a limit of connections then. It needs none: whoever is
  // connected is not forgotten.
  CHECK(check({.max_connected = {}, .max_peers = 3}).code == errc::none);
  CHECK(check({.max_peers = 0}).context
        == "max_peers is 0, expected at least 1");
}

TEST_CASE("there is room for all who are connected") {
  CHECK(check({.max_connected = 2, .max_connected_upgrade = 1, .max_peers = 2})
            .context
        == "max_peers is 2, expected at least max_connected (2) + "
           "max_connected_upgrade (1) + max_visitors (0)");
  CHECK(check({.max_connected = 2,
               .max_connected_upgrade = 0,
               .max_visitors = 2,
               .max_peers = 3})
            .context
        == "max_peers is 3, expected at least max_connected (2) + "
           "max_connected_upgrade (0) + max_visitors (2)");
  CHECK(check({.max_connected = 2, .max_connected_upgrade = 1, .max_peers = 3})
            .code
        == errc::none);
}

TEST_CASE("no wait is shorter than the shortest") {
  CHECK(check({.retry = {.min_retry_time = 7s, .max_retry_time = 5s}}).code
        == errc::invalid_option);
  CHECK(check({.retry = {.min_retry_time = 5s, .max_retry_time = 5s}}).code
        == errc::none);
  CHECK(check({.retry = {.min_retry_time = 0s, .max_retry_time = 5s}}).code
        == errc::invalid_option);
  CHECK(
      check({.retry = {.min_retry_time = 7s, .max_retry_time_persistent = 5s}})
          .code
      == errc::invalid_option);
  CHECK(
      check({.retry = {.min_retry_time = 5s, .max_retry_time_persistent = 5s}})
          .code
      == errc::none);
}

TEST_CASE("a manager is not made of bad options or without an ID") {
  seeded_entropy random{1};
  CHECK(peer_manager::make(peer('m'), {}, random).has_value());
  CHECK(peer_manager::make(peer('m'), {.max_connected = 0}, random).code()
        == errc::invalid_option);
  CHECK(peer_manager::make({}, {}, random).code() == errc::invalid_node_id);
}

TEST_CASE("outgoing connections are connections") {
  CHECK(check({.max_connected = 2, .max_outgoing = 2}).code == errc::none);
  CHECK(check({.max_connected = 2, .max_outgoing = 0}).code == errc::none);
  CHECK(check({.max_connected = {}, .max_outgoing = 2}).code == errc::none);
  CHECK(check({.max_connected = 2, .max_outgoing = 3}).context
        == "max_outgoing is 3, expected at most max_connected (2)");
  CHECK(check({.max_connected = 2, .max_outgoing = SIZE_MAX}).code
        == errc::invalid_option);
  CHECK(check({.max_connected = 2, .max_incoming = 3}).context
        == "max_incoming is 3, expected at most max_connected (2)");
}

TEST_CASE("no sum of limits wraps") {
  CHECK(check({.max_connected = 1, .max_connected_upgrade = SIZE_MAX}).code
        == errc::invalid_option);
  CHECK(check({.max_connected = SIZE_MAX, .max_connected_upgrade = 1}).code
        == errc::invalid_option);
}

TEST_CASE("an unconditional peer needs no slot") {
  peer_manager_options options;
  options.persistent_peers = {address('a'), address('b')};
  options.unconditional_peers = {peer('b')};
  options.max_connected = 1;
  CHECK(check(options).code == errc::none);
  options.unconditional_peers = {node_id{}};
  CHECK(check(options).context == "unconditional_peers has a null ID");
}

TEST_CASE("nothing means no limit, and 0 is not nothing") {
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
  CHECK(check({.probe_time = 0s}).context
        == "probe_time is 0s, expected more than 0");
  CHECK(check({.upgrade_margin = 0}).context
        == "upgrade_margin is 0, expected more than 0, at most 1000");
  CHECK(check({.bans = {.min_ban_time = 2h, .max_ban_time = 1h}}).context
        == "max_ban_time: expected at least min_ban_time");
  CHECK(check({.bans = {.max_banned = 0}}).code == errc::invalid_option);
  CHECK(check({.score = {.half_life = 0s}}).code == errc::invalid_option);
  CHECK(check({.dial_deadline = 0s}).context
        == "dial_deadline is 0s, expected more than 0");
}
