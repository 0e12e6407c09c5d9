// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>

#include "troupe/messages/ip_address.hpp"
#include "troupe/messages/type_ids.hpp"

namespace troupe {

/// Looks up host names. The one place that blocks: each lookup runs in an
/// actor with a thread of its own, at most `lookups_max` at once; others wait
/// for their turn.
using resolver_actor = caf::typed_actor<
    // Resolves a host name to IPv4 and IPv6 addresses, at most `addresses_max`,
    // in the order of the system. Fails with `unknown_host`.
    caf::result<std::vector<ip_address>>(caf::resolve_atom, std::string)>;

/// Most lookups that run at once.
inline constexpr size_t lookups_max = 8;

/// Most addresses of one host.
inline constexpr size_t addresses_max = 16;

/// Spawns the resolver of a node.
resolver_actor spawn_resolver(caf::actor_system& sys);

} // namespace troupe
