// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/lp2p/lp2p_acceptor.hpp"

#include <optional>

#include <doctest/doctest.h>

#include "stream_log.hpp"
#include "troupe/transport/quic/lp2p/lp2p_codes.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view ping_name = "/ipfs/ping/1.0.0";
constexpr std::string_view identify_name = "/ipfs/id/1.0.0";

lp2p_options small_options() {
  lp2p_options result;
  result.own.protocols = {std::string{ping_name}, channel_name(0x20),
                          channel_name(0x40), channel_name(0x60)};
  result.own.agent_version = "troupe";
  result.inbound_streams = 20;
  result.inbound_per_channel = 5;
  result.incoming_bytes = 1000;
  result.progress_bytes = 100;
  result.broken_streams = 10;
  return result;
}

struct lp2p_acceptor_fixture {
  explicit lp2p_acceptor_fixture(bool accepting = true) {
    if (accepting)
      accept();
  }

  void accept() {
    const std::vector<channel_descriptor> open
        = {{.id = 0x20, .recv_message_capacity = 600},
           {.id = 0x40, .recv_message_capacity = 5000}};
    uut.accept(open, now);
    logs.take(uut.take_actions());
  }

  /// Bytes from the remote; the stream is a new one if it has not been seen.
  void receive(stream_id stream, byte_view data, bool fin = false) {
    uut.received(stream, data, fin, now);
    logs.take(uut.take_actions());
  }

  void hold(channel_id channel, bool held) {
    uut.hold(channel, held, now);
    logs.take(uut.take_actions());
  }

  void advance(duration time) {
    now += time;
    uut.tick(now);
    logs.take(uut.take_actions());
  }

  void reset(stream_id stream) {
    uut.reset(stream, now);
    logs.take(uut.take_actions());
  }

  /// Sizes of what has arrived since the last call, by channel.
  std::vector<std::pair<int, size_t>> arrived() {
    std::vector<std::pair<int, size_t>> result;
    for (const auto& message : uut.take_inbound()) {
      CHECK(message.body == patterned(message.body.size(), message.channel));
      result.emplace_back(message.channel, message.body.size());
    }
    return result;
  }

  /// A message whose content is known by channel and size.
  static bytes message(channel_id channel, size_t size) {
    return letter(channel, patterned(size, channel));
  }

  using arrivals = std::vector<std::pair<int, size_t>>;

  lp2p_options options = small_options();
  lp2p_acceptor uut{options};
  time_point now = time_point{} + 1h;
  stream_logs logs;
};

} // namespace

// -- messages -----------------------------------------------------------------

TEST_CASE("a message arrives wherever its stream is cut, and is answered") {
  for (size_t size : {0u, 1u, 127u, 128u, 600u}) {
    const auto wire = lp2p_acceptor_fixture::message(0x20, size);
    for (size_t step = 1; step <= wire.size(); step += step < 50 ? 1 : 50) {
      CAPTURE(size);
      CAPTURE(step);
      lp2p_acceptor_fixture world;
      for (size_t at = 0; at < wire.size(); at += step)
        world.receive(
            4, byte_view{wire}.subspan(at, std::min(step, wire.size() - at)));
      CHECK(world.arrived() == lp2p_acceptor_fixture::arrivals{{0x20, size}});
      const auto log = world.logs[4];
      CHECK(log.written == tokens(channel_name(0x20)));
      CHECK(log.fin);
      // It does not wait for the end, and asks for no more.
      CHECK(log.stop == lp2p_stream_code::none);
      CHECK_FALSE(log.reset.has_value());
      CHECK(world.uut.streams() == 0);
      CHECK(world.uut.refusals() == lp2p_refusals{});
    }
  }
}

TEST_CASE_FIXTURE(lp2p_acceptor_fixture,
                  "what follows a message is ignored, and its end "
                  "needs no stop") {
  auto wire = message(0x20, 10);
  append(wire, bytes(100));
  receive(4, wire, true);
  CHECK(arrived() == arrivals{{0x20, 10}});
  CHECK(logs[4].fin);
  CHECK_FALSE(logs[4].stop.has_value());
  receive(4, bytes(10), true);
  CHECK(arrived().empty());
  CHECK(uut.streams() == 0);
}

