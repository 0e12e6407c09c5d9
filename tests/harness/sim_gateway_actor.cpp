// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/sim_gateway_actor.hpp"

#include <algorithm>
#include <utility>

#include <caf/typed_event_based_actor.hpp>

#include "troupe/messages/as_result.hpp"
#include "troupe/messages/protocol_name.hpp"
#include "troupe/transport/actor_state.hpp"

namespace troupe::testing {

namespace {

struct sim_gateway_state {
  static inline const char* name = "troupe.sim-gateway";

  sim_gateway_state(gateway_actor::pointer, std::shared_ptr<sim_gateway> which)
    : gateway(std::move(which)) {}

  gateway_actor::behavior_type make_behavior() {
    return {
        [this](caf::publish_atom, const std::string& protocol,
               const endpoint& ours,
               caf::timespan lease) { return map(protocol, ours, lease); },
        [this](caf::unpublish_atom, const std::string& protocol,
               const endpoint& ours) -> caf::result<void> {
          if (!gateway->speaks.contains(protocol))
            return caf::make_error(errc::timeout, "no gateway answers");
          ports_for(ours).erase(ours.port);
          return caf::unit;
        },
    };
  }

  std::map<uint16_t, uint16_t>& ports_for(const endpoint& ours) const {
    return ours.protocol == quic_protocol ? gateway->udp_ports : gateway->ports;
  }

  caf::result<endpoint, caf::timespan>
  map(const std::string& protocol, const endpoint& ours, duration lease) {
    ++gateway->questions;
    if (!gateway->speaks.contains(protocol))
      return caf::make_error(errc::timeout, "no gateway answers");
    const auto theirs = static_cast<uint16_t>(ours.port + gateway->offset);
    ports_for(ours).insert_or_assign(ours.port, theirs);
    return {endpoint{ours.protocol, gateway->ip, theirs, {}},
            caf::timespan{std::min(lease, gateway->lease_max)}};
  }

  std::shared_ptr<sim_gateway> gateway;
};

} // namespace

gateway_actor spawn_sim_gateway(caf::actor_system& sys,
                                std::shared_ptr<sim_gateway> which) {
  return spawn_state<sim_gateway_state, gateway_actor>(sys, std::move(which));
}

} // namespace troupe::testing
