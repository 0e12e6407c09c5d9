// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace troupe {

/// Most data bytes a packet of ours carries. Every receiver takes them;
/// CometBFT refuses packets that are more than 10 bytes longer.
inline constexpr size_t default_packet_payload = 1024;

/// Largest maximum payload that can be configured, in bytes. Also what keeps
/// sizes from overflowing.
inline constexpr size_t max_packet_payload = size_t{1} << 20;

} // namespace troupe