TEST_CASE_FIXTURE(lp2p_acceptor_fixture,
                  "an answer to the header does not wait for the "
                  "protocol") {
  const auto wire = message(0x20, 10);
  receive(4, byte_view{wire}.first(20));
  CHECK(logs.next(4).written.size() == 20);
  receive(4, byte_view{wire}.subspan(20, 34));
  CHECK(logs.next(4).written.size() == 34);
  CHECK(arrived().empty());
  receive(4, byte_view{wire}.subspan(54), true);
  CHECK(arrived() == arrivals{{0x20, 10}});
}

TEST_CASE_FIXTURE(lp2p_acceptor_fixture,
                  "the largest message of a channel arrives, and one "
                  "byte more is refused before it is there") {
  receive(4, message(0x20, 600), true);
  CHECK(arrived() == arrivals{{0x20, 600}});
  const auto larger = message(0x20, 601);
  receive(8, byte_view{larger}.first(54 + 2));
  CHECK(arrived().empty());
  CHECK(logs[8].reset == lp2p_stream_code::none);
  CHECK(logs[8].stop == lp2p_stream_code::none);
  CHECK(uut.refusals().unfit == 1);
  CHECK(uut.held_bytes() == 0);
  CHECK(uut.error() == errc::none);
}

TEST_CASE_FIXTURE(lp2p_acceptor_fixture,
                  "a length that is none ends its stream") {
  for (auto hex : {"ffffffffffffffffff02", "ffffffffffffffffffff01",
                   "ffffffffffffffffff01"}) {
    auto wire = tokens(channel_name(0x20));
    append(wire, from_hex(std::string_view{hex}));
    const auto stream = static_cast<stream_id>(4 * hex[19]);
    receive(stream, wire);
    CHECK(logs[stream].reset == lp2p_stream_code::none);
  }
  // A needless group at its end is none: that is how Go reads lengths.
  auto wire = tokens(channel_name(0x20));
  append(wire, from_hex(std::string_view{"8100"}));
  append(wire, patterned(1, 0x20));
  receive(400, wire);
  CHECK(arrived() == arrivals{{0x20, 1}});
}

TEST_CASE_FIXTURE(lp2p_acceptor_fixture,
                  "messages of channels that we do not name are "
                  "refused, and others may follow on the stream") {
  auto wire = tokens(channel_name(0x30));
  append(wire, byte_view{message(0x40, 7)}.subspan(20));
  receive(4, wire);
  CHECK(arrived() == arrivals{{0x40, 7}});
  // Named, but not open: that is no reason to refuse it in the negotiation.
  receive(8, message(0x60, 7));
  CHECK(arrived().empty());
  CHECK(logs[8].written == tokens(channel_name(0x60)));
  CHECK(logs[8].reset == lp2p_stream_code::none);
  CHECK(uut.refusals().unfit == 1);
}

TEST_CASE("messages wait until channels are open") {
  lp2p_acceptor_fixture world{false};
  world.receive(4, lp2p_acceptor_fixture::message(0x40, 300), true);
  const auto large = lp2p_acceptor_fixture::message(0x20, 601);
  world.receive(8, byte_view{large}.first(200));
  world.receive(12, lp2p_acceptor_fixture::message(0x60, 1), true);
  CHECK(world.arrived().empty());
  CHECK(world.logs[4].credit == 0);
  CHECK(world.logs[8].credit == 0);
  // Nobody's patience is at an end meanwhile.
  world.advance(1h);
  CHECK(world.uut.streams() == 3);
  world.accept();
  CHECK(world.arrived() == lp2p_acceptor_fixture::arrivals{{0x40, 300}});
  CHECK(world.logs[8].reset == lp2p_stream_code::none);
  CHECK(world.logs[12].reset == lp2p_stream_code::none);
  CHECK(world.uut.streams() == 0);
}

TEST_CASE("who names no channels takes all that are open") {
  lp2p_options options;
  lp2p_acceptor uut{options};
  uut.received(4, lp2p_acceptor_fixture::message(0x77, 5), true, {});
  uut.received(8, lp2p_acceptor_fixture::message(0x78, 5), true, {});
  const std::vector<channel_descriptor> open = {{.id = 0x77}};
  uut.accept(open, {});
  CHECK(uut.take_inbound().size() == 1);
  CHECK(uut.streams() == 0);
  CHECK(uut.refusals().unfit == 1);
  // From then on, others are not available.
  (void)uut.take_actions();
  uut.received(12, tokens(channel_name(0x78)), true, {});
  stream_logs logs;
  logs.take(uut.take_actions());
  CHECK(to_hex(logs[12].written).ends_with("036e610a"));
}

// -- room ---------------------------------------------------------------------

