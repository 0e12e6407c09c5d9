// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/router/routing_table.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include <doctest/doctest.h>

#include "troupe/messages/node_info.hpp"
#include "troupe/tests/messages/numbered_id.hpp"

using namespace troupe;
using namespace std::chrono_literals;
using troupe::test::numbered_id;

namespace {

channel_descriptor channel(channel_id number) {
  return {.id = number};
}

using refs = std::vector<connection_ref>;

struct routing_table_fixture {
  /// Opens a channel that can be.
  std::vector<introduction> open(channel_id number) {
    auto result = uut.add_channel(channel(number), now);
    REQUIRE(result);
    return *result;
  }

  /// A peer with these channels connects, with a handshake of no time.
  routing_table::links join(const connection_ref& which,
                            const std::vector<channel_id>& theirs) {
    return uut.connect(which, uut.open_channels(), theirs);
  }

  /// The connections that are to be renewed by then.
  refs renewals(time_point until) {
    refs result;
    for (now = start; now <= until; now += 100ms)
      while (auto which = uut.renew_next(now)) {
        result.push_back(*which);
        // It comes back at once, with what is open then.
        uut.disconnect(*which);
        join({which->peer, which->generation + 1}, {1, 2, 3});
      }
    return result;
  }

  static constexpr auto start = time_point{1h};

  time_point now = start;
  connection_ref one{numbered_id(1), 1};
  connection_ref two{numbered_id(2), 1};
  routing_table uut;
};

} // namespace

// -- channels -----------------------------------------------------------------

TEST_CASE_FIXTURE(routing_table_fixture, "a channel number is given once") {
  open(1);
  auto again = uut.add_channel(channel(1), now);
  CHECK(again.code() == errc::duplicate_channel);
  CHECK(uut.open_channels().size() == 1);
  uut.remove_channel(1);
  CHECK(uut.open_channels().empty());
  open(1);
}

TEST_CASE_FIXTURE(routing_table_fixture,
                  "a channel that makes no sense is not opened") {
  auto bad = channel(1);
  bad.priority = 0;
  CHECK(uut.add_channel(bad, now).code() == errc::invalid_channel);
  CHECK(uut.open_channels().empty());
}

TEST_CASE_FIXTURE(routing_table_fixture,
                  "there are no more channels than a node can tell") {
  for (size_t i = 0; i < max_node_info_channels; ++i)
    open(static_cast<channel_id>(i));
  auto more = uut.add_channel(channel(200), now);
  CHECK(more.code() == errc::invalid_channel);
  uut.remove_channel(0);
  open(200);
}

TEST_CASE_FIXTURE(routing_table_fixture,
                  "a new channel hears of all peers, and reaches none "
                  "of them") {
  open(1);
  join(one, {1});
  join(two, {1, 2});
  auto known = open(2);
  std::map<node_id, introduction> by_peer;
  for (const auto& x : known)
    by_peer.emplace(x.which.peer, x);
  CHECK(by_peer.size() == 2);
  CHECK(by_peer.at(one.peer) == introduction{2, one, false});
  CHECK(by_peer.at(two.peer) == introduction{2, two, false});
}

TEST_CASE_FIXTURE(routing_table_fixture,
                  "who had counted on a channel goes with it, and "
                  "nobody else") {
  open(1);
  open(2);
  join(one, {1});
  join(two, {2});
  CHECK(uut.remove_channel(1) == refs{one});
  // Those who came after it was opened did not have it in their handshake.
  open(3);
  CHECK(uut.remove_channel(3).empty());
}

// -- connections --------------------------------------------------------------

TEST_CASE_FIXTURE(routing_table_fixture,
                  "a peer reaches the channels that both sides have") {
  open(1);
  open(2);
  auto links = join(one, {2, 3});
  CHECK(links.shared == channel_set{}.set(2));
  CHECK(links.introductions
        == std::vector<introduction>{{1, one, false}, {2, one, true}});
}

TEST_CASE_FIXTURE(routing_table_fixture,
                  "a channel that was opened during the handshake "
                  "gets no way, one that was closed hears nothing") {
  open(1);
  open(2);
  const auto ours = uut.open_channels();
  uut.remove_channel(1);
  open(3);
  auto links = uut.connect(one, ours, {1, 2, 3});
  CHECK(links.introductions
        == std::vector<introduction>{{2, one, true}, {3, one, false}});
  CHECK(renewals(start + 5s) == refs{one});
}

TEST_CASE_FIXTURE(routing_table_fixture,
                  "a late end leaves a newer connection alone") {
  join(one, {});
  CHECK(uut.disconnect(one));
  const connection_ref newer{one.peer, 2};
  join(newer, {});
  CHECK_FALSE(uut.disconnect(one));
  CHECK_FALSE(uut.is_connected(one));
  CHECK(uut.is_connected(newer));
  CHECK(uut.size() == 1);
  CHECK(uut.disconnect(newer));
  CHECK_FALSE(uut.disconnect(newer));
  CHECK(uut.size() == 0);
}

