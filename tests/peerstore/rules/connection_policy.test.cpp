// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/connection_policy.hpp"

#include <string>
#include <utility>

#include "ledger_world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Two slots, and one more while a better peer takes the place of a worse one.
struct connection_policy_fixture : ledger_world {
  explicit connection_policy_fixture(const peer_manager_options& options
                                     = world::upgrading(2, 1))
    : ledger_world(options),
      uut(peer(world::own), options) {}

  permit accept(char first, std::string protocol = "mconn") {
    return uut.for_accepted(peer(first), {.protocol = std::move(protocol)},
                            state);
  }

  permit dialed(char first, bool upgrade = false,
                const std::string& protocol = "mconn") {
    return uut.for_dialed(peer(first), protocol,
                          dial_attempt{.upgrade = upgrade}, state);
  }

  /// There is a connection to a peer over that protocol, which one of us has
  /// dialed.
  void connect_over(char first, std::string protocol, direction way) {
    live_connection what{.way = way};
    if (way == direction::outbound)
      what.address = address(first);
    what.remote = endpoint{.protocol = std::move(protocol),
                           .ip = ip_address::v4(1, 2, 3, 4),
                           .port = 5};
    connect(first, std::move(what));
  }

  permit dial_permit(char first) {
    return uut.for_dial(peer(first), state);
  }

  connection_policy uut;
};

} // namespace

TEST_CASE_FIXTURE(connection_policy_fixture,
                  "while there is room, everybody may connect") {
  connect('a');
  CHECK(accept('b').code == errc::none);
  CHECK(dialed('b').code == errc::none);
  CHECK(dial_permit('b').code == errc::none);
  CHECK(uut.may_dial(state));
}

TEST_CASE_FIXTURE(connection_policy_fixture,
                  "when all is taken, the worst makes way for whoever "
                  "is better by the margin") {
  connect('a');
  connect('b');
  give('b', 3);
  CHECK(accept('c').code == errc::too_many_peers);
  give('c', 0.9);
  CHECK(accept('c').code == errc::too_many_peers);
  CHECK(dial_permit('c').code == errc::too_many_peers);
  give('c', 1);
  CHECK(accept('c').victim == peer('a'));
  CHECK(dial_permit('c').victim == peer('a'));
  // Who is good enough may come yet.
  CHECK(uut.may_dial(state));
}

TEST_CASE_FIXTURE(connection_policy_fixture,
                  "among equals, the youngest makes way") {
  connect('a');
  pass(1s);
  connect('b');
  give('c', 5);
  CHECK(accept('c').victim == peer('b'));
}

TEST_CASE_FIXTURE(connection_policy_fixture,
                  "only a dial that was made for it displaces somebody") {
  connect('a');
  connect('b');
  give('c', 5);
  CHECK(dialed('c').code == errc::too_many_peers);
  CHECK(dialed('c', true).victim.has_value());
  CHECK(uut.for_dialed(peer('c'), "mconn", std::nullopt, state).code
        == errc::too_many_peers);
}

TEST_CASE_FIXTURE(connection_policy_fixture,
                  "whoever was to make way for a dial makes way for its "
                  "peer") {
  connect('a');
  connect('b');
  give('b', -5);
  give('c', 5);
  dial('c');
  state.dials.reserve(peer('a'), peer('c'));
  CHECK(accept('c').victim == peer('a'));
  give('d', 5);
  CHECK(accept('d').victim == peer('b'));
  // And for nobody else.
  state.dials.reserve(peer('b'), peer('e'));
  CHECK(accept('d').code == errc::too_many_peers);
}

TEST_CASE_FIXTURE(connection_policy_fixture,
                  "with all slots for upgrades taken, nobody may") {
  connect('a');
  connect('b');
  connect('c');
  give('d', 5);
  CHECK(accept('d').code == errc::too_many_peers);
  CHECK(dial_permit('d').code == errc::too_many_peers);
  CHECK_FALSE(uut.may_dial(state));
}

TEST_CASE("configured peers do not make way, and unconditional ones need no "
          "room") {
  auto options = world::upgrading(2, 1);
  options.persistent_peers = {address('a'), address('b')};
  options.unconditional_peers = {peer('u')};
  connection_policy_fixture x{options};
  x.connect('a');
  x.connect('b');
  x.give('c', 1000);
  CHECK(x.accept('c').code == errc::too_many_peers);
  CHECK(x.accept('u').code == errc::none);
  CHECK_FALSE(x.accept('u').victim);
}

