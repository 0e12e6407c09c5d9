// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/mconn_stream.hpp"

#include <map>

#include <doctest/doctest.h>

#include "troupe/tests/transport/mconn/frames.hpp"
#include "troupe/tests/transport/mconn/packets.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

constexpr size_t full_burst = mconn_stream::burst_frames * frame_chunk_max;

std::array<std::byte, 32> key(int value) {
  std::array<std::byte, 32> result;
  result.fill(static_cast<std::byte>(value));
  return result;
}

std::vector<channel_descriptor> channels() {
  return {{.id = 0x10, .priority = 1}, {.id = 0x20, .priority = 9}};
}

mconn_stream_options unlimited() {
  return {.send_rate = {}, .recv_rate = {}};
}

shared_bytes body(size_t size, unsigned seed = 0) {
  return shared_bytes{patterned(size, seed)};
}

/// The size of a message that takes `wire` bytes in packets.
size_t message_of_wire_size(size_t wire) {
  size_t size = 0;
  while (message_wire_size(0x10, size, default_packet_payload) < wire)
    ++size;
  REQUIRE(message_wire_size(0x10, size, default_packet_payload) == wire);
  return size;
}

/// Two ends and the time they live in.
struct linked_streams {
  explicit linked_streams(mconn_stream_options options = unlimited())
    : near(options, open, frame_writer{frame_cipher{key(1)}},
           frame_reader{frame_cipher{key(2)}}, now),
      far(unlimited(), open, frame_writer{frame_cipher{key(2)}},
          frame_reader{frame_cipher{key(1)}}, now) {}

  void send(channel_id channel, size_t size, unsigned seed = 0) {
    REQUIRE(near.send({channel, body(size, seed)}) == errc::none);
  }

  /// Takes one burst from `from`, which has to be as large as announced.
  bytes burst(mconn_stream& from) {
    bytes out(from.burst_size(now));
    size_t sealed = 0;
    REQUIRE(from.write_burst(out, now, sealed) == errc::none);
    CHECK(sealed == out.size());
    return out;
  }

  /// Moves one burst over. @returns its size.
  size_t move_burst() {
    auto out = burst(near);
    REQUIRE(far.receive(out, now) == errc::none);
    for (auto& message : far.take_inbound())
      arrived.push_back(std::move(message));
    return out.size();
  }

  /// Moves all that may go now. @returns the number of bursts.
  size_t move_all() {
    size_t result = 0;
    for (; near.burst_size(now) > 0; ++result)
      move_burst();
    return result;
  }

  std::vector<channel_descriptor> open = channels();
  time_point now = time_point{} + 1h;
  mconn_stream near;
  mconn_stream far;
  inbound_batch arrived;
};

} // namespace

TEST_CASE("messages of any size arrive whole and in order") {
  linked_streams world;
  const auto sizes
      = std::vector<size_t>{0,     1,     2,    1023,  1024,  1025,   2048, 0,
                            65535, 65536, 9999, 65537, 70000, 300000, 0};
  for (auto size : sizes)
    world.send(0x10, size, static_cast<unsigned>(size));
  world.move_all();
  REQUIRE(world.arrived.size() == sizes.size());
  for (size_t i = 0; i < sizes.size(); ++i) {
    CAPTURE(sizes[i]);
    CHECK(world.arrived[i].channel == 0x10);
    CHECK(world.arrived[i].body
          == patterned(sizes[i], static_cast<unsigned>(sizes[i])));
  }
  CHECK(world.far.buffered_bytes() == 0);
}

TEST_CASE("messages that wait share a burst, and its frames") {
  linked_streams world;
  for (int i = 0; i < 100; ++i)
    world.send(0x10, 10);
  // 100 packets of 10 + 10 bytes fit two frames.
  CHECK(world.move_burst() == frame_writer::sealed_size(2000));
  CHECK(world.arrived.size() == 100);
  CHECK(world.near.burst_size(world.now) == 0);
}

TEST_CASE("what waits may fill frames, and a burst, to the byte") {
  linked_streams world;
  for (size_t frames : {size_t{1}, size_t{2}, mconn_stream::burst_frames}) {
    CAPTURE(frames);
    world.arrived.clear();
    world.send(0x10, message_of_wire_size(frames * frame_chunk_max));
    CHECK(world.near.burst_is_full(world.now)
          == (frames == mconn_stream::burst_frames));
    CHECK(world.move_burst() == frames * frame_sealed_size);
    CHECK(world.near.burst_size(world.now) == 0);
    CHECK(world.arrived.size() == 1);
  }
}