TEST_CASE_FIXTURE(routing_table_fixture,
                  "only the first error of a connection counts") {
  join(one, {});
  CHECK(uut.condemn(one));
  CHECK_FALSE(uut.condemn(one));
  CHECK_FALSE(uut.condemn({one.peer, 2}));
  CHECK_FALSE(uut.condemn(two));
  uut.disconnect(one);
  CHECK_FALSE(uut.condemn(one));
  join({one.peer, 2}, {});
  CHECK(uut.condemn({one.peer, 2}));
}

TEST_CASE_FIXTURE(routing_table_fixture,
                  "what nobody has heard of changes nothing") {
  CHECK_FALSE(uut.disconnect(one));
  CHECK_FALSE(uut.condemn(one));
  CHECK(uut.remove_channel(7).empty());
  CHECK_FALSE(uut.renew_next(now));
  CHECK_FALSE(uut.next_wakeup());
}

// -- renewals -----------------------------------------------------------------

TEST_CASE_FIXTURE(routing_table_fixture,
                  "connections are made anew for a channel that came "
                  "late, one after the other") {
  open(1);
  join(one, {1, 2, 3});
  join(two, {1, 2, 3});
  const connection_ref other{numbered_id(3), 1};
  join(other, {1});
  open(2);
  CHECK_FALSE(uut.renew_next(now));
  REQUIRE(uut.next_wakeup());
  CHECK(*uut.next_wakeup() == now + renewals::calm);
  auto gone = renewals(start + 5s);
  CHECK(std::set{gone[0].peer, gone[1].peer} == std::set{one.peer, two.peer});
  CHECK(gone.size() == 2);
  CHECK(uut.is_connected(other));
  CHECK_FALSE(uut.next_wakeup());
}

TEST_CASE_FIXTURE(routing_table_fixture,
                  "a connection that ends by itself is not made "
                  "anew") {
  open(1);
  join(one, {1, 2});
  open(2);
  uut.disconnect(one);
  CHECK_FALSE(uut.next_wakeup());
  CHECK_FALSE(uut.renew_next(now + 1h));
}

// -- anything -----------------------------------------------------------------

TEST_CASE("whatever happens, introductions are what both sides have, and each "
          "connection ends once") {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 dice{seed};
    auto roll = [&](uint64_t n) { return dice() % n; };
    routing_table uut;
    auto now = time_point{1h};
    std::set<channel_id> open;
    struct peer {
      uint64_t generation = 0;
      bool here = false;
      std::set<channel_id> shared = {};
      bool outdated = false;
      bool condemned = false;
    };
    std::map<uint8_t, peer> peers;
    for (auto i = 0; i < 2000; ++i) {
      const auto number = static_cast<uint8_t>(1 + roll(5));
      const auto which = static_cast<channel_id>(roll(6));
      auto& x = peers[number];
      const connection_ref ref{numbered_id(number), x.generation};
      switch (roll(6)) {
        case 0: {
          auto known = uut.add_channel(channel(which), now);
          REQUIRE(known.has_value() == open.insert(which).second);
          if (!known)
            break;
          REQUIRE(known->size() == uut.size());
          for (const auto& to : *known)
            REQUIRE_FALSE(to.reachable);
          break;
        }
        case 1: {
          open.erase(which);
          refs expected;
          for (const auto& ref : uut.remove_channel(which))
            expected.push_back(ref);
          for (const auto& [n, p] : peers) {
            const auto counted = p.here && p.shared.count(which) > 0;
            const connection_ref its{numbered_id(n), p.generation};
            REQUIRE((std::count(expected.begin(), expected.end(), its) == 1)
                    == counted);
          }
          break;
        }
        case 2: {
          if (x.here)
            break;
          std::vector<channel_id> theirs;
          for (channel_id c = 0; c < 6; ++c)
            if (roll(2) == 0)
              theirs.push_back(c);
          x = {.generation = x.generation + 1, .here = true};
          for (auto c : theirs)
            if (open.count(c) > 0)
              x.shared.insert(c);
          auto links = uut.connect({numbered_id(number), x.generation},
                                   uut.open_channels(), theirs);
          REQUIRE(links.shared.count() == x.shared.size());
          REQUIRE(links.introductions.size() == open.size());
          for (const auto& to : links.introductions)
            REQUIRE(to.reachable == (x.shared.count(to.channel) > 0));
          break;
        }
        case 3:
          REQUIRE(uut.disconnect(ref) == x.here);
          x.here = false;
          break;
        case 4:
          REQUIRE(uut.condemn(ref) == (x.here && !x.condemned));
          x.condemned = true;
          break;
        default:
          now += 1s;
          if (auto due = uut.renew_next(now))
            REQUIRE(uut.is_connected(*due));
      }
      size_t here = 0;
      for (const auto& [n, p] : peers)
        here += p.here ? 1 : 0;
      REQUIRE(uut.size() == here);
    }
    for (auto& [number, x] : peers)
      REQUIRE(uut.disconnect({numbered_id(number), x.generation}) == x.here);
    CHECK(uut.size() == 0);
    CHECK_FALSE(uut.next_wakeup());
  }
}
