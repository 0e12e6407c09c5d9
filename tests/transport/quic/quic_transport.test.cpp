// SPDX-License-Identifier: Apache-2.0
//
// What is about QUIC alone; the rest is in quic_conformance.
#include <algorithm>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <poll.h>

#include "quic_world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Two nodes with options of a test's own, of which the second listens.
struct quic_world {
  quic_world() : quic_world(mconn_options_of(2)) {}

  explicit quic_world(std::shared_ptr<mconn_options> options)
    : b(sys, 2, quic_over_ipv4::spawn(sys, std::move(options))) {
    auto found = b.listen(kind.where(b.key.id()));
    REQUIRE(found);
    address = *found;
  }

  connection_pair established() {
    return testing::conformance::establish(a, b, address, test_channels());
  }

  world_config config;
  std::unique_ptr<caf::actor_system> owned = config.make_system();
  caf::actor_system& sys = *owned;
  quic_over_ipv4 kind;
  node_end a{sys, 1, kind.spawn(sys, 1)};
  node_end b;
  endpoint address;
};

/// A socket of somebody who is no QUIC.
struct stranger {
  explicit stranger(const endpoint& where) {
    auto made = connect_udp(where);
    REQUIRE(made);
    fd = std::move(*made);
  }

  void send(const bytes& data) {
    CHECK(sender.send(fd.get(), {}, data, data.size()).done == data.size());
  }

