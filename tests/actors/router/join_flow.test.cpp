// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/router/join_flow.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <string>

#include <doctest/doctest.h>

#include "troupe/tests/messages/numbered_id.hpp"

using namespace troupe;
using namespace std::chrono_literals;
using troupe::test::numbered_id;

namespace {

node_address address(uint8_t number) {
  return {.protocol = "mconn",
          .id = numbered_id(number),
          .hostname = "10.0.0." + std::to_string(number),
          .port = 26656};
}

endpoint where(uint8_t number) {
  return {.protocol = "mconn",
          .ip = ip_address::v4(10, 0, 0, number),
          .port = 40'000};
}

bool is_step(const join_next& next, join_step step) {
  const auto* x = std::get_if<join_step>(&next);
  return x != nullptr && *x == step;
}

join_end end_of(const join_next& next) {
  REQUIRE(std::holds_alternative<join_end>(next));
  return std::get<join_end>(next);
}

join_options options_of(bool filters) {
  return {.dials_max = 2,
          .handshakes = {.max = 2, .grace = 2s},
          .filters = filters,
          .dial_time = 60s,
          .accept_time = 20s};
}

struct join_flow_fixture {
  explicit join_flow_fixture(bool filters = true) : uut(options_of(filters)) {
    uut.introduce({{.id = 1}}, "profile");
    uut.start();
  }

  join_id dial(uint8_t number = 1) {
    REQUIRE(uut.ask_to_dial());
    auto what = uut.dial(address(number), now);
    REQUIRE(is_step(what.next, join_step::dial));
    return what.id;
  }

  join_start arrive(uint8_t number = 1) {
    return uut.arrived(where(number),
                       origin{.ip = ip_address::v4(10, 0, 0, number)}, now);
  }

  join_next greet(join_id which, uint8_t number = 1) {
    return uut.greeted(which, numbered_id(number), where(number));
  }

  /// A dial whose handshake begins.
  join_id dial_to_handshake() {
    auto which = dial();
    REQUIRE(is_step(uut.connected(which), join_step::greet));
    return which;
  }

  /// A dial whose ID is being checked.
  join_id dial_to_check() {
    auto which = dial_to_handshake();
    REQUIRE(is_step(greet(which), join_step::check_id));
    return which;
  }

  /// A dial about which the peer manager is asked.
  join_id dial_to_question() {
    auto which = dial_to_check();
    REQUIRE(is_step(uut.passed(which), join_step::ask));
    return which;
  }

  join_id accept_to_handshake(uint8_t number = 1) {
    auto what = arrive(number);
    REQUIRE(is_step(what.next, join_step::check_endpoint));
    REQUIRE(is_step(uut.passed(what.id), join_step::greet));
    return what.id;
  }

  join_id accept_to_check(uint8_t number = 1) {
    auto which = accept_to_handshake(number);
    REQUIRE(is_step(greet(which, number), join_step::check_id));
    return which;
  }

  join_id accept_to_question(uint8_t number = 1) {
    auto which = accept_to_check(number);
    REQUIRE(is_step(uut.passed(which), join_step::ask));
    return which;
  }

  /// Whether nothing of an attempt is left.
  void check_gone(join_id which) {
    CHECK(uut.find(which) == nullptr);
    CHECK_FALSE(uut.next_wakeup());
    CHECK(is_step(uut.passed(which), join_step::wait));
    CHECK(is_step(greet(which), join_step::wait));
    CHECK(is_step(uut.admitted(which), join_step::wait));
    CHECK(is_step(uut.failed(which, errc::timeout), join_step::wait));
  }

  time_point now = time_point{1h};
  join_flow uut;
};

struct unfiltered : join_flow_fixture {
  unfiltered() : join_flow_fixture(false) {}
};

} // namespace

// -- dials --------------------------------------------------------------------

TEST_CASE_FIXTURE(join_flow_fixture,
                  "a dial goes through handshake, filter and "
                  "admission") {
  auto which = dial(1);
  CHECK(uut.find(which)->dialed == address(1));
  CHECK(is_step(uut.connected(which), join_step::greet));
  CHECK(uut.find(which)->channels.size() == 1);
  CHECK(is_step(greet(which), join_step::check_id));
  CHECK(uut.find(which)->peer == numbered_id(1));
  CHECK(is_step(uut.passed(which), join_step::ask));
  auto next = uut.admitted(which);
  REQUIRE(std::holds_alternative<join_done>(next));
  const auto& who = std::get<join_done>(next).who;
  CHECK(who.peer == numbered_id(1));
  CHECK(who.remote == where(1));
  CHECK(who.way() == direction::outbound);
  check_gone(which);
}

TEST_CASE_FIXTURE(unfiltered, "without filters nobody is asked about anyone") {
  auto which = dial();
  uut.connected(which);
  CHECK(is_step(greet(which), join_step::ask));
  auto what = arrive();
  CHECK(is_step(what.next, join_step::greet));
  CHECK(is_step(greet(what.id), join_step::ask));
}

TEST_CASE_FIXTURE(join_flow_fixture,
                  "one dial at a time is asked for, and no more than "
                  "may be") {
  REQUIRE(uut.ask_to_dial());
  CHECK_FALSE(uut.ask_to_dial());
  auto first = uut.dial(address(1), now).id;
  REQUIRE(uut.ask_to_dial());
  uut.dial(address(2), now);
  CHECK_FALSE(uut.ask_to_dial());
  uut.failed(first, errc::connection_refused);
  CHECK(uut.ask_to_dial());
}

TEST_CASE_FIXTURE(join_flow_fixture,
                  "a dial that fails is owed to the peer manager, "
                  "unless it said so itself") {
  struct row {
    join_id which;
    bool owed;
    bool close;
  };
  auto check = [&](const row& expected) {
    auto end = end_of(uut.failed(expected.which, errc::filtered));
    CHECK(end.owed == expected.owed);
    CHECK(end.close == expected.close);
    CHECK(end.tell);
    CHECK(end.why.code == errc::none);
    CHECK(end.who.dialed == address(1));
    check_gone(expected.which);
  };
  check({dial(), true, false});
  check({dial_to_handshake(), true, false});
  check({dial_to_check(), true, true});
  check({dial_to_question(), false, true});
}

// -- accepting ----------------------------------------------------------------

TEST_CASE_FIXTURE(join_flow_fixture,
                  "who is accepted passes a filter before and after "
                  "the handshake") {
  auto which = accept_to_question(3);
  auto next = uut.admitted(which);
  REQUIRE(std::holds_alternative<join_done>(next));
  CHECK(std::get<join_done>(next).who.way() == direction::inbound);
  CHECK(std::get<join_done>(next).who.peer == numbered_id(3));
  check_gone(which);
}

TEST_CASE_FIXTURE(join_flow_fixture,
                  "who fails is told of, and owes nobody an outcome") {
  auto check = [&](join_id which, bool close) {
    auto end = end_of(uut.failed(which, errc::filtered));
    CHECK(end.close == close);
    CHECK(end.tell);
    CHECK_FALSE(end.owed);
    check_gone(which);
  };
  check(arrive().id, true);
  check(accept_to_handshake(), false);
  check(accept_to_check(), true);
  check(accept_to_question(), true);
}

TEST_CASE_FIXTURE(join_flow_fixture,
                  "who finds no slot is turned away at once") {
  uut.heard(accept_to_handshake(1));
  uut.heard(accept_to_handshake(2));
  auto third = arrive(3);
  CHECK_FALSE(third.displaced);
  auto end = end_of(third.next);
  CHECK(end.why.code == errc::rate_limited);
  CHECK(end.close);
  CHECK(end.tell);
  CHECK(end.who.remote == where(3));
  CHECK(uut.find(third.id) == nullptr);
}

TEST_CASE_FIXTURE(join_flow_fixture,
                  "who has had its time makes way, and its handshake "
                  "ends as if it had never been") {
  auto first = accept_to_handshake(1);
  uut.heard(first);
  uut.heard(accept_to_handshake(2));
  now += 3s;
  auto third = arrive(3);
  CHECK(is_step(third.next, join_step::check_endpoint));
  REQUIRE(third.displaced);
  CHECK(third.displaced->id == first);
  CHECK(third.displaced->why.code == errc::rate_limited);
  CHECK(third.displaced->close);
  CHECK(third.displaced->tell);
  // What ended it is not what the remote did.
  CHECK(is_step(uut.failed(first, errc::rate_limited, numbered_id(1)),
                join_step::wait));
  CHECK(uut.find(first) == nullptr);
}

TEST_CASE_FIXTURE(join_flow_fixture, "who spoke is not the first to make way") {
  auto first = accept_to_handshake(1);
  auto second = accept_to_handshake(2);
  uut.heard(first);
  auto third = arrive(3);
  REQUIRE(third.displaced);
  CHECK(third.displaced->id == second);
}

TEST_CASE_FIXTURE(join_flow_fixture,
                  "who makes way while the peer manager thinks is "
                  "given back to it, and told of once") {
  auto first = accept_to_question(1);
  uut.heard(first);
  uut.heard(accept_to_question(2));
  now += 3s;
  auto third = arrive(3);
  REQUIRE(third.displaced);
  REQUIRE(third.displaced->id == first);
  SUBCASE("when it admits it") {
    // Its connection, which ends for that, is not the first to end it.
    uut.ended(first);
    auto end = end_of(uut.admitted(first));
    CHECK(end.why.code == errc::evicted);
    CHECK_FALSE(end.tell);
    CHECK_FALSE(end.owed);
  }
  SUBCASE("when it does not") {
    auto end = end_of(uut.failed(first, errc::too_many_peers));
    CHECK_FALSE(end.tell);
  }
  CHECK(uut.find(first) == nullptr);
}

TEST_CASE_FIXTURE(join_flow_fixture,
                  "a connection that ends before it is admitted does "
                  "not become a peer's") {
  for (auto which : {dial_to_question(), accept_to_question()}) {
    uut.ended(which);
    auto end = end_of(uut.admitted(which));
    CHECK(end.why.code == errc::connection_closed);
    CHECK_FALSE(end.owed);
    CHECK_FALSE(end.tell);
    check_gone(which);
  }
}

// -- what a handshake says about the remote -----------------------------------

TEST_CASE_FIXTURE(join_flow_fixture, "only who has proven its ID is blamed") {
  auto unknown
      = end_of(uut.failed(accept_to_handshake(), errc::malformed_packet));
  CHECK_FALSE(unknown.blame);
  auto known = end_of(uut.failed(accept_to_handshake(), errc::malformed_packet,
                                 numbered_id(1)));
  CHECK(known.blame == peer_behaviour::bad_message);
  CHECK(known.who.peer == numbered_id(1));
  auto innocent = end_of(
      uut.failed(accept_to_handshake(), errc::timeout, numbered_id(1)));
  CHECK_FALSE(innocent.blame);
  // What a filter says is about us.
  auto filtered = end_of(uut.failed(accept_to_check(), errc::rate_limited));
  CHECK_FALSE(filtered.blame);
}

TEST_CASE_FIXTURE(join_flow_fixture,
                  "who does not fit is remembered, if it has proven "
                  "who it is") {
  auto end = end_of(
      uut.failed(accept_to_handshake(), errc::wrong_network, numbered_id(1)));
  CHECK(end.misfit);
  CHECK(end.why.code == errc::none);
  CHECK_FALSE(
      end_of(uut.failed(accept_to_handshake(), errc::wrong_network)).misfit);
  // Whom we dialed, the outcome of the dial says it about.
  auto dialed = end_of(
      uut.failed(dial_to_handshake(), errc::wrong_network, numbered_id(1)));
  CHECK_FALSE(dialed.misfit);
  CHECK(dialed.owed);
  CHECK(dialed.why.code == errc::none);
}

TEST_CASE_FIXTURE(join_flow_fixture,
                  "who did not fit with what we were is no misfit") {
  auto out = dial_to_handshake();
  auto in = accept_to_handshake();
  uut.introduce({{.id = 1}, {.id = 2}}, "other profile");
  for (auto which : {out, in}) {
    CHECK(uut.find(which)->channels.size() == 1);
    auto end
        = end_of(uut.failed(which, errc::no_common_channel, numbered_id(1)));
    CHECK(end.why.code == errc::connection_closed);
    CHECK_FALSE(end.misfit);
  }
  auto next = accept_to_handshake();
  CHECK(uut.find(next)->channels.size() == 2);
  CHECK(
      end_of(uut.failed(next, errc::no_common_channel, numbered_id(1))).misfit);
}

// -- deadlines ----------------------------------------------------------------

TEST_CASE_FIXTURE(join_flow_fixture,
                  "what nobody answers comes to nothing after a "
                  "while") {
  auto out = dial();
  auto in = accept_to_check();
  CHECK(uut.next_wakeup() == now + 20s);
  CHECK(uut.expire(now + 19s).empty());
  auto gone = uut.expire(now + 20s);
  REQUIRE(gone.size() == 1);
  CHECK(gone[0].id == in);
  CHECK(gone[0].why.code == errc::timeout);
  CHECK(gone[0].close);
  CHECK_FALSE(gone[0].owed);
  CHECK(uut.next_wakeup() == now + 60s);
  gone = uut.expire(now + 60s);
  REQUIRE(gone.size() == 1);
  CHECK(gone[0].id == out);
  CHECK(gone[0].owed);
  CHECK(gone[0].tell);
  check_gone(out);
  // A connection that comes after that has nowhere to go.
  auto late = end_of(uut.connected(out));
  CHECK(late.close);
  CHECK_FALSE(late.owed);
  CHECK_FALSE(late.tell);
}

TEST_CASE_FIXTURE(join_flow_fixture,
                  "the peer manager takes as long as it likes") {
  auto which = dial_to_question();
  CHECK_FALSE(uut.next_wakeup());
  CHECK(uut.expire(now + 24h).empty());
  CHECK(std::holds_alternative<join_done>(uut.admitted(which)));
}

// -- shutting down ------------------------------------------------------------

TEST_CASE_FIXTURE(join_flow_fixture,
                  "who stops begins nothing, and lets nobody in") {
  REQUIRE(uut.ask_to_dial());
  uut.stop();
  auto dialed = end_of(uut.dial(address(1), now).next);
  CHECK(dialed.why.code == errc::shutting_down);
  CHECK(dialed.owed);
  CHECK_FALSE(dialed.tell);
  CHECK_FALSE(uut.ask_to_dial());
  auto accepted = end_of(arrive().next);
  CHECK(accepted.why.code == errc::shutting_down);
  CHECK(accepted.close);
  CHECK_FALSE(accepted.tell);
  CHECK_FALSE(uut.next_wakeup());
}

TEST_CASE_FIXTURE(join_flow_fixture,
                  "whatever is under way when we stop comes to its "
                  "end") {
  SUBCASE("a connection that is there") {
    auto which = dial();
    uut.stop();
    auto end = end_of(uut.connected(which));
    CHECK(end.why.code == errc::shutting_down);
    CHECK(end.owed);
    CHECK(end.close);
    check_gone(which);
  }
  SUBCASE("an admission") {
    auto which = accept_to_question();
    uut.stop();
    auto end = end_of(uut.admitted(which));
    CHECK(end.why.code == errc::shutting_down);
    CHECK(end.close);
    check_gone(which);
  }
  SUBCASE("any step, as it fails") {
    const std::function<join_id()> starts[] = {
        [this] { return dial(); },
        [this] { return dial_to_handshake(); },
        [this] { return dial_to_check(); },
        [this] { return arrive().id; },
        [this] { return accept_to_handshake(); },
        [this] { return accept_to_check(); },
    };
    for (const auto& start : starts) {
      uut.start();
      auto which = start();
      const auto dialed = uut.find(which)->dialed.has_value();
      uut.stop();
      auto end = end_of(uut.failed(which, errc::shutting_down));
      CHECK(end.owed == dialed);
      check_gone(which);
    }
  }
}

// -- anything -----------------------------------------------------------------

namespace {

/// A router that does what the flow says, with remotes, filters and a peer
/// manager that answer whenever and whatever they like, and books of all of it.
struct random_router {
  random_router(uint64_t seed, bool filters)
    : uut(options_of(filters)),
      dice(seed) {
    uut.introduce({}, "0");
    uut.start();
  }