TEST_CASE("a packet that does not fit goes on in the next burst") {
  linked_streams world;
  for (size_t extra : {1u, 2u, 400u, 1023u}) {
    CAPTURE(extra);
    world.arrived.clear();
    world.send(0x10, message_of_wire_size(full_burst + extra));
    CHECK(world.move_burst() == frame_writer::sealed_size(full_burst));
    CHECK(world.arrived.empty());
    CHECK(world.near.burst_size(world.now) == frame_writer::sealed_size(extra));
    world.move_burst();
    CHECK(world.arrived.size() == 1);
    CHECK(world.near.burst_size(world.now) == 0);
  }
}

TEST_CASE("a ping does not get into the middle of a packet") {
  linked_streams world;
  world.send(0x10, message_of_wire_size(full_burst + 400));
  world.move_burst();
  world.now += 60s;
  REQUIRE(world.near.tick(world.now) == errc::none);
  CHECK(world.near.urgent());
  world.move_burst();
  CHECK_FALSE(world.near.urgent());
  CHECK(world.arrived.size() == 1);
  // And the other side has noticed it.
  CHECK(world.far.urgent());
  auto pong = world.burst(world.far);
  CHECK(pong.size() == frame_sealed_size);
  CHECK(world.near.receive(pong, world.now) == errc::none);
}

TEST_CASE("many pings share one pong") {
  linked_streams world;
  bytes pings;
  for (int i = 0; i < 100; ++i)
    append(pings, ping_packet);
  REQUIRE(world.near.receive_plaintext(pings, world.now) == errc::none);
  CHECK(world.near.burst_size(world.now) == frame_sealed_size);
  world.move_burst();
  CHECK(world.near.burst_size(world.now) == 0);
  CHECK_FALSE(world.near.urgent());
}

TEST_CASE("what was sent is reported once its last packet is out") {
  linked_streams world;
  const auto size = full_burst * 3 / 2;
  world.send(0x10, size);
  world.send(0x20, 10);
  world.send(0x20, 0);
  std::map<channel_id, size_t> cost;
  size_t bursts = 0;
  while (world.near.burst_size(world.now) > 0) {
    world.move_burst();
    ++bursts;
    for (const auto& entry : world.near.take_sent())
      cost[entry.channel] += entry.cost;
    if (bursts == 1) {
      // One entry for both of them.
      CHECK(cost[0x20] == message_cost(10) + message_cost(0));
      CHECK(cost.count(0x10) == 0);
    }
  }
  CHECK(bursts == 2);
  CHECK(cost[0x10] == message_cost(size));
  CHECK(cost[0x20] == message_cost(10) + message_cost(0));
  CHECK(world.near.take_sent().empty());
}

TEST_CASE("channels share a burst by priority") {
  linked_streams world;
  for (int i = 0; i < 1000; ++i) {
    world.send(0x10, 900);
    world.send(0x20, 900);
  }
  world.move_burst();
  world.move_burst();
  std::map<channel_id, int> count;
  for (const auto& message : world.arrived)
    ++count[message.channel];
  REQUIRE(count[0x10] > 0);
  CHECK(count[0x20] / count[0x10] >= 8);
  CHECK(count[0x20] / count[0x10] <= 10);
}

TEST_CASE("a channel that is not open is refused") {
  linked_streams world;
  CHECK(world.near.send({0x30, body(1)}) == errc::unknown_channel);
  CHECK(world.near.burst_size(world.now) == 0);
}

