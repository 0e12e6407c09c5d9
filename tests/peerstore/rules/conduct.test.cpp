// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/conduct.hpp"

#include "world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

constexpr time_point start{1h};

struct conduct_fixture {
  sentence judge(peer_behaviour what, time_point now = start) {
    return uut.judge(peer, what, now);
  }

  peer_record peer;
  conduct uut{score_options{}, ban_options{}, 10s};
};

} // namespace

TEST_CASE_FIXTURE(conduct_fixture,
                  "small sins cost points, until there are too many") {
  CHECK(judge(peer_behaviour::spam) == sentence::none);
  CHECK(peer.behaviour.at(start, 1h) == -20);
  for (int i = 0; i < 3; ++i)
    CHECK(judge(peer_behaviour::spam) == sentence::none);
  CHECK(judge(peer_behaviour::spam) == sentence::ban);
}

TEST_CASE_FIXTURE(conduct_fixture,
                  "a fatal act ends the connection, and a second one "
                  "in time is a ban") {
  CHECK(judge(peer_behaviour::protocol_violation) == sentence::evict);
  peer.behaviour = {};
  SUBCASE("in time") {
    CHECK(judge(peer_behaviour::protocol_violation, start + 24h)
          == sentence::ban);
  }
  SUBCASE("late") {
    CHECK(judge(peer_behaviour::protocol_violation, start + 25h)
          == sentence::evict);
  }
}

TEST_CASE_FIXTURE(conduct_fixture,
                  "whoever is in the configuration is not banned") {
  peer.persistent = true;
  CHECK(judge(peer_behaviour::false_proof) == sentence::evict);
  CHECK(judge(peer_behaviour::false_proof) == sentence::evict);
}

TEST_CASE_FIXTURE(conduct_fixture, "merits have no consequences but points") {
  peer.behaviour = {-500, start};
  CHECK(judge(peer_behaviour::useful_block) == sentence::none);
  CHECK(peer.behaviour.at(start, 1h) == -495);
}

TEST_CASE_FIXTURE(conduct_fixture,
                  "bans get longer, up to a limit, and anew after a "
                  "time without any") {
  auto now = start;
  auto ban = [&] {
    auto result = uut.next_ban(peer, peer_behaviour::spam, now);
    CHECK(result.reason == "misbehaved: spam");
    CHECK_FALSE(result.by_operator);
    return result.until - now;
  };
  CHECK(ban() == 1h);
  CHECK(ban() == 2h);
  for (int i = 0; i < 10; ++i)
    ban();
  CHECK(ban() == 24h * 7);
  now += 24h * 14;
  CHECK(ban() == 24h * 7);
  now += 24h * 14 + 1s;
  CHECK(ban() == 1h);
}

TEST_CASE_FIXTURE(conduct_fixture, "a pardon forgets what led to a ban") {
  judge(peer_behaviour::false_proof);
  uut.next_ban(peer, peer_behaviour::false_proof, start);
  conduct::pardon(peer);
  CHECK(judge(peer_behaviour::protocol_violation) == sentence::evict);
  CHECK(uut.next_ban(peer, peer_behaviour::spam, start).until == start + 1h);
}

TEST_CASE_FIXTURE(conduct_fixture,
                  "short connections count, until one was long") {
  uut.note_end(peer, 9s, false, start);
  uut.note_end(peer, 0s, false, start + 1s);
  CHECK(peer.short_connections == 2);
  CHECK(peer.last_disconnected == start + 1s);
  SUBCASE("what we ended ourselves is not held against it") {
    uut.note_end(peer, 0s, true, start + 2s);
    CHECK(peer.short_connections == 2);
    // What it did is as old as before.
    CHECK(peer.last_disconnected == start + 1s);
  }
  SUBCASE("a long one is a merit, whoever ended it") {
    uut.note_end(peer, 10s, true, start + 2s);
    CHECK(peer.short_connections == 0);
    CHECK(peer.behaviour.at(start + 2s, 1h) == 1);
  }
}

TEST_CASE_FIXTURE(conduct_fixture,
                  "whoever comes and goes again and again gains no "
                  "more by it than one that did once") {
  auto now = start;
  for (int i = 0; i < 100; ++i) {
    // Sent away or not.
    uut.note_end(peer, 10s, i % 2 == 0, now);
    CHECK(peer.behaviour.at(now, 1h) == doctest::Approx(1));
    now += 11s;
  }
  // What it did besides stays, good or bad.
  peer.behaviour = {5, now};
  uut.note_end(peer, 10s, false, now);
  CHECK(peer.behaviour.at(now, 1h) == 5);
  peer.behaviour = {-5, now};
  uut.note_end(peer, 10s, false, now);
  CHECK(peer.behaviour.at(now, 1h) == -4);
}

TEST_CASE_FIXTURE(conduct_fixture, "a fatal act ends seniority") {
  peer.served_since = start;
  judge(peer_behaviour::spam);
  CHECK(peer.served_since.has_value());
  judge(peer_behaviour::protocol_violation);
  CHECK_FALSE(peer.served_since.has_value());
}
