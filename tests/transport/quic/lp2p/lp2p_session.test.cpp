// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/lp2p/lp2p_session.hpp"

#include <algorithm>
#include <set>

#include <doctest/doctest.h>

#include "stream_log.hpp"
#include "stream_pair.hpp"
#include "troupe/tests/vectors.hpp"
#include "troupe/transport/quic/lp2p/lp2p_codes.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

std::vector<channel_descriptor> channels() {
  return {{.id = 0x20, .recv_message_capacity = 5000},
          {.id = 0x40, .recv_message_capacity = 100'000}};
}

lp2p_options options(bool names = true) {
  lp2p_options result;
  result.own.agent_version = "troupe";
  if (names)
    result.own.protocols = {"/ipfs/id/1.0.0", "/ipfs/ping/1.0.0",
                            channel_name(0x20), channel_name(0x40)};
  result.incoming_bytes = 50'000;
  result.outgoing_bytes = 30'000;
  return result;
}

/// A session whose streams a test moves by hand.
struct lp2p_session_fixture {
  /// Answers what the session asks first.
  void identify(const identify_info& info) {
    REQUIRE(uut.wants_stream(now) == lp2p_protocol{});
    uut.opened(0, now);
    auto answer = tokens("/ipfs/id/1.0.0");
    append_delimited(answer, encode(info));
    uut.received(0, answer, true, now);
    take();
  }

  void take() {
    logs.take(uut.take_actions());
  }

  testing::sim_random random{1};
  lp2p_session uut{options(), direction::outbound, random};
  time_point now = time_point{} + 1h;
  stream_logs logs;
};

/// A message that says which one it is: a number, and a pattern that follows
/// from it.
bytes numbered(uint32_t number, size_t size) {
  auto result = patterned(size, number);
  for (size_t i = 0; i < 4; ++i)
    result[i] = static_cast<std::byte>(number >> (8 * i));
  return result;
}

uint32_t number_of(const growing_bytes& body) {
  uint32_t result = 0;
  for (size_t i = 0; i < 4; ++i)
    result |= std::to_integer<uint32_t>(body.data()[i]) << (8 * i);
  return result;
}

/// Sends `count` messages of drawn sizes both ways. @returns their cost.
std::array<size_t, 2> send_some(stream_pair& world, uint64_t seed,
                                uint32_t count) {
  testing::sim_random random{seed};
  std::array<size_t, 2> result = {};
  for (uint32_t i = 0; i < count; ++i)
    for (size_t side = 0; side < 2; ++side) {
      const auto small = random.chance(900);
      const auto size = 4 + random.below(small ? 300 : 40'000);
      const channel_id channel = small && random.chance(500) ? 0x20 : 0x40;
      result[side] += message_cost(size);
      world[side].send({channel, shared_bytes{numbered(i, size)}});
    }
  return result;
}

/// Checks that each message that arrived is whole, and is there once.
std::set<uint32_t> check_arrived(const inbound_batch& messages) {
  std::set<uint32_t> result;
  for (const auto& message : messages) {
    const auto number = number_of(message.body);
    CHECK(message.body == numbered(number, message.body.size()));
    CHECK(result.insert(number).second);
  }
  return result;
}

} // namespace

// -- by hand ------------------------------------------------------------------

TEST_CASE_FIXTURE(lp2p_session_fixture,
                  "the first thing is to ask what the remote is") {
  REQUIRE(uut.wants_stream(now) == lp2p_protocol{});
  uut.opened(0, now);
  CHECK_FALSE(uut.wants_stream(now).has_value());
  take();
  CHECK(logs[0].written == tokens("/ipfs/id/1.0.0"));
  CHECK(logs[0].fin);
  CHECK_FALSE(uut.identified());
  auto answer = tokens("/ipfs/id/1.0.0");
  append_delimited(answer, encode({.agent_version = "cometbft"}));
  for (auto octet : answer)
    uut.received(0, byte_view{&octet, 1}, false, now);
  CHECK_FALSE(uut.identified());
  take();
  CHECK(logs[0].credit == answer.size());
  uut.received(0, {}, true, now);
  CHECK(uut.identified());
  REQUIRE(uut.said() != nullptr);
  CHECK(uut.said()->agent_version == "cometbft");
  CHECK(uut.next_wakeup(now) == time_point::max());
}

TEST_CASE("a remote that does not say what it is stays unknown") {
  const bytes refusal = [] {
    bytes result;
    append_multistream_token(result, multistream_header);
    append_multistream_token(result, multistream_refusal);
    return result;
  }();
  for (int way = 0; way < 6; ++way) {
    CAPTURE(way);
    lp2p_session_fixture world;
    world.uut.opened(0, world.now);
    auto answer = tokens("/ipfs/id/1.0.0");
    switch (way) {
      case 0: // It refuses.
        world.uut.received(0, refusal, false, world.now);
        break;
      case 1: // It says nothing.
        world.uut.received(0, answer, true, world.now);
        break;
      case 2: // It resets the stream.
        world.uut.reset(0, lp2p_stream_code::resource_limit, world.now);
        break;
      case 3: // It does not answer.
        CHECK(world.uut.next_wakeup(world.now) == world.now + 5s);
        world.uut.tick(world.now + 5s);
        break;
      case 4: // It says too much.
        append(answer, from_hex(std::string_view{"8140"}));
        world.uut.received(0, answer, false, world.now);
        break;
      default: // Its stream is gone.
        world.uut.closed(0, std::nullopt, world.now);
    }
    CHECK(world.uut.identified());
    CHECK(world.uut.said() == nullptr);
    CHECK_FALSE(world.uut.wants_stream(world.now).has_value());
    // It has its channels all the same, as far as we know.
    world.uut.send({0x40, shared_bytes{bytes(3)}});
    CHECK(world.uut.wants_stream(world.now)
          == lp2p_protocol{lp2p_protocol::kind::message, 0x40});
  }
}

TEST_CASE_FIXTURE(lp2p_session_fixture,
                  "what the remote names is sent without waiting, and "
                  "other things are not") {
  identify({.protocols = {channel_name(0x40)}});
  CHECK(uut.identified());
  const auto body = shared_bytes{patterned(10)};
  uut.send({0x40, body});
  uut.send({0x20, body});
  uut.opened(4, now);
  uut.opened(8, now);
  take();
  CHECK(logs[4].written == letter(0x40, body));
  CHECK(logs[4].fin);
  CHECK(logs[8].written == tokens(channel_name(0x20)));
  CHECK_FALSE(logs[8].fin);
}

TEST_CASE_FIXTURE(lp2p_session_fixture,
                  "the bytes are those that CometBFT takes and sends") {
  identify({.protocols = {channel_name(0x40)}});
  // Of blocksync: StatusRequest, and StatusResponse{height 7, base 3}.
  uut.send({0x40, shared_bytes{from_hex(std::string_view{"2200"})}});
  uut.opened(4, now);
  take();
  CHECK(to_hex(logs[4].written)
        == "132f6d756c746973747265616d2f312e302e300a"
           "212f7032702f636f6d65746266742f312e302e302f6368616e6e656c2f30783430"
           "0a022200");
  auto input = tokens(channel_name(0x40));
  append(input, from_hex(std::string_view{"062a0408071003"}));
  uut.accept(channels(), now);
  uut.received(1, input, true, now);
  const auto inbound = uut.take_inbound();
  REQUIRE(inbound.size() == 1);
  CHECK(to_hex(inbound[0].body) == "2a0408071003");
  CHECK(inbound[0].channel == 0x40);
}

TEST_CASE_FIXTURE(lp2p_session_fixture,
                  "a ping is answered with the same bytes, and "
                  "measured") {
  identify({});
  uut.ping();
  CHECK(uut.wants_stream(now) == lp2p_protocol{lp2p_protocol::kind::ping});
  uut.opened(4, now);
  uut.ping(); // One is under way.
  CHECK_FALSE(uut.wants_stream(now).has_value());
  take();
  const auto question = logs[4].written;
  REQUIRE(question.size() == 38 + 32);
  now += 30ms;
  uut.received(4, byte_view{question}.first(50), false, now);
  CHECK(uut.pongs() == 0);
  uut.received(4, byte_view{question}.subspan(50), false, now);
  CHECK(uut.pongs() == 1);
  CHECK(uut.rtt() == 30ms);
  take();
  CHECK(logs[4].reset == lp2p_stream_code::none);
  uut.ping();
  uut.opened(8, now);
  take();
  auto wrong = logs[8].written;
  CHECK(wrong != question);
  wrong.back() ^= std::byte{1};
  uut.received(8, wrong, false, now);
  CHECK(uut.pongs() == 1);
  uut.ping();
  uut.opened(12, now);
  uut.tick(now + 5s);
  CHECK(uut.pongs() == 1);
  uut.ping();
  CHECK(uut.wants_stream(now).has_value());
}

TEST_CASE_FIXTURE(lp2p_session_fixture,
                  "events of streams that nobody knows do nothing") {
  for (stream_id stream : {0, 1, 4, 5, 400}) {
    uut.reset(stream, 0, now);
    uut.stopped(stream);
    uut.sent(stream, 100, now);
    uut.closed(stream, std::nullopt, now);
  }
  uut.received(0, bytes(10), true, now);
  take();
  CHECK(uut.take_actions().empty());
  CHECK(uut.error() == errc::none);
  CHECK(uut.next_wakeup(now) == time_point::max());
}

// -- two of them --------------------------------------------------------------

TEST_CASE("all messages arrive once, whatever the network does to pieces and "
          "streams") {
  for (uint64_t seed = 1; seed <= 24; ++seed) {
    CAPTURE(seed);
    // Either side names its channels, or does not.
    stream_pair world{seed,
                      {.near = options(seed % 2 == 0),
                       .far = options(seed % 3 == 0),
                       .window = 100 + 300 * (seed % 7)}};
    world[0].accept(channels(), world.now);
    if (seed % 5 != 0)
      world[1].accept(channels(), world.now);
    const auto cost = send_some(world, seed, 60);
    for (int i = 0; i < 200; ++i)
      world.turn();
    world[1].accept(channels(), world.now);
    world.take(1);
    world.run();
    for (size_t side = 0; side < 2; ++side) {
      CAPTURE(side);
      CHECK(check_arrived(world.arrived[side]).size() == 60);
      CHECK(world[side].identified());
      CHECK(world[side].drained());
      CHECK(world[side].held_bytes() == 0);
      CHECK(world[side].error() == errc::none);
      CHECK(world[side].refusals() == lp2p_refusals{});
      CHECK(world.sent[side] == cost[side]);
      CHECK(world.lost[side].empty());
      CHECK(world.most_open(side) <= options().streams_per_channel);
    }
    CHECK(world.open_streams_count() == 0);
  }
}

TEST_CASE("resets lose the messages of their streams, and nothing else") {
  size_t lost = 0;
  for (uint64_t seed = 1; seed <= 24; ++seed) {
    CAPTURE(seed);
    stream_pair world{
        seed, {.near = options(), .far = options(seed % 2 == 0), .resets = 20}};
    for (size_t side = 0; side < 2; ++side)
      world[side].accept(channels(), world.now);
    const auto cost = send_some(world, seed, 60);
    world.run();
    for (size_t side = 0; side < 2; ++side) {
      CAPTURE(side);
      const auto arrived = check_arrived(world.arrived[side]).size();
      const auto& missing = world.lost[1 - side];
      // A stream may be reset when its message has arrived, and that not.
      CHECK(arrived + missing.size() >= 60);
      CHECK(arrived <= 60);
      CHECK(missing.size() <= 60);
      CHECK(std::ranges::all_of(missing, [](const auto& message) {
        return message.reason == errc::connection_closed;
      }));
      CHECK(world[side].drained());
      CHECK(world[side].held_bytes() == 0);
      CHECK(world[side].error() == errc::none);
      CHECK(world.sent[side] == cost[side]);
      lost += missing.size();
    }
    CHECK(world.open_streams_count() == 0);
  }
  CHECK(lost > 40);
}

TEST_CASE("messages that a remote has no room for arrive later, and once") {
  size_t repeats = 0;
  for (uint64_t seed = 1; seed <= 16; ++seed) {
    CAPTURE(seed);
    auto near = options();
    auto far = options(seed % 2 == 0);
    near.repeats = 50;
    far.inbound_per_channel = 3;
    far.incoming_bytes = 1000;
    near.streams_per_channel = 8;
    stream_pair world{seed, {.near = near, .far = far, .window = 200}};
    world[0].accept(channels(), world.now);
    world[1].accept(channels(), world.now);
    send_some(world, seed, 60);
    world.run();
    CHECK(check_arrived(world.arrived[1]).size() == 60);
    CHECK(world.lost[0].empty());
    CHECK(world[1].error() == errc::none);
    repeats += world[0].repeats();
  }
  CHECK(repeats > 40);
}

TEST_CASE("a channel that is held costs its own messages time, and no others") {
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    CAPTURE(seed);
    stream_pair world{seed, {.near = options(), .far = options()}};
    world[0].accept(channels(), world.now);
    world[1].accept(channels(), world.now);
    world[1].hold(0x40, true, world.now);
    for (uint32_t i = 0; i < 20; ++i)
      for (channel_id channel : {channel_id{0x40}, channel_id{0x20}})
        world[0].send({channel, shared_bytes{numbered(i, 500)}});
    while (world.turn())
      ;
    CHECK(world.arrived[1].size() == 20);
    for (const auto& message : world.arrived[1])
      CHECK(message.channel == 0x20);
    world[1].hold(0x40, false, world.now);
    world.take(1);
    world.run();
    CHECK(world.arrived[1].size() == 40);
    CHECK(world.lost[0].empty());
  }
}

TEST_CASE("one byte too much loses that message only") {
  stream_pair world{1, {.near = options(), .far = options()}};
  world[0].accept(channels(), world.now);
  world[1].accept(channels(), world.now);
  for (uint32_t i = 0; i < 9; ++i)
    world[0].send({0x20, shared_bytes{numbered(i, i % 3 == 0 ? 5001 : 5000)}});
  world.run();
  CHECK(check_arrived(world.arrived[1])
        == std::set<uint32_t>{1, 2, 4, 5, 7, 8});
  CHECK(world.lost[0].size() == 3);
  CHECK(world[1].refusals().unfit == 3);
  CHECK(world[1].error() == errc::none);
}
