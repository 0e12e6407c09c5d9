// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/error.hpp>
#include <caf/typed_actor.hpp>

#include "troupe/actors/channel/channel_actor.hpp"
#include "troupe/actors/operator/metrics.hpp"
#include "troupe/messages/type_ids.hpp"

namespace troupe {

/// Stands for a reactor of another process beside its channel: the reactor, as
/// far as the channel knows. The other end is a `remote_channel_actor` in the
/// reactor's process, which ends in an orderly way when the reactor does or
/// closes the channel. When that process dies, the channel stays for the
/// descriptor's `reattach_time`; until a new end comes, what arrives is shed
/// and counted.
///
///     detached <--> attached --> (the other end ends, as its reactor does)
///        |
///        +--> (nobody has come back in time)
///
/// Ends with its channel, and its channel with it.
using channel_keeper_actor = caf::typed_actor<
    // -- for the gate --

    // Learns of its channel. Comes first, once.
    caf::result<void>(attach_atom, caf::actor),
    // Takes a new end. Answers this actor and the `channel_actor`. Fails with
    // `duplicate_channel` if the old end lives, and with `invalid_state` if the
    // channel is about to end, so that there can be a new one: its reactor has
    // ended, or the new one wants another channel.
    caf::result<caf::actor, caf::actor>(attach_atom, remote_channel,
                                        caf::actor),

    // -- for the other end --

    // The reactor is done with what came as that number, well or not.
    caf::result<void>(finish_atom, uint64_t, caf::error),

    // -- for the channel --

    caf::result<void>(inbound_envelope),
    caf::result<void>(std::vector<inbound_envelope>)>;

/// Spawns a channel and its keeper.
/// @param router is held weakly.
/// @param end a `remote_channel_actor`, which hears if the channel cannot be
///            opened.
/// @pre `wire_answers::check` has nothing against the answers.
std::pair<channel_keeper_actor, channel_actor>
spawn_kept_channel(caf::actor_system& sys, const caf::actor& router,
                   const remote_channel& what, const caf::actor& end,
                   const metrics& counters, const std::string& queue_type);

} // namespace troupe
