// SPDX-License-Identifier: Apache-2.0
//
// The wire keeps its word: what we send today is what every release has sent.
// For each message a thousand values, drawn from a seed, are encoded, and a
// hash of all encodings is compared with the one that it had when it was
// written down. A hash that changes means that other nodes hear something else:
// that is no change to make by the way.
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "troupe/actors/pex/pex_wire.hpp"
#include "troupe/messages/node_info.hpp"
#include "troupe/proto/echo.pb.h"
#include "troupe/proto/raw.pb.h"
#include "troupe/tests/harness/fnv_hash.hpp"
#include "troupe/tests/harness/sim_random.hpp"
#include "troupe/transport/mconn/packet_encoder.hpp"
#include "troupe/transport/mconn/secret_handshake.hpp"

using namespace troupe;
using namespace troupe::testing;

namespace {

constexpr int encodings = 1000;

std::string draw_text(sim_random& random, size_t size_max) {
  std::string result(random.below(size_max + 1), ' ');
  for (auto& c : result)
    c = static_cast<char>(random.below(256));
  return result;
}

bytes draw_bytes(sim_random& random, size_t size_max) {
  bytes result(random.below(size_max + 1));
  random.fill(result);
  return result;
}

template <size_t Size>
std::array<std::byte, Size> draw_array(sim_random& random) {
  std::array<std::byte, Size> result;
  random.fill(result);
  return result;
}

/// Numbers of all sizes that a varint has.
uint64_t draw_number(sim_random& random) {
  return random.fork() >> random.below(64);
}

/// Hashes what `encode` makes, with the sizes, a thousand times.
std::string hash_of(const std::function<bytes(sim_random&)>& encode) {
  auto random = sim_random{2026};
  fnv_hash result;
  for (int i = 0; i < encodings; ++i) {
    const auto encoded = encode(random);
    result.add(uint64_t{encoded.size()}).add(byte_view{encoded});
  }
  return fmt::format("{:016x}", result.value());
}

bytes serialize(const google::protobuf::MessageLite& message) {
  const auto text = message.SerializeAsString();
  const auto view = std::as_bytes(std::span{text.data(), text.size()});
  return {view.begin(), view.end()};
}

node_info draw_node_info(sim_random& random) {
  node_info result;
  result.versions
      = {draw_number(random), draw_number(random), draw_number(random)};
  result.node_id = draw_text(random, 40);
  result.listen_addr = draw_text(random, 60);
  result.network = draw_text(random, 60);
  result.version = draw_text(random, 30);
  for (auto left = random.below(max_node_info_channels + 1); left > 0; --left)
    result.channels.push_back(static_cast<channel_id>(random.below(256)));
  result.moniker = draw_text(random, 60);
  result.tx_index = draw_text(random, 3);
  result.rpc_address = draw_text(random, 60);
  return result;
}

std::vector<node_address> draw_addresses(sim_random& random) {
  std::vector<node_address> result;
  for (auto left = random.below(30); left > 0; --left) {
    auto& x = result.emplace_back();
    x.protocol = random.chance(800) ? "mconn" : "tcp";
    x.id = node_id{draw_array<node_id::size>(random)};
    switch (random.below(3)) {
      case 0:
        x.hostname = to_string(ip_address::v4(draw_array<4>(random)));
        break;
      case 1:
        x.hostname = to_string(ip_address::v6(draw_array<16>(random)));
        break;
      default:
        x.hostname = fmt::format("host-{}.example", random.below(1000));
    }
    x.port = static_cast<uint16_t>(1 + random.below(65'535));
  }
  return result;
}

/// All that one side of a handshake says.
bytes handshake(sim_random& random) {
  const auto ours = node_key::from_seed(draw_array<32>(random));
  const auto theirs = node_key::from_seed(draw_array<32>(random));
  auto here = secret_handshake{ours, draw_array<32>(random)};
  auto there = secret_handshake{theirs, draw_array<32>(random)};
  auto said = here.start();
  auto heard = there.start();
  CHECK(here.consume(heard, said) == errc::none);
  return said;
}

} // namespace

SCENARIO("packets are encoded as they have always been") {
  CHECK(hash_of([](sim_random& random) {
          std::array<std::byte, max_packet_header_size> out{};
          const auto channel = static_cast<channel_id>(random.below(256));
          const auto eof = random.chance(500);
          const auto data
              = draw_bytes(random, random.chance(100) ? 70'000 : 1024);
          const auto size
              = encode_packet_header(channel, eof, data.size(), out);
          bytes result{out.begin(),
                       out.begin() + static_cast<std::ptrdiff_t>(size)};
          result.insert(result.end(), data.begin(), data.end());
          return result;
        })
        == "245079d93756cc92");
  CHECK(fmt::format("{:016x}", fnv_hash{}
                                   .add(byte_view{ping_packet})
                                   .add(byte_view{pong_packet})
                                   .value())
        == "fe568308e0972f55");
}

SCENARIO("node infos are encoded as they have always been") {
  CHECK(
      hash_of([](sim_random& random) { return encode(draw_node_info(random)); })
      == "bcad6fc4332dee11");
}

SCENARIO("handshakes are what they have always been") {
  CHECK(hash_of(handshake) == "d599458ccd9a81de");
}

SCENARIO("questions for addresses, and answers, are what they have been") {
  for (const auto& [how, question, answer] :
       {std::tuple{pex_dialect::legacy, "0ead24fd33b31ea5", "7707fd3f128c676b"},
        std::tuple{pex_dialect::urls, "a4ad2362aa517725",
                   "fdef85380f527216"}}) {
    CHECK(hash_of([how = how](sim_random&) {
            return serialize(make_pex_request(how));
          })
          == question);
    CHECK(hash_of([how = how](sim_random& random) {
            return serialize(make_pex_response(how, draw_addresses(random)));
          })
          == answer);
  }
}

SCENARIO("messages of our own channels are what they have always been") {
  CHECK(hash_of([](sim_random& random) {
          echo::EchoMessage message;
          auto text = draw_text(random, 300);
          if (random.chance(500))
            message.mutable_ping_message()->set_content(std::move(text));
          else
            message.mutable_pong_message()->set_content(std::move(text));
          return serialize(message);
        })
        == "fc0db7d2efdcb22a");
  CHECK(hash_of([](sim_random& random) {
          RawMessage message;
          message.set_body(draw_text(random, 300));
          return serialize(message);
        })
        == "6ae4e62afcbbc1fc");
}
