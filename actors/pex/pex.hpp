// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include "troupe/actors/node/node.hpp"
#include "troupe/actors/pex/pex_options.hpp"

namespace troupe {

/// Spawns the reactor of peer exchange, which finds peers for a node that knows
/// one, and tells others whom it knows (spec p2p, "Peer exchange"). It opens
/// channel 0x00 and ends with it; whoever counts the channels of a node
/// (`node_options::channels_expected`) counts one more.
///
/// It is a reactor like any other, on the node's public interface. What it
/// learns goes to the node, which decides whom to dial, what to remember, and
/// whom to tell about. Understands CometBFT and Tendermint 0.35.
///
/// Options that make no sense end it at once, with the error; call
/// `validate(options)` first to learn it earlier. A seed does well to wait for
/// minutes before it dials the same peer again: see
/// `node_options::disconnect_cooldown`.
caf::actor spawn_pex(caf::actor_system& sys, const node& where,
                     pex_options options = {});

} // namespace troupe