TEST_CASE_FIXTURE(lp2p_acceptor_fixture,
                  "messages that do not fit wait their turn without "
                  "credit") {
  const auto first = message(0x40, 900);
  const auto second = message(0x40, 200);
  const auto third = message(0x40, 50);
  receive(4, byte_view{first}.first(100));
  CHECK(logs[4].credit == 100);
  receive(8, byte_view{second}.first(150));
  receive(12, third);
  // The third would fit, but nobody overtakes, or large ones would wait for
  // ever.
  CHECK(logs[8].credit == 0);
  CHECK(logs[12].credit == 0);
  CHECK(arrived().empty());
  receive(4, byte_view{first}.subspan(100));
  CHECK(arrived() == arrivals{{0x40, 900}, {0x40, 50}});
  CHECK(logs[8].credit == 150);
  receive(8, byte_view{second}.subspan(150));
  CHECK(arrived() == arrivals{{0x40, 200}});
}

TEST_CASE_FIXTURE(lp2p_acceptor_fixture,
                  "a message larger than all the room comes alone") {
  const auto large = message(0x40, 5000);
  const auto small = message(0x40, 10);
  receive(4, byte_view{small}.first(60));
  receive(8, byte_view{large}.first(1000));
  receive(12, small);
  CHECK(logs[8].credit == 0);
  receive(4, byte_view{small}.subspan(60));
  CHECK(arrived() == arrivals{{0x40, 10}});
  CHECK(logs[8].credit == 1000);
  receive(8, byte_view{large}.subspan(1000));
  CHECK(arrived() == arrivals{{0x40, 5000}, {0x40, 10}});
}

TEST_CASE_FIXTURE(lp2p_acceptor_fixture,
                  "a channel that is held waits, and others do not") {
  hold(0x40, true);
  receive(4, message(0x40, 10), true);
  const auto cut = message(0x40, 300);
  receive(8, byte_view{cut}.first(100));
  receive(12, message(0x20, 20));
  CHECK(arrived() == arrivals{{0x20, 20}});
  CHECK(logs[8].credit == 0);
  advance(1h);
  CHECK(uut.refusals() == lp2p_refusals{});
  hold(0x40, false);
  CHECK(arrived() == arrivals{{0x40, 10}});
  CHECK(logs[8].credit == 100);
  receive(8, byte_view{cut}.subspan(100));
  CHECK(arrived() == arrivals{{0x40, 300}});
}

TEST_CASE_FIXTURE(lp2p_acceptor_fixture,
                  "streams beyond a channel's number are told to come "
                  "again later") {
  hold(0x40, true);
  for (stream_id i = 0; i < 7; ++i)
    receive(4 * i, message(0x40, 10), true);
  CHECK(uut.refusals().too_many == 2);
  CHECK(logs[16].reset == std::nullopt);
  CHECK(logs[20].reset == lp2p_stream_code::resource_limit);
  CHECK(logs[24].reset == lp2p_stream_code::resource_limit);
  hold(0x40, false);
  CHECK(arrived().size() == 5);
  receive(28, message(0x40, 10), true);
  CHECK(arrived().size() == 1);
}

TEST_CASE_FIXTURE(lp2p_acceptor_fixture,
                  "streams beyond the limit of all are refused") {
  for (stream_id i = 0; i < 22; ++i)
    receive(4 * i, bytes{std::byte{0x13}});
  CHECK(uut.streams() == 20);
  CHECK(uut.refusals().too_many == 2);
  CHECK(logs[80].reset == lp2p_stream_code::resource_limit);
  // It stays refused, though it comes again, until it is closed.
  receive(80, message(0x20, 1));
  CHECK(arrived().empty());
}

// -- streams that end badly ---------------------------------------------------

TEST_CASE_FIXTURE(lp2p_acceptor_fixture,
                  "a message that is cut off is dropped, at any byte") {
  const auto wire = message(0x20, 100);
  for (size_t size = 54; size < wire.size(); ++size) {
    receive(static_cast<stream_id>(size * 4), byte_view{wire}.first(size),
            true);
    receive(2, message(0x20, 0));
    uut.closed(2, now);
  }
  CHECK(uut.refusals().unfinished == wire.size() - 54);
  CHECK(uut.streams() == 0);
  CHECK(uut.held_bytes() == 0);
}

