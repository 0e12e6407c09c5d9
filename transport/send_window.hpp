// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace troupe {

/// Most cost (`message_cost`) of messages that a connection holds for sending,
/// of all channels together. Of a single channel as much, or one message if it
/// is larger; but no more than half of it counts against the others, which a
/// long message would shut out.
///
/// What a connection holds is behind the reach of the QoS policy: little is
/// better. No less than what one turn of a connection may seal, or else a
/// channel runs dry in the middle of it, and those of lower priority go first.
inline constexpr size_t connection_window = size_t{160} * 1024;

/// Most bytes that a socket takes ahead of what the network does: the system
/// keeps them in order, whatever is urgent. Less would cost throughput.
inline constexpr size_t unsent_max = size_t{128} * 1024;

} // namespace troupe
