// SPDX-License-Identifier: Apache-2.0
//
// Dials of which nothing is heard: others are made for their slots.
#include "world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Many peers, and two slots for outgoing connections.
struct silent_dials_fixture {
  static constexpr std::string_view known = "abcdefghijklnopq";

  silent_dials_fixture()
    : core(*peer_manager::make(peer(world::own), options(), random)) {
    for (auto first : known)
      REQUIRE(*core.add(address(first)));
  }

  static peer_manager_options options() {
    auto result = world::plain();
    result.max_outgoing = 2;
    return result;
  }

  /// Makes all dials that may be made. @returns their addresses.
  std::vector<node_address> dial_all() {
    std::vector<node_address> result;
    while (auto next = core.dial_next(now)) {
      CHECK_FALSE(testing::check_grant(testing::view_of(core)));
      result.push_back(*next);
    }
    return result;
  }

  size_t dials() {
    return dial_all().size();
  }

  errc connect(const node_address& where) {
    auto code = core.answered(where, now);
    return code == errc::none ? core.dialed(where, now).code : code;
  }

  seeded_entropy random{1};
  time_point now = time_point{} + 1h;
  peer_manager core;
};

} // namespace

TEST_CASE_FIXTURE(silent_dials_fixture,
                  "after a second of silence, three are dialed for "
                  "each slot, and three more every quarter of a "
                  "second") {
  CHECK(dials() == 2);
  CHECK(core.next_wakeup() == now + 1s);
  now += 999ms;
  CHECK(dials() == 0);
  now += 1ms;
  CHECK(dials() == 6);
  CHECK(core.next_wakeup() == now + 250ms);
  now += 249ms;
  CHECK(dials() == 0);
  now += 1ms;
  CHECK(dials() == 6);
  now += 250ms;
  // That was everybody.
  CHECK(dials() == 2);
}

TEST_CASE_FIXTURE(silent_dials_fixture, "a slot is the first's that answers") {
  const auto silent = dial_all();
  now += 1s;
  const auto hurried = dial_all();
  REQUIRE(hurried.size() == 6);
  CHECK(core.answered(hurried[0], now) == errc::none);
  CHECK(core.answered(hurried[1], now) == errc::none);
  // They shake hands, and nobody is dialed any more.
  now += 500ms;
  CHECK(dials() == 0);
  // One comes too late, and so does one that was silent.
  for (const auto& late : {hurried[2], silent[0]}) {
    CHECK(core.answered(late, now) == errc::too_many_peers);
    CHECK(core.dial_failed(late, now, {errc::too_many_peers, {}})
          == errc::none);
    CHECK(core.describe(late.id, now)->addresses.at(0).failures == 0);
  }
  CHECK(core.dialed(hurried[0], now).code == errc::none);
  CHECK(core.dialed(hurried[1], now).code == errc::none);
  CHECK(dials() == 0);
}

TEST_CASE_FIXTURE(silent_dials_fixture,
                  "who was silent has a slot while there is one") {
  const auto silent = dial_all();
  now += 2s;
  CHECK(connect(silent[0]) == errc::none);
  CHECK(connect(silent[1]) == errc::none);
  CHECK(dials() == 0);
}

TEST_CASE_FIXTURE(silent_dials_fixture,
                  "who answers and then says nothing loses the slot "
                  "after a second as well") {
  const auto first = dial_all();
  CHECK(core.answered(first[0], now) == errc::none);
  CHECK(core.answered(first[1], now + 500ms) == errc::none);
  now += 1s;
  // One of the two slots, in which the other one still shakes hands.
  CHECK(dials() == 3);
  now += 500ms;
  CHECK(core.answered(first[1], now) == errc::none);
}

TEST_CASE_FIXTURE(silent_dials_fixture,
                  "once nobody is silent any more, a slot has one "
                  "dial and a second") {
  const auto first = dial_all();
  now += 1s;
  const auto second = dial_all();
  REQUIRE(second.size() == 6);
  for (const auto& lost : {first[0], first[1], second[0], second[1]})
    CHECK(core.dial_failed(lost, now, {errc::connection_refused, {}})
          == errc::none);
  // More go on than there are slots.
  CHECK(dials() == 0);
  for (const auto& lost : {second[2], second[3], second[4], second[5]})
    CHECK(core.dial_failed(lost, now, {errc::connection_refused, {}})
          == errc::none);
  CHECK(dials() == 2);
  CHECK(core.next_wakeup() == now + 1s);
}

TEST_CASE_FIXTURE(silent_dials_fixture,
                  "who is not being dialed does not answer") {
  CHECK(core.answered(address('a'), now) == errc::unknown_peer);
}
