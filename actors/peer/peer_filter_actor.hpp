// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>

#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>

#include "troupe/messages/errc.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/messages/type_ids.hpp"
#include "troupe/transport/admission/ip_filter.hpp"

namespace troupe {

/// What a user implements to decide about IP addresses: of remotes that
/// connected to us, before any cryptography, and of those that we are about to
/// dial. Any error means no; its words go into log and event.
using ip_filter_actor = caf::typed_actor< //
    caf::result<void>(filter_atom, endpoint)>;

/// What a user implements to decide about peers that have proven their ID, and
/// from where. Asked for both directions, before the peer manager is.
using id_filter_actor = caf::typed_actor< //
    caf::result<void>(filter_atom, node_id, endpoint)>;

/// Makes a filter from a function; `errc::none` means yes. The function runs on
/// CAF's worker threads: one that has to wait for something is an actor of its
/// own instead, which answers when it knows.
ip_filter_actor spawn_ip_filter(caf::actor_system& sys,
                                std::function<failure(const endpoint&)> decide);

/// The same for a filter by ID.
id_filter_actor
spawn_id_filter(caf::actor_system& sys,
                std::function<failure(const node_id&, const endpoint&)> decide);

/// Answers for the lists of the configuration and the filters of the user:
/// both kinds of question, in bounded time and memory. Fails with `filtered` if
/// a list or a filter says no or the filter has ended, `timeout` if it does not
/// answer, and `rate_limited` if it owes too many answers.
using peer_filter_actor
    = caf::typed_actor<caf::result<void>(filter_atom, endpoint),
                       caf::result<void>(filter_atom, node_id, endpoint)>;

/// What a `peer_filter_actor` asks.
struct peer_filter_options {
  ip_filter lists = {};

  /// Null: everybody passes.
  ip_filter_actor by_ip = {};
  id_filter_actor by_id = {};

  /// How long one answer may take. Without an answer, it is no.
  duration timeout = std::chrono::seconds{5};

  /// Most questions that a filter has not answered, late answers included.
  size_t questions_max = 256;
};

/// Spawns the filter of a node.
peer_filter_actor spawn_peer_filter(caf::actor_system& sys,
                                    peer_filter_options options);

} // namespace troupe
