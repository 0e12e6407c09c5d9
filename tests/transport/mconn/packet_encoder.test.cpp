// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/packet_encoder.hpp"

#include <doctest/doctest.h>

#include "troupe/tests/transport/mconn/packets.hpp"
#include "troupe/tests/vectors.hpp"

using namespace troupe;
using namespace troupe::test;

TEST_CASE("packets have the bytes that the Go implementation writes") {
  auto vectors = load_vectors("packets");
  for (const auto& row : vectors["packets"]) {
    channel_id channel = row["channel_id"];
    bool eof = row["eof"];
    size_t data_size = row["data_len"];
    CAPTURE(channel);
    CAPTURE(eof);
    CAPTURE(data_size);
    auto data = filled(data_size, row["data_fill_byte"]);
    auto wire = encode_packet(channel, eof, data);
    // Long rows give all up to the data; the rest follows from the fill byte.
    bytes expected;
    if (row.contains("wire")) {
      expected = from_hex(row["wire"]);
    } else {
      expected = from_hex(row["wire_prefix"]);
      append(expected, data);
    }
    CHECK(to_hex(wire) == to_hex(expected));
    CHECK(wire.size() == row["wire_len"].get<size_t>());
    CHECK(packet_wire_size(channel, eof, data_size) == wire.size());
    auto packet_size = layout_packet(channel, eof, data_size).packet;
    CHECK(packet_size == row["packet_len"].get<size_t>());
    CHECK((packet_size <= packet_size_limit(1024))
          == row["accepted_with_payload_size_1024"].get<bool>());
    CHECK((packet_size <= packet_size_limit(1400))
          == row["accepted_with_payload_size_1400"].get<bool>());
  }
}

TEST_CASE("pings and pongs have the bytes that the Go implementation writes") {
  auto vectors = load_vectors("packets");
  CHECK(to_hex(ping_packet) == vectors["ping_wire"].get<std::string>());
  CHECK(to_hex(pong_packet) == vectors["pong_wire"].get<std::string>());
}

TEST_CASE("the size limit follows from the maximum payload") {
  auto vectors = load_vectors("packets");
  for (const auto& row : vectors["limits"]) {
    size_t payload_max = row["max_packet_msg_payload_size"];
    CAPTURE(payload_max);
    CHECK(packet_size_limit(payload_max)
          == row["max_packet_len"].get<size_t>());
  }
}

TEST_CASE("the wire size of a message is that of its packets") {
  auto vectors = load_vectors("packets");
  for (const auto& row : vectors["fragmentation"]) {
    channel_id channel = row["channel_id"];
    size_t message_size = row["message_len"];
    size_t payload_max = row["payload_size"];
    CAPTURE(message_size);
    CAPTURE(payload_max);
    size_t sum = 0;
    for (const auto& packet : row["packets"]) {
      size_t wire_size = packet["wire_len"];
      CHECK(packet_wire_size(channel, packet["eof"], packet["data_len"])
            == wire_size);
      sum += wire_size;
    }
    CHECK(message_wire_size(channel, message_size, payload_max) == sum);
  }
}

TEST_CASE("no packet that we may make exceeds the limit of its receiver") {
  for (size_t payload_max : {2, 127, 128, 129, 1023, 1024, 1400, 16384})
    for (channel_id channel : {0, 1, 0x7f, 0x80, 0xff}) {
      CAPTURE(payload_max);
      CAPTURE(channel);
      auto limit = packet_size_limit(payload_max);
      auto last = max_packet_data(channel, payload_max);
      CHECK(layout_packet(channel, false, payload_max).packet <= limit);
      CHECK(layout_packet(channel, true, last).packet <= limit);
      // Not needlessly small either.
      if (last < payload_max)
        CHECK(layout_packet(channel, true, last + 1).packet > limit);
    }
}

TEST_CASE("the largest header fits its buffer") {
  std::array<std::byte, max_packet_header_size> header;
  CHECK(encode_packet_header(0xff, true, max_packet_payload, header)
        == max_packet_header_size);
}
