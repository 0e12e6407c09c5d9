// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>

#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>

#include "troupe/messages/time.hpp"
#include "troupe/messages/type_ids.hpp"
#include "troupe/peerstore/store/peer_store.hpp"
#include "troupe/peerstore/store/peer_store_inspect.hpp"

namespace troupe {

/// A mailbox in front of a `peer_store`, so that nobody else ever waits for a
/// disk. Changes that arrive while the store is busy go into its next commit
/// together, the last of each peer.
///
/// What the store refuses is kept and goes into the next commit, unless newer
/// changes replace it; a commit follows on its own after
/// `store_retry_interval`. So a disk that was full for a while leaves no gap.
using peer_store_actor = caf::typed_actor<
    // Returns everything that is stored. Fails with `store_failed`.
    caf::result<store_contents>(load_atom),
    // Stores changes. Answered once they survive the death of the process.
    // Fails with `store_failed`, or with `queue_full`; the latter are not kept.
    caf::result<void>(commit_atom, store_changes),
    // Ends the actor, behind what was sent before: all of that is stored then,
    // if the store is willing.
    caf::result<void>(caf::close_atom)>;

/// Most peers whose changes wait for one commit.
inline constexpr size_t store_queue_max = 200'000;

/// Most requests that wait for one commit.
inline constexpr size_t store_requests_max = 10'000;

/// When what a store refused is tried again, unless a request comes first.
inline constexpr duration store_retry_interval = std::chrono::seconds{10};

/// Spawns the actor: with a thread of its own if the store blocks.
/// @param store is used by nobody else any more.
peer_store_actor spawn_peer_store(caf::actor_system& sys,
                                  std::shared_ptr<peer_store> store);

} // namespace troupe
