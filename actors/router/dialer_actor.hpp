// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>

#include "troupe/actors/peer/peer_filter_actor.hpp"
#include "troupe/actors/peer/resolver_actor.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/messages/type_ids.hpp"
#include "troupe/transport/transport_actor.hpp"

namespace troupe {

/// Most endpoints of an address that are tried: a name may have any number.
inline constexpr size_t dialer_endpoints_max = 8;

/// One attempt to reach an address: looks it up, dials its endpoints one after
/// the other until one answers, `dialer_endpoints_max` at most, and is gone.
using dialer_actor = caf::typed_actor<
    // Dials. Answers with a `connection_actor`. Fails with what the last
    // endpoint failed with, `filtered` among it, `unknown_host`, `timeout` or
    // `unsupported_protocol`.
    caf::result<caf::actor>(caf::connect_atom, node_address)>;

/// What an attempt to dial needs of its node.
struct dialer_context {
  /// Transports by protocol.
  std::map<std::string, transport_actor> transports;
  resolver_actor resolver;
  /// Asked about each endpoint before it is dialed. Null: nobody is asked.
  peer_filter_actor filter;
  duration resolve_timeout;
  /// For each endpoint.
  duration dial_timeout;
};

/// Spawns a dialer for one attempt.
dialer_actor spawn_dialer(caf::actor_system& sys, dialer_context context);

} // namespace troupe
