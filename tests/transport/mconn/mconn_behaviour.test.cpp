// SPDX-License-Identifier: Apache-2.0
//
// What a whole receiver does with a byte stream, packets and keepalive
// together. The vectors were replayed over sockets; here the decrypted bytes go
// to the cores directly. A pong is what `keepalive` says is due once all input
// is processed, and a closed connection is the decoder's error.
#include <map>

#include <doctest/doctest.h>

#include "troupe/tests/transport/mconn/packets.hpp"
#include "troupe/tests/vectors.hpp"
#include "troupe/transport/mconn/keepalive.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

using json = nlohmann::json;

/// One connection's receiving half.
struct receiver final : packet_sink {
  explicit receiver(const json& setup)
    : channels(read_channels(setup)),
      decoder(setup["max_packet_msg_payload_size"].get<size_t>(), channels) {}

  static std::vector<channel_descriptor> read_channels(const json& setup) {
    std::vector<channel_descriptor> result;
    for (const auto& channel : setup["channels"])
      result.push_back(
          {.id = channel["id"],
           .recv_message_capacity = channel["recv_message_capacity"]});
    return result;
  }

  void on_ping() override {
    alive.ping_received();
  }

  void on_pong() override {
    // Just a sign of life, like any traffic.
  }

  void on_skipped(channel_id channel) override {
    delivered.push_back({{"skipped", channel}});
  }

  void on_message(channel_id channel, growing_bytes&& body) override {
    delivered.push_back({{"channel", channel}, {"len", body.size()}});
  }

  /// Feeds the items of a row, one call each.
  errc receive(const json& items) {
    auto code = errc::none;
    for (const auto& item : items)
      code = decoder.decode(item_bytes(item), *this);
    return code;
  }

  static bytes item_bytes(const json& item) {
    if (item.contains("hex"))
      return from_hex(item["hex"]);
    if (item.contains("fill"))
      return filled(item["fill"][1], item["fill"][0]);
    // An empty frame holds no bytes, whatever the packet layer makes of them.
    REQUIRE(item["zero_length_frame"] == true);
    return {};
  }

  std::vector<channel_descriptor> channels;
  packet_decoder decoder;
  keepalive alive{{}, {}};
  json delivered = json::array();
};

/// The reasons behind "closed".
const std::map<std::string, errc> reasons{
    {"empty packet (length 0)", errc::malformed_packet},
    {"unregistered channel 0x33", errc::unknown_channel},
    {"channel id 0x120", errc::unknown_channel},
    {"channel id -1", errc::unknown_channel},
    {"message of 3001 bytes on a channel with capacity 3000",
     errc::oversized_message},
    {"payload 1024, eof, channel 0x81 (two-byte channel varint): packet length "
     "1035",
     errc::oversized_packet},
    {"payload 1025 with eof: packet length 1035", errc::oversized_packet},
    {"payload 1027 without eof: packet length 1035", errc::oversized_packet},
    {"ping member with varint wire type", errc::malformed_packet},
};

bool has_empty_frame(const json& row) {
  for (const auto& item : row["send"])
    if (item.contains("zero_length_frame"))
      return true;
  return false;
}

} // namespace

TEST_CASE("a receiver does with every stream what the Go implementation does") {
  auto vectors = load_vectors("mconn_behaviour");
  for (const auto& row : vectors["cases"]) {
    std::string name = row["name"];
    const auto& expect = row["expect"];
    CAPTURE(name);
    receiver uut{vectors["receiver"]};
    auto code = uut.receive(row["send"]);
    if (expect.contains("closed") && has_empty_frame(row)) {
      // The Go reader mistakes the empty frame for a length of 0. To skip it is
      // better (spec p2p, "Zero-length frames"), and no sender relies on it.
      CHECK(code == errc::none);
      CHECK(uut.alive.take_pong());
      continue;
    }
    if (expect.contains("closed")) {
      REQUIRE(reasons.count(name) == 1);
      CHECK(code == reasons.at(name));
      CHECK(uut.delivered.empty());
      continue;
    }
    CHECK(code == errc::none);
    CHECK(uut.delivered == expect.value("delivered", json::array()));
    CHECK(uut.alive.take_pong() == expect.contains("reply"));
    if (expect.contains("reply"))
      CHECK(to_hex(pong_packet) == expect["reply"].get<std::string>());
    CHECK_FALSE(uut.alive.take_pong());
    CHECK(uut.decoder.buffered_bytes() == 0);
  }
}

TEST_CASE("many pings in one write are answered with one pong") {
  receiver uut{load_vectors("mconn_behaviour")["receiver"]};
  bytes wire;
  for (int i = 0; i < 200; ++i)
    append(wire, ping_packet);
  CHECK(uut.decoder.decode(wire, uut) == errc::none);
  CHECK(uut.alive.take_pong());
  CHECK_FALSE(uut.alive.take_pong());
}
