// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>

#include "troupe/messages/decode_job.hpp"
#include "troupe/messages/type_ids.hpp"

namespace troupe {

/// Decodes the large messages of a node, one after the other: however many
/// peers send some, they take one worker, and everybody else's small messages
/// have the others. Each peer has one job here at a time.
using decoder_actor = caf::typed_actor<
    // Answers with the message and with the memory that it takes at most. Fails
    // as `wrapper::unmarshal`.
    caf::result<payload, uint64_t>(decode_job)>;

/// Messages of more bytes than this are for the decoder, smaller ones are done
/// before they are there. A block part of CometBFT is smaller.
inline constexpr size_t decoded_in_place_max = 128 * 1024;

/// Spawns the decoder of a node.
decoder_actor spawn_decoder(caf::actor_system& sys);

} // namespace troupe
