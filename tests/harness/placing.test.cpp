// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <map>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <caf/event_based_actor.hpp>

#include "troupe/proto/echo.pb.h"
#include "troupe/tests/harness/distribution.hpp"
#include "troupe/tests/harness/faults.hpp"
#include "troupe/tests/harness/network.hpp"

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::testing;

namespace {

/// Nodes of which each says the time to its peers, ten times a second.
struct clocks : network {
  clocks() : network(1, {.how = fidelity::messages}) {
    add_nodes(10).connect({{0, 1}, {0, 9}});
    place(regions::ibm_cloud(), {.jitter_per_mille = 200});
    add_reactor([this](auto& sys, const node& home, size_t number) {
      sys.spawn([=, this](caf::event_based_actor* self) -> caf::behavior {
        auto wire = home.open_channel<echo::EchoMessage>(self, {.id = 0x70});
        self->delayed_send(self, 100ms, caf::tick_atom_v);
        return {[=, this](const inbound_envelope& in) {
                  return in.match([&](const echo::PingMessage& ping) {
                    const auto sent = duration{std::stoll(ping.content())};
                    took[{number_of(in.from), number}].add(
                        self->clock().now().time_since_epoch() - sent);
                  });
                },
                [=](caf::tick_atom) {
                  self->delayed_send(self, 100ms, caf::tick_atom_v);
                  const auto now = self->clock().now().time_since_epoch();
                  echo::PingMessage ping;
                  ping.set_content(std::to_string(now.count()));
                  wire.broadcast(ping);
                }};
      });
    });
    start();
    REQUIRE(run_until([this] { return meshed(); }, 1min));
    advance(5s);
  }

  /// How long messages take within the next seconds.
  distribution measure(size_t from, size_t to) {
    took.clear();
    advance(10s);
    return took[{from, to}];
  }

  std::map<std::pair<size_t, size_t>, distribution> took;
};

} // namespace

SCENARIO("messages take as long as between the places where nodes are") {
  clocks net;
  // Dallas and Sao Paulo: 144 ms there and back.
  const auto far = net.measure(0, 9);
  CHECK(far.count() > 90);
  CHECK(far.percentile(0) >= 72ms);
  CHECK(far.percentile(50) < 83ms);
  // Whatever waits for a packet before it comes a little later.
  CHECK(far.percentile(99) < 90ms);
  // Dallas and Toronto: 34 ms.
  const auto near = net.measure(1, 0);
  CHECK(near.percentile(0) >= 17ms);
  CHECK(near.percentile(90) < 22ms);
  net.finish();
}

SCENARIO("a bad link is as good as its place when it is restored") {
  clocks net;
  net.apply(relink(0, 9, {.latency = sim_latency::fixed(500ms)}));
  net.advance(2s);
  CHECK(net.measure(0, 9).percentile(50) >= 500ms);
  net.apply(restore_links());
  net.advance(2s);
  const auto again = net.measure(0, 9);
  CHECK(again.percentile(0) >= 72ms);
  CHECK(again.percentile(90) < 90ms);
  net.finish();
}
