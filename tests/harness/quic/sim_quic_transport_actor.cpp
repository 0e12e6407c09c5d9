// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/quic/sim_quic_transport_actor.hpp"

#include <utility>

#ifdef TROUPE_HAVE_QUIC

#  include <caf/actor_cast.hpp>
#  include <caf/event_based_actor.hpp>
#  include <caf/stateful_actor.hpp>

#  include "troupe/tests/harness/quic/sim_credentials.hpp"
#  include "troupe/tests/harness/quic/sim_datagram_network.hpp"
#  include "troupe/transport/quic/quic_transport_state.hpp"

namespace troupe::testing {

namespace {

struct sim_quic_state : quic_transport_state {
  static inline const char* name = "troupe.sim-quic-transport";

  sim_quic_state(caf::event_based_actor* self,
                 std::shared_ptr<sim_network> wires, sim_host where,
                 quic_shared with)
    : quic_transport_state(self),
      make_network([self, wires = std::move(wires), where] {
        return make_sim_datagram_network(self, wires, where);
      }),
      shared(std::move(with)) {}

  caf::behavior make_behavior() {
    return start(std::exchange(make_network, {})(), std::move(shared),
                 make_sim_credentials);
  }

  // Until it begins.
  std::function<std::unique_ptr<datagram_network>()> make_network;
  quic_shared shared;
};

} // namespace

bool has_sim_quic() {
  return true;
}

transport_actor spawn_sim_quic_transport(
    caf::actor_system& sys, std::shared_ptr<sim_network> network, sim_host host,
    std::shared_ptr<const mconn_options> options,
    std::shared_ptr<const wall_clock> clock, std::set<node_id> lp2p_peers) {
  auto made = sys.spawn<caf::stateful_actor<sim_quic_state>>(
      std::move(network), host,
      quic_shared{std::move(options),
                  std::make_shared<const quic_protocols>(std::move(lp2p_peers)),
                  nullptr, std::move(clock)});
  return caf::actor_cast<transport_actor>(made);
}

} // namespace troupe::testing

#else

#  include <cstdlib>

namespace troupe::testing {

bool has_sim_quic() {
  return false;
}

transport_actor spawn_sim_quic_transport(caf::actor_system&,
                                         std::shared_ptr<sim_network>, sim_host,
                                         std::shared_ptr<const mconn_options>,
                                         std::shared_ptr<const wall_clock>,
                                         std::set<node_id>) {
  std::abort();
}

} // namespace troupe::testing

#endif
