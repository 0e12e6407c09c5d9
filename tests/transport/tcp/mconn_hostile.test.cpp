// SPDX-License-Identifier: Apache-2.0
//
// Remotes that do what they should not, over plain sockets. Each of them loses
// its own connection, with its own error; another connection of the same
// transport is used meanwhile, and nothing is left behind.
#include <array>
#include <random>

#include "troupe/tests/transport/mconn/packets.hpp"
#include "troupe/tests/transport/tcp/raw_peer.hpp"
#include "troupe/tests/transport/transport_world.hpp"
#include "troupe/tests/vectors.hpp"
#include "troupe/transport/send_window.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// A node under attack, and one that it serves meanwhile.
struct attacked_node {
  attacked_node() {
    auto found = node.listen(loopback4());
    REQUIRE(found);
    where = *found;
    bystander = establish(friendly, node, where);
    bystander.round_trip();
    actors = sys.registry().running();
    descriptors = open_descriptors();
  }

  ~attacked_node() {
    bystander.round_trip();
    CHECK(eventually(node.self,
                     [this] { return sys.registry().running() == actors; }));
    CHECK(eventually(node.self,
                     [this] { return open_descriptors() == descriptors; }));
  }

  /// Accepts a remote that does not get through the handshake.
  /// @returns what the handshake fails with.
  template <class Attack>
  errc refuse(Attack attack, caf::timespan limit = patience) {
    raw_peer remote{where};
    auto end = node.accept().get();
    auto answer = end->ask_handshake(node.info, {}, limit);
    attack(remote);
    bystander.round_trip();
    auto result = errc::none;
    answer.receive([](const handshake_result&) { FAIL("it got through"); },
                   [&](const caf::error& e) { result = code_of(e); });
    // It is the reason for the end as well, and the remote is rid of us.
    CHECK(end->wait_for_end() == result);
    if (remote.fd() >= 0)
      remote.wait_for_end();
    return result;
  }

  /// Lets a remote misbehave behind a handshake. @returns the end's reason.
  template <class Attack>
  errc disconnect(Attack attack) {
    raw_peer remote{where};
    auto end = greet(remote, node);
    attack(remote);
    bystander.round_trip();
    auto result = end->wait_for_end();
    if (remote.fd() >= 0)
      remote.wait_for_end();
    return result;
  }

  world_config config;
  caf::actor_system sys{config};
  node_end friendly{sys, 1, spawn_mconn_transport(sys, mconn_options_of(1))};
  node_end node{sys, 2, spawn_mconn_transport(sys, mconn_options_of(2))};
  endpoint where;
  connection_pair bystander;
  size_t actors = 0;
  size_t descriptors = 0;
};

bytes text(std::string_view what) {
  auto raw = std::as_bytes(std::span{what});
  return {raw.begin(), raw.end()};
}

/// A secret connection's opening, as an honest peer sends it.
bytes opening() {
  auto key = key_of(98);
  std::array<std::byte, 32> secret{};
  secret.fill(std::byte{0x24});
  return mconn_handshake{key, secret, info_of(key.id()), {}}.start();
}

} // namespace

// -- before and during the handshake ------------------------------------------

