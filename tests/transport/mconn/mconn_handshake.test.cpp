// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/mconn_handshake.hpp"

#include <random>

#include <doctest/doctest.h>

#include "troupe/messages/wire_writer.hpp"
#include "troupe/tests/transport/mconn/handshakes.hpp"
#include "troupe/tests/transport/mconn/packets.hpp"
#include "troupe/transport/mconn/mconn_stream.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

using json = nlohmann::json;

std::array<std::byte, 32> filled_key(int value) {
  std::array<std::byte, 32> result;
  result.fill(static_cast<std::byte>(value));
  return result;
}

node_info info_of(const node_key& key, std::string moniker) {
  return {.node_id = to_string(key.id()),
          .listen_addr = "tcp://127.0.0.1:26656",
          .network = "net",
          .version = "1.0",
          .channels = {0x70},
          .moniker = std::move(moniker)};
}

/// Two sides and the bytes between them.
struct two_sides {
  node_key key_a = node_key::from_seed(filled_key(1));
  node_key key_b = node_key::from_seed(filled_key(2));
  node_info info_a = info_of(key_a, "alice");
  node_info info_b = info_of(key_b, "bob");
  node_id expected_by_a = key_b.id();
  node_id expected_by_b = {};
  failure outcome_a;
  failure outcome_b;

  /// Runs until nobody has anything to say. `cut` says how many of the
  /// available bytes arrive next.
  template <class Cut>
  void run(Cut cut) {
    a.emplace(key_a, filled_key(3), info_a, expected_by_a);
    b.emplace(key_b, filled_key(4), info_b, expected_by_b);
    bytes to_b = a->start();
    bytes to_a = b->start();
    while (!to_a.empty() || !to_b.empty()) {
      step(*b, to_b, to_a, outcome_b, cut);
      step(*a, to_a, to_b, outcome_a, cut);
    }
  }

  template <class Cut>
  static void step(mconn_handshake& side, bytes& in, bytes& out,
                   failure& outcome, Cut cut) {
    if (in.empty())
      return;
    auto size = std::min(cut(), in.size());
    bytes part{in.begin(), in.begin() + static_cast<ptrdiff_t>(size)};
    in.erase(in.begin(), in.begin() + static_cast<ptrdiff_t>(size));
    // Who has failed, or is done, does not listen any more.
    if (outcome.code == errc::none && !side.done())
      outcome = side.consume(part, out);
  }

  void run() {
    run([] { return SIZE_MAX; });
  }

  std::optional<mconn_handshake> a;
  std::optional<mconn_handshake> b;
};

/// One side of a row of secret_connection_handshake.json.
struct recorded_side {
  explicit recorded_side(const json& row)
    : row(row),
      key(node_key::from_seed(key_from_hex(row["identity_seed"]))) {}

  [[nodiscard]] bytes opening() const {
    return from_hex(row["ephemeral_message"]);
  }

  [[nodiscard]] bytes frame(size_t index) const {
    return from_hex(row["sealed_frames"][index]["sealed"]);
  }

  [[nodiscard]] node_info info() const {
    auto delimited = from_hex(row["plaintext_writes"][1]["data"]);
    // Two bytes of length.
    auto decoded = decode_node_info(byte_view{delimited}.subspan(2));
    REQUIRE(decoded);
    return *decoded;
  }

  const json& row;
  node_key key;
};

bytes burst(mconn_stream& stream, time_point now) {
  bytes out(stream.burst_size(now));
  size_t sealed = 0;
  REQUIRE(stream.write_burst(out, now, sealed) == errc::none);
  out.resize(sealed);
  return out;
}

} // namespace

