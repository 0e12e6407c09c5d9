// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/router/quic_row.hpp"

#include <memory>
#include <string>
#include <utility>

#include "troupe/transport/quic/udp_socket.hpp"

#ifdef TROUPE_HAVE_QUIC
#  include "troupe/transport/quic/quic_transport_broker.hpp"
#endif

namespace troupe {

#ifdef TROUPE_HAVE_QUIC

std::optional<added_transport> quic_row(const node_options& options) {
  std::shared_ptr<const wall_clock> clock = options.clock;
  if (!clock)
    clock = std::make_shared<system_wall_clock>();
  auto make = [clock](caf::actor_system& sys,
                      const added_transport::node_part& shared) {
    return spawn_quic_transport(sys, shared, clock);
  };
  return added_transport{.protocols = {std::string{quic_protocol}},
                         .make = std::move(make)};
}

#else

std::optional<added_transport> quic_row(const node_options&) {
  return std::nullopt;
}

#endif

} // namespace troupe
