// SPDX-License-Identifier: Apache-2.0

// Connections that are dead, which only one end knows.
#include "talk.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Node 1 dials node 0, which does not know where node 1 is.
struct silent_world : talking_network {
  explicit silent_world(fidelity how, duration probe_time = 10s,
                        duration longest_wait = 5min)
    : talking_network(21, how) {
    add_nodes(2, [=](size_t, node_options& options) {
      options.probe_time = probe_time;
      options.retry.max_retry_time_persistent = longest_wait;
    });
    options(1).persistent_peers.push_back(address(0));
    start();
    REQUIRE(run_until([this] { return sees(0, 1) && sees(1, 0); }, 1min));
    advance(1min);
    first = peers(0).generation(id(1));
  }

  /// Node 1 starts anew, and nothing tells node 0 that its connection is gone.
  void restart_unnoticed() {
    apply(black_hole(0, 1));
    crash(1);
    start(1);
  }

  /// How long it takes until node 0 has another connection to node 1.
  duration time_to_replace() {
    const auto begin = now();
    REQUIRE(run_until(
        [this] {
          const auto current = peers(0).generation(id(1));
          return current != 0 && current != first;
        },
        5min));
    return now() - begin;
  }

  void check_both_ways() {
    advance(1s);
    say(0, 1);
    say(1, 0);
    advance(1s);
    CHECK(heard(1, 0) == 1);
    CHECK(heard(0, 1) == 1);
  }

  uint64_t first = 0;
};

} // namespace

TEST_CASE("a peer that restarts gets in after probe_time, not when "
          "keepalive gives up") {
  for (auto how : {fidelity::messages, fidelity::mconn}) {
    CAPTURE(how == fidelity::mconn);
    silent_world net{how};
    net.restart_unnoticed();
    const auto time = net.time_to_replace();
    CHECK(time >= 10s);
    CHECK(time < 20s);
    CHECK(
        count_events(net, 0, node_event::kind::refused, errc::already_connected)
        > 0);
    CHECK(net.peers(0).downs() == 1);
    net.check_both_ways();
    net.finish();
  }
}

TEST_CASE("without a question, it would have to wait for keepalive") {
  silent_world net{fidelity::mconn, 1h};
  net.restart_unnoticed();
  CHECK(net.time_to_replace() > 20s);
  net.check_both_ways();
  net.finish();
}

TEST_CASE("a machine that restarts says itself that it has forgotten") {
  for (auto how : {fidelity::messages, fidelity::mconn}) {
    silent_world net{how};
    // Nobody is in the way, so the question is answered with a reset.
    net.crash(1);
    net.start(1);
    CHECK(net.time_to_replace() < 10s);
    net.check_both_ways();
    net.finish();
  }
}

TEST_CASE("a reactor that does not read delays the question, but not for "
          "longer than its channel may hold the connection") {
  silent_world net{fidelity::mconn, 10s, 2s};
  // All windows are full, and nobody reads.
  net.board->stuck[{0, first_channel}] = true;
  for (int i = 0; i < 100; ++i)
    net.say(1, 0, 1, 100'000);
  net.advance(5s);
  net.restart_unnoticed();
  CHECK(net.time_to_replace() < 40s);
  net.unstick(0);
  net.finish();
}
