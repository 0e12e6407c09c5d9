// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>

#include "troupe/messages/ip_address.hpp"
#include "troupe/messages/type_ids.hpp"

namespace troupe {

class name_service;

/// Looks up host names, some at once and each one once, in turns for those who
/// ask: see `lookup_queue`. A lookup is given up when the last one who asked
/// for it has ended.
using resolver_actor = caf::typed_actor<
    // Resolves a host name to IPv4 and IPv6 addresses, at most `addresses_max`,
    // in the order of the system. Fails with `unknown_host`, or with
    // `queue_full` while too many questions wait.
    caf::result<std::vector<ip_address>>(caf::resolve_atom, std::string)>;

/// Spawns a resolver that asks the hosts file and the DNS.
resolver_actor spawn_resolver(caf::actor_system& sys);

/// Spawns a resolver over another service.
resolver_actor spawn_resolver(caf::actor_system& sys,
                              std::unique_ptr<name_service> names);

} // namespace troupe
