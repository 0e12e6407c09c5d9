// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/lp2p/identify.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "troupe/messages/wire_writer.hpp"
#include "troupe/tests/vectors.hpp"
#include "troupe/transport/quic/libp2p_key.hpp"
#include "troupe/transport/quic/lp2p/lp2p_peer.hpp"
#include "troupe/transport/quic/lp2p/lp2p_protocol.hpp"
#include "troupe/transport/quic/lp2p/multiaddr.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// What go-libp2p's encoder was given.
identify_info vector_info() {
  const auto& vector = load_vectors("lp2p").at("identify");
  identify_info result;
  result.public_key = from_hex(vector.at("public_key"));
  result.listen_addresses = {from_hex(vector.at("listen_address"))};
  result.protocols = vector.at("protocols").get<std::vector<std::string>>();
  result.observed_address = from_hex(vector.at("observed_address"));
  result.protocol_version = vector.at("protocol_version").get<std::string>();
  result.agent_version = vector.at("agent_version").get<std::string>();
  return result;
}

bytes delimited(byte_view message) {
  bytes result;
  append_delimited(result, message);
  return result;
}

/// Feeds all, `step` bytes at a time, and the end.
errc read(identify_reader& uut, byte_view input, size_t step = 1000) {
  while (!input.empty()) {
    auto part = input.first(std::min(step, input.size()));
    input = input.subspan(part.size());
    if (auto code = uut.consume(part); code != errc::none)
      return code;
  }
  return uut.finish();
}

/// What CometBFT v0.40 has sent over loopback, with its length.
constexpr std::string_view from_cometbft
    = "f902"
      "0a24080112" // The key.
      "2034a93ca92376238972ce040a434116763a5783832319286c6e7b123d0b15040c"
      "120b047f00000191028f48cd03" // Where it listens.
      "1a0e2f697066732f69642f312e302e30"
      "1a132f697066732f69642f707573682f312e302e30"
      "1a102f697066732f70696e672f312e302e30"
      "1a202f6c69627032702f636972637569742f72656c61792f302e322e302f73746f70"
      "1a202f7032702f636f6d65746266742f312e302e302f6368616e6e656c2f30783430"
      "220b047f00000191029cc9cd03" // Where it sees us.
      "2a003208636f6d6574626674"   // "", "cometbft"
      "42af01";                    // An envelope of 175 bytes.

} // namespace

TEST_CASE("what is said is encoded as go-libp2p encodes it") {
  const auto& vector = load_vectors("lp2p").at("identify");
  CHECK(to_hex(encode(vector_info())) == vector.at("message"));
  for (const auto* name : {"message", "with_record"}) {
    identify_info read;
    CHECK(merge_identify(from_hex(vector.at(name)), read));
    CHECK(read == vector_info());
  }
}

TEST_CASE("what CometBFT says is understood") {
  auto message = from_hex(from_cometbft);
  message.resize(message.size() + 175);
  identify_reader uut;
  CHECK(read(uut, message, 7) == errc::none);
  const auto& info = uut.info();
  CHECK(info.agent_version == "cometbft");
  CHECK(info.protocol_version.empty());
  CHECK(info.protocols.size() == 5);
  CHECK(named_channels(info) == std::vector<channel_id>{0x40});
  CHECK(names_channel(info, 0x40));
  CHECK_FALSE(names_channel(info, 0x20));
  REQUIRE(info.listen_addresses.size() == 1);
  CHECK(decode_multiaddr(info.listen_addresses[0])
        == quic_multiaddr{ip_address::v4(127, 0, 0, 1), 36680});
  CHECK(decode_libp2p_key(info.public_key));
}

TEST_CASE("several messages are merged, wherever they are cut") {
  identify_info first{.protocols = {"a", "b"}, .agent_version = "old"};
  identify_info second{.protocols = {"c"}, .agent_version = "new"};
  auto input = delimited(encode(first));
  const auto more = delimited(encode(second));
  input.insert(input.end(), more.begin(), more.end());
  for (size_t step = 1; step <= input.size(); ++step) {
    CAPTURE(step);
    identify_reader uut;
    CHECK(read(uut, input, step) == errc::none);
    CHECK(uut.info().protocols == std::vector<std::string>{"a", "b", "c"});
    CHECK(uut.info().agent_version == "new");
  }
}

TEST_CASE("too much, too often, cut off or broken is refused") {
  auto code = [](const bytes& input) {
    identify_reader uut;
    const auto result = read(uut, input, 100);
    CHECK(uut.finish() == result);
    return result;
  };
  const auto message = delimited(encode(vector_info()));
  CHECK(code(message) == errc::none);
  CHECK(code({}) == errc::malformed_handshake);
  CHECK(code({message.begin(), message.end() - 1})
        == errc::malformed_handshake);
  CHECK(code(from_hex(std::string_view{"020a05"}))
        == errc::malformed_handshake);
  bytes many;
  for (size_t i = 0; i < identify_messages_max; ++i)
    many.push_back(std::byte{0});
  CHECK(code(many) == errc::none);
  many.push_back(std::byte{0});
  CHECK(code(many) == errc::malformed_handshake);
  bytes filler;
  append_message_field(filler, 8, bytes(identify_size_max - 5));
  CHECK(delimited(filler).size() == identify_size_max);
  CHECK(code(delimited(filler)) == errc::none);
  filler.push_back(std::byte{0});
  CHECK(code(delimited(filler)) == errc::malformed_handshake);
}

