// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include <doctest/doctest.h>

#include <caf/actor_registry.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/init_global_meta_objects.hpp>
#include <caf/io/middleman.hpp>

#include "troupe/actors/node/node.hpp"
#include "troupe/messages/type_ids.hpp"
#include "troupe/tests/harness/conformance/node_end.hpp"
#include "troupe/tests/harness/conformance/patterned.hpp"
#include "troupe/transport/memory/memory_transport_actor.hpp"
#include "troupe/transport/tcp/mconn_transport_broker.hpp"
#include "troupe/transport/tcp/tcp_socket.hpp"

namespace troupe::test {

using namespace std::chrono_literals;

// A test drives transports with the same hands as the checks of conformance.
using namespace testing::conformance;

/// Registers types and loads CAF's sockets.
struct world_config : caf::actor_system_config {
  world_config() {
    caf::init_global_meta_objects<caf::id_block::troupe>();
    caf::io::middleman::init_global_meta_objects();
    caf::core::init_global_meta_objects();
    load<caf::io::middleman>();
  }

  std::unique_ptr<caf::actor_system> make_system() {
    return std::make_unique<caf::actor_system>(*this);
  }
};

inline std::shared_ptr<mconn_options> mconn_options_of(int number) {
  return std::make_shared<mconn_options>(
      mconn_options{.key = key_of(number),
                    .random = std::make_shared<system_entropy>(),
                    .stream = {.send_rate = {}, .recv_rate = {}},
                    // All of a test comes from one address, and at once.
                    .limits = {.max_per_ip = 1000,
                               .max_per_subnet = 1000,
                               .ip_rate = {},
                               .subnet_rate = {},
                               .total_rate = {}}});
}

inline endpoint loopback4(uint16_t port = 0) {
  return {
      .protocol = "mconn", .ip = ip_address::v4(127, 0, 0, 1), .port = port};
}

inline endpoint loopback6(uint16_t port = 0) {
  return {.protocol = "mconn", .ip = ip_address::parse("::1"), .port = port};
}

} // namespace troupe::test