TEST_CASE("a remote that speaks another protocol is refused") {
  attacked_node world;
  CHECK(world.refuse([](raw_peer& remote) {
    remote.write(text("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    // 'G' announces 71 bytes; with less it would be just a slow peer.
    remote.write(patterned(100));
  }) == errc::malformed_handshake);
}

TEST_CASE("random bytes are refused, whatever they are") {
  attacked_node world;
  std::mt19937 random{20240611};
  for (int round = 0; round < 50; ++round) {
    CAPTURE(round);
    bytes noise(20'000);
    for (auto& value : noise)
      value = static_cast<std::byte>(random());
    auto code = world.refuse([&](raw_peer& remote) {
      remote.write(noise);
      remote.close();
    });
    // Where the noise amounts to an opening, what follows does not decrypt;
    // where it announces more than it has, the end comes first.
    CHECK((code == errc::malformed_handshake
           || code == errc::oversized_handshake || code == errc::low_order_point
           || code == errc::undecryptable_frame
           || code == errc::connection_closed));
  }
}

TEST_CASE("random bytes behind a good opening do not decrypt") {
  attacked_node world;
  CHECK(world.refuse([](raw_peer& remote) {
    remote.write(opening());
    remote.write(patterned(frame_sealed_size));
  }) == errc::undecryptable_frame);
}

TEST_CASE("a message that announces too much is refused at once") {
  attacked_node world;
  CHECK(world.refuse([](raw_peer& remote) {
    remote.write(bytes{std::byte{0xff}, std::byte{0xff}, std::byte{0x7f}});
  }) == errc::oversized_handshake);
}

TEST_CASE("a remote that has hung up before anybody asks for the handshake is "
          "the answer to that") {
  attacked_node world;
  raw_peer remote{world.where};
  auto end = world.node.accept().get();
  auto expected = errc::connection_closed;
  SUBCASE("having said nothing") {}
  SUBCASE("having said something wrong") {
    remote.write(text("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    remote.write(patterned(100));
    expected = errc::malformed_handshake;
  }
  remote.close();
  // The connection learns of it meanwhile, and stays.
  for (int i = 0; i < 20; ++i)
    world.bystander.round_trip();
  end->poll();
  REQUIRE_FALSE(end->ended());
  auto result = errc::none;
  end->ask_handshake(world.node.info)
      .receive([](const handshake_result&) { FAIL("it got through"); },
               [&](const caf::error& e) { result = code_of(e); });
  CHECK(result == expected);
  CHECK(end->wait_for_end() == expected);
}

TEST_CASE("silence ends at the handshake timeout") {
  attacked_node world;
  auto none = [](raw_peer&) {};
  SUBCASE("from the start") {
    CHECK(world.refuse(none, 300ms) == errc::timeout);
  }
  SUBCASE("after half an opening") {
    CHECK(world.refuse(
              [](raw_peer& remote) {
                remote.write(byte_view{opening()}.first(20));
              },
              300ms)
          == errc::timeout);
  }
  SUBCASE("after the opening") {
    CHECK(world.refuse([](raw_peer& remote) { remote.write(opening()); }, 300ms)
          == errc::timeout);
  }
}

TEST_CASE("a byte now and then does not put the handshake timeout off") {
  attacked_node world;
  raw_peer remote{world.where};
  auto end = world.node.accept().get();
  const auto slow = opening();
  const auto start = std::chrono::steady_clock::now();
  auto answer = end->ask_handshake(world.node.info, {}, 300ms);
  for (auto value : slow) {
    // A round trip of others is the pause.
    world.bystander.round_trip();
    if (std::chrono::steady_clock::now() - start > 250ms)
      break;
    remote.write(bytes{value});
  }
  answer.receive(
      [](const handshake_result&) { FAIL("it got through"); },
      [](const caf::error& e) { CHECK(code_of(e) == errc::timeout); });
  CHECK(std::chrono::steady_clock::now() - start >= 300ms);
  CHECK(end->wait_for_end() == errc::timeout);
  remote.wait_for_end();
}

TEST_CASE("hanging up within the handshake is noticed at once") {
  attacked_node world;
  SUBCASE("before the first byte") {
    CHECK(world.refuse([](raw_peer& remote) { remote.close(); })
          == errc::connection_closed);
  }
  SUBCASE("in the middle of the opening") {
    CHECK(world.refuse([](raw_peer& remote) {
      remote.write(byte_view{opening()}.first(20));
      remote.close();
    }) == errc::connection_closed);
  }
  SUBCASE("with a reset") {
    CHECK(world.refuse([](raw_peer& remote) {
      remote.write(opening());
      remote.reset();
    }) == errc::connection_closed);
  }
}

// -- behind the handshake -----------------------------------------------------

TEST_CASE("a frame with a flipped bit ends its connection") {
  attacked_node world;
  for (size_t where : {0u, 500u, 1043u}) {
    CAPTURE(where);
    CHECK(world.disconnect([where](raw_peer& remote) {
      auto frame = remote.seal(encode_packet(talk, true, patterned(10)));
      frame[where] ^= std::byte{1};
      remote.write(frame);
    }) == errc::undecryptable_frame);
  }
}

TEST_CASE("a frame that comes twice ends its connection") {
  attacked_node world;
  CHECK(world.disconnect([](raw_peer& remote) {
    auto frame = remote.seal(encode_packet(talk, true, patterned(10)));
    remote.write(frame);
    remote.write(frame);
  }) == errc::undecryptable_frame);
}

TEST_CASE("a packet that is none ends its connection") {
  attacked_node world;
  auto sealed = [&world](std::string_view hex) {
    return world.disconnect(
        [hex](raw_peer& remote) { remote.write_sealed(from_hex(hex)); });
  };
  // An empty packet, one that Protobuf cannot read, and one of no known kind.
  CHECK(sealed("00") == errc::malformed_packet);
  CHECK(sealed("020aff") == errc::malformed_packet);
  CHECK(sealed("022200") == errc::malformed_packet);
  // A length that no packet has.
  CHECK(sealed("ffff7f") == errc::oversized_packet);
  // No channel has the number 0x170, which must not become 0x70.
  CHECK(sealed("0a1a0808f0021001"
               "1a0161")
        == errc::unknown_channel);
}

TEST_CASE("a message beyond its channel's capacity ends its connection") {
  attacked_node world;
  CHECK(world.disconnect([](raw_peer& remote) {
    // It never ends, so that nothing but the limit can stop it.
    auto part = encode_packet(bulk, false, patterned(1024));
    for (int i = 0; i < 98; ++i)
      remote.write_sealed(part);
  }) == errc::oversized_message);
}

TEST_CASE("pongs nobody asked for are fine, and pings are answered") {
  attacked_node world;
  raw_peer remote{world.where};
  auto end = greet(remote, world.node);
  bytes packets;
  for (int i = 0; i < 10; ++i)
    append(packets, pong_packet);
  append(packets, ping_packet);
  remote.write_sealed(packets);
  const auto pong = bytes(pong_packet.begin(), pong_packet.end());
  CHECK(remote.read_sealed(3) == pong);
  for (int i = 0; i < 10; ++i) {
    remote.write_sealed(ping_packet);
    CHECK(remote.read_sealed(3) == pong);
  }
  // A thousand pings at once do not make a thousand pongs wait.
  packets.clear();
  for (int i = 0; i < 1000; ++i)
    append(packets, ping_packet);
  append(packets, encode_packet(talk, true, patterned(5)));
  remote.write_sealed(packets);
  CHECK(remote.read_sealed(3) == pong);
  CHECK(end->next().body == patterned(5));
}

TEST_CASE("hanging up is noticed wherever it happens") {
  attacked_node world;
  auto frame_and = [&](size_t size, bool reset) {
    return world.disconnect([=](raw_peer& remote) {
      auto frame = remote.seal(encode_packet(talk, true, patterned(10)));
      remote.write(byte_view{frame}.first(size));
      if (reset)
        remote.reset();
      else
        remote.close();
    });
  };
  CHECK(frame_and(0, false) == errc::connection_closed);
  CHECK(frame_and(500, false) == errc::connection_closed);
  CHECK(frame_and(1044, false) == errc::connection_closed);
  CHECK(frame_and(500, true) == errc::connection_closed);
}

TEST_CASE("what comes read by read between the handshake and the start is "
          "there then") {
  attacked_node world;
  raw_peer remote{world.where};
  auto end = shake_hands(remote, world.node);
  constexpr size_t count = 20; // Sealed, more than is read before the start.
  static_assert(count * frame_sealed_size > 2 * handshake_reads_max);
  for (size_t i = 0; i < count; ++i) {
    remote.write_sealed(encode_packet(talk, true, patterned(900, i)));
    // Meanwhile what can be read is.
    world.bystander.round_trip();
  }
  auto last = errc::none;
  SUBCASE("from a remote that stays") {}
  SUBCASE("from one that says something wrong") {
    remote.write(bytes(frame_sealed_size));
    last = errc::undecryptable_frame;
  }
  SUBCASE("from one that has hung up") {
    remote.close();
    last = errc::connection_closed;
  }
  REQUIRE_FALSE(end->start());
  for (size_t i = 0; i < count; ++i)
    CHECK(end->next().body == patterned(900, i));
  if (last != errc::none)
    CHECK(end->wait_for_end() == last);
}

TEST_CASE("hanging up is noticed while nobody reads") {
  attacked_node world;
  raw_peer remote{world.where};
  std::unique_ptr<connection_end> end;
  SUBCASE("since nobody has started to") {
    end = shake_hands(remote, world.node);
    SUBCASE("with a goodbye") {
      remote.close();
    }
    SUBCASE("with a reset") {
      remote.reset();
    }
  }
  SUBCASE("since the reader is busy") {
    end = greet(remote, world.node);
    const auto packet = encode_packet(talk, true, patterned(1000));
    bytes packets;
    // More than the window and all reads that were granted before it was full.
    while (packets.size() < connection_read_window + 8 * read_size_max)
      append(packets, packet);
    remote.write_sealed(packets);
    while (end->received() < connection_read_window)
      REQUIRE(end->wait());
    remote.reset();
  }
  CHECK(end->wait_for_end() == errc::connection_closed);
}

TEST_CASE("a remote that never reads costs a bounded amount of memory") {
  attacked_node world;
  raw_peer remote{world.where};
  auto end = greet(remote, world.node);
  // As the peer sender does: no more than the window of what is not yet sent.
  const auto body = patterned(30'000);
  const auto cost = message_cost(body.size());
  size_t posted = 0;
  const auto stop = std::chrono::steady_clock::now() + 1s;
  while (std::chrono::steady_clock::now() < stop) {
    end->poll();
    for (; posted + cost <= end->sent() + connection_window; posted += cost)
      end->post(talk, body);
    world.bystander.round_trip(10);
  }
  // It came to a halt long ago, with the kernel's buffers full.
  CHECK(posted < 16u << 20);
  CHECK(posted > end->sent());
  SUBCASE("until we close it") {
    end->close();
  }
  SUBCASE("until it goes") {
    remote.reset();
  }
  CHECK(end->wait_for_end() == errc::connection_closed);
}

TEST_CASE("a thousand remotes that come and go leave nothing behind") {
  attacked_node world;
  for (int i = 0; i < 1000; ++i) {
    CAPTURE(i);
    raw_peer remote{world.where};
    auto end = world.node.accept().get();
    auto answer = end->ask_handshake(world.node.info);
    if (i % 2 == 0)
      remote.close();
    else
      remote.reset();
    answer.receive([](const handshake_result&) { FAIL("nobody was there"); },
                   [](const caf::error& e) {
                     REQUIRE(code_of(e) == errc::connection_closed);
                   });
    if (i % 100 == 0)
      world.bystander.round_trip();
  }
}

TEST_CASE("remotes that nobody shakes hands with go without a trace") {
  attacked_node world;
  auto remotes = std::vector<raw_peer>{};
  for (int i = 0; i < 20; ++i) {
    remotes.emplace_back(world.where);
    world.node.accept().get();
  }
  for (auto& remote : remotes)
    remote.wait_for_end();
}
