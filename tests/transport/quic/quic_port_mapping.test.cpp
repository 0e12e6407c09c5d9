// SPDX-License-Identifier: Apache-2.0
//
// Nodes that listen with QUIC behind a gateway to the internet.
#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "greeting_node.hpp"
#include "troupe/tests/harness/sim_gateway_actor.hpp"

using namespace troupe;
using namespace troupe::test;
using troupe::testing::sim_gateway;
using troupe::testing::spawn_sim_gateway;

namespace {

/// Tells `listener` all that happens to the node.
caf::behavior watcher(caf::event_based_actor* self, const node& home,
                      const caf::actor& listener) {
  // Before there is a channel, nothing happens.
  home.observe(self);
  home.open_channel<echo::EchoMessage>(self, {.id = talk});
  return {
      [self, listener](const node_event& x) { self->send(listener, x); },
      [](const inbound_envelope&) {},
  };
}

/// A node behind a gateway whose ports are higher than ours.
struct mapped_world {
  explicit mapped_world(std::vector<std::string> listen)
    : node(std::in_place, options_for(std::move(listen), gateway), watcher) {}

  static node_options options_for(std::vector<std::string> listen,
                                  const std::shared_ptr<sim_gateway>& which) {
    which->offset = 1000;
    auto result = quic_node_options(1);
    result.listen = std::move(listen);
    result.port_mapping = "natpmp";
    result.gateway = [which](caf::actor_system& sys) {
      return spawn_sim_gateway(sys, which);
    };
    return result;
  }

  /// Where the gateway has the node for the world, once it says so for as many.
  std::set<std::string> mapped(size_t count) {
    std::set<std::string> result;
    while (result.size() < count)
      node->self->receive(
          [&](const node_event& x) {
            if (x.what == node_event::kind::port_mapped)
              result.insert(to_string(x.where));
          },
          caf::after(patience) >> [] { FAIL("no port"); });
    return result;
  }

  /// What the gateway has for an endpoint of ours.
  static std::string outside(const endpoint& ours) {
    return ours.protocol + "://1.2.3.4:"
           + std::to_string(static_cast<uint16_t>(ours.port + 1000));
  }

  /// What somebody who connects over QUIC hears of where the node listens.
  std::string told() {
    auto options = quic_node_options(2);
    const auto& all = node->places;
    auto where = *std::ranges::find(all, quic_protocol, &endpoint::protocol);
    where.ip = ip_address::v4(127, 0, 0, 1);
    options.persistent_peers = {to_string(to_address(where, key_of(1).id()))};
    greeting_node other{std::move(options)};
    std::string result;
    other.where.subscribe(other.self.operator->());
    other.self->receive(
        [&](const peer_update& x) { result = x.info.listen_addr; },
        caf::after(patience) >> [] { FAIL("nobody is met"); });
    return result;
  }

  std::shared_ptr<sim_gateway> gateway = std::make_shared<sim_gateway>();
  std::optional<greeting_node> node;
};

} // namespace

TEST_CASE(
    "a gateway is asked for a port of UDP that leads to QUIC, and gets it "
    "back in the end") {
  mapped_world world{{"quic://0.0.0.0:0"}};
  const auto ours = world.node->places.at(0);
  CHECK(world.mapped(1) == std::set{mapped_world::outside(ours)});
  CHECK(world.told() == mapped_world::outside(ours));
  world.node.reset();
  CHECK(world.gateway->questions == 1);
  CHECK(world.gateway->ports.empty());
  CHECK(world.gateway->udp_ports.empty());
}

TEST_CASE("a node that listens both ways gets a port for each") {
  mapped_world world{{"mconn://0.0.0.0:0", "quic://0.0.0.0:0"}};
  const auto places = world.node->places;
  REQUIRE(places.size() == 2);
  CHECK(world.mapped(2)
        == std::set{mapped_world::outside(places[0]),
                    mapped_world::outside(places[1])});
  // Others, who know nothing of QUIC, are to hear of TCP.
  CHECK(world.told().starts_with("tcp://1.2.3.4:"));
  world.node.reset();
  CHECK(world.gateway->questions == 2);
}
