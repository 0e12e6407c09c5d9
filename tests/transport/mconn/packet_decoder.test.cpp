// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/packet_decoder.hpp"

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "troupe/tests/transport/mconn/packets.hpp"
#include "troupe/tests/vectors.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::string_view_literals;

namespace {

constexpr size_t anything = 1'000'000;

struct packet_decoder_fixture {
  std::vector<channel_descriptor> channels{
      {.id = 0x00, .recv_message_capacity = 64'000},
      {.id = 0x20, .recv_message_capacity = 3000},
      {.id = 0x81, .recv_message_capacity = anything}};
  packet_decoder decoder{1024, channels};
  recording_sink sink;

  errc decode(byte_view input, size_t step = anything) {
    return decode_cut(decoder, input, step, sink);
  }

  errc decode_hex(std::string_view text, size_t step = anything) {
    return decode(from_hex(text), step);
  }
};

using log_t = std::vector<std::string>;

/// The code for a row that says "connection error".
errc code_of(const std::string& expect) {
  if (!expect.starts_with("connection error"))
    return errc::none;
  if (expect.find("no oneof member") != std::string::npos
      || expect.find("wrong wire type") != std::string::npos)
    return errc::malformed_packet;
  if (expect.find("channel") != std::string::npos)
    return errc::unknown_channel;
  if (expect.find("as soon as the length") != std::string::npos)
    return errc::oversized_packet;
  return errc::none;
}

/// Splits `input` at places drawn from `seed`.
errc decode_randomly_cut(packet_decoder& decoder, byte_view input,
                         uint32_t seed, packet_sink& sink) {
  std::mt19937 draw{seed};
  while (!input.empty()) {
    auto size = std::min<size_t>(1 + draw() % (seed % 3 == 0 ? 20 : 2000),
                                 input.size());
    if (auto code = decoder.decode(input.first(size), sink); code != errc::none)
      return code;
    input = input.subspan(size);
  }
  return errc::none;
}

} // namespace

TEST_CASE("packets come out as they went in, within the receiver's limit") {
  auto vectors = load_vectors("packets");
  for (const auto& row : vectors["packets"])
    for (size_t payload_max : {1024, 1400})
      for (size_t step : {size_t{1}, size_t{5}, anything}) {
        channel_id channel = row["channel_id"];
        bool eof = row["eof"];
        size_t data_size = row["data_len"];
        CAPTURE(channel);
        CAPTURE(eof);
        CAPTURE(data_size);
        CAPTURE(payload_max);
        CAPTURE(step);
        auto data = filled(data_size, row["data_fill_byte"]);
        auto wire
            = from_hex(row.contains("wire") ? row["wire"] : row["wire_prefix"]);
        if (!row.contains("wire"))
          append(wire, data);
        std::vector<channel_descriptor> channels{{.id = channel}};
        packet_decoder decoder{payload_max, channels};
        recording_sink sink;
        auto code = decode_cut(decoder, wire, step, sink);
        auto key = payload_max == 1024 ? "accepted_with_payload_size_1024"
                                       : "accepted_with_payload_size_1400";
        if (!row[key].get<bool>()) {
          CHECK(code == errc::oversized_packet);
          CHECK(sink.log.empty());
          continue;
        }
        CHECK(code == errc::none);
        if (eof) {
          REQUIRE(sink.messages.size() == 1);
          CHECK(sink.messages[0].channel == channel);
          CHECK(sink.messages[0].body == data);
        } else {
          CHECK(sink.log.empty());
          CHECK(decoder.buffered_bytes() == data_size);
        }
      }
}

TEST_CASE("unusual and bad packets end as with the Go implementation") {
  auto vectors = load_vectors("packets");
  for (const auto& row : vectors["decode"])
    for (size_t step : {size_t{1}, size_t{2}, anything}) {
      std::string expect = row["expect"];
      CAPTURE(expect);
      CAPTURE(step);
      packet_decoder_fixture uut;
      auto code = uut.decode_hex(row["wire"].get<std::string>(), step);
      CHECK(code == code_of(expect));
      log_t log;
      if (expect.starts_with("ping"))
        log = {"ping"};
      else if (expect.starts_with("pong"))
        log = {"pong"};
      else if (expect == "empty message delivered on channel 0x20")
        log = {"0x20: 0 bytes"};
      else
        REQUIRE(expect.starts_with("connection error"));
      CHECK(uut.sink.log == log);
    }
}

TEST_CASE("a packet decodes the same wherever the network cuts it") {
  bytes wire;
  append(wire, ping_packet);
  append(wire, encode_packet(0x20, false, patterned(1024, 1)));
  append(wire, encode_message(0x81, patterned(5000, 2), 1000));
  append(wire, pong_packet);
  append(wire, encode_message(0x00, {}));
  append(wire, encode_packet(0x20, true, patterned(100, 3)));
  // `eof` before the channel, which no encoder known to us writes.
  append(wire, from_hex("091a07100108201a0178"sv));
  append(wire, encode_message(0x00, patterned(300, 4)));
  log_t expected{"ping",          "0x81: 5000 bytes", "pong",
                 "0x0: 0 bytes",  "0x20: 1124 bytes", "0x20: 1 bytes",
                 "0x0: 300 bytes"};
  auto interrupted = patterned(1024, 1);
  append(interrupted, patterned(100, 3));
  auto check = [&](packet_decoder_fixture& uut, errc code) {
    CHECK(code == errc::none);
    REQUIRE(uut.sink.log == expected);
    const auto& messages = uut.sink.messages;
    CHECK(messages[0].body == patterned(5000, 2));
    CHECK(messages[2].body == interrupted);
    CHECK(messages[4].body == patterned(300, 4));
    CHECK(uut.decoder.buffered_bytes() == 0);
  };
  for (size_t step = 1; step <= 40; ++step) {
    CAPTURE(step);
    packet_decoder_fixture uut;
    check(uut, uut.decode(wire, step));
  }
  for (uint32_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    packet_decoder_fixture uut;
    check(uut, decode_randomly_cut(uut.decoder, wire, seed, uut.sink));
  }
}

TEST_CASE("a packet that is too long is refused before its body arrives") {
  packet_decoder_fixture uut;
  CHECK(uut.decode_hex("8b") == errc::none);
  CHECK(uut.decode_hex("08") == errc::oversized_packet);
  CHECK(uut.decoder.buffered_bytes() == 0);
}

TEST_CASE("a message may have just the capacity of its channel") {
  packet_decoder_fixture uut;
  CHECK(uut.decode(encode_message(0x20, patterned(3000), 1000)) == errc::none);
  CHECK(uut.sink.log == log_t{"0x20: 3000 bytes"});
  GIVEN("a message that is one byte longer") {
    auto wire = encode_message(0x20, patterned(3001), 1000);
    THEN("the packet that crosses the limit is refused before its data") {
      auto last = encode_packet(0x20, true, patterned(1)).size();
      auto head = byte_view{wire}.first(wire.size() - last);
      CHECK(uut.decode(head) == errc::none);
      CHECK(uut.decoder.buffered_bytes() == 3000);
      CHECK(uut.decode(byte_view{wire}.last(last).first(last - 1))
            == errc::oversized_message);
      CHECK(uut.sink.log.size() == 1);
    }
  }
  GIVEN("a packet of unusual layout that crosses the limit") {
    CHECK(uut.decode(encode_packet(0x20, false, patterned(1000)))
          == errc::none);
    CHECK(uut.decode(encode_packet(0x20, false, patterned(1000)))
          == errc::none);
    CHECK(uut.decode(encode_packet(0x20, false, patterned(1000)))
          == errc::none);
    CHECK(uut.decode_hex("071a051a01780820") == errc::oversized_message);
  }
}

TEST_CASE("a capacity below a packet's payload holds, too") {
  std::vector<channel_descriptor> channels{
      {.id = 1, .recv_message_capacity = 10}};
  packet_decoder decoder{1024, channels};
  recording_sink sink;
  CHECK(decoder.decode(encode_message(1, patterned(10)), sink) == errc::none);
  CHECK(decoder.decode(encode_message(1, patterned(11)), sink)
        == errc::oversized_message);
  CHECK(sink.log == log_t{"0x1: 10 bytes"});
}

TEST_CASE("messages of several channels interleave") {
  packet_decoder_fixture uut;
  auto a = patterned(2000, 1);
  auto b = patterned(2500, 2);
  CHECK(uut.decode(encode_packet(0x20, false, byte_view{a}.first(1000)))
        == errc::none);
  CHECK(uut.decode(encode_packet(0x81, false, byte_view{b}.first(1000)))
        == errc::none);
  CHECK(uut.decode(ping_packet) == errc::none);
  CHECK(uut.decode(encode_packet(0x81, false, byte_view{b}.subspan(1000, 1000)))
        == errc::none);
  CHECK(uut.decode(encode_packet(0x20, true, byte_view{a}.subspan(1000)))
        == errc::none);
  CHECK(uut.decode(encode_packet(0x81, true, byte_view{b}.subspan(2000)))
        == errc::none);
  CHECK(uut.sink.log == log_t{"ping", "0x20: 2000 bytes", "0x81: 2500 bytes"});
  CHECK(uut.sink.messages[0].body == a);
  CHECK(uut.sink.messages[1].body == b);
}

TEST_CASE("of two channels with one ID the first one counts") {
  std::vector<channel_descriptor> channels{
      {.id = 1, .recv_message_capacity = 20},
      {.id = 1, .recv_message_capacity = 10}};
  packet_decoder decoder{1024, channels};
  recording_sink sink;
  CHECK(decoder.decode(encode_message(1, patterned(20)), sink) == errc::none);
}

TEST_CASE("a delivered message does not hold much more than its size") {
  packet_decoder_fixture uut;
  // The second message is taken to be as long as the first one, and is not.
  CHECK(uut.decode(encode_message(0x81, patterned(60'000))) == errc::none);
  CHECK(uut.decode(encode_message(0x81, patterned(1100))) == errc::none);
  for (const auto& message : uut.sink.messages)
    CHECK(message.body.capacity() <= 2 * message.body.size());
  CHECK(uut.decoder.buffered_bytes() == 0);
}

TEST_CASE("a message of several packets has room at once for as much as the "
          "last one was") {
  // Also if one packet of the largest size could have taken it.
  const auto channels = std::vector<channel_descriptor>{{.id = 1}};
  packet_decoder decoder{1400, channels};
  recording_sink sink;
  for (size_t held : {1024, 1030}) {
    CHECK(decoder.decode(encode_packet(1, false, patterned(1024)), sink)
          == errc::none);
    CHECK(decoder.held_bytes() == held);
    CHECK(decoder.decode(encode_packet(1, true, patterned(6)), sink)
          == errc::none);
  }
  CHECK(sink.messages.size() == 2);
}

TEST_CASE("packets without data or end cost no memory") {
  packet_decoder_fixture uut;
  for (int i = 0; i < 10'000; ++i)
    REQUIRE(uut.decode_hex("021a00") == errc::none);
  CHECK(uut.decoder.buffered_bytes() == 0);
  CHECK(uut.sink.log.empty());
}

TEST_CASE("noise has one outcome wherever the network cuts it") {
  std::mt19937 draw{20240229};
  bytes valid;
  append(valid, encode_message(0x81, patterned(300), 100));
  append(valid, ping_packet);
  append(valid, from_hex("091a07100108201a0178"sv));
  append(valid, encode_message(0x20, patterned(50)));
  size_t failed = 0;
  for (int round = 0; round < 5000; ++round) {
    CAPTURE(round);
    auto wire = valid;
    for (auto flips = 1 + draw() % 3; flips > 0; --flips)
      wire[draw() % wire.size()] = static_cast<std::byte>(draw());
    packet_decoder_fixture whole;
    auto expected = whole.decode(wire);
    failed += expected != errc::none ? 1 : 0;
    for (size_t step : {size_t{1}, size_t{7}}) {
      packet_decoder_fixture cut;
      CHECK(cut.decode(wire, step) == expected);
      CHECK(cut.sink.log == whole.sink.log);
    }
  }
  // Both outcomes must have come up for this to mean anything.
  CHECK(failed > 500);
  CHECK(failed < 4500);
}

TEST_CASE("messages on channels that are not open are skipped, and nothing of "
          "them is stored") {
  std::vector<channel_descriptor> channels{{.id = 0x20}};
  bytes wire;
  append(wire, encode_message(0x31, patterned(5000, 1)));
  append(wire, encode_packet(0x20, false, patterned(100, 2)));
  // Begun, and ended behind others.
  append(wire, encode_packet(0x81, false, patterned(1000, 3)));
  append(wire, ping_packet);
  append(wire, encode_packet(0x20, true, patterned(50, 4)));
  append(wire, encode_packet(0x81, true, {}));
  // `eof` before the channel.
  append(wire, from_hex("091a07100108311a0178"sv));
  const log_t expected{"0x31: skipped", "ping", "0x20: 150 bytes",
                       "0x81: skipped", "0x31: skipped"};
  for (size_t step : {size_t{1}, size_t{7}, size_t{100}, anything}) {
    CAPTURE(step);
    packet_decoder decoder{1024, channels, unknown_channel_policy::ignore};
    recording_sink sink;
    CHECK(decode_cut(decoder, wire, step, sink) == errc::none);
    CHECK(sink.log == expected);
    CHECK(decoder.buffered_bytes() == 0);
  }
  GIVEN("a message that never ends") {
    packet_decoder decoder{1024, channels, unknown_channel_policy::ignore};
    recording_sink sink;
    auto part = encode_packet(0x31, false, patterned(1024));
    for (int i = 0; i < 1000; ++i)
      REQUIRE(decoder.decode(part, sink) == errc::none);
    CHECK(decoder.held_bytes() == 0);
    CHECK(decoder.halves().empty());
  }
  GIVEN("what is no channel at all") {
    for (auto hex :
         {"0a1a0808f00210011a0161"sv, "0f1a0d08ffffffffffffffffff011001"sv}) {
      packet_decoder decoder{1024, channels, unknown_channel_policy::ignore};
      recording_sink sink;
      CHECK(decode_cut(decoder, from_hex(hex), anything, sink)
            == errc::unknown_channel);
    }
  }
}

TEST_CASE("a decoder tells which messages have arrived in part, and what they "
          "hold") {
  packet_decoder_fixture uut;
  CHECK(uut.decode(encode_packet(0x20, false, patterned(1000))) == errc::none);
  CHECK(uut.decode(encode_message(0x81, patterned(10))) == errc::none);
  CHECK(uut.decode(encode_packet(0x81, false, patterned(700))) == errc::none);
  auto halves = uut.decoder.halves();
  REQUIRE(halves.size() == 2);
  CHECK(halves[0].size == 1000);
  CHECK(halves[1].size == 700);
  // The first message of the connection, and the third.
  CHECK(halves[0].number == 0);
  CHECK(halves[1].number == 2);
  CHECK(uut.decoder.held_bytes() >= 1700);
  CHECK(uut.decode(encode_packet(0x20, true, {})) == errc::none);
  CHECK(uut.decode(encode_packet(0x81, true, {})) == errc::none);
  CHECK(uut.decoder.halves().empty());
  CHECK(uut.decoder.held_bytes() == 0);
}

TEST_CASE("each message that arrives in parts is told from the one before, on "
          "the same channel as on others") {
  packet_decoder_fixture uut;
  std::set<uint64_t> numbers;
  for (int i = 0; i < 3; ++i)
    for (channel_id channel : {0x20, 0x20, 0x81}) {
      CHECK(uut.decode(encode_packet(channel, false, patterned(10)))
            == errc::none);
      REQUIRE(uut.decoder.halves().size() == 1);
      CHECK(numbers.insert(uut.decoder.halves().front().number).second);
      CHECK(uut.decode(encode_packet(channel, true, {})) == errc::none);
    }
}

TEST_CASE("a short message between long ones does not change how long the next "
          "is expected to be") {
  packet_decoder_fixture uut;
  const auto begin = encode_packet(0x81, false, patterned(1000));
  for (int i = 0; i < 5; ++i)
    CHECK(uut.decode(begin) == errc::none);
  CHECK(uut.decode(encode_packet(0x81, true, {})) == errc::none);
  CHECK(uut.decode(encode_message(0x81, patterned(10))) == errc::none);
  CHECK(uut.decode(begin) == errc::none);
  CHECK(uut.decoder.held_bytes() >= 5000);
}
