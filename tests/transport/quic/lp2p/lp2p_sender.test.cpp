// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/lp2p/lp2p_sender.hpp"

#include <doctest/doctest.h>

#include "stream_log.hpp"
#include "troupe/transport/quic/lp2p/lp2p_codes.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

using channels = std::vector<channel_id>;

struct lp2p_sender_fixture {
  lp2p_sender_fixture() {
    options.streams_per_channel = 4;
    options.outgoing_bytes = 1000;
  }

  void name(const channels& named) {
    uut.set_named(named);
  }

  void send(channel_id channel, size_t size, unsigned seed = 0) {
    uut.send({channel, shared_bytes{patterned(size, seed)}});
  }

  /// Opens all streams that are wanted. @returns their channels.
  channels open_all() {
    channels result;
    while (auto channel = uut.wants_stream(now)) {
      result.push_back(*channel);
      uut.opened(next, now);
      next += 4;
    }
    take();
    return result;
  }

  /// All that was written of a stream has left.
  void flush(stream_id stream) {
    uut.sent(stream, logs[stream].written.size(), now);
    take();
  }

  void receive(stream_id stream, byte_view data, bool fin = false) {
    uut.received(stream, data, fin, now);
    take();
  }

  /// The remote takes the message.
  void accept(stream_id stream, channel_id channel) {
    flush(stream);
    receive(stream, tokens(channel_name(channel)), true);
  }

  void refuse(stream_id stream) {
    uut.reset(stream, lp2p_stream_code::resource_limit, now);
    take();
  }

  void advance(duration time) {
    now += time;
    uut.tick(now);
    take();
  }

  void take() {
    logs.take(uut.take_actions());
    for (auto [channel, cost] : uut.take_sent())
      sent[channel] += cost;
    for (auto message : uut.take_lost())
      lost.push_back(message);
  }

  lp2p_options options;
  lp2p_sender uut{options};
  time_point now = time_point{} + 1h;
  stream_id next = 0;
  stream_logs logs;
  std::map<channel_id, size_t> sent;
  std::vector<lost_message> lost;
};

} // namespace

TEST_CASE_FIXTURE(lp2p_sender_fixture,
                  "to a channel that the remote has named, all goes at "
                  "once") {
  name({0x40});
  send(0x40, 300, 7);
  CHECK(open_all() == channels{0x40});
  CHECK(logs[0].written == letter(0x40, patterned(300, 7)));
  CHECK(logs[0].fin);
  CHECK(sent.empty());
  CHECK_FALSE(uut.drained());
  flush(0);
  CHECK(sent == std::map<channel_id, size_t>{{0x40, message_cost(300)}});
  CHECK_FALSE(uut.drained());
  accept(0, 0x40);
  CHECK(sent == std::map<channel_id, size_t>{{0x40, message_cost(300)}});
  CHECK(lost.empty());
  CHECK(uut.drained());
  CHECK_FALSE(logs[0].reset.has_value());
}

TEST_CASE_FIXTURE(lp2p_sender_fixture,
                  "to any other channel, the message waits until the "
                  "remote has agreed") {
  send(0x40, 300, 7);
  CHECK(open_all() == channels{0x40});
  CHECK(logs[0].written == tokens(channel_name(0x40)));
  CHECK_FALSE(logs[0].fin);
  flush(0);
  CHECK(sent.empty());
  const auto answer = tokens(channel_name(0x40));
  for (auto octet : answer)
    receive(0, byte_view{&octet, 1});
  CHECK(logs[0].written == letter(0x40, patterned(300, 7)));
  CHECK(logs[0].fin);
  receive(0, {}, true);
  CHECK_FALSE(uut.drained());
  flush(0);
  CHECK(uut.drained());
  CHECK(lost.empty());
  CHECK(sent.at(0x40) == message_cost(300));
}

