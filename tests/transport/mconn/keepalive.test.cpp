// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/keepalive.hpp"

#include <doctest/doctest.h>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

using action = keepalive::action;

struct keepalive_fixture {
  time_point start = time_point{} + 5h;
  keepalive uut{{}, start};

  action at(duration offset) {
    return uut.check(start + offset);
  }
};

} // namespace

TEST_CASE_FIXTURE(keepalive_fixture, "a ping goes out every minute") {
  CHECK(uut.next_wakeup() == start + 60s);
  CHECK(at(60s - 1ns) == action::none);
  CHECK(at(60s) == action::send_ping);
  CHECK(at(60s) == action::none);
  uut.received(start + 61s);
  CHECK(uut.next_wakeup() == start + 120s);
  CHECK(at(119s) == action::none);
  // Also while there is traffic: the remote may wait for a sign of ours.
  uut.received(start + 119s);
  CHECK(at(120s) == action::send_ping);
}

TEST_CASE_FIXTURE(keepalive_fixture,
                  "pings that nobody asked for are not made up for") {
  uut.received(start + 200s);
  CHECK(at(200s) == action::send_ping);
  CHECK(at(200s) == action::none);
  CHECK(uut.next_wakeup() == start + 240s);
}

TEST_CASE_FIXTURE(keepalive_fixture,
                  "a remote that says nothing for 90 s is dead") {
  CHECK(at(60s) == action::send_ping);
  CHECK(uut.next_wakeup() == start + 90s);
  CHECK(at(90s - 1ns) == action::none);
  CHECK(at(90s) == action::peer_silent);
  CHECK(at(91s) == action::peer_silent);
}

TEST_CASE_FIXTURE(keepalive_fixture,
                  "any traffic is a sign of life, not just a pong") {
  for (auto offset = 80s; offset <= 800s; offset += 80s) {
    CHECK(at(offset - 1ns) != action::peer_silent);
    uut.received(start + offset);
  }
  CHECK(at(889s) != action::peer_silent);
  CHECK(at(890s) == action::peer_silent);
}

TEST_CASE_FIXTURE(keepalive_fixture,
                  "silence that we cause is not held against it") {
  CHECK(at(60s) == action::send_ping);
  uut.paused(start + 80s);
  uut.paused(start + 85s);
  CHECK(at(100s) == action::none);
  // The remote is still told that we live.
  CHECK(uut.next_wakeup() == start + 120s);
  CHECK(at(120s) == action::send_ping);
  CHECK(at(1000s) == action::send_ping);
  uut.resumed(start + 1000s);
  uut.resumed(start + 1004s);
  // 80 s of its time had passed.
  CHECK(uut.next_wakeup() == start + 1010s);
  CHECK(at(1010s - 1ns) == action::none);
  CHECK(at(1010s) == action::peer_silent);
}

TEST_CASE_FIXTURE(keepalive_fixture,
                  "what was on its way counts during a pause") {
  uut.paused(start + 80s);
  uut.received(start + 81s);
  uut.resumed(start + 500s);
  CHECK(at(500s) == action::send_ping);
  CHECK(at(589s) == action::send_ping);
  CHECK(at(590s) == action::peer_silent);
}

TEST_CASE_FIXTURE(keepalive_fixture, "asking at every wakeup never spins") {
  auto now = start;
  for (int i = 0; i < 100; ++i) {
    auto next = uut.next_wakeup();
    REQUIRE(next > now);
    now = next;
    if (i % 3 != 0)
      uut.received(now);
    if (uut.check(now) == action::peer_silent)
      break;
  }
}

TEST_CASE_FIXTURE(keepalive_fixture, "pings share a pong until it is sent") {
  CHECK_FALSE(uut.take_pong());
  uut.ping_received();
  uut.ping_received();
  CHECK(uut.pong_pending());
  CHECK(uut.take_pong());
  CHECK_FALSE(uut.pong_pending());
  CHECK_FALSE(uut.take_pong());
  uut.ping_received();
  CHECK(uut.take_pong());
}

TEST_CASE("the timeout must leave room for one late answer") {
  CHECK(validate({}).code == errc::none);
  CHECK(validate({.ping_interval = 10s, .pong_timeout = 15s}).code
        == errc::none);
  auto what = validate({.ping_interval = 10s, .pong_timeout = 14999ms});
  CHECK(what.code == errc::invalid_option);
  CHECK(what.context
        == "pong_timeout: expected at least 1.5 times the ping_interval of "
           "10000ms, got 14999ms");
}

TEST_CASE("times that make no sense are refused by name") {
  CHECK(validate({.ping_interval = 0s}).context
        == "ping_interval: expected between 1ms and 31536000000ms, got 0ms");
  CHECK(validate({.ping_interval = -1s}).code == errc::invalid_option);
  CHECK(validate({.pong_timeout = duration::max()}).context
        == "pong_timeout: expected between 1ms and 31536000000ms, got "
           "9223372036854ms");
}

TEST_CASE_FIXTURE(keepalive_fixture,
                  "the last answer to a ping tells how far the remote "
                  "is") {
  CHECK_FALSE(uut.rtt());
  uut.ping_sent(start + 1s);
  CHECK(uut.awaits_pong());
  CHECK_FALSE(uut.rtt());
  uut.pong_received(start + 1250ms);
  CHECK(uut.rtt() == 250ms);
  CHECK_FALSE(uut.awaits_pong());
  uut.ping_sent(start + 10s);
  CHECK(uut.rtt() == 250ms);
  uut.pong_received(start + 11s);
  CHECK(uut.rtt() == 1s);
}

TEST_CASE_FIXTURE(keepalive_fixture,
                  "a pong that nobody has asked for tells nothing") {
  uut.pong_received(start + 1s);
  CHECK_FALSE(uut.rtt());
  uut.ping_sent(start + 2s);
  uut.pong_received(start + 3s);
  uut.pong_received(start + 9s);
  CHECK(uut.rtt() == 1s);
}

TEST_CASE_FIXTURE(keepalive_fixture,
                  "pings that are answered together count from the "
                  "first") {
  uut.ping_sent(start + 1s);
  uut.ping_sent(start + 2s);
  uut.pong_received(start + 3s);
  CHECK(uut.rtt() == 2s);
}
