// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "troupe/messages/bytes.hpp"

namespace troupe {

// Two ways to read a packet (wire format in `packet_encoder.hpp`) behind its
// length prefix, for `packet_decoder`: a quick one for the layout that every
// known encoder writes, which needs only the first bytes and so lets the data
// be copied just once; and a complete one for whatever Protobuf allows.

/// What stands before the data of a message packet.
struct packet_head {
  enum class status : uint8_t {
    /// All of the head is there.
    complete,
    /// The rest of the head must arrive first.
    incomplete,
    /// Not a message packet in the layout that encoders write.
    unusual,
  };

  status outcome = status::unusual;

  /// Bytes up to the data.
  size_t size = 0;

  /// As on the wire: any number.
  int32_t channel = 0;

  /// Whether the message is complete with this packet.
  bool eof = false;

  /// Size of the data. The data is all that follows the head.
  size_t data_size = 0;
};

/// Reads the head of a packet of which only the front is at hand.
/// @param prefix  first bytes of the packet, at least one. No head is longer
///                than `max_packet_header_size`.
/// @param packet_size  size of the whole packet without its length prefix, at
///                     least that of `prefix`.
packet_head parse_packet_head(byte_view prefix, size_t packet_size) noexcept;

/// Content of a packet.
struct parsed_packet {
  enum class kind : uint8_t { malformed, ping, pong, message };

  kind content = kind::malformed;

  /// As on the wire: any number. Messages only, as what follows.
  int32_t channel = 0;

  /// Whether the message is complete with this packet.
  bool eof = false;

  /// Points into the input.
  byte_view data = {};
};

/// Reads a whole packet as Protobuf prescribes. Of several alternatives, and of
/// several values of a field, the last one wins, but all of them must be
/// well-formed (spec p2p, "Integers, varints, protobuf").
/// @param packet  without its length prefix.
parsed_packet parse_packet(byte_view packet) noexcept;

} // namespace troupe