  uint64_t roll(uint64_t n) {
    return dice() % n;
  }

  void note(join_id which, const join_next& next) {
    if (const auto* step = std::get_if<join_step>(&next)) {
      if (*step != join_step::wait)
        under_way[which] = *step;
      if (*step == join_step::ask && uut.find(which)->dialed)
        ++outcomes[which]; // The peer manager hears `dialed`.
    } else if (std::holds_alternative<join_done>(next)) {
      ++peers;
      finished(which);
    } else {
      note(std::get<join_end>(next));
    }
  }

  void note(const join_end& end) {
    if (end.owed)
      ++outcomes[end.id];
    if (end.tell)
      REQUIRE(++told[end.id] == 1);
    if (uut.find(end.id) == nullptr)
      finished(end.id);
  }

  void finished(join_id which) {
    REQUIRE(uut.find(which) == nullptr);
    under_way.erase(which);
  }

  /// Something answers, and what was asked for goes on or does not.
  void answer(join_id which, join_step step) {
    const auto well = roll(3) > 0;
    if (!well) {
      const errc codes[]
          = {errc::timeout, errc::wrong_network, errc::malformed_packet};
      note(which, uut.failed(which, codes[roll(3)],
                             roll(2) == 0 ? numbered_id(1) : node_id{}));
      return;
    }
    switch (step) {
      case join_step::wait:
        break;
      case join_step::dial:
        note(which, uut.connected(which));
        break;
      case join_step::check_endpoint:
      case join_step::check_id:
        note(which, uut.passed(which));
        break;
      case join_step::greet:
        if (roll(2) == 0)
          uut.heard(which);
        note(which, uut.greeted(which, numbered_id(1), where(1)));
        break;
      case join_step::ask: {
        ++admissions;
        auto next = uut.admitted(which);
        REQUIRE_FALSE(std::holds_alternative<join_step>(next));
        if (std::holds_alternative<join_end>(next))
          ++returned; // The peer manager hears `disconnected`.
        note(which, next);
      }
    }
  }

