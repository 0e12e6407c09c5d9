// SPDX-License-Identifier: Apache-2.0

// Two nodes that dial each other at the same time must end up with the same one
// of the two connections, whatever the network does to the order of events.

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "troupe/peerstore/rules/peer_manager.hpp"
#include "world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// How far one node is with one connection.
enum class stage : uint8_t { handshake, admitted, ready, gone };

// -- two of ours --------------------------------------------------------------

/// Both nodes and both connections; a value, so that the search can branch.
struct network {
  struct end {
    stage at = stage::handshake;
    connection_ref ref = {};
  };

  struct wire {
    bool open = true;
    /// The ends at node 0 and node 1.
    end ends[2];
  };

  /// @param protocols of the connections that node 0 and node 1 dial.
  network(peer_manager first, peer_manager second,
          std::array<std::string, 2> protocols = {"mconn", "mconn"})
    : over(std::move(protocols)),
      nodes{std::move(first), std::move(second)} {
    for (size_t node : {0, 1})
      REQUIRE(nodes[node].dial_next(now).has_value());
  }

  // -- events -----------------------------------------------------------------

  /// The handshake is done at `node`. Connection `dialer` was dialed by that
  /// node. The remote may have hung up right after, which we learn later.
  void authenticate(size_t node, size_t dialer) {
    auto id = ids[1 - node];
    const endpoint remote{
        .protocol = over[dialer], .ip = ip_address::v4(1, 2, 3, 4), .port = 5};
    auto verdict
        = node == dialer
              ? nodes[node].dialed(address(letters[1 - node]), now, remote)
              : nodes[node].accepted(id, {}, now, remote);
    if (verdict.code != errc::none) {
      REQUIRE(verdict.code == errc::already_connected);
      return hang_up(node, dialer);
    }
    if (verdict.replaces) {
      auto& loser = wires[1 - dialer].ends[node];
      REQUIRE(loser.ref.generation == *verdict.replaces);
      hang_up(node, 1 - dialer);
      // The report comes late and has to be harmless.
      REQUIRE(nodes[node].disconnected(loser.ref, errc::connection_closed, now)
              == errc::not_connected);
    }
    wires[dialer].ends[node] = {stage::admitted, {id, verdict.generation}};
  }

  void make_ready(size_t node, size_t dialer) {
    auto& end = wires[dialer].ends[node];
    REQUIRE(nodes[node].ready(end.ref, {}) == errc::none);
    end.at = stage::ready;
  }

  /// `node` finds that the other end is closed.
  void notice(size_t node, size_t dialer) {
    auto& end = wires[dialer].ends[node];
    if (end.at == stage::handshake) {
      if (node == dialer)
        REQUIRE(nodes[node].dial_failed(address(letters[1 - node]), now)
                == errc::none);
    } else {
      REQUIRE(nodes[node].disconnected(end.ref, errc::connection_closed, now)
              == errc::none);
    }
    end.at = stage::gone;
  }

  void hang_up(size_t node, size_t dialer) {
    wires[dialer].open = false;
    wires[dialer].ends[node].at = stage::gone;
  }

  static constexpr char letters[2] = {'a', 'z'};
  const node_id ids[2] = {peer('a'), peer('z')};
  time_point now{1h};
  std::array<std::string, 2> over;
  peer_manager nodes[2];
  /// The connection that node 0 dialed, and the one that node 1 dialed.
  wire wires[2];
};

/// Tries all orders of events from `from` on, and hands the ends of all of
/// them to `judge`.
template <class F>
void explore(const network& from, F& judge) {
  auto branch = [&](auto event) {
    auto next = from;
    event(next);
    explore(next, judge);
  };
  auto stuck = true;
  for (size_t node : {0, 1}) {
    for (size_t dialer : {0, 1}) {
      const auto& wire = from.wires[dialer];
      auto at = wire.ends[node].at;
      auto pending = at == stage::handshake;
      if (pending)
        branch([&](network& x) { x.authenticate(node, dialer); });
      if (at == stage::admitted)
        branch([&](network& x) { x.make_ready(node, dialer); });
      if (!wire.open && at != stage::gone)
        branch([&](network& x) { x.notice(node, dialer); });
      if (pending || at == stage::admitted || (!wire.open && at != stage::gone))
        stuck = false;
    }
  }
  if (stuck)
    judge(from);
}

peer_manager make(char own, char other, entropy& random) {
  auto options = world::limited(1);
  options.persistent_peers = {address(other)};
  return *peer_manager::make(peer(own), options, random);
}

} // namespace

namespace {

/// Whatever the order of events, both nodes end up with the connection that
/// node `winner` dialed.
void check_survivor(const std::array<std::string, 2>& protocols,
                    size_t winner) {
  CAPTURE(protocols[0]);
  CAPTURE(protocols[1]);
  seeded_entropy random{1};
  network start{make('a', 'z', random), make('z', 'a', random), protocols};
  size_t ends = 0;
  auto judge = [&ends, winner](const network& x) {
    ++ends;
    REQUIRE(x.wires[winner].open);
    REQUIRE_FALSE(x.wires[1 - winner].open);
    for (size_t node : {0, 1}) {
      auto core = x.nodes[node];
      const auto& connections = core.state().connections;
      REQUIRE(connections.all().size() == 1);
      REQUIRE(core.state().dials.all().empty());
      REQUIRE(connections.taken().present(direction::outbound)
              == (node == winner ? 1 : 0));
      const auto* kept = connections.find(x.wires[winner].ends[node].ref);
      REQUIRE(kept != nullptr);
      REQUIRE(kept->info.has_value());
      auto last = peer_status::down;
      for (const auto& update : core.take_updates()) {
        REQUIRE(update.status != last);
        last = update.status;
      }
      REQUIRE(last == peer_status::up);
    }
  };
  explore(start, judge);
  // The search really branched.
  CHECK(ends > 1000);
}

} // namespace

