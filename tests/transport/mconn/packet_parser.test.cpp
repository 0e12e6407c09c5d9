// SPDX-License-Identifier: Apache-2.0
//
// Driven through the decoder, which uses one parser or the other depending on
// where the input is cut.
#include "troupe/transport/mconn/packet_parser.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "troupe/messages/wire_writer.hpp"
#include "troupe/tests/transport/mconn/packets.hpp"
#include "troupe/tests/vectors.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::string_view_literals;

namespace {

using log_t = std::vector<std::string>;

/// Decodes hexadecimal digits with spaces between fields.
bytes fields(std::string text) {
  std::erase(text, ' ');
  return from_hex(std::string_view{text});
}

/// Wraps the fields of a message as the packet's third alternative.
std::string message(std::string text) {
  bytes result;
  append_message_field(result, 3, fields(std::move(text)));
  return to_hex(result);
}

/// Puts the length in front of the fields of a packet.
bytes packet(std::string text) {
  bytes result;
  append_delimited(result, fields(std::move(text)));
  return result;
}

struct packet_parser_fixture {
  std::vector<channel_descriptor> channels{{.id = 0x00}, {.id = 0x20}};
  packet_decoder decoder{1024, channels};
  recording_sink sink;
};

} // namespace

TEST_CASE("fields count in every form that Protobuf allows") {
  struct row {
    const char* name;
    bytes wire;
    log_t log;
  };
  const std::vector<row> rows{
      {"data, channel, eof",
       packet(message("1a0178 0820 1001")),
       {"0x20: 1 bytes"}},
      {"two channels: the last wins",
       packet(message("0833 0820 1001 1a0178")),
       {"0x20: 1 bytes"}},
      {"two data fields: the last wins",
       packet(message("0820 1001 1a03616263 1a0178")),
       {"0x20: 1 bytes"}},
      {"eof of 2 is true",
       packet(message("0820 1002 1a0178")),
       {"0x20: 1 bytes"}},
      {"eof of 2 is true, in an unusual place",
       packet(message("1a0178 0820 1002")),
       {"0x20: 1 bytes"}},
      {"eof of 0 is false", packet(message("0820 1000 1a0178")), {}},
      {"true, then false is false",
       packet(message("0820 1001 1000 1a0178")),
       {}},
      {"empty data", packet(message("0820 1001 1a00")), {"0x20: 0 bytes"}},
      {"channel 0 in full", packet(message("0800 1001")), {"0x0: 0 bytes"}},
      {"unknown field behind the data",
       packet(message("0820 1001 1a0178 7a0131")),
       {"0x20: 1 bytes"}},
      {"unknown field before the message",
       packet("7a0131" + message("0820 1001")),
       {"0x20: 0 bytes"}},
      {"unknown field behind the message",
       packet(message("0820 1001 1a0178") + "7801"),
       {"0x20: 1 bytes"}},
      {"unknown nested group", packet("7b 7b 7c 0801 7c 0a00"), {"ping"}},
      {"unknown fixed numbers",
       packet("79 0102030405060708 7d 01020304 0a00"),
       {"ping"}},
      {"channel with bits above the 32nd",
       packet(message("08a080808010 1001")),
       {"0x20: 0 bytes"}},
      {"non-minimal numbers",
       from_hex("8c8000"
                "1a888000"
                "08a000"
                "108100"
                "1a00"sv),
       {"0x20: 0 bytes"}},
      {"ping with content", packet("0a020801"), {"ping"}},
      {"message, then ping", packet(message("0820 1001") + "0a00"), {"ping"}},
      {"ping, then message",
       packet("0a00" + message("0820 1001")),
       {"0x20: 0 bytes"}},
      {"a second message replaces the first",
       packet(message("0820 1001 1a0178") + message("1001")),
       {"0x0: 0 bytes"}},
  };
  for (const auto& [name, wire, log] : rows)
    for (size_t step : {size_t{1}, size_t{3}, size_t{1000}}) {
      CAPTURE(name);
      CAPTURE(step);
      packet_parser_fixture uut;
      CHECK(decode_cut(uut.decoder, wire, step, uut.sink) == errc::none);
      CHECK(uut.sink.log == log);
      for (const auto& found : uut.sink.messages) {
        CHECK(to_hex(found.body) == (found.body.empty() ? "" : "78"));
      }
    }
}

TEST_CASE("what is no packet ends the connection") {
  struct row {
    const char* name;
    bytes wire;
    errc code;
  };
  const std::vector<row> rows{
      {"only unknown fields", packet("7a0131"), errc::malformed_packet},
      {"truncated message", packet("1a 05 0820"), errc::malformed_packet},
      {"truncated number", packet("1a 02 08a0"), errc::malformed_packet},
      {"truncated data", packet(message("0820 1001 1a0261")),
       errc::malformed_packet},
      {"bytes behind the message", packet(message("1001") + "08"),
       errc::malformed_packet},
      {"field 0", packet("0001 0a00"), errc::malformed_packet},
      {"reserved wire type", packet("0a00 0e"), errc::malformed_packet},
      {"end of a group that never began", packet("0a00 7c"),
       errc::malformed_packet},
      {"group without end", packet("0a00 7b"), errc::malformed_packet},
      {"malformed ping, then a message", packet("0a0108" + message("1001")),
       errc::malformed_packet},
      {"malformed pong", packet("120108"), errc::malformed_packet},
      {"malformed message, then a ping", packet("1a0108 0a00"),
       errc::malformed_packet},
      {"channel of 65 bits", packet(message("08ffffffffffffffffff02 1001")),
       errc::malformed_packet},
      {"channel as bytes", packet(message("0a0120 1001")),
       errc::malformed_packet},
      {"eof as bytes", packet(message("0820 120101")), errc::malformed_packet},
      {"data as number", packet(message("0820 1801")), errc::malformed_packet},
      {"length of 65 bits", from_hex("ffffffffffffffffff02"sv),
       errc::malformed_packet},
      {"length of eleven bytes", from_hex("8080808080808080808000"sv),
       errc::malformed_packet},
      {"length of 2^64 - 1", from_hex("ffffffffffffffffff01"sv),
       errc::oversized_packet},
      {"channel 0x21, not open", packet(message("0821 1001")),
       errc::unknown_channel},
      {"channel 0x21, not open, unusual order", packet(message("1001 0821")),
       errc::unknown_channel},
      {"channel 2^31", packet(message("088080808008 1001")),
       errc::unknown_channel},
  };
  for (const auto& [name, wire, code] : rows)
    for (size_t step : {size_t{1}, size_t{3}, size_t{1000}}) {
      CAPTURE(name);
      CAPTURE(step);
      packet_parser_fixture uut;
      CHECK(decode_cut(uut.decoder, wire, step, uut.sink) == code);
      CHECK(uut.sink.log.empty());
      // Sticks, whatever comes next.
      CHECK(uut.decoder.decode(ping_packet, uut.sink) == code);
      CHECK(uut.sink.log.empty());
    }
}