  void step() {
    now += std::chrono::milliseconds{roll(1000)};
    switch (roll(8)) {
      case 0:
        if (uut.ask_to_dial()) {
          auto what = uut.dial(address(static_cast<uint8_t>(1 + roll(9))), now);
          dials.push_back(what.id);
          note(what.id, what.next);
        }
        break;
      case 1: {
        const auto from = static_cast<uint8_t>(1 + roll(9));
        auto what = uut.arrived(
            where(from), origin{.ip = ip_address::v4(10, 0, 0, from)}, now);
        if (what.displaced)
          note(*what.displaced);
        note(what.id, what.next);
        break;
      }
      case 2:
        uut.introduce({}, std::to_string(roll(3)));
        break;
      case 3:
        for (const auto& end : uut.expire(now))
          note(end);
        break;
      case 4:
        if (auto i = any(); i != under_way.end())
          uut.ended(i->first);
        break;
      default:
        if (auto i = any(); i != under_way.end())
          answer(i->first, i->second);
    }
    check();
  }

  std::map<join_id, join_step>::iterator any() {
    if (under_way.empty())
      return under_way.end();
    return std::next(under_way.begin(),
                     static_cast<ptrdiff_t>(roll(under_way.size())));
  }

  void check() {
    size_t out = 0;
    size_t in = 0;
    for (const auto& [which, step] : under_way) {
      REQUIRE(uut.find(which) != nullptr);
      (uut.find(which)->dialed ? out : in) += step != join_step::ask ? 1 : 0;
    }
    REQUIRE(out <= 2);
    REQUIRE(in <= 2);
    REQUIRE((!uut.next_wakeup() || out + in > 0));
  }

