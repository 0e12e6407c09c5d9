// SPDX-License-Identifier: Apache-2.0
#include "troupe/peerstore/rules/backoff.hpp"

#include <algorithm>

#include "world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

constexpr time_point start{1h};

struct backoff_fixture {
  explicit backoff_fixture(duration jitter = 0s)
    : uut({.retry_time_jitter = jitter}, 2s, random) {
    peer.addresses.push_back({.address = address('a')});
    peer.addresses.push_back({.address = address('a', 2)});
  }

  /// @returns how long the address waits.
  duration fail(errc why) {
    uut.failed(peer, known(), why, start);
    return std::max(known().retry_at, start) - start;
  }

  address_record& known() {
    return peer.addresses.front();
  }

  seeded_entropy random{1};
  peer_record peer;
  backoff uut;
};

} // namespace

TEST_CASE_FIXTURE(backoff_fixture,
                  "an address that fails waits longer each time, and "
                  "no other does") {
  CHECK(fail(errc::timeout) == 250ms);
  CHECK(fail(errc::connection_refused) == 500ms);
  CHECK(known().failures == 2);
  CHECK(known().last_failure == start);
  CHECK(peer.addresses.back().failures == 0);
  backoff::answered(known());
  CHECK(fail(errc::timeout) == 250ms);
}

TEST_CASE("waits have jitter") {
  backoff_fixture x{5s};
  auto wait = x.fail(errc::timeout);
  CHECK(wait > 250ms);
  CHECK(wait < 5250ms);
}

TEST_CASE_FIXTURE(backoff_fixture,
                  "what we do ourselves is no failure of the address") {
  fail(errc::shutting_down);
  CHECK(known().failures == 0);
  CHECK(known().retry_at == time_point::min());
  CHECK(peer.held_until == start + 2s);
}

TEST_CASE_FIXTURE(backoff_fixture,
                  "an address that leads to ourselves waits longest, "
                  "and it is no failure") {
  CHECK(fail(errc::self_connection) == 5min);
  CHECK(known().failures == 0);
}

TEST_CASE_FIXTURE(backoff_fixture,
                  "a peer that does not fit waits longest if we have "
                  "to insist") {
  uut.misfit(peer, start);
  CHECK(peer.dialable_at == time_point::min());
  peer.kind = peer_class::persistent;
  uut.misfit(peer, start);
  CHECK(peer.dialable_at == start + 5min);
}

TEST_CASE_FIXTURE(backoff_fixture, "short connections make the wait longer") {
  uut.ended(peer, false, start);
  CHECK(peer.dialable_at == start + 2s);
  peer.short_connections = 4;
  uut.ended(peer, false, start);
  CHECK(peer.dialable_at == start + 16s);
  SUBCASE("what comes later does not make it shorter") {
    peer.short_connections = 1;
    uut.ended(peer, false, start + 1s);
    CHECK(peer.dialable_at == start + 16s);
  }
  SUBCASE("what we end ourselves neither") {
    uut.ended(peer, true, start + 1s);
    CHECK(peer.dialable_at == start + 16s);
    CHECK(peer.held_until == start + 3s);
  }
}

TEST_CASE_FIXTURE(backoff_fixture, "an operator's wish ends all waits") {
  fail(errc::timeout);
  uut.ended(peer, true, start);
  uut.ended(peer, false, start);
  backoff::waive(peer);
  CHECK(known().retry_at == time_point::min());
  CHECK(peer.held_until == time_point::min());
  CHECK(peer.dialable_at == time_point::min());
  // It failed nevertheless.
  CHECK(known().failures == 1);
}