TEST_CASE_FIXTURE(lp2p_acceptor_fixture,
                  "a reset in the middle drops the message, and makes "
                  "room") {
  const auto large = message(0x40, 900);
  receive(4, byte_view{large}.first(500));
  receive(8, message(0x40, 800), true);
  CHECK(arrived().empty());
  reset(4);
  CHECK(arrived() == arrivals{{0x40, 800}});
  CHECK(logs[4].reset == lp2p_stream_code::none);
  CHECK(uut.refusals().unfinished == 1);
  reset(8);
  CHECK(uut.streams() == 0);
}

TEST_CASE_FIXTURE(lp2p_acceptor_fixture,
                  "a stream that does not say what it is for is reset "
                  "after its time") {
  receive(4, byte_view{message(0x20, 1)}.first(30));
  CHECK(uut.next_wakeup() == now + options.negotiation_time);
  advance(options.negotiation_time - 1ns);
  CHECK(uut.streams() == 1);
  advance(1ns);
  CHECK(logs[4].reset == lp2p_stream_code::negotiation_failed);
  CHECK(uut.refusals().malformed == 1);
  CHECK(uut.next_wakeup() == time_point::max());
}

TEST_CASE_FIXTURE(lp2p_acceptor_fixture,
                  "a message that does not get on is reset, and one "
                  "that does is not") {
  const auto wire = message(0x40, 1000);
  receive(4, byte_view{wire}.first(100));
  advance(9s);
  receive(4, byte_view{wire}.subspan(100, 99));
  advance(999ms);
  CHECK(uut.streams() == 1);
  receive(4, byte_view{wire}.subspan(199, 1));
  advance(9s);
  CHECK(uut.streams() == 1);
  advance(1s);
  CHECK(uut.streams() == 0);
  CHECK(uut.refusals().unfinished == 1);
  CHECK(logs[4].reset == lp2p_stream_code::none);
}

TEST_CASE_FIXTURE(lp2p_acceptor_fixture,
                  "a remote that only breaks streams is not kept") {
  const auto bad = from_hex(std::string_view{"0161"});
  stream_id stream = 0;
  for (size_t i = 0; i < options.broken_streams; ++i)
    receive(stream += 4, bad);
  CHECK(uut.error() == errc::none);
  CHECK(logs[4].reset == lp2p_stream_code::negotiation_failed);
  receive(stream += 4, message(0x20, 1));
  for (size_t i = 0; i < options.broken_streams; ++i)
    receive(stream += 4, bad);
  CHECK(uut.error() == errc::none);
  receive(stream += 4, bad);
  CHECK(uut.error() == errc::rate_limited);
}

// -- identify and ping --------------------------------------------------------

TEST_CASE_FIXTURE(lp2p_acceptor_fixture, "whoever asks is told what we are") {
  receive(4, tokens(identify_name), true);
  auto expected = tokens(identify_name);
  append_delimited(expected, encode(options.own));
  CHECK(logs[4].written == expected);
  CHECK(logs[4].fin);
  CHECK(uut.streams() == 0);
}

TEST_CASE_FIXTURE(lp2p_acceptor_fixture, "pings come back, block by block") {
  auto wire = tokens(ping_name);
  append(wire, patterned(70));
  receive(4, byte_view{wire}.first(60));
  receive(4, byte_view{wire}.subspan(60));
  auto expected = tokens(ping_name);
  append(expected, byte_view{patterned(70)}.first(64));
  CHECK(logs[4].written == expected);
  // Credit comes when what came back has left, so that little is queued.
  CHECK(logs[4].credit == 0);
  uut.sent(4, expected.size());
  uut.sent(4, expected.size());
  logs.take(uut.take_actions());
  CHECK(logs[4].credit == expected.size());
  receive(4, {}, true);
  CHECK(logs[4].fin);
  CHECK(uut.streams() == 0);
}

TEST_CASE_FIXTURE(lp2p_acceptor_fixture,
                  "two streams of a peer are for pings at once, as "
                  "long as they are used") {
  for (stream_id stream : {4, 8, 12})
    receive(stream, tokens(ping_name));
  CHECK(logs[12].reset == lp2p_stream_code::resource_limit);
  advance(options.ping_silence - 1ns);
  receive(4, bytes(32));
  advance(1ns);
  CHECK(uut.streams() == 1);
  CHECK(logs[8].fin);
  reset(4);
  CHECK(uut.streams() == 0);
  for (stream_id stream : {16, 20})
    receive(stream, tokens(ping_name));
  CHECK(uut.streams() == 2);
  uut.stopped(16);
  uut.closed(20, now);
  CHECK(uut.streams() == 0);
}