TEST_CASE_FIXTURE(lp2p_sender_fixture,
                  "a channel that the remote refuses loses the "
                  "message, named or not") {
  name({0x40});
  send(0x40, 3);
  send(0x20, 5);
  CHECK(open_all() == channels{0x40, 0x20});
  bytes refusal;
  append_multistream_token(refusal, multistream_header);
  append_multistream_token(refusal, multistream_refusal);
  receive(0, refusal);
  receive(4, refusal);
  CHECK(lost
        == std::vector<lost_message>{{0x40, errc::peer_lacks_channel},
                                     {0x20, errc::peer_lacks_channel}});
  CHECK(logs[4].written == tokens(channel_name(0x20)));
  CHECK(logs[4].reset == lp2p_stream_code::none);
  CHECK(logs[4].stop == lp2p_stream_code::none);
  CHECK(sent.size() == 2);
  CHECK(uut.drained());
}

TEST_CASE_FIXTURE(lp2p_sender_fixture,
                  "an answer that is none loses the message") {
  send(0x40, 3);
  open_all();
  receive(0, from_hex(std::string_view{"0161"}));
  CHECK(lost == std::vector<lost_message>{{0x40, errc::connection_closed}});
  CHECK(logs[0].reset == lp2p_stream_code::negotiation_failed);
}

TEST_CASE_FIXTURE(lp2p_sender_fixture,
                  "no more streams of a channel are open than allowed, "
                  "and they count until the remote has ended them") {
  name({0x20, 0x40});
  for (int i = 0; i < 6; ++i)
    send(0x40, 1);
  send(0x20, 1);
  CHECK(open_all() == channels{0x40, 0x40, 0x40, 0x40, 0x20});
  flush(0);
  CHECK(open_all().empty());
  receive(0, tokens(channel_name(0x40)));
  CHECK(open_all().empty());
  receive(0, {}, true);
  CHECK(open_all() == channels{0x40});
  uut.reset(4, lp2p_stream_code::none, now);
  CHECK(open_all() == channels{0x40});
  CHECK(lost == std::vector<lost_message>{{0x40, errc::connection_closed}});
  CHECK(open_all().empty());
}

TEST_CASE_FIXTURE(lp2p_sender_fixture,
                  "messages go in the order in which they came") {
  options.streams_per_channel = 100;
  for (int i = 0; i < 40; ++i)
    send(static_cast<channel_id>(i * 7 % 5), 1);
  const auto order = open_all();
  REQUIRE(order.size() == 40);
  for (size_t i = 0; i < order.size(); ++i)
    CHECK(order[i] == i * 7 % 5);
}

TEST_CASE_FIXTURE(lp2p_sender_fixture,
                  "what is under way has a bound in bytes, but for a "
                  "single message") {
  name({1});
  send(1, 5000);
  send(1, 600);
  send(1, 400);
  send(1, 1);
  CHECK(open_all().size() == 1);
  accept(0, 1);
  CHECK(open_all().size() == 2);
  accept(4, 1);
  CHECK(open_all().size() == 1);
}

TEST_CASE_FIXTURE(lp2p_sender_fixture,
                  "streams that the remote has not answered have a "
                  "bound") {
  options.unanswered_streams = 3;
  for (channel_id channel = 1; channel < 9; ++channel)
    send(channel, 1);
  CHECK(open_all() == channels{1, 2, 3});
  receive(0, tokens(channel_name(1)));
  CHECK(open_all() == channels{4});
  uut.reset(4, lp2p_stream_code::none, now);
  CHECK(open_all() == channels{5});
}

// -- want of resources --------------------------------------------------------

