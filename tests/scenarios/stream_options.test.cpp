// SPDX-License-Identifier: Apache-2.0

// Options of connections, each by its effect on real packets.
#include "talk.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Node 0 dials node 1, which knows nobody.
struct stream_world : talking_network {
  using change = std::function<void(mconn_stream_options&)>;

  explicit stream_world(const change& first, const change& second = {})
    : talking_network(31, fidelity::mconn) {
    channel_options.recv_message_capacity = 1'000'000;
    add_nodes(2, [&](size_t number, node_options& options) {
      if (const auto& what = number == 0 ? first : second)
        what(options.stream);
    });
    options(0).persistent_peers.push_back(address(1));
    start();
    REQUIRE(run_until([this] { return sees(0, 1) && sees(1, 0); }, 1min));
    advance(1s);
  }

  /// How long it takes until node 0 has noticed that its peer is gone.
  duration time_to_notice() {
    const auto begin = now();
    REQUIRE(run_until([this] { return !sees(0, 1); }, 10min));
    return now() - begin;
  }

  /// How long it takes until as many bytes have arrived as a message.
  duration time_to_hear(size_t by, size_t from, size_t size) {
    const auto begin = now();
    say(from, by, 1, size);
    REQUIRE(run_until([&] { return heard(by, from) == 1; }, 10min));
    return now() - begin;
  }
};

} // namespace

TEST_CASE("pong_timeout is how long a silent peer is kept") {
  for (auto timeout : {30s, 200s}) {
    stream_world net{[timeout](mconn_stream_options& x) {
      x.keepalive = {.ping_interval = 20s, .pong_timeout = timeout};
      // Nor does the kernel know better.
    }};
    net.wires().set_link(net.host(0), net.host(1), {.give_up = timeout + 60s});
    net.wires().set_link(net.host(1), net.host(0), {.give_up = timeout + 60s});
    net.apply(black_hole(0, 1));
    const auto time = net.time_to_notice();
    CHECK(time > timeout - 25s);
    CHECK(time <= timeout);
    net.finish();
  }
}

TEST_CASE("ping_interval is how soon somebody says something") {
  // Node 1 forgets the connection, and says so to whoever speaks to it.
  for (auto interval : {5s, 50s}) {
    stream_world net{[interval](mconn_stream_options& x) {
      x.keepalive = {.ping_interval = interval, .pong_timeout = 1h};
    }};
    net.crash(1);
    net.start(1);
    const auto time = net.time_to_notice();
    CHECK(time > interval - 10s);
    CHECK(time < interval + 1s);
    net.finish();
  }
}

TEST_CASE("send_rate and recv_rate hold back what is more") {
  const auto unlimited
      = [](mconn_stream_options& x) { x.send_rate = x.recv_rate = {}; };
  constexpr size_t size = 400'000;
  {
    stream_world net{unlimited, unlimited};
    CHECK(net.time_to_hear(1, 0, size) < 2s);
    net.finish();
  }
  {
    stream_world net{[](auto& x) { x.send_rate = 20'000; }, unlimited};
    const auto time = net.time_to_hear(1, 0, size);
    CHECK(time > 15s);
    CHECK(time < 25s);
    // The other way is free.
    CHECK(net.time_to_hear(0, 1, size) < 2s);
    net.finish();
  }
  {
    stream_world net{[](auto& x) { x.recv_rate = 20'000; }, unlimited};
    CHECK(net.time_to_hear(1, 0, size) < 2s);
    // What fits into buffers on the way need not wait.
    CHECK(net.time_to_hear(0, 1, size) > 5s);
    net.finish();
  }
}

TEST_CASE("node_send_rate and node_recv_rate are shared by all connections") {
  struct star : talking_network {
    /// All others dial node 0.
    explicit star(std::optional<uint64_t> mconn_stream_options::*limit)
      : talking_network(31, fidelity::mconn) {
      channel_options.recv_message_capacity = 1'000'000;
      add_nodes(4, [&](size_t number, node_options& options) {
        options.stream.send_rate = options.stream.recv_rate = {};
        if (number == 0)
          options.stream.*limit = 100'000;
      });
      for (size_t i = 1; i < 4; ++i)
        this->options(i).persistent_peers.push_back(address(0));
      start();
      REQUIRE(run_until(
          [this] { return sees(0, 1) && sees(0, 2) && sees(0, 3); }, 1min));
      advance(1s);
    }
  };
  SUBCASE("sending") {
    star net{&mconn_stream_options::node_send_rate};
    const auto begin = net.now();
    // Two floods, and somebody who wants little.
    for (size_t to : {1, 2})
      for (int i = 0; i < 10; ++i)
        net.say(0, to, 1, 50'000);
    for (size_t i = 1; i <= 5; ++i) {
      net.say(0, 3, 1, 5000);
      REQUIRE(net.run_until([&] { return net.heard(3, 0) == i; }, 1min));
      CHECK(net.now() - begin < i * 400ms);
    }
    REQUIRE(net.run_until(
        [&] { return net.heard(1, 0) == 10 && net.heard(2, 0) == 10; }, 1min));
    const auto time = net.now() - begin;
    CHECK(time > 9800ms);
    CHECK(time < 11500ms);
    net.finish();
  }
  SUBCASE("receiving") {
    star net{&mconn_stream_options::node_recv_rate};
    const auto begin = net.now();
    for (size_t from : {1, 2})
      for (int i = 0; i < 10; ++i)
        net.say(from, 0, 1, 50'000);
    REQUIRE(net.run_until(
        [&] { return net.heard(0, 1) == 10 && net.heard(0, 2) == 10; }, 1min));
    const auto time = net.now() - begin;
    // But for what two connections read at once.
    CHECK(time > 5s);
    CHECK(time < 11500ms);
    net.finish();
  }
}

TEST_CASE("send_payload_max and recv_payload_max have to fit each other") {
  const auto small_send
      = [](mconn_stream_options& x) { x.send_payload_max = 100; };
  const auto small_receive
      = [](mconn_stream_options& x) { x.recv_payload_max = 100; };
  {
    stream_world net{small_send, small_receive};
    CHECK(net.time_to_hear(1, 0, 5000) < 2s);
    net.finish();
  }
  {
    stream_world net{{}, small_receive};
    net.say(0, 1, 1, 5000);
    net.advance(1s);
    CHECK(net.heard(1, 0) == 0);
    CHECK(net.peers(1).downs() == 1);
    net.finish();
  }
}
