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
  auto protocols = *parse_mapping_protocols(options_.port_mapping);
  if (protocols.empty())
    return;
  const auto ours = endpoint_to_map(listening);
  if (!ours) {
    lines_.warn("port_mapping_failed",
                "reason=\"nobody outside of this machine reaches us over "
                "IPv4\"");
    return;
  }
  manager_ = manager;
  auto& sys = self_->system();
  keeper_ = children_.adopt(
      spawn_port_mapping(
          sys, options_.gateway ? options_.gateway(sys) : spawn_gateway(sys),
          std::move(protocols), ours->port),
      {.what = router_child::kind::port_mapping});
  ask_where();
}

/// Keeps one question open, as long as there is somebody to answer it.
void port_mapping::ask_where() {
  self_->request(keeper_, caf::infinite, caf::get_atom_v)
      .then(
          [this](const endpoint& where) {
            lines_.info("port_mapped", "endpoint={}", to_string(where));
            connector_.set_public_endpoint(where);
            caf::anon_send(manager_, caf::publish_atom_v,
                           to_address(where, options_.key.id()));
            events_.publish(
                {.what = node_event::kind::port_mapped, .where = where});
            ask_where();
          },
          [](const caf::error&) {
            // It has ended, with the node.
          });
}

} // namespace troupe
