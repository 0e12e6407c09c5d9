// SPDX-License-Identifier: Apache-2.0
#include "quic_pair.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

errc why(const quic_connection& what) {
  return what.ended() ? what.ended()->why.code : errc::none;
}

} // namespace

// -- handshake ----------------------------------------------------------------

TEST_CASE("a handshake tells each side who the other is") {
  quic_pair world;
  world.proceed(quic_key(2).id());
  REQUIRE(world.run(
      1s, [&] { return world.near.established && world.far.established; }));
  REQUIRE(world.client->tls().remote());
  REQUIRE(world.server->tls().remote());
  CHECK(world.client->tls().remote()->id == quic_key(2).id());
  CHECK(world.server->tls().remote()->id == quic_key(1).id());
  CHECK(world.client->tls().protocol() == "troupe/1");
  CHECK(world.server->tls().protocol() == "troupe/1");
  CHECK(world.client->rtt() >= 20ms);
  CHECK(world.client->rtt() < 60ms);
}

TEST_CASE("whoever waits to go on proves nothing, and is there") {
  quic_pair world;
  world.run(1s);
  CHECK(world.client->heard());
  CHECK_FALSE(world.near.established);
  CHECK_FALSE(world.far.established);
  CHECK_FALSE(world.client->tls().remote());
  CHECK_FALSE(world.server->tls().remote());
  SUBCASE("and then goes on") {
    world.establish();
  }
  SUBCASE("but not for ever") {
    world.run(1min);
    CHECK(why(*world.client) == errc::timeout);
    CHECK(why(*world.server) == errc::timeout);
  }
}

TEST_CASE("a server that goes on later than its client shakes hands") {
  quic_pair world;
  world.client->proceed(quic_pair::anybody(), world.now);
  world.run(500ms);
  CHECK_FALSE(world.near.established);
  world.server->proceed(quic_pair::anybody(), world.now);
  CHECK(world.run(
      1s, [&] { return world.near.established && world.far.established; }));
}

TEST_CASE("a server that has read nothing says nothing") {
  quic_pair world;
  auto first = world.client->produce(world.now);
  REQUIRE(first);
  world.accept(first->data);
  CHECK_FALSE(world.server->produce(world.now));
  SUBCASE("and hangs up without a word") {
    world.server->close(1, "going away");
    CHECK_FALSE(world.server->produce(world.now));
  }
  SUBCASE("until it has") {
    world.server->receive(first->data, world.now);
    CHECK(world.server->produce(world.now));
  }
}

TEST_CASE("a client does not go on with somebody else") {
  quic_pair world;
  world.proceed(quic_key(3).id());
  world.run(1s);
  CHECK(why(*world.client) == errc::unexpected_peer);
  CHECK(why(*world.server) == errc::connection_closed);
  CHECK_FALSE(world.server->tls().remote());
}

TEST_CASE("a client notices that it has dialed itself") {
  quic_pair world{quic_pair::default_options(), 1, 1};
  world.proceed();
  world.run(1s);
  CHECK(why(*world.client) == errc::self_connection);
}

TEST_CASE("there is no connection without a protocol in common") {
  quic_pair world{quic_pair::default_options(), 1, 2, {"other/1"}};
  world.proceed();
  world.run(1s);
  CHECK(why(*world.server) == errc::malformed_handshake);
  CHECK(why(*world.client) == errc::connection_closed);
}

TEST_CASE("a handshake gets through a bad network") {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    quic_pair world;
    world.random = testing::sim_random{seed};
    world.loss = 150;
    world.jitter = 20ms;
    world.establish();
  }
}

TEST_CASE("nobody there is a timeout") {
  quic_pair world;
  world.loss = 1000;
  world.proceed();
  world.run(1min);
  CHECK(why(*world.client) == errc::timeout);
}

// -- streams ------------------------------------------------------------------

