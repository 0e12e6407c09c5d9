// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>

#include "troupe/messages/time.hpp"

namespace troupe {

/// The limits of a connection of QUIC. What a remote can make it hold is a
/// window for each stream that it may open.
struct quic_options {
  /// Bytes that the remote may send on a stream ahead of what was consumed.
  size_t stream_window = size_t{256} * 1024;

  /// Bytes that it may send on all streams together in a round trip. Given back
  /// as data arrives, whoever consumes it, so that no stream waits for another
  /// one; unless `quic_connection::hold_window` holds it back from all.
  size_t connection_window = size_t{8} * 1024 * 1024;

  /// Streams that both send on, and that the remote may have open at once.
  size_t streams_bidi = 0;

  /// Streams that only the remote sends on and that it may open, ever: before
  /// version 1, ngtcp2 does not notice that one has come to its end.
  size_t streams_uni = 0;

  /// Most bytes that are sent and not acknowledged, when more is to be sent.
  size_t in_flight_max = size_t{4} * 1024 * 1024;

  /// A remote that says nothing for this long is gone.
  duration idle_timeout = std::chrono::seconds{30};

  /// What is silent for this long gets a sign of life. Zero: none.
  duration keep_alive = std::chrono::seconds{10};

  /// How long the handshake may take, once it goes on.
  duration handshake_timeout = std::chrono::seconds{20};

  /// Largest datagram that is sent, if the path takes it, in bytes of UDP's
  /// content: what is left of Ethernet's 1500 behind the headers of IPv6.
  size_t datagram_max = 1452;
};

/// Most bytes of the reason in a CONNECTION_CLOSE of ours.
inline constexpr size_t quic_reason_max = 128;

/// Most datagrams that a client keeps until it goes on with its handshake.
inline constexpr size_t quic_held_datagrams = 16;

/// Most bytes of handshake that a server keeps until it goes on with it.
inline constexpr size_t quic_held_handshake = size_t{16} * 1024;

/// Largest datagram that is looked at, in bytes.
inline constexpr size_t quic_datagram_limit = 1500;

} // namespace troupe
