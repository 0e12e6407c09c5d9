// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mapping/gateway_actor.hpp"

#include <array>
#include <chrono>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include <caf/typed_event_based_actor.hpp>

#include "troupe/messages/as_result.hpp"
#include "troupe/transport/actor_state.hpp"
#include "troupe/transport/mapping/gateway_client.hpp"
#include "troupe/transport/mapping/mapping_protocol.hpp"
#include "troupe/transport/mapping/spawn_gateway.hpp"

namespace troupe {

namespace {

struct gateway_state {
  static inline const char* name = "troupe.gateway";

  explicit gateway_state(gateway_actor::pointer) {}

  gateway_actor::behavior_type make_behavior() {
    return {
        [this](caf::publish_atom, const std::string& protocol,
               const endpoint& ours,
               caf::timespan lease) { return map(protocol, ours, lease); },
        [this](caf::unpublish_atom, const std::string& protocol,
               const endpoint& ours) -> caf::result<void> {
          auto* client = find(protocol);
          if (client == nullptr)
            return unsupported(protocol);
          if (auto bad = client->unmap(carrier_of(ours), ours.port);
              bad.code != errc::none)
            return to_error(bad);
          return caf::unit;
        },
    };
  }

  caf::result<endpoint, caf::timespan>
  map(const std::string& protocol, const endpoint& ours, duration lease) {
    auto* client = find(protocol);
    if (client == nullptr)
      return unsupported(protocol);
    auto grant = client->map(carrier_of(ours), ours.port, lease);
    if (!grant)
      return to_error(grant.error());
    return {endpoint{ours.protocol, grant->ip, grant->port, {}},
            caf::timespan{grant->lease}};
  }

  static ip_carrier carrier_of(const endpoint& ours) {
    return ours.protocol == quic_protocol ? ip_carrier::udp : ip_carrier::tcp;
  }

  gateway_client* find(const std::string& protocol) {
    for (auto& [which, client] : clients)
      if (to_string(which) == protocol)
        return client.get();
    return nullptr;
  }

  static caf::error unsupported(const std::string& protocol) {
    return caf::make_error(errc::unsupported_protocol,
                           fmt::format("this build has no {}", protocol));
  }

  std::array<std::pair<mapping_protocol, std::unique_ptr<gateway_client>>, 2>
      clients{{{mapping_protocol::natpmp, make_natpmp_client()},
               {mapping_protocol::upnp, make_upnp_client()}}};
};

} // namespace

gateway_actor spawn_gateway(caf::actor_system& sys) {
  return spawn_state<gateway_state, gateway_actor, caf::detached>(sys);
}

} // namespace troupe
