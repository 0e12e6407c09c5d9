// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/packet_encoder.hpp"

#include <cassert>

namespace troupe {

static_assert(layout_packet(0xff, true, max_packet_payload).wire
                  - max_packet_payload
              == max_packet_header_size);

size_t message_wire_size(channel_id channel, size_t size,
                         size_t payload_max) noexcept {
  auto last_max = max_packet_data(channel, payload_max);
  if (size <= last_max)
    return packet_wire_size(channel, true, size);
  // As many full packets as it takes until the rest fits the last one.
  auto full = (size - last_max + payload_max - 1) / payload_max;
  return full * packet_wire_size(channel, false, payload_max)
         + packet_wire_size(channel, true, size - full * payload_max);
}

size_t encode_packet_header(
    channel_id channel, bool eof, size_t data_size,
    std::span<std::byte, max_packet_header_size> out) noexcept {
  assert(data_size <= max_packet_payload);
  auto layout = layout_packet(channel, eof, data_size);
  auto* pos = out.data();
  pos += encode_uvarint(layout.packet, pos);
  *pos++ = std::byte{0x1a};
  pos += encode_uvarint(layout.inner, pos);
  if (channel != 0) {
    *pos++ = std::byte{0x08};
    pos += encode_uvarint(channel, pos);
  }
  if (eof) {
    *pos++ = std::byte{0x10};
    *pos++ = std::byte{0x01};
  }
  if (data_size > 0) {
    *pos++ = std::byte{0x1a};
    pos += encode_uvarint(data_size, pos);
  }
  return static_cast<size_t>(pos - out.data());
}

} // namespace troupe
