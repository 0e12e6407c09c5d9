// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "troupe/tests/transport/transport_kinds.hpp"
#include "troupe/transport/quic/quic_transport_broker.hpp"
#include "troupe/transport/quic/udp_socket.hpp"

namespace troupe::test {

/// QUIC, as a kind of transport_kinds.hpp.
struct quic_over_ipv4 {
  using config = world_config;

  transport_actor spawn(caf::actor_system& sys, int number) {
    return spawn(sys, mconn_options_of(number));
  }

  static transport_actor spawn(caf::actor_system& sys,
                               std::shared_ptr<mconn_options> options) {
    return spawn_quic_transport(sys, std::move(options),
                                std::make_shared<system_wall_clock>());
  }

  endpoint where(const node_id&) const {
    return {.protocol = std::string{quic_protocol},
            .ip = ip_address::v4(127, 0, 0, 1)};
  }

  static bool speaks(const std::string& protocol) {
    return protocol == quic_protocol;
  }
};

struct quic_over_ipv6 : quic_over_ipv4 {
  endpoint where(const node_id&) const {
    return {.protocol = std::string{quic_protocol},
            .ip = ip_address::parse("::1")};
  }
};

} // namespace troupe::test