TEST_CASE_FIXTURE(connection_policy_fixture,
                  "an operator's wish is worth any ordinary peer") {
  connect('a');
  connect('b');
  give('a', 900);
  give('b', 900);
  record('c').urgent = true;
  CHECK(dial_permit('c').victim.has_value());
}

TEST_CASE_FIXTURE(connection_policy_fixture,
                  "of two connections to one peer, the one stays that "
                  "the smaller ID dialed") {
  // We are `m`.
  connect('z', {.way = direction::inbound});
  CHECK(dialed('z').code == errc::none);
  connect('a', {.way = direction::inbound});
  CHECK(dialed('a').code == errc::already_connected);
}

TEST_CASE_FIXTURE(connection_policy_fixture,
                  "of two connections to one peer, the one over QUIC stays, "
                  "whoever dialed it, and whichever was first") {
  // We are `m`: by its ID, the connection that `z` dialed would have to go, and
  // the one that we dialed to `a`.
  connect_over('z', "mconn", direction::outbound);
  CHECK(accept('z', "quic").code == errc::none);
  connect_over('a', "mconn", direction::inbound);
  CHECK(dialed('a', false, "quic").code == errc::none);
  state.end_connection(peer('a'));
  state.end_connection(peer('z'));
  connect_over('z', "quic", direction::inbound);
  CHECK(dialed('z', false, "mconn").code == errc::already_connected);
  connect_over('a', "quic", direction::outbound);
  CHECK(accept('a', "mconn").code == errc::already_connected);
  CHECK(accept('a', "tcp").code == errc::already_connected);
}

TEST_CASE_FIXTURE(connection_policy_fixture,
                  "of two connections over QUIC, the one stays that the "
                  "smaller ID dialed") {
  connect_over('z', "quic", direction::inbound);
  CHECK(dialed('z', false, "quic").code == errc::none);
  connect_over('a', "quic", direction::inbound);
  CHECK(dialed('a', false, "quic").code == errc::already_connected);
}

TEST_CASE_FIXTURE(connection_policy_fixture,
                  "a peer that comes in again over QUIC replaces what it had, "
                  "and over TCP only what went silent") {
  connect_over('a', "mconn", direction::inbound);
  CHECK(accept('a', "quic").code == errc::none);
  state.end_connection(peer('a'));
  connect_over('a', "quic", direction::inbound);
  CHECK(accept('a', "quic").code == errc::already_connected);
  CHECK(accept('a', "mconn").code == errc::already_connected);
  state.connections.update(peer('a'),
                           [this](auto& x) { x.probed_at = state.now; });
  pass(10s);
  CHECK(accept('a', "mconn").code == errc::none);
}

TEST_CASE_FIXTURE(connection_policy_fixture,
                  "a visitor gets no slot by coming again over QUIC") {
  connect('b');
  connect('c');
  connect('d');
  connect('a', {.counted = false,
                .visit_ends = state.now + 5s,
                .remote = endpoint{.protocol = "mconn"}});
  CHECK(accept('a', "quic").code == errc::already_connected);
}

TEST_CASE_FIXTURE(connection_policy_fixture,
                  "of two inbound connections, the first one stays, "
                  "unless it is silent") {
  connect('a');
  CHECK(accept('a').code == errc::already_connected);
  state.connections.update(peer('a'),
                           [this](auto& x) { x.probed_at = state.now; });
  pass(9999ms);
  CHECK(accept('a').code == errc::already_connected);
  pass(1ms);
  CHECK(accept('a').code == errc::none);
}

TEST_CASE_FIXTURE(connection_policy_fixture,
                  "when limits fall, the worst have to go until the "
                  "rest fits") {
  connect('a');
  connect('b');
  give('a', 1);
  CHECK_FALSE(uut.surplus(state));
  uut.set_limits({.max_connected = 1});
  CHECK(uut.surplus(state) == peer('b'));
  state.connections.condemn(peer('b'), errc::too_many_peers);
  CHECK_FALSE(uut.surplus(state));
}
