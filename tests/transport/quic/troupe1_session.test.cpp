// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/troupe1_session.hpp"

#include "quic_pair.hpp"
#include "troupe/messages/uvarint.hpp"
#include "troupe/transport/read_window.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

constexpr channel_id talk = 0x70;
constexpr channel_id bulk = 0x71;

node_info info_of(int number) {
  node_info result;
  result.node_id = to_string(quic_key(number).id());
  result.listen_addr = "127.0.0.1:26656";
  result.network = "testnet";
  result.version = "1";
  result.channels = {talk, bulk};
  result.moniker = "test";
  return result;
}

std::vector<channel_descriptor> test_channels() {
  return {{.id = talk, .priority = 5},
          {.id = bulk, .priority = 1, .recv_message_capacity = 300'000}};
}

/// Two nodes that speak troupe/1.
struct session_pair {
  explicit session_pair(node_info first = info_of(1),
                        node_info second = info_of(2),
                        receive_limits limits = {})
    : a({.ours = std::move(first), .receive = limits}, direction::outbound),
      b({.ours = std::move(second), .receive = limits}, direction::inbound),
      net(troupe1_limits(), 1, 2, {"troupe/1"}, &a, &b) {
    a.attach(*net.client);
    net.accepted = [this](quic_connection& made) { b.attach(made); };
  }

  void greet() {
    net.proceed();
    REQUIRE(net.run(5s, [this] { return a.greeted() && b.greeted(); }));
  }

  void start(const std::vector<channel_descriptor>& near = test_channels()) {
    greet();
    a.start(near);
    b.start(test_channels());
  }

  void send(troupe1_session& from, channel_id channel, bytes body) {
    REQUIRE(from.send({channel, shared_bytes{body}}) == errc::none);
  }

  /// Lets the reader of `to` take what comes, until it has that many messages.
  std::vector<inbound_message> take(troupe1_session& to, size_t count) {
    std::vector<inbound_message> result;
    net.run(30s, [&] {
      for (auto& message : to.take_inbound()) {
        to.give_back(message.channel, read_cost(message.body.size()));
        result.push_back(std::move(message));
      }
      return result.size() >= count;
    });
    return result;
  }

  troupe1_session a;
  troupe1_session b;
  quic_pair net;
};

} // namespace

// -- handshake ----------------------------------------------------------------

TEST_CASE("both sides learn what the other one says about itself") {
  session_pair world;
  world.greet();
  CHECK(world.a.info() == info_of(2));
  CHECK(world.b.info() == info_of(1));
  CHECK(world.a.judged_by_remote() == errc::none);
}

TEST_CASE("a node info that does not fit is refused") {
  auto info = info_of(1);
  auto expected = errc::none;
  SUBCASE("of another network") {
    info.network = "othernet";
    expected = errc::wrong_network;
  }
  SUBCASE("with no channel in common") {
    info.channels = {0x01};
    expected = errc::no_common_channel;
  }
  SUBCASE("with the ID of somebody else") {
    info.node_id = to_string(quic_key(3).id());
    expected = errc::identity_mismatch;
  }
  SUBCASE("with a field that is malformed") {
    info.moniker = "\x01";
    expected = errc::invalid_node_info;
  }
  session_pair world{info};
  world.net.proceed();
  world.net.run(1s);
  CHECK(world.b.error().code == expected);
  CHECK_FALSE(world.b.greeted());
}

TEST_CASE("a stream that both sides send on is a violation, where there may be "
          "one") {
  auto limits = troupe1_limits();
  limits.streams_bidi = 16;
  stream_record other;
  troupe1_session uut{{.ours = info_of(2)}, direction::inbound};
  quic_pair net{limits, 1, 2, {"troupe/1"}, &other, &uut};
  net.accepted = [&](quic_connection& made) { uut.attach(made); };
  net.proceed();
  REQUIRE(net.run(1s, [&] { return other.established; }));
  net.write(*net.client, *net.client->open_bidi(), bytes(1));
  net.run(1s);
  CHECK(uut.error().code == errc::malformed_packet);
}

TEST_CASE("a control stream holds what it should") {
  session_pair world;
  auto expected = errc::none;
  bytes data;
  SUBCASE("no node info that is too large") {
    append_uvarint(data, max_node_info_size + 1);
    expected = errc::oversized_handshake;
  }
  SUBCASE("a length that is a number") {
    data.assign(11, std::byte{0xff});
    expected = errc::malformed_handshake;
  }
  SUBCASE("a node info that is one") {
    data = {std::byte{2}, std::byte{0xff}, std::byte{0xff}};
    expected = errc::invalid_node_info;
  }
  // The first stream is another one's then.
  stream_record other;
  quic_pair net{troupe1_limits(), 1, 2, {"troupe/1"}, &other, &world.b};
  net.accepted = [&](quic_connection& made) { world.b.attach(made); };
  net.proceed();
  REQUIRE(net.run(1s, [&] { return other.established; }));
  net.write(*net.client, *net.client->open_uni(), data);
  net.run(1s);
  CHECK(world.b.error().code == expected);
}

// -- messages -----------------------------------------------------------------

TEST_CASE("messages of any size arrive whole and in order") {
  session_pair world;
  world.start();
  const auto sizes
      = std::vector<size_t>{0, 1, 127, 128, 1400, 70'000, 300'000, 0, 3};
  size_t cost = 0;
  for (auto size : sizes) {
    world.send(world.a, bulk, world.net.patterned(size));
    cost += message_cost(size);
  }
  auto arrived = world.take(world.b, sizes.size());
  REQUIRE(arrived.size() == sizes.size());
  for (size_t i = 0; i < sizes.size(); ++i) {
    CHECK(arrived[i].channel == bulk);
    CHECK(arrived[i].body == world.net.patterned(sizes[i]));
  }
  auto sent = world.a.take_sent();
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].cost == cost);
  CHECK(world.b.held_bytes() == 0);
}

