// SPDX-License-Identifier: Apache-2.0

// What a node tells about its peers, over real packets.
#include "talk.hpp"
#include "troupe/tests/harness/sim_latency.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

struct reporting_network : talking_network {
  reporting_network() : talking_network(7, fidelity::mconn) {
    add_nodes(2, [](size_t number, node_options& options) {
      options.moniker = "node number " + std::to_string(number);
    });
    connect({{0, 1}});
    relink(0, 1, {.latency = sim_latency::fixed(40ms)});
    REQUIRE(mesh());
  }

  /// Asks node 0 about node 1.
  peer_report ask() {
    std::optional<peer_report> result;
    system().sys().spawn([&](caf::event_based_actor* self) {
      (*this)[0].peers(self).then(
          [&result](const std::vector<peer_report>& all) {
            result = all.at(0);
          });
    });
    REQUIRE(run_until([&result] { return result.has_value(); }, 5s));
    return *result;
  }
};

} // namespace

TEST_CASE("a node tells who its peer says it is, where it is, and how far") {
  reporting_network net;
  auto report = net.ask();
  REQUIRE(report.info);
  CHECK(report.info->moniker == "node number 1");
  CHECK(report.info->remote.ip);
  CHECK(report.way.has_value());
  // It was not measured before somebody asked.
  CHECK_FALSE(report.traffic.rtt);
  net.advance(1s);
  report = net.ask();
  REQUIRE(report.traffic.rtt);
  CHECK(*report.traffic.rtt >= 80ms);
  CHECK(*report.traffic.rtt < 130ms);
  net.finish();
}

TEST_CASE("a node tells what went between it and a peer, by channel, and what "
          "did not") {
  reporting_network net;
  net.say(0, 1, 3, 1000, first_channel);
  net.say(1, 0, 5, 2000, second_channel);
  net.advance(5s);
  REQUIRE(net.heard(1, 0) == 3);
  REQUIRE(net.heard(0, 1, second_channel) == 5);
  auto report = net.ask();
  auto there = report.traffic.on(first_channel);
  CHECK(there.sent_bytes >= 3'000);
  CHECK(there.sent_bytes < 3'200);
  CHECK(there.received_bytes == 0);
  CHECK(there.shed == 0);
  auto back = report.traffic.on(second_channel);
  CHECK(back.received_bytes >= 10'000);
  CHECK(back.received_bytes < 10'400);
  CHECK(back.sent_bytes == 0);
  // More than may wait for a peer.
  net.say(0, 1, 1'000, 1000, first_channel);
  net.advance(60s);
  report = net.ask();
  there = report.traffic.on(first_channel);
  CHECK(there.shed > 0);
  CHECK(there.shed == net.board->refused[errc::queue_full]);
  CHECK(net.heard(1, 0) + there.shed == 1'003);
  net.finish();
}

TEST_CASE("a node tells no more of who has gone") {
  reporting_network net;
  net.say(0, 1);
  net.advance(1s);
  net.stop(1);
  net.advance(5s);
  auto report = net.ask();
  CHECK_FALSE(report.info);
  CHECK(report.traffic == peer_traffic{});
  net.finish();
}
