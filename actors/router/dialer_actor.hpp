// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>

#include "troupe/actors/peer/peer_filter_actor.hpp"
#include "troupe/actors/peer/resolver_actor.hpp"
#include "troupe/actors/router/dial_plan.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/messages/type_ids.hpp"
#include "troupe/transport/transport_actor.hpp"

namespace troupe {

/// One attempt to reach an address: looks it up, and dials its endpoints as
/// `dial_plan` says until one answers. It is gone once no attempt goes on any
/// more: whoever answers later than another is hung up on.
using dialer_actor = caf::typed_actor<
    // Dials. Answers with a `connection_actor`. Fails with what the last
    // endpoint failed with, `filtered` among it, `unknown_host`, `timeout`,
    // `unsupported_protocol`, or with `invalid_endpoint` where a name leads to
    // places that it may not lead to.
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
  /// Where the address may lead, if it is a name. Absent: anywhere.
  std::optional<name_limits> limits = {};
};

/// Spawns a dialer for one attempt.
dialer_actor spawn_dialer(caf::actor_system& sys, dialer_context context);

} // namespace troupe