  join_flow uut;
  std::mt19937_64 dice;
  time_point now = time_point{1h};
  std::map<join_id, join_step> under_way;
  std::vector<join_id> dials;
  std::map<join_id, size_t> outcomes;
  std::map<join_id, size_t> told;
  size_t peers = 0;
  size_t admissions = 0;
  size_t returned = 0;
};

} // namespace

TEST_CASE("whatever happens, each dial has one outcome, each admission one "
          "connection or one return, and nothing is left") {
  size_t peers = 0;
  size_t returned = 0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    random_router router{seed, seed % 2 == 0};
    for (auto i = 0; i < 1000; ++i)
      router.step();
    router.uut.stop();
    for (auto i = 0; i < 20; ++i)
      router.step();
    while (!router.under_way.empty()) {
      auto i = router.any();
      router.answer(i->first, i->second);
    }
    REQUIRE(router.dials.size() > 20);
    for (auto which : router.dials)
      REQUIRE(router.outcomes[which] == 1);
    CHECK(router.outcomes.size() == router.dials.size());
    CHECK(router.admissions == router.peers + router.returned);
    CHECK_FALSE(router.uut.next_wakeup());
    CHECK_FALSE(router.uut.ask_to_dial());
    // There is room for as many as in the beginning.
    router.uut.start();
    for (auto i = 0; i < 2; ++i) {
      if (i > 0 || router.uut.ask_to_dial())
        CHECK(is_step(router.uut.dial(address(1), router.now).next,
                      join_step::dial));
      auto what = router.uut.arrived(where(1), std::nullopt, router.now);
      CHECK_FALSE(what.displaced);
      CHECK_FALSE(std::holds_alternative<join_end>(what.next));
    }
    peers += router.peers;
    returned += router.returned;
  }
  CHECK(peers > 500);
  CHECK(returned > 20);
}