TEST_CASE("of two simultaneous dials exactly the smaller node's "
          "survives") {
  check_survivor({"mconn", "mconn"}, 0);
  check_survivor({"quic", "quic"}, 0);
}

TEST_CASE("of two simultaneous dials over two protocols exactly the one over "
          "QUIC survives") {
  check_survivor({"quic", "mconn"}, 0);
  check_survivor({"mconn", "quic"}, 1);
}

// -- one of ours and one of CometBFT ------------------------------------------

namespace {

/// CometBFT's switch as far as it matters here: it keeps the connection that
/// it saw first, whoever dialed, and closes the other one after its handshake.
/// It knows nothing of our rule.
struct foreign_network {
  /// `theirs` and `ours` are the stages of the two ends.
  struct wire {
    bool open = true;
    bool ours_done = false;
    bool theirs_done = false;
    connection_ref ref = {};
    bool ours_gone = false;
  };

  explicit foreign_network(peer_manager manager, char other)
    : node(std::move(manager)),
      letter(other) {}

  bool dial() {
    return node.dial_next(now).has_value();
  }

  /// The handshake is done at our end; connection 0 was dialed by us.
  void we_authenticate(size_t dialer) {
    auto& mine = wires[dialer];
    mine.ours_done = true;
    auto verdict = dialer == 0 ? node.dialed(address(letter), now)
                               : node.accepted(peer(letter), {}, now);
    if (verdict.code != errc::none) {
      mine.open = false;
      mine.ours_gone = true;
      return;
    }
    mine.ref = {peer(letter), verdict.generation};
    if (!verdict.replaces)
      return;
    auto& loser = wires[1 - dialer];
    REQUIRE(loser.ref.generation == *verdict.replaces);
    loser.open = false;
    loser.ours_gone = true;
  }

  void they_authenticate(size_t dialer) {
    wires[dialer].theirs_done = true;
    if (!kept && wires[dialer].open)
      kept = dialer;
    else if (kept != dialer)
      wires[dialer].open = false;
  }

  void we_notice(size_t dialer) {
    auto& mine = wires[dialer];
    mine.ours_gone = true;
    if (mine.ours_done)
      REQUIRE(node.disconnected(mine.ref, errc::connection_closed, now)
              == errc::none);
    else if (dialer == 0)
      REQUIRE(node.dial_failed(address(letter), now) == errc::none);
    mine.ours_done = true;
  }

  void they_notice() {
    kept.reset();
  }

  peer_manager node;
  char letter;
  time_point now{1h};
  std::array<wire, 2> wires;
  std::optional<size_t> kept;
};

template <class F>
void explore(const foreign_network& from, F& judge) {
  auto stuck = true;
  auto branch = [&](auto event) {
    stuck = false;
    auto next = from;
    event(next);
    explore(next, judge);
  };
  for (size_t dialer : {0, 1}) {
    const auto& wire = from.wires[dialer];
    if (!wire.ours_done)
      branch([&](auto& x) { x.we_authenticate(dialer); });
    if (!wire.theirs_done)
      branch([&](auto& x) { x.they_authenticate(dialer); });
    if (!wire.open && !wire.ours_gone)
      branch([&](auto& x) { x.we_notice(dialer); });
    if (!wire.open && from.kept == dialer)
      branch([&](auto& x) { x.they_notice(); });
  }
  if (stuck)
    judge(from);
}

} // namespace

TEST_CASE("against a node that does not know the rule there is one "
          "reconnect at most, and never a loop") {
  for (auto other : {'a', 'z'}) {
    CAPTURE(other);
    seeded_entropy random{1};
    peer_manager_options options;
    options.max_connected = 1;
    options.retry.retry_time_jitter = 0s;
    options.persistent_peers = {address(other)};
    foreign_network start{*peer_manager::make(peer('m'), options, random),
                          other};
    REQUIRE(start.dial());
    size_t connected = 0;
    size_t lost = 0;
    auto judge = [&](const foreign_network& end) {
      auto alive = std::count_if(end.wires.begin(), end.wires.end(),
                                 [](const auto& x) { return x.open; });
      REQUIRE(alive <= 1);
      REQUIRE(end.node.state().connections.all().size()
              == static_cast<size_t>(alive));
      REQUIRE(end.kept.has_value() == (alive == 1));
      if (alive == 1) {
        ++connected;
        return;
      }
      ++lost;
      // We come back before they do: CometBFT waits for 5 s at least. Then
      // there is one dial, and nothing to decide.
      auto again = end;
      auto when = again.node.next_wakeup();
      REQUIRE(when.has_value());
      REQUIRE(*when - again.now < 5s);
      again.now = *when;
      again.wires = {};
      again.wires[1] = {false, true, true, {}, true};
      REQUIRE(again.dial());
      auto settled = [](const foreign_network& x) {
        REQUIRE(x.wires[0].open);
        REQUIRE(x.node.state().connections.all().size() == 1);
        REQUIRE(x.kept == size_t{0});
      };
      explore(again, settled);
    };
    explore(start, judge);
    // Both ends of the story exist, or the search did not branch.
    CHECK(connected > 10);
    CHECK(lost > 0);
  }
}
