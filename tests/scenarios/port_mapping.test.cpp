// SPDX-License-Identifier: Apache-2.0
//
// Nodes behind a gateway to the internet that has a port for them.
#include <algorithm>
#include <memory>

#include "talk.hpp"
#include "troupe/messages/parse_endpoint.hpp"
#include "troupe/tests/harness/sim_gateway_actor.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Two nodes; the second one is behind a gateway, and the first one knows it.
struct port_mapping_fixture {
  explicit port_mapping_fixture(const std::string& protocols) {
    net.add_nodes(2, [&](size_t number, node_options& options) {
      if (number == 0)
        return;
      options.port_mapping = protocols;
      options.gateway = [this](caf::actor_system& sys) {
        return spawn_sim_gateway(sys, gateway);
      };
    });
    net.options(0).persistent_peers.push_back(net.address(1));
  }

  /// What the first node hears of where the second one listens.
  std::string told() {
    const auto& up = net.peers(0).up();
    auto i = up.find(net.id(1));
    return i != up.end() ? i->second.info.listen_addr : "nothing";
  }

  /// Where the second node has said that it is found.
  std::vector<endpoint> mapped() {
    std::vector<endpoint> result;
    for (const auto& event : net.events(1))
      if (event.what == node_event::kind::port_mapped)
        result.push_back(event.where);
    return result;
  }

  void meet() {
    net.start(1);
    net.advance(1s);
    net.start(0);
    REQUIRE(net.run_until([this] { return net.sees(0, 1); }, 10s));
  }

  std::shared_ptr<sim_gateway> gateway = std::make_shared<sim_gateway>();
  talking_network net{1};
};

} // namespace

TEST_CASE("a node tells others the place that its gateway has for it, and "
          "gives that back in the end") {
  port_mapping_fixture world{"natpmp"};
  world.gateway->offset = 1000;
  world.meet();
  CHECK(world.mapped()
        == std::vector{*parse_endpoint("mconn://1.2.3.4:27656")});
  CHECK(world.told() == "tcp://1.2.3.4:27656");
  CHECK(world.gateway->ports.size() == 1);
  CHECK(world.gateway->questions == 1);
  world.net.stop(1);
  REQUIRE(world.net.run_until([&] { return !world.net.is_running(1); }, 5s));
  CHECK(world.gateway->ports.empty());
  world.net.finish();
}

TEST_CASE("a port is renewed before its time is over, and a new place is "
          "told") {
  port_mapping_fixture world{"any"};
  world.gateway->lease_max = 10min;
  world.meet();
  CHECK(world.gateway->questions == 1);
  world.net.advance(5min);
  CHECK(world.gateway->questions == 2);
  CHECK(world.mapped().size() == 1);
  world.gateway->ip = ip_address::v4(1, 2, 3, 5);
  world.net.advance(5min);
  REQUIRE(world.mapped().size() == 2);
  CHECK(world.mapped()[1] == *parse_endpoint("mconn://1.2.3.5:26656"));
  world.net.finish();
}

TEST_CASE("where no gateway answers, a node is as good as any") {
  port_mapping_fixture world{"any"};
  world.gateway->speaks.clear();
  world.meet();
  CHECK(world.mapped().empty());
  CHECK(world.told() == "tcp://10.0.0.2:26656");
  // Both protocols, and both again after a pause.
  CHECK(world.gateway->questions == 2);
  world.net.advance(1min);
  CHECK(world.gateway->questions == 4);
  world.net.advance(1min);
  CHECK(world.gateway->questions == 4);
  // A gateway that comes later is found, and the protocol that it speaks.
  world.gateway->speaks = {"upnp"};
  world.net.advance(1min);
  CHECK(world.mapped().size() == 1);
  world.net.finish();
}

TEST_CASE("without the option, nobody asks a gateway") {
  port_mapping_fixture world{"none"};
  world.meet();
  world.net.advance(1h);
  CHECK(world.gateway->questions == 0);
  world.net.finish();
}
