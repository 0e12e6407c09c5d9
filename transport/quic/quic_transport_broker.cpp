// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/quic_transport_broker.hpp"

#include <utility>

#include <caf/actor_cast.hpp>
#include <caf/io/broker.hpp>
#include <caf/io/middleman.hpp>

#include "troupe/transport/actor_state.hpp"
#include "troupe/transport/quic/gnutls_tls.hpp"
#include "troupe/transport/quic/quic_transport_state.hpp"
#include "troupe/transport/quic/udp_network.hpp"

namespace troupe {

namespace {

struct quic_broker_state : quic_transport_state {
  static inline const char* name = "troupe.quic-transport";

  using quic_transport_state::quic_transport_state;
};

} // namespace

transport_actor spawn_quic_transport(
    caf::actor_system& sys, std::shared_ptr<const mconn_options> options,
    std::shared_ptr<const wall_clock> clock, std::set<node_id> lp2p_peers) {
  auto shared = quic_shared{
      std::move(options),
      std::make_shared<const quic_protocols>(std::move(lp2p_peers)), nullptr,
      std::move(clock)};
  auto fun = [](caf::stateful_actor<quic_broker_state, caf::io::broker>* self,
                const quic_shared& with) {
    return state_of(self).start(make_udp_network(self), with,
                                make_gnutls_credentials);
  };
  auto broker = sys.middleman().spawn_broker(fun, std::move(shared));
  return caf::actor_cast<transport_actor>(broker);
}

} // namespace troupe