  /// The next datagram that comes.
  bytes next() {
    auto state = pollfd{.fd = fd.get(), .events = POLLIN, .revents = 0};
    REQUIRE(poll(&state, 1, 10'000) == 1);
    const auto found = receiver.receive(fd.get());
    REQUIRE_FALSE(found.arrivals.empty());
    const auto data = found.arrivals[0].data;
    return {data.begin(), data.end()};
  }

  unique_socket fd;
  udp_sender sender;
  udp_receiver receiver;
};

/// Begins as packets of handshakes do, and is of a version that nobody speaks.
bytes foreign_packet() {
  bytes result(1200, std::byte{0});
  result[0] = std::byte{0xc0};
  for (size_t i = 1; i < 5; ++i)
    result[i] = std::byte{0x1a};
  result[5] = std::byte{8};
  return result;
}

} // namespace

TEST_CASE("who dials before anybody accepts is accepted then") {
  quic_world world;
  auto dialed = world.a.dial(world.address);
  auto second = world.a.dial(world.address);
  auto one = world.b.accept().get();
  auto two = world.b.accept().get();
  auto near = dialed.get();
  auto other = second.get();
  CHECK(one->ends().remote != two->ends().remote);
}

TEST_CASE("of those who dial at once, more than a turn has, all are accepted") {
  auto options = mconn_options_of(2);
  options->limits.max_per_ip = 1000;
  quic_world world{options};
  constexpr size_t count = accept_loop::accepts_a_turn + 8;
  std::deque<pending_connection> all;
  for (size_t i = 0; i < count; ++i) {
    all.emplace_back(world.sys, world.b.transport);
    all.emplace_back(world.sys, world.a.transport, world.address, patience);
  }
  std::vector<std::unique_ptr<connection_end>> made;
  for (auto& pending : all)
    made.push_back(pending.get());
}

TEST_CASE("a remote hears that a connection was let go") {
  for (auto who : {&connection_pair::near, &connection_pair::far}) {
    quic_world world;
    auto pair = world.established();
    pair.round_trip();
    (pair.*who).reset();
    auto& other = pair.near ? pair.near : pair.far;
    CHECK(other->wait_for_end() == errc::connection_closed);
  }
}

TEST_CASE("connections end with their transport") {
  quic_world world;
  auto pair = world.established();
  pair.round_trip();
  world.b.self->send_exit(world.b.transport, caf::exit_reason::kill);
  CHECK(pair.far->wait_for_end() == errc::shutting_down);
}

TEST_CASE("strangers are answered, and cost nothing that others need") {
  quic_world world;
  stranger somebody{world.address};
  somebody.send(bytes(1, std::byte{0x40}));
  somebody.send(bytes(1400, std::byte{0xff}));
  somebody.send(bytes(60'000, std::byte{0xc3}));
  somebody.send(foreign_packet());
  // It is told which versions there are.
  const auto answer = somebody.next();
  REQUIRE(answer.size() > 5);
  CHECK(std::all_of(answer.begin() + 1, answer.begin() + 5,
                    [](auto x) { return x == std::byte{0}; }));
  CHECK(answer.size() <= 1200);
  // What looks like a connection that is gone is reset.
  somebody.send(bytes(100, std::byte{0x41}));
  CHECK(somebody.next().size() < 100);
  world.established().round_trip();
}

TEST_CASE("whoever has too many connections is turned away") {
  auto options = mconn_options_of(2);
  std::mutex mutex;
  std::vector<errc> refused;
  options->limits.max_per_ip = 1;
  options->on_refused = [&](errc code) {
    auto guard = std::lock_guard{mutex};
    refused.push_back(code);
  };
  quic_world world{options};
  auto pair = world.established();
  auto waiting = world.b.accept();
  CHECK(world.a.dial(world.address, 200ms).error() == errc::timeout);
  {
    auto guard = std::lock_guard{mutex};
    REQUIRE_FALSE(refused.empty());
    CHECK(refused.front() == errc::too_many_from_ip);
  }
  pair.near->close();
  CHECK(pair.far->wait_for_end() == errc::connection_closed);
  // The place is free once the transport has heard of the end, too: who dials
  // tries again until then.
  auto again = world.a.dial(world.address);
  auto far = waiting.get();
  auto near = again.get();
}

TEST_CASE("a reader that is behind with one channel stops that one at the "
          "sender, and no other") {
  quic_world world;
  auto pair = world.established();
  constexpr size_t size = 20'000;
  // Many windows of either.
  constexpr size_t count = 600;
  for (size_t i = 0; i < count; ++i) {
    pair.near->post(bulk, patterned(size, i));
    pair.near->post(talk, patterned(size, i));
  }
  for (size_t i = 0; i < count; ++i)
    CHECK(pair.far->next_of(talk).body == patterned(size, i));
  auto held = [&] { return pair.far->inbox.size() * read_cost(size); };
  while (held() < connection_read_window)
    REQUIRE(pair.far->wait());
  CHECK(held() < connection_read_window + read_cost(size));
  pair.near->poll();
  CHECK(pair.near->sent() < 2 * count * message_cost(size));
  for (size_t i = 0; i < count; ++i)
    CHECK(pair.far->next().body == patterned(size, i));
}

TEST_CASE("what a reader holds beyond the cost of messages is taken from the "
          "window of their channel") {
  quic_world world;
  auto pair = world.established();
  pair.near->post(bulk, patterned(10));
  while (pair.far->inbox.empty())
    REQUIRE(pair.far->wait());
  pair.far->charge(bulk, connection_read_window);
  pair.near->post(bulk, patterned(20));
  for (size_t i = 0; i < 100; ++i) {
    pair.near->post(talk, patterned(10'000, i));
    CHECK(pair.far->next_of(talk).body == patterned(10'000, i));
  }
  CHECK(pair.far->inbox.size() == 1);
  pair.far->give_credit(bulk, connection_read_window);
  pair.far->next();
  CHECK(pair.far->next().body == patterned(20));
}

TEST_CASE("all that a node holds of what arrives is bounded") {
  auto options = mconn_options_of(2);
  options->stream.receive.connection_memory = size_t{1024} * 1024;
  options->stream.receive.node_memory = size_t{1024} * 1024;
  quic_world world{options};
  auto pair = world.established();
  for (size_t i = 0; i < 400; ++i)
    pair.near->post(bulk, patterned(90'000, i));
  // The reader has room, and keeps everything.
  while (!pair.far->ended() && pair.far->wait())
    for (auto& message : std::exchange(pair.far->inbox, {}))
      pair.far->give_window(message.channel, read_cost(message.body.size()));
  CHECK(pair.far->wait_for_end() == errc::over_budget);
}
