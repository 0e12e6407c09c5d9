// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/entropy.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/transport/quic/connection_id.hpp"
#include "troupe/transport/quic/quic_connection.hpp"
#include "troupe/transport/quic/udp_place.hpp"

namespace troupe {

// Packets of QUIC that are read and written without a connection.

/// Shortest datagram that opens a connection (RFC 9000, 14.1).
inline constexpr size_t initial_size_min = 1200;

/// How long a Retry is good for: longer than a handshake may take
/// (`quic_options::handshake_timeout`), as clients take no second one. Whoever
/// comes back too late, with packets that were lost meanwhile, would be sent
/// one, and hear nothing else.
inline constexpr duration retry_time = std::chrono::seconds{30};
static_assert(retry_time > quic_options{}.handshake_timeout);

/// Says which connection a datagram is for, if it is one of QUIC.
struct packet_target {
  connection_id to;

  /// Whom an answer goes to; empty in packets of connections that are there.
  connection_id from = {};

  /// Whether the packet is of those that handshakes are made of.
  bool is_long = false;

  /// Whether it is of a version that we do not speak.
  bool foreign = false;
};

/// Reads what every packet begins with; nothing if it is none, or short ones
/// of which we have not chosen the ID.
std::optional<packet_target> read_target(byte_view datagram);

/// Reads what a datagram says that opens a connection. Nothing of it is proven.
/// @returns nothing for any other datagram, and for one that is shorter than
///          `initial_size_min`.
std::optional<quic_initial> read_initial(byte_view datagram);

/// Says which versions we speak, to somebody who speaks another one.
bytes write_versions(const packet_target& about, entropy& random);

/// Asks somebody to show that he is where he says he is (RFC 9000, 8.1.2).
/// @param secret  makes the token, which only we can read.
bytes write_retry(const quic_initial& to, const udp_place& where,
                  const reset_secret& secret, entropy& random, time_point now);

/// Reads the token of a first packet, if it is one of ours, for that place and
/// not too old. @returns whom the client had sent to before the Retry.
std::optional<connection_id> read_retry(const quic_initial& from,
                                        const udp_place& where,
                                        const reset_secret& secret,
                                        time_point now);

/// Turns somebody away: nobody accepts connections here.
bytes write_refusal(const quic_initial& to);

/// Says that we know a connection no more (RFC 9000, 10.3).
/// @param size  of the datagram that this answers; it is shorter.
/// @returns nothing if that would be too short to be one.
bytes write_reset(const connection_id& about, size_t size,
                  const reset_secret& secret, entropy& random);

} // namespace troupe
