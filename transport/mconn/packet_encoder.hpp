// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/uvarint.hpp"
#include "troupe/transport/mconn/packet_payload.hpp"

namespace troupe {

// Wire format of MConnection packets, repeated (spec p2p, "Packet schema"):
//
//     02 0a 00                                                       ping
//     02 12 00                                                       pong
//     LEN 1a LEN [08 CHANNEL] [10 01 (eof)] [1a LEN DATA]            message
//
// Zero channels, absent `eof` and empty data are left out. A message of more
// than one payload spans packets; the last of them carries `eof`.

/// A ping with its length prefix.
inline constexpr std::array<std::byte, 3> ping_packet{
    std::byte{0x02}, std::byte{0x0a}, std::byte{0x00}};

/// A pong with its length prefix.
inline constexpr std::array<std::byte, 3> pong_packet{
    std::byte{0x02}, std::byte{0x12}, std::byte{0x00}};

/// Most bytes that `encode_packet_header` writes: two lengths and a data size
/// of at most 3 bytes each, three tags, a channel of 2 bytes, `eof` of 2 bytes.
inline constexpr size_t max_packet_header_size = 16;

/// Sizes of the parts of a message packet in bytes.
struct packet_layout {
  /// Everything inside the embedded message, data included.
  size_t inner = 0;
  /// The packet without its length prefix; what receivers limit.
  size_t packet = 0;
  /// The packet with its length prefix.
  size_t wire = 0;
};

/// Returns the sizes of a message packet.
constexpr packet_layout layout_packet(channel_id channel, bool eof,
                                      size_t data_size) noexcept {
  packet_layout result;
  if (channel != 0)
    result.inner += 1 + uvarint_size(channel);
  if (eof)
    result.inner += 2;
  if (data_size > 0)
    result.inner += 1 + uvarint_size(data_size) + data_size;
  result.packet = 1 + uvarint_size(result.inner) + result.inner;
  result.wire = uvarint_size(result.packet) + result.packet;
  return result;
}

/// Returns how many bytes a message packet takes, length prefix and data
/// included.
constexpr size_t packet_wire_size(channel_id channel, bool eof,
                                  size_t data_size) noexcept {
  return layout_packet(channel, eof, data_size).wire;
}

/// Returns the longest packet in bytes, without its length prefix, that a
/// receiver with a maximum payload of `payload_max` accepts.
constexpr size_t packet_size_limit(size_t payload_max) noexcept {
  return layout_packet(1, true, payload_max).packet;
}

/// Returns how much data the *last* packet of a message may carry, so that the
/// packet stays within `packet_size_limit(payload_max)`. Earlier packets may
/// always carry `payload_max`. One byte less for channels from 0x80 on, because
/// their number takes another byte.
constexpr size_t max_packet_data(channel_id channel,
                                 size_t payload_max) noexcept {
  return channel < 0x80 ? payload_max : payload_max - 1;
}

/// Returns how many wire bytes a message of `size` bytes takes in packets of at
/// most `payload_max` data bytes.
size_t message_wire_size(channel_id channel, size_t size,
                         size_t payload_max) noexcept;

/// Writes all of a message packet that comes before its data to `out`. The
/// caller sends the data right behind it.
/// @param data_size  at most `max_packet_payload`.
/// @returns how many bytes of `out` were used.
size_t
encode_packet_header(channel_id channel, bool eof, size_t data_size,
                     std::span<std::byte, max_packet_header_size> out) noexcept;

} // namespace troupe