TEST_CASE("a recorded connection is reproduced byte for byte") {
  auto vectors = load_vectors("secret_connection_handshake");
  const auto& row = vectors["cases"][0];
  REQUIRE(row["name"] == "case1");
  auto us = recorded_side{row["a"]};
  auto them = recorded_side{row["b"]};
  auto secret = key_from_hex(us.row["ephemeral_private_key"]);
  auto uut = mconn_handshake{us.key, secret, us.info(), them.key.id()};
  CHECK(uut.start() == us.opening());
  bytes output;
  auto input = them.opening();
  REQUIRE(uut.consume(input, output).code == errc::none);
  CHECK(output == us.frame(0));
  output.clear();
  input = them.frame(0);
  REQUIRE(uut.consume(input, output).code == errc::none);
  CHECK(output == us.frame(1));
  output.clear();
  input = them.frame(1);
  REQUIRE(uut.consume(input, output).code == errc::none);
  CHECK(output.empty());
  REQUIRE(uut.done());
  auto result = uut.take_result();
  CHECK(result.id == them.key.id());
  CHECK(to_string(result.id) == them.row["node_id"].get<std::string>());
  CHECK(result.info == them.info());
  CHECK(result.info.moniker == "bob");
  CHECK(uut.take_plaintext().empty());
  // The connection goes on: a ping, its pong, and a message in two packets.
  auto now = time_point{} + 1h;
  auto channels = std::vector<channel_descriptor>{{.id = 0x20}};
  mconn_stream stream{{}, channels, uut.take_writer(), uut.take_reader(), now};
  CHECK(stream.burst_size(now) == 0);
  now += 60s;
  REQUIRE(stream.tick(now) == errc::none);
  CHECK(stream.urgent());
  CHECK(burst(stream, now) == us.frame(2));
  input = them.frame(2);
  CHECK(stream.receive(input, now) == errc::none);
  CHECK(stream.take_inbound().empty());
  auto body = from_hex(us.row["plaintext_writes"][3]["data"]);
  bytes message;
  struct : packet_sink {
    void on_ping() override {}
    void on_pong() override {}
    void on_skipped(channel_id) override {}
    void on_message(channel_id, growing_bytes&& what) override {
      out->assign(what.begin(), what.end());
    }
    bytes* out = nullptr;
  } sink;
  sink.out = &message;
  packet_decoder decoder{default_packet_payload, channels};
  REQUIRE(decoder.decode(body, sink) == errc::none);
  REQUIRE(message.size() == 1500);
  REQUIRE(stream.send({0x20, shared_bytes{message}}) == errc::none);
  auto expected = us.frame(3);
  append(expected, us.frame(4));
  CHECK(burst(stream, now) == expected);
}

TEST_CASE("a recorded connection is understood from its other end") {
  auto vectors = load_vectors("secret_connection_handshake");
  const auto& row = vectors["cases"][0];
  auto us = recorded_side{row["b"]};
  auto them = recorded_side{row["a"]};
  auto secret = key_from_hex(us.row["ephemeral_private_key"]);
  auto uut = mconn_handshake{us.key, secret, us.info(), {}};
  // All that they ever say arrives at once.
  auto input = them.opening();
  for (size_t i = 0; i < 5; ++i)
    append(input, them.frame(i));
  bytes output;
  REQUIRE(uut.consume(input, output).code == errc::none);
  REQUIRE(uut.done());
  auto expected = us.frame(0);
  append(expected, us.frame(1));
  CHECK(output == expected);
  CHECK(uut.take_result().info == them.info());
  auto now = time_point{} + 1h;
  auto channels = std::vector<channel_descriptor>{{.id = 0x20}};
  mconn_stream stream{{}, channels, uut.take_writer(), uut.take_reader(), now};
  auto early = uut.take_plaintext();
  CHECK(early.size() == 3 + 1522);
  REQUIRE(stream.receive_plaintext(early, now) == errc::none);
  CHECK(burst(stream, now) == us.frame(2));
  auto inbound = stream.take_inbound();
  REQUIRE(inbound.size() == 1);
  CHECK(inbound[0].channel == 0x20);
  CHECK(inbound[0].body.size() == 1500);
}

TEST_CASE("two sides understand each other wherever the network cuts") {
  two_sides world;
  SUBCASE("nowhere") {
    world.run();
  }
  SUBCASE("at every byte") {
    world.run([] { return size_t{1}; });
  }
  SUBCASE("anywhere") {
    std::mt19937 random{7};
    world.run([&] { return size_t{1 + random() % 1500}; });
  }
  CHECK(world.outcome_a.code == errc::none);
  CHECK(world.outcome_b.code == errc::none);
  REQUIRE(world.a->done());
  REQUIRE(world.b->done());
  auto seen_by_a = world.a->take_result();
  auto seen_by_b = world.b->take_result();
  CHECK(seen_by_a.id == world.key_b.id());
  CHECK(seen_by_a.info == world.info_b);
  CHECK(seen_by_b.id == world.key_a.id());
  CHECK(seen_by_b.info == world.info_a);
}

