// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>

#include <caf/scheduler/test_coordinator.hpp>

#include "troupe/tests/harness/sim_driver.hpp"
#include "troupe/tests/harness/sim_transport_actor.hpp"
#include "troupe/tests/transport/transport_world.hpp"

// The transports of the harness as kinds of transport_kinds.hpp.

namespace troupe::test {

using testing::sim_driver;
using testing::sim_host;
using testing::sim_network;
using testing::sim_random;
using testing::spawn_sim_message_transport;
using testing::spawn_sim_transport;

/// One thread, and time that passes when there is nothing else to do.
struct sim_config : caf::actor_system_config {
  sim_config() {
    caf::init_global_meta_objects<caf::id_block::troupe>();
    caf::core::init_global_meta_objects();
    set("caf.scheduler.policy", "testing");
  }
};

/// What the kinds over the simulated network share.
struct simulated {
  using config = sim_config;

  simulated() = default;

  simulated(const simulated&) = delete;

  simulated& operator=(const simulated&) = delete;

  ~simulated() {
    if (!sys)
      return;
    // CAF would wait for actors that nobody runs.
    auto& scheduler = sys->scheduler();
    dynamic_cast<caf::scheduler::test_coordinator&>(scheduler).run();
  }

  sim_host add(caf::actor_system& system, int number) {
    if (!driver) {
      sys = &system;
      sys->await_actors_before_shutdown(false);
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

  caf::actor_system* sys = nullptr;
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
