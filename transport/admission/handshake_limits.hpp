// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>

#include "troupe/messages/errc.hpp"
#include "troupe/messages/time.hpp"

namespace troupe {

/// How many accepted connections may be on their way to become a peer.
struct handshake_limits {
  /// From everywhere, at least 1.
  size_t max = 64;

  /// From one IP address and from one subnet, at least 1.
  size_t max_per_ip = 16;
  size_t max_per_subnet = 32;

  /// How long a handshake is left alone when others want its place. Honest ones
  /// take three round trips.
  duration grace = std::chrono::seconds{2};
};

/// Checks each value.
/// @returns `invalid_option`, the context names the option, its value and what
///          was expected; or `none`.
failure validate(const handshake_limits& limits);

} // namespace troupe
