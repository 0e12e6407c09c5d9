// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/router/quic_row.hpp"

#include <memory>
#include <set>
#include <string>
#include <utility>

#include "troupe/transport/quic/udp_socket.hpp"

#ifdef TROUPE_HAVE_QUIC
#  include "troupe/transport/quic/quic_transport_broker.hpp"
#endif

namespace troupe {

#ifdef TROUPE_HAVE_QUIC

namespace {

/// Who may speak libp2p's protocol, which says nothing of networks: those whom
/// the operator has named.
std::set<node_id> named_peers(const node_options& options) {
  std::set<node_id> result;
  const auto addresses = parse_addresses(options);
  if (!addresses)
    return result;
  for (const auto& address : addresses->persistent_peers)
    if (address.protocol == quic_protocol)
      result.insert(address.id);
  result.insert(addresses->unconditional_peers.begin(),
                addresses->unconditional_peers.end());
  return result;
}

} // namespace

std::optional<added_transport> quic_row(const node_options& options) {
  std::shared_ptr<const wall_clock> clock = options.clock;
  if (!clock)
    clock = std::make_shared<system_wall_clock>();
  auto make
      = [clock, named = named_peers(options)](
            caf::actor_system& sys, const added_transport::node_part& shared) {
          return spawn_quic_transport(sys, shared, clock, named);
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