TEST_CASE("what comes behind the node info is kept") {
  two_sides world;
  world.run();
  REQUIRE(world.a->done());
  // B says more with its node info than A has to know now.
  auto a = mconn_handshake{world.key_a, filled_key(3), world.info_a, {}};
  auto b = mconn_handshake{world.key_b, filled_key(4), world.info_b, {}};
  bytes to_a;
  bytes to_b;
  auto hello = a.start();
  auto other_hello = b.start();
  REQUIRE(b.consume(hello, to_a).code == errc::none);
  REQUIRE(a.consume(other_hello, to_b).code == errc::none);
  REQUIRE(a.consume(to_a, to_b).code == errc::none);
  to_a.clear();
  REQUIRE(b.consume(to_b, to_a).code == errc::none);
  REQUIRE(b.done());
  auto writer = b.take_writer();
  bytes more(frame_sealed_size);
  writer.begin(more);
  writer.append(ping_packet);
  size_t sealed = 0;
  REQUIRE(writer.finish(sealed) == errc::none);
  append(to_a, more);
  append(to_a, byte_view{more}.first(10)); // And the start of a frame.
  to_b.clear();
  REQUIRE(a.consume(to_a, to_b).code == errc::none);
  REQUIRE(a.done());
  CHECK(a.take_plaintext() == bytes(ping_packet.begin(), ping_packet.end()));
  CHECK(a.take_reader().pending() == 10);
}

TEST_CASE("who is not meant learns nothing of our node info") {
  two_sides world;
  world.expected_by_a = node_key::from_seed(filled_key(9)).id();
  world.run();
  CHECK(world.outcome_a.code == errc::unexpected_peer);
  CHECK_FALSE(world.b->done());
  CHECK(world.outcome_b.code == errc::none);
}

TEST_CASE("a node does not shake hands with itself") {
  two_sides world;
  world.key_b = world.key_a;
  world.expected_by_a = {};
  world.run();
  CHECK(world.outcome_a.code == errc::self_connection);
  CHECK(world.outcome_b.code == errc::self_connection);
}

TEST_CASE("a node info that we refuse ends the handshake with the reason") {
  two_sides world;
  auto expected = errc::none;
  SUBCASE("another network") {
    world.info_b.network = "elsewhere";
    expected = errc::wrong_network;
  }
  SUBCASE("another ID than the key's") {
    world.info_b.node_id = to_string(world.key_a.id());
    expected = errc::identity_mismatch;
  }
  SUBCASE("a malformed field") {
    world.info_b.listen_addr = "nowhere";
    expected = errc::invalid_node_info;
  }
  SUBCASE("more than a node info can be") {
    world.info_b.moniker = std::string(max_node_info_size, 'x');
    expected = errc::oversized_handshake;
  }
  world.run();
  CHECK(world.outcome_a.code == expected);
  // That is final, and silent.
  bytes output;
  bytes anything(frame_sealed_size);
  CHECK(world.a->consume(anything, output).code == errc::invalid_state);
  CHECK(output.empty());
  CHECK_FALSE(world.a->done());
}

TEST_CASE("bytes that are no node info end the handshake") {
  two_sides world;
  auto a = mconn_handshake{world.key_a, filled_key(3), world.info_a, {}};
  auto keys = filled_key(4);
  auto b = secret_handshake{world.key_b, keys};
  bytes to_a;
  bytes to_b;
  auto hello = a.start();
  auto other_hello = b.start();
  REQUIRE(b.consume(hello, to_a) == errc::none);
  REQUIRE(a.consume(other_hello, to_b).code == errc::none);
  REQUIRE(b.consume(to_b, to_a) == errc::none);
  REQUIRE(a.consume(to_a, to_b).code == errc::none);
  auto writer = b.take_writer();
  auto say = [&](std::string_view hex) {
    bytes out(frame_sealed_size);
    writer.begin(out);
    writer.append(from_hex(hex));
    size_t sealed = 0;
    REQUIRE(writer.finish(sealed) == errc::none);
    return a.consume(out, to_b).code;
  };
  SUBCASE("no message") {
    CHECK(say("030affff") == errc::invalid_node_info);
  }
  SUBCASE("an empty message") {
    CHECK(say("00") == errc::invalid_node_info);
  }
  SUBCASE("no length") {
    CHECK(say("ffffffffffffffffffff01") == errc::malformed_handshake);
  }
  SUBCASE("a length beyond the limit, before there is more of it") {
    CHECK(say("8150") == errc::oversized_handshake);
  }
  SUBCASE("a frame that does not open") {
    bytes out(frame_sealed_size);
    CHECK(a.consume(out, to_b).code == errc::undecryptable_frame);
  }
}