TEST_CASE("what is kept of it has a bound") {
  bytes message;
  append_message_field(message, 1, bytes(max_libp2p_key_size + 1));
  for (size_t i = 0; i < 200; ++i)
    append_message_field(message, 2, {});
  for (size_t i = 0; i < 200; ++i)
    append_text_field(message, 3, "x");
  append_text_field(message, 3, std::string(identify_text_max + 1, 'x'));
  append_text_field(message, 6, std::string(identify_text_max + 1, 'x'));
  identify_info info;
  CHECK(merge_identify(message, info));
  CHECK(info.public_key.empty());
  CHECK(info.listen_addresses.size() == identify_addresses_max);
  CHECK(info.protocols.size() == identify_protocols_max);
  CHECK(info.agent_version.empty());
}

// -- names and addresses ------------------------------------------------------

TEST_CASE("protocols have the names that CometBFT gives them") {
  using kind = lp2p_protocol::kind;
  CHECK(to_string(lp2p_protocol{kind::identify}) == "/ipfs/id/1.0.0");
  CHECK(to_string(lp2p_protocol{kind::ping}) == "/ipfs/ping/1.0.0");
  for (unsigned id = 0; id < 256; ++id) {
    const lp2p_protocol channel{kind::message, static_cast<channel_id>(id)};
    CHECK(parse_lp2p_protocol(to_string(channel)) == channel);
  }
  CHECK(to_string(lp2p_protocol{kind::message, 0x0a})
        == "/p2p/cometbft/1.0.0/channel/0x0a");
  for (const auto* name :
       {"", "/ipfs/id/1.0.1", "/ipfs/id/push/1.0.0",
        "/p2p/cometbft/1.0.0/channel/0x0A", "/p2p/cometbft/1.0.0/channel/0xa",
        "/p2p/cometbft/1.0.0/channel/0x0a0", "/p2p/cometbft/1.0.0/channel/",
        "/p2p/cometbft/1.0.0/channel/0x0g"})
    CHECK_FALSE(parse_lp2p_protocol(name).has_value());
}

TEST_CASE("multiaddrs of QUIC are those of go-multiaddr, and no others") {
  for (const auto& vector : load_vectors("lp2p").at("multiaddrs")) {
    const auto text = vector.at("text").get<std::string>();
    CAPTURE(text);
    const auto encoded = from_hex(vector.at("bytes"));
    const auto where = decode_multiaddr(encoded);
    REQUIRE(where.has_value() != vector.contains("other"));
    if (!where)
      continue;
    CHECK(to_hex(encode_multiaddr(*where)) == vector.at("bytes"));
    CHECK(text.find("/" + std::to_string(where->port) + "/")
          != std::string::npos);
    CHECK(text.find(to_string(where->ip)) != std::string::npos);
    if (where->peer)
      CHECK(text.ends_with(to_string(*where->peer)));
    for (size_t size = 0; size < encoded.size(); ++size)
      if (auto cut = decode_multiaddr(byte_view{encoded}.first(size)))
        CHECK((where->peer && !cut->peer));
  }
  CHECK_FALSE(decode_multiaddr(bytes(max_multiaddr_size + 1)).has_value());
}

// -- what is made of it -------------------------------------------------------

namespace {

const auto peer = node_id::parse("00112233445566778899aabbccddeeff00112233");
const auto here = ip_address::v4(10, 0, 0, 1);

} // namespace

TEST_CASE("a node info is made of what a peer says") {
  auto said = vector_info();
  const auto found = describe_lp2p_peer(*peer, &said, here, 9);
  const auto& info = found.info;
  CHECK(info.node_id == to_string(*peer));
  CHECK(info.listen_addr == "tcp://127.0.0.1:36656");
  CHECK(info.network == lp2p_unknown_network);
  CHECK(info.channels == std::vector<channel_id>{0x20, 0x40});
  CHECK(info.moniker == "cometbft");
  CHECK(info.version == "interop/1");
  CHECK(found.told_channels);
  CHECK(validate(info).code == errc::none);
}

TEST_CASE("whatever a peer says, its node info is a valid one") {
  auto check = [](const identify_info* said) {
    auto found = describe_lp2p_peer(*peer, said, here, 9);
    CHECK(to_string(validate(found.info)) == "none");
    CHECK(found.info.node_id == to_string(*peer));
    return found;
  };
  const auto silent = check(nullptr);
  CHECK(silent.info.listen_addr == "tcp://10.0.0.1:9");
  CHECK(silent.info.moniker == "lp2p");
  CHECK_FALSE(silent.told_channels);
  identify_info odd;
  odd.agent_version = "  ";
  odd.protocol_version = std::string{"\xff\n"}.append(200, 'x');
  odd.listen_addresses = {{},
                          bytes(5),
                          encode_multiaddr({ip_address{}, 5}),
                          encode_multiaddr({here, 0})};
  for (int i = 0; i < 256; ++i)
    odd.protocols.push_back(to_string(lp2p_protocol{
        lp2p_protocol::kind::message, static_cast<channel_id>(i / 2)}));
  const auto found = check(&odd);
  CHECK(found.info.moniker == "lp2p");
  CHECK(found.info.version == std::string{"??"}.append(62, 'x'));
  CHECK(found.info.channels.size() == max_node_info_channels);
  CHECK(found.info.listen_addr == "tcp://10.0.0.1:9");
  odd.listen_addresses.push_back(
      encode_multiaddr({*ip_address::parse("2001:db8::1"), 5}));
  CHECK(check(&odd).info.listen_addr == "tcp://[2001:db8::1]:5");
}