TEST_CASE("streams carry data both ways, whole and in order") {
  quic_pair world;
  SUBCASE("over a good network") {}
  SUBCASE("over one that loses, reorders and delays") {
    world.loss = 50;
    world.jitter = 8ms;
  }
  world.establish();
  const auto there = world.patterned(1'000'000, 1);
  const auto back = world.patterned(300'000, 2);
  auto uni = world.client->open_uni();
  auto bidi = world.client->open_bidi();
  auto other = world.server->open_uni();
  REQUIRE((uni && bidi && other));
  world.write(*world.client, *uni, there, true);
  world.write(*world.client, *bidi, back, true);
  world.write(*world.server, *other, back, true);
  REQUIRE(world.run(60s, [&] {
    return world.far.streams[*uni].fin && world.far.streams[*bidi].fin
           && world.near.streams[*other].fin;
  }));
  world.write(*world.server, *bidi, there, true);
  REQUIRE(world.run(60s, [&] { return world.near.streams[*bidi].fin; }));
  CHECK(world.far.streams[*uni].data == there);
  CHECK(world.far.streams[*bidi].data == back);
  CHECK(world.near.streams[*other].data == back);
  CHECK(world.near.streams[*bidi].data == there);
  CHECK(world.near.streams[*uni].sent == there.size());
  world.run(1s);
  CHECK(world.client->drained());
  CHECK(world.near.streams[*uni].closed);
  CHECK(world.far.streams[*bidi].closed);
}

TEST_CASE("a window that is not given back stops that stream and no other") {
  auto options = quic_pair::default_options();
  options.connection_window = size_t{1024} * 1024;
  quic_pair world{options};
  world.establish();
  stream_id slow = *world.client->open_uni();
  stream_id quick = *world.client->open_uni();
  size_t withheld = 0;
  world.far.consumes = [&](stream_id id, size_t size) {
    if (id == slow)
      withheld += size;
    else
      world.server->consume(id, size);
  };
  // More than the connection's window, on either of them.
  const auto much = world.patterned(3'000'000);
  world.write(*world.client, slow, much);
  world.write(*world.client, quick, much);
  REQUIRE(world.run(60s, [&] {
    return world.far.streams[quick].data.size() == much.size();
  }));
  CHECK(withheld == world.options.stream_window);
  world.far.consumes
      = [&](stream_id id, size_t size) { world.server->consume(id, size); };
  world.server->consume(slow, withheld);
  REQUIRE(world.run(
      60s, [&] { return world.far.streams[slow].data.size() == much.size(); }));
  CHECK(world.far.streams[slow].data == much);
}

TEST_CASE("streams share by their weight") {
  auto options = quic_pair::default_options();
  options.stream_window = options.connection_window;
  quic_pair world{options};
  world.establish();
  stream_id low = *world.client->open_uni(1);
  stream_id high = *world.client->open_uni(3);
  world.write(*world.client, low, world.patterned(1'300'000));
  world.write(*world.client, high, world.patterned(1'200'000));
  REQUIRE(world.run(
      60s, [&] { return world.far.streams[high].data.size() == 1'200'000; }));
  const auto part = world.far.streams[low].data.size();
  CHECK(part > 300'000);
  CHECK(part < 600'000);
}

TEST_CASE("the remote opens no more streams than it may") {
  auto options = quic_pair::default_options();
  options.streams_bidi = 2;
  quic_pair world{options};
  world.establish();
  auto first = world.client->open_bidi();
  REQUIRE(first);
  REQUIRE(world.client->open_bidi());
  CHECK_FALSE(world.client->open_bidi());
  world.write(*world.client, *first, world.patterned(10), true);
  world.run(1s);
  CHECK_FALSE(world.client->open_bidi());
  world.write(*world.server, *first, {}, true);
  world.run(1s);
  CHECK(world.near.streams[*first].fin);
  CHECK(world.near.streams[*first].closed);
  CHECK(world.far.streams[*first].closed);
  CHECK(world.client->open_bidi());
}

TEST_CASE("either side gives up a stream") {
  quic_pair world;
  world.establish();
  auto id = *world.client->open_bidi();
  world.write(*world.client, id, world.patterned(100));
  world.run(100ms);
  SUBCASE("that it sends on") {
    world.client->reset(id, 7);
    world.run(100ms);
    CHECK(world.far.streams[id].reset == 7);
  }
  SUBCASE("that it receives on") {
    world.server->stop(id, 8);
    world.run(100ms);
    world.write(*world.client, id, world.patterned(100));
    world.run(100ms);
    CHECK(world.near.streams[id].stopped);
    CHECK(world.far.streams[id].data == world.patterned(100));
  }
}

TEST_CASE("a remote that does not let go of what is given up gets no more") {
  auto limits = quic_pair::default_options();
  limits.in_flight_max = 10'000;
  quic_pair world{limits};
  world.establish();
  std::vector<stream_id> given_up;
  for (auto id = world.client->open_bidi(); id;
       id = world.client->open_bidi()) {
    given_up.push_back(*id);
    world.write(*world.client, *id, world.patterned(4000));
    world.run(100ms);
    world.client->reset(*id, 7);
    world.run(100ms);
    REQUIRE(given_up.size() < 10);
  }
  CHECK(given_up.size() == 3);
  for (auto id : given_up)
    world.server->reset(id, 0);
  world.run(100ms);
  CHECK(world.client->open_bidi());
}

// -- the end ------------------------------------------------------------------

TEST_CASE("a close has a code and a reason, behind what was sent") {
  quic_pair world;
  world.establish();
  auto id = *world.client->open_uni();
  world.write(*world.client, id, world.patterned(5000));
  world.client->close(0x17, "enough");
  world.run(1s);
  CHECK(why(*world.client) == errc::connection_closed);
  CHECK_FALSE(world.client->ended()->remote_code);
  REQUIRE(why(*world.server) == errc::connection_closed);
  CHECK(world.server->ended()->remote_code == 0x17);
  CHECK(world.server->ended()->remote_reason == "enough");
  CHECK(world.far.streams[id].data == world.patterned(5000));
}

TEST_CASE("what would have waited for its moment goes ahead of a close") {
  quic_pair world;
  world.establish();
  const auto first = world.client->open_uni();
  const auto second = world.client->open_uni();
  REQUIRE(second);
  world.write(*world.client, *first, bytes(5000));
  world.collect(*world.client, true);
  world.write(*world.client, *second, bytes(10));
  world.client->close(7, "that was all");
  world.run(1s);
  CHECK(world.far.streams[*second].data.size() == 10);
  REQUIRE(world.server->ended());
  CHECK(world.server->ended()->remote_code == 7);
}

TEST_CASE("a long reason is cut") {
  quic_pair world;
  world.establish();
  world.server->close(1, std::string(5000, 'x'));
  world.run(1s);
  REQUIRE(why(*world.client) == errc::connection_closed);
  CHECK(world.client->ended()->remote_reason
        == std::string(quic_reason_max, 'x'));
}

TEST_CASE("a close before the handshake is one, too") {
  quic_pair world;
  world.run(100ms);
  world.server->close(1, "no");
  world.proceed();
  world.run(1s);
  CHECK(why(*world.server) == errc::connection_closed);
  CHECK(why(*world.client) == errc::connection_closed);
}

TEST_CASE("a silent remote is gone in the end, one that is idle is not") {
  quic_pair world;
  world.establish();
  world.run(5min);
  CHECK(why(*world.client) == errc::none);
  CHECK(why(*world.server) == errc::none);
  world.loss = 1000;
  world.run(2min);
  CHECK(why(*world.client) == errc::peer_silent);
  CHECK(why(*world.server) == errc::peer_silent);
}

TEST_CASE("garbage does no harm") {
  quic_pair world;
  world.establish();
  auto garbage = [&](size_t size) {
    bytes result(size);
    world.random.fill(result);
    return result;
  };
  for (size_t size = 0; size < 1600; size += 7) {
    world.client->receive(garbage(size), world.now);
    world.server->receive(garbage(size), world.now);
  }
  auto id = *world.client->open_uni();
  world.write(*world.client, id, world.patterned(100'000), true);
  // What was real, changed on its way.
  world.collect(*world.client, true);
  auto copies = world.flights;
  for (auto& copy : copies) {
    copy.data[world.random.below(copy.data.size())] ^= std::byte{1};
    world.server->receive(copy.data, world.now);
  }
  CHECK(world.run(10s, [&] { return world.far.streams[id].fin; }));
  CHECK(world.far.streams[id].data == world.patterned(100'000));
  CHECK(why(*world.client) == errc::none);
  CHECK(why(*world.server) == errc::none);
}

TEST_CASE("a first packet is read, and nothing else is one") {
  quic_pair world;
  auto batch = world.client->produce(world.now);
  REQUIRE(batch);
  auto first = read_initial(byte_view{batch->data}.first(batch->segment));
  REQUIRE(first);
  CHECK(first->version == 1);
  CHECK(first->to.bytes().size() >= 8);
  CHECK(first->from == world.client->take_ids().added.front());
  // Amplification: short ones are not answered.
  CHECK_FALSE(read_initial(byte_view{batch->data}.first(1000)));
  bytes garbage(1200);
  for (int i = 0; i < 1000; ++i) {
    world.random.fill(garbage);
    CHECK_FALSE(read_initial(garbage));
  }
}

TEST_CASE("a remote that is silent gets a sign of life as often as is wanted") {
  quic_pair world;
  world.establish();
  world.run(5s);
  auto before = world.datagrams;
  world.run(1s);
  CHECK(world.datagrams == before);
  world.client->keep_alive(100ms);
  world.run(1s);
  CHECK(world.datagrams >= before + 10);
}