TEST_CASE("the send rate holds over time, whatever the size of a burst") {
  auto options = unlimited();
  options.send_rate = 1'000'000;
  linked_streams world{options};
  for (int i = 0; i < 100; ++i)
    world.send(0x10, 100'000);
  size_t moved = 0;
  const auto end = world.now + 5s;
  while (world.now < end) {
    while (world.near.burst_size(world.now) > 0)
      moved += world.move_burst();
    auto next = world.near.next_wakeup(world.now);
    REQUIRE(next > world.now);
    world.now = next;
  }
  // All frames are full.
  CHECK(moved > 5'000'000);
  CHECK(moved < 5'130'000);
}

TEST_CASE("a burst is no larger than the send rate allows") {
  auto options = unlimited();
  options.send_rate = 2'000'000;
  linked_streams world{options};
  world.send(0x10, 100'000);
  CHECK(world.near.burst_is_full(world.now));
  // What a slice of 5 ms may take, in whole frames.
  CHECK(world.move_burst() == frame_writer::sealed_size(10'000));
  CHECK(world.near.burst_size(world.now) == 0);
  // Something urgent has to wait for the rest of a packet only.
  world.now += 1s;
  world.near.ping();
  CHECK(world.move_burst() <= frame_writer::sealed_size(20'000 + 1024));
  CHECK(world.far.urgent());
}

TEST_CASE(
    "the send rate holds back no pongs, nor what has to come before them") {
  auto options = unlimited();
  options.send_rate = 1000;
  linked_streams world{options};
  // One packet, which does not fit the one frame that the rate allows.
  world.send(0x10, frame_chunk_max);
  world.send(0x10, 10);
  world.move_burst();
  // The rest of it has to wait like what comes behind it, or else each slice
  // would end in a frame with little in it.
  CHECK(world.near.burst_size(world.now) == 0);
  CHECK_FALSE(world.near.drained());
  SUBCASE("until there is something urgent") {
    REQUIRE(world.near.receive_plaintext(ping_packet, world.now) == errc::none);
    CHECK(world.near.burst_size(world.now) == frame_sealed_size);
    world.move_burst();
    CHECK(world.arrived.size() == 1);
    CHECK(world.near.burst_size(world.now) == 0);
  }
  SUBCASE("until the rate allows it") {
    world.now = world.near.next_wakeup(world.now);
    world.move_burst();
    CHECK(world.arrived.size() == 2);
    CHECK(world.near.drained());
  }
}

TEST_CASE("the receive rate says when to read on") {
  auto options = unlimited();
  options.recv_rate = 200'000;
  linked_streams world{options};
  CHECK(world.near.may_read(world.now));
  REQUIRE(world.far.send({0x10, body(3000)}) == errc::none);
  auto out = world.burst(world.far);
  REQUIRE(world.near.receive(out, world.now) == errc::none);
  CHECK_FALSE(world.near.may_read(world.now));
  // Three frames are four slices of 1000 bytes, the first of which is now.
  auto next = world.near.next_wakeup(world.now);
  CHECK(next == world.now + 15ms);
  CHECK(world.near.may_read(next));
}

TEST_CASE("silence ends a connection, unless we are the ones who do not read") {
  linked_streams world;
  SUBCASE("the remote is silent") {
    world.now += 60s;
    CHECK(world.near.tick(world.now) == errc::none);
    world.now += 30s;
    CHECK(world.near.tick(world.now) == errc::peer_silent);
  }
  SUBCASE("anything that arrives is a sign of life") {
    for (int i = 0; i < 10; ++i) {
      world.now += 80s;
      // Less than a frame.
      auto part = bytes(1);
      REQUIRE(world.near.receive(part, world.now) == errc::none);
      CHECK(world.near.tick(world.now) == errc::none);
    }
  }
  SUBCASE("we do not read") {
    world.near.set_paused(true, world.now);
    world.now += 1h;
    CHECK(world.near.tick(world.now) == errc::none);
    CHECK(world.near.urgent()); // The ping still goes out.
    world.near.set_paused(false, world.now);
    CHECK(world.near.tick(world.now) == errc::none);
    world.now += 90s;
    CHECK(world.near.tick(world.now) == errc::peer_silent);
  }
}

TEST_CASE("messages in front of a fault are delivered") {
  auto options = unlimited();
  options.receive.unknown_channel = unknown_channel_policy::disconnect;
  linked_streams world{options};
  bytes packets = encode_packet(0x10, true, patterned(5));
  append(packets, encode_packet(0x33, true, patterned(5)));
  CHECK(world.near.receive_plaintext(packets, world.now)
        == errc::unknown_channel);
  auto inbound = world.near.take_inbound();
  REQUIRE(inbound.size() == 1);
  CHECK(inbound[0].body == patterned(5));
}

TEST_CASE("a frame that is none ends the connection") {
  linked_streams world;
  frame_cipher remote{key(2)};
  auto frame = plain_frame(encode_packet(0x10, true, patterned(5)));
  auto expected = errc::none;
  SUBCASE("one that announces more than frames hold") {
    frame = plain_frame(patterned(1024), 1025);
    REQUIRE(remote.seal(frame) == errc::none);
    expected = errc::oversized_frame;
  }
  SUBCASE("one with a flipped bit") {
    REQUIRE(remote.seal(frame) == errc::none);
    frame[100] ^= std::byte{1};
    expected = errc::undecryptable_frame;
  }
  CHECK(world.near.receive(frame, world.now) == expected);
  CHECK(world.near.take_inbound().empty());
}

TEST_CASE("messages on channels that are not open are counted") {
  linked_streams world;
  bytes packets;
  for (channel_id channel : {0x33, 0x31, 0x33})
    append(packets, encode_packet(channel, true, patterned(5)));
  append(packets, encode_packet(0x10, true, patterned(5)));
  REQUIRE(world.near.receive_plaintext(packets, world.now) == errc::none);
  CHECK(world.near.take_inbound().size() == 1);
  CHECK(world.near.take_skipped()
        == std::vector<channel_tally>{{0x31, 1}, {0x33, 2}});
  CHECK(world.near.take_skipped().empty());
}

TEST_CASE("frames with little in them, or nothing, count for the receive rate "
          "as a quarter of a full one") {
  auto options = unlimited();
  options.recv_rate = 2000 * frame_chunk_max / 4;
  linked_streams world{options};
  frame_cipher remote{key(2)};
  auto chunk = bytes{};
  SUBCASE("nothing") {}
  SUBCASE("one byte") {
    // Of a length that never ends.
    chunk = bytes{std::byte{0x80}};
  }
  // The frames of a slice of 5 ms; what 9 of them hold makes no packet yet.
  for (int i = 0; i < 9; ++i) {
    auto frame = plain_frame(chunk);
    REQUIRE(remote.seal(frame) == errc::none);
    REQUIRE(world.near.receive(frame, world.now) == errc::none);
    CHECK(world.near.may_read(world.now));
  }
  auto last = plain_frame({});
  REQUIRE(remote.seal(last) == errc::none);
  REQUIRE(world.near.receive(last, world.now) == errc::none);
  CHECK_FALSE(world.near.may_read(world.now));
}

TEST_CASE("frames count for the receive rate with what is in them") {
  auto options = unlimited();
  options.recv_rate = 2000 * frame_chunk_max;
  linked_streams world{options};
  const auto half = message_of_wire_size(frame_chunk_max / 2);
  // One frame each, and 20 of them are what a slice of 5 ms brings.
  auto deliver = [&] {
    REQUIRE(world.far.send({0x10, body(half)}) == errc::none);
    auto frame = world.burst(world.far);
    REQUIRE(frame.size() == frame_sealed_size);
    REQUIRE(world.near.receive(frame, world.now) == errc::none);
  };
  for (int i = 0; i < 19; ++i) {
    deliver();
    CHECK(world.near.may_read(world.now));
  }
  deliver();
  CHECK_FALSE(world.near.may_read(world.now));
}

TEST_CASE("a message that does not get on ends the connection, unless we are "
          "the ones who do not read") {
  auto options = unlimited();
  options.receive.progress_bytes = 1000;
  options.receive.progress_time = 10s;
  linked_streams world{options};
  auto part = encode_packet(0x10, false, patterned(1000));
  REQUIRE(world.near.receive_plaintext(part, world.now) == errc::none);
  SUBCASE("it stands still") {
    world.now += 9s;
    CHECK(world.near.tick(world.now) == errc::none);
    CHECK(world.near.next_wakeup(world.now) == world.now + 1s);
    world.now += 1s;
    CHECK(world.near.tick(world.now) == errc::stalled_message);
  }
  SUBCASE("it gets on") {
    for (int i = 0; i < 9; ++i) {
      world.now += 9s;
      REQUIRE(world.near.receive_plaintext(part, world.now) == errc::none);
      CHECK(world.near.tick(world.now) == errc::none);
    }
  }
  SUBCASE("messages of other channels do not help it") {
    auto small = encode_packet(0x20, true, patterned(1000));
    for (int i = 0; i < 9; ++i) {
      world.now += 1s;
      REQUIRE(world.near.receive_plaintext(small, world.now) == errc::none);
    }
    world.now += 1s;
    CHECK(world.near.tick(world.now) == errc::stalled_message);
  }
  SUBCASE("it is complete") {
    REQUIRE(
        world.near.receive_plaintext(encode_packet(0x10, true, {}), world.now)
        == errc::none);
    world.now += 50s;
    CHECK(world.near.tick(world.now) == errc::none);
  }
  SUBCASE("we do not read") {
    world.now += 5s;
    world.near.set_paused(true, world.now);
    world.now += 50s;
    CHECK(world.near.tick(world.now) == errc::none);
    world.near.set_paused(false, world.now);
    world.now += 4s;
    CHECK(world.near.tick(world.now) == errc::none);
    world.now += 1s;
    CHECK(world.near.tick(world.now) == errc::stalled_message);
  }
}

TEST_CASE("a stream is drained when nothing of it has still to go out") {
  linked_streams world;
  CHECK(world.near.drained());
  world.send(0x10, full_burst);
  CHECK_FALSE(world.near.drained());
  world.move_burst();
  CHECK_FALSE(world.near.drained());
  world.move_all();
  CHECK(world.near.drained());
}