TEST_CASE_FIXTURE(lp2p_sender_fixture,
                  "a message that the remote has no room for is sent "
                  "again, after a pause, before later ones") {
  name({1});
  for (unsigned i = 0; i < 6; ++i)
    send(1, 10 + i);
  CHECK(open_all().size() == 4);
  refuse(4);
  refuse(0);
  CHECK(lost.empty());
  CHECK(uut.repeats() == 2);
  CHECK(open_all().empty());
  CHECK(uut.next_wakeup(now) == now + options.pause_min);
  advance(options.pause_min);
  // Half as many as before are under way, and two still are.
  CHECK(open_all().empty());
  accept(8, 1);
  CHECK(open_all() == channels{1, 1});
  CHECK(logs[16].written == letter(1, patterned(10)));
  CHECK(logs[20].written == letter(1, patterned(11)));
  accept(12, 1);
  CHECK(open_all() == channels{1, 1});
  CHECK(logs[24].written == letter(1, patterned(14)));
}

TEST_CASE_FIXTURE(lp2p_sender_fixture,
                  "pauses double up to a limit, and end with the first "
                  "message that arrives") {
  name({1});
  send(1, 1);
  auto pause = options.pause_min;
  for (size_t i = 0; i < options.repeats; ++i) {
    CHECK(open_all().size() == 1);
    refuse(next - 4);
    CHECK(uut.next_wakeup(now) == now + pause);
    advance(pause);
    pause = std::min(pause * 2, options.pause_max);
  }
  CHECK(pause == options.pause_max);
  open_all();
  accept(next - 4, 1);
  CHECK(lost.empty());
  send(1, 1);
  open_all();
  refuse(next - 4);
  CHECK(uut.next_wakeup(now) == now + options.pause_min);
}

TEST_CASE_FIXTURE(lp2p_sender_fixture, "at last it is lost") {
  name({1});
  send(1, 1);
  for (size_t i = 0; i <= options.repeats; ++i) {
    CHECK(open_all().size() == 1);
    CHECK(lost.empty());
    refuse(next - 4);
    advance(options.pause_max);
  }
  CHECK(lost == std::vector<lost_message>{{1, errc::rate_limited}});
  CHECK(uut.drained());
  CHECK(sent.at(1) == message_cost(1));
}

TEST_CASE_FIXTURE(lp2p_sender_fixture,
                  "a transport that learns of the reset only at the "
                  "stream's end has the message sent again, too") {
  name({1});
  send(1, 1);
  open_all();
  uut.closed(0, lp2p_stream_code::resource_limit, now);
  uut.closed(0, lp2p_stream_code::resource_limit, now);
  advance(options.pause_min);
  CHECK(open_all().size() == 1);
  uut.closed(4, std::nullopt, now);
  take();
  CHECK(lost == std::vector<lost_message>{{1, errc::connection_closed}});
}

// -- time ---------------------------------------------------------------------

TEST_CASE_FIXTURE(lp2p_sender_fixture,
                  "a message that does not get on is given up, one "
                  "that does is not") {
  name({1});
  options.outgoing_bytes = 100'000;
  send(1, 50'000);
  open_all();
  for (uint64_t total = 10'000; total <= 50'000; total += 10'000) {
    advance(options.send_time - 1ns);
    uut.sent(0, total, now);
    take();
  }
  CHECK(lost.empty());
  CHECK(uut.next_wakeup(now) == now + options.send_time);
  advance(options.send_time);
  CHECK(lost == std::vector<lost_message>{{1, errc::timeout}});
  CHECK(logs[0].reset == lp2p_stream_code::none);
  CHECK(logs[0].stop == lp2p_stream_code::none);
  CHECK(uut.drained());
  CHECK(uut.next_wakeup(now) == time_point::max());
}

TEST_CASE_FIXTURE(lp2p_sender_fixture,
                  "a remote that never answers keeps no message for "
                  "ever") {
  send(1, 10);
  open_all();
  flush(0);
  advance(options.send_time);
  CHECK(lost == std::vector<lost_message>{{1, errc::timeout}});
  // What it says then is about nothing.
  receive(0, tokens(channel_name(1)), true);
  CHECK(lost.size() == 1);
  CHECK(sent.at(1) == message_cost(10));
}