TEST_CASE("what is sent before the other side starts waits for it") {
  session_pair world;
  world.greet();
  world.a.start(test_channels());
  world.send(world.a, talk, world.net.patterned(100));
  world.send(world.a, bulk, world.net.patterned(200'000));
  world.net.run(1s);
  CHECK(world.b.take_inbound().empty());
  CHECK(world.b.held_bytes() <= 4 * troupe1_limits().stream_window);
  world.b.start(test_channels());
  CHECK(world.take(world.b, 2).size() == 2);
}

TEST_CASE("a reader that stalls stops its own channel and nothing else") {
  session_pair world;
  world.start();
  constexpr size_t count = 100;
  for (size_t i = 0; i < count; ++i)
    world.send(world.a, bulk, world.net.patterned(50'000, int(i)));
  world.net.run(10s);
  // Nobody gives anything back.
  auto stalled = world.b.take_inbound();
  CHECK(stalled.size() == 11);
  CHECK(world.b.held_bytes() <= size_t{2} * 256 * 1024);
  CHECK(world.a.take_sent()[0].cost < 20 * message_cost(50'000));
  // The other channel goes on, at the speed of the network.
  for (int i = 0; i < 20; ++i) {
    const auto before = world.net.now;
    world.send(world.a, talk, world.net.patterned(1000));
    auto there = world.take(world.b, 1);
    REQUIRE(there.size() == 1);
    CHECK(there[0].channel == talk);
    CHECK(world.net.now - before < 20ms);
  }
  // Nothing is lost.
  for (const auto& message : stalled)
    world.b.give_back(bulk, read_cost(message.body.size()));
  auto rest = world.take(world.b, count - stalled.size());
  REQUIRE(rest.size() == count - stalled.size());
  for (size_t i = 0; i < rest.size(); ++i)
    CHECK(rest[i].body == world.net.patterned(50'000, int(i + stalled.size())));
}

TEST_CASE("a reader gets a bounded number of messages, however small") {
  session_pair world;
  world.start();
  constexpr size_t count = 3 * connection_read_messages;
  for (size_t i = 0; i < count; ++i)
    world.send(world.a, talk, world.net.patterned(3, int(i)));
  world.net.run(5s);
  auto first = world.b.take_inbound();
  CHECK(first.size() == connection_read_messages);
  world.b.give_back(talk, read_cost(3) * first.size());
  CHECK(world.take(world.b, count - first.size()).size()
        == count - first.size());
}

TEST_CASE("a message above its channel's capacity is an error") {
  session_pair world;
  world.start();
  world.send(world.a, talk, world.net.patterned(10));
  world.send(world.a, bulk, world.net.patterned(300'001));
  world.net.run(1s);
  CHECK(world.b.error().code == errc::oversized_message);
  CHECK(world.b.take_inbound().size() == 1);
}

TEST_CASE("messages on channels that are not open are dropped and counted") {
  auto channels = test_channels();
  channels.push_back({.id = 0x31});
  session_pair world;
  world.start(channels);
  for (int i = 0; i < 20; ++i)
    world.send(world.a, 0x31, world.net.patterned(70'000));
  world.send(world.a, talk, world.net.patterned(5));
  CHECK(world.take(world.b, 1).size() == 1);
  world.net.run(5s);
  auto skipped = world.b.take_skipped();
  REQUIRE(skipped.size() == 1);
  CHECK(skipped[0] == channel_tally{0x31, 20});
  CHECK(world.a.send({0x32, shared_bytes{byte_view{}}})
        == errc::unknown_channel);
}

TEST_CASE("where unknown channels are an error, they are one") {
  auto channels = test_channels();
  channels.push_back({.id = 0x31});
  session_pair world{info_of(1),
                     info_of(2),
                     {.unknown_channel = unknown_channel_policy::disconnect}};
  world.start(channels);
  world.send(world.a, 0x31, world.net.patterned(7));
  world.net.run(1s);
  CHECK(world.b.error().code == errc::unknown_channel);
}

TEST_CASE("a message that does not get on is an error") {
  session_pair world;
  world.start();
  // A frame of 1000 bytes, and then nothing.
  auto stream = *world.net.client->open_uni();
  world.net.write(*world.net.client, stream,
                  {std::byte{bulk}, std::byte{0xe8}, std::byte{0x07}});
  world.net.run(1s);
  CHECK(world.b.tick(world.net.now) == errc::none);
  REQUIRE(world.b.next_wakeup());
  world.net.run(31s);
  CHECK(world.b.tick(world.net.now) == errc::stalled_message);
}

TEST_CASE("streams that break the rules are an error") {
  session_pair world;
  world.start();
  auto& client = *world.net.client;
  auto stream = *client.open_uni();
  SUBCASE("a second one of a channel") {
    world.net.write(client, stream, {std::byte{talk}});
    world.net.write(client, *client.open_uni(), {std::byte{talk}});
  }
  SUBCASE("one that is reset") {
    world.net.write(client, stream, {std::byte{talk}});
    world.net.run(100ms);
    client.reset(stream, 1);
  }
  SUBCASE("one that ends in the middle of a message") {
    world.net.write(client, stream, {std::byte{talk}, std::byte{5}}, true);
  }
  SUBCASE("a control stream that ends") {
    world.net.write(client, 2, {}, true);
  }
  SUBCASE("a length that is no number") {
    bytes data(12, std::byte{0xff});
    data[0] = std::byte{talk};
    world.net.write(client, stream, data);
  }
  world.net.run(1s);
  CHECK(world.b.error().code == errc::malformed_packet);
}

// -- the end ------------------------------------------------------------------

TEST_CASE("who hangs up has everything queued arrive first, and its reason") {
  session_pair world;
  world.start();
  for (int i = 0; i < 40; ++i) {
    world.send(world.a, bulk, world.net.patterned(90'000, i));
    world.send(world.b, talk, world.net.patterned(90'000, i));
  }
  world.a.hang_up({.retry_after = 90s, .reason = "a restart"});
  auto arrived = world.take(world.b, 40);
  CHECK(arrived.size() == 40);
  world.net.run(1s);
  REQUIRE(world.b.goodbye());
  CHECK(world.b.goodbye()->retry_after == 90s);
  CHECK(world.b.goodbye()->reason == "a restart");
  CHECK(world.b.goodbye()->code == troupe1_code::closed);
  CHECK(world.b.over());
  CHECK_FALSE(world.a.over());
  CHECK(world.a.take_inbound().empty());
  CHECK(world.a.error().code == errc::none);
  CHECK(world.b.error().code == errc::none);
}

TEST_CASE("a goodbye is over only once its messages were taken") {
  session_pair world;
  world.start();
  for (int i = 0; i < 20; ++i)
    world.send(world.a, bulk, world.net.patterned(90'000, i));
  world.a.hang_up({});
  world.net.run(5s);
  CHECK_FALSE(world.b.over());
  CHECK(world.take(world.b, 20).size() == 20);
  world.net.run(1s);
  CHECK(world.b.over());
}

TEST_CASE("a goodbye is written as the specification says") {
  const auto written = encode_goodbye({.code = troupe1_code::limits,
                                       .retry_after = 300s,
                                       .reason = "full",
                                       .streams = 2});
  CHECK(written
        == bytes{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{0xac},
                 std::byte{2}, std::byte{'f'}, std::byte{'u'}, std::byte{'l'},
                 std::byte{'l'}});
  auto read = decode_goodbye(written);
  REQUIRE(read);
  CHECK(read->streams == 2);
  CHECK(read->code == troupe1_code::limits);
  CHECK(read->retry_after == 300s);
  CHECK(read->reason == "full");
  for (size_t size = 0; size < 5; ++size)
    CHECK_FALSE(decode_goodbye(byte_view{written}.first(size)));
  CHECK(encode_goodbye({.reason = std::string(1000, 'x')}).size()
        == 4 + troupe1_reason_max);
}

TEST_CASE("a ping is answered by QUIC itself") {
  session_pair world;
  world.start();
  world.net.run(1s);
  const auto before = world.net.datagrams;
  world.a.ping();
  world.net.run(100ms);
  CHECK(world.net.datagrams >= before + 2);
  CHECK(world.b.error().code == errc::none);
}
