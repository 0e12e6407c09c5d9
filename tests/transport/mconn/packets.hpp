// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/growing_bytes.hpp"
#include "troupe/tests/harness/conformance/patterned.hpp"
#include "troupe/transport/mconn/packet_decoder.hpp"
#include "troupe/transport/mconn/packet_encoder.hpp"

namespace troupe::test {

/// What a decoder reported, in order.
struct recording_sink final : packet_sink {
  struct message {
    channel_id channel = 0;
    growing_bytes body;
  };

  void on_ping() override {
    log.emplace_back("ping");
  }

  void on_pong() override {
    log.emplace_back("pong");
  }

  void on_skipped(channel_id channel) override {
    log.push_back(fmt::format("{:#x}: skipped", channel));
  }

  void on_message(channel_id channel, growing_bytes&& body) override {
    log.push_back(fmt::format("{:#x}: {} bytes", channel, body.size()));
    messages.push_back({channel, std::move(body)});
  }

  std::vector<std::string> log;
  std::vector<message> messages;
};

inline bytes filled(size_t size, int value) {
  return bytes(size, static_cast<std::byte>(value));
}

using testing::conformance::patterned;

inline void append(bytes& out, byte_view data) {
  out.insert(out.end(), data.begin(), data.end());
}

/// Encodes one message packet.
inline bytes encode_packet(channel_id channel, bool eof, byte_view data) {
  std::array<std::byte, max_packet_header_size> header;
  auto size = encode_packet_header(channel, eof, data.size(), header);
  bytes result;
  append(result, byte_view{header}.first(size));
  append(result, data);
  return result;
}

/// Encodes one message in packets of at most `payload_max` data bytes.
inline bytes encode_message(channel_id channel, byte_view body,
                            size_t payload_max = default_packet_payload) {
  bytes result;
  while (body.size() > payload_max) {
    append(result, encode_packet(channel, false, body.first(payload_max)));
    body = body.subspan(payload_max);
  }
  append(result, encode_packet(channel, true, body));
  return result;
}

/// Decodes `input` in pieces of `step` bytes.
inline errc decode_cut(packet_decoder& decoder, byte_view input, size_t step,
                       packet_sink& sink) {
  while (!input.empty()) {
    auto part = input.first(std::min(step, input.size()));
    input = input.subspan(part.size());
    if (auto code = decoder.decode(part, sink); code != errc::none)
      return code;
  }
  return errc::none;
}

} // namespace troupe::test
