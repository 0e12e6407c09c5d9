// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <caf/typed_actor.hpp>

#include "troupe/messages/raw_bytes.hpp"
#include "troupe/messages/type_ids.hpp"
#include "troupe/transport/read_window.hpp"

namespace troupe {

/// What a byte stream tells its owner.
using byte_stream_owner = caf::typed_actor<
    // Bytes arrived, in a buffer that used up that much credit.
    caf::result<void>(received_atom, raw_bytes, size_t),
    // The network took all of some buffers given to `send_atom`, the oldest;
    // that many bytes.
    caf::result<void>(written_atom, size_t)>;

/// Moves bytes between a connection actor and the network. `mconn_broker` does
/// it with a socket, a simulation with a simulated link.
///
/// A byte stream reads nothing without credit and buffers no more than what
/// its owner has sent but not yet seen acknowledged. It ends with the reason
/// why the network ended it, `errc::connection_closed` if the remote did, and
/// it ends when its owner ends. Without credit it notices within seconds. It
/// ends with `errc::timeout` when the network takes nothing of what is to be
/// written for 30 s. Bytes it then still holds are dropped: the protocol above
/// has no goodbye (spec p2p, MConnection).
using byte_stream_actor = caf::typed_actor<
    // Makes the sender, a `byte_stream_owner`, the owner, and allows the first
    // reads. Comes first and once.
    caf::result<void>(attach_atom, size_t),
    // Writes bytes, in order.
    caf::result<void>(send_atom, raw_bytes),
    // Allows reads into buffers of that many more bytes together, each of at
    // most `read_size_max`.
    caf::result<void>(credit_atom, size_t),
    // Tells the remote that nothing more comes. Only when all was written.
    // Reading goes on.
    caf::result<void>(finish_atom)>;

} // namespace troupe
