// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>

#include "troupe/tests/harness/sim_driver.hpp"
#include "troupe/tests/harness/sim_transport_actor.hpp"
#include "troupe/tests/transport/sim_config.hpp"
#include "troupe/tests/transport/transport_world.hpp"

// The transports of the harness as kinds of transport_kinds.hpp.

namespace troupe::test {

using testing::sim_driver;
using testing::sim_host;
using testing::sim_network;
using testing::sim_random;
using testing::spawn_sim_message_transport;
using testing::spawn_sim_transport;

/// What the kinds over the simulated network share.
struct simulated {
  using config = sim_config;

  simulated() = default;

  simulated(const simulated&) = delete;

  simulated& operator=(const simulated&) = delete;

  sim_host add(caf::actor_system& system, int number) {
    if (!driver) {
      // CAF would wait for actors that nobody runs.
      system.await_actors_before_shutdown(false);
      driver = std::make_unique<sim_driver>(system, network);
    }
    auto host = network->add_host("host" + std::to_string(number));
    hosts.emplace(key_of(number).id(), host);
    return host;
  }

  endpoint where(const node_id& id) const {
    return {.protocol = std::string{mconn_protocol},
            .ip = network->topology().ip_of(hosts.at(id)),
            .port = 0};
  }

  static bool speaks(const std::string& protocol) {
    return protocol == mconn_protocol || protocol == tcp_protocol;
  }

  std::shared_ptr<sim_network> network = std::make_shared<sim_network>(1);
  std::unique_ptr<sim_driver> driver;
  std::map<node_id, sim_host> hosts;
};

struct sim_streams : simulated {
  transport_actor spawn(caf::actor_system& sys, int number) {
    auto options = mconn_options_of(number);
    options->random
        = std::make_shared<sim_random>(static_cast<uint64_t>(number));
    return spawn_sim_transport(sys, network, add(sys, number), options);
  }
};

struct sim_messages : simulated {
  transport_actor spawn(caf::actor_system& sys, int number) {
    return spawn_sim_message_transport(sys, network, add(sys, number),
                                       key_of(number).id());
  }
};

/// Found by ID instead of by address.
struct sim_messages_by_id : sim_messages {
  endpoint where(const node_id& id) const {
    return {.protocol = memory_protocol, .path = to_string(id)};
  }

  static bool speaks(const std::string& protocol) {
    return protocol == memory_protocol;
  }
};

} // namespace troupe::test
