// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/router/port_mapping.hpp"

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "troupe/actors/router/transports.hpp"
#include "troupe/transport/mapping/mapping_protocol.hpp"
#include "troupe/transport/mapping/spawn_gateway.hpp"

namespace troupe {

void port_mapping::start(const peer_manager_actor& manager,
                         const std::vector<endpoint>& listening) {
  if (parse_mapping_protocols(options_.port_mapping)->empty())
    return;
  manager_ = manager;
  auto any = false;
  for (auto over : {ip_carrier::tcp, ip_carrier::udp})
    if (const auto ours = endpoint_to_map(listening, over)) {
      keep(*ours);
      any = true;
    }
  if (!any)
    lines_.warn("port_mapping_failed",
                "reason=\"nobody outside of this machine reaches us over "
                "IPv4\"");
}

/// Each has a gateway of its own to talk to: it ends with the port.
void port_mapping::keep(const endpoint& ours) {
  auto& sys = self_->system();
  ask_where(children_.adopt(
      spawn_port_mapping(
          sys, options_.gateway ? options_.gateway(sys) : spawn_gateway(sys),
          *parse_mapping_protocols(options_.port_mapping), ours),
      {.what = router_child::kind::port_mapping}));
}

/// Keeps one question open, as long as there is somebody to answer it.
void port_mapping::ask_where(const port_mapping_actor& keeper) {
  self_->request(keeper, caf::infinite, caf::get_atom_v)
      .then(
          [this, keeper](const endpoint& where) {
            lines_.info("port_mapped", "endpoint={}", to_string(where));
            connector_.set_public_endpoint(where);
            caf::anon_send(manager_, caf::publish_atom_v,
                           to_address(where, options_.key.id()));
            events_.publish(
                {.what = node_event::kind::port_mapped, .where = where});
            ask_where(keeper);
          },
          [](const caf::error&) {
            // It has ended, with the node.
          });
}

} // namespace troupe
