// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/quic_talk.hpp"

#include <algorithm>

#include "talk_pair.hpp"
#include "troupe/transport/quic/troupe1_session.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

constexpr channel_id bulk = 0x71;

node_info talker(int number) {
  node_info result;
  result.node_id = to_string(quic_key(number).id());
  result.listen_addr = "127.0.0.1:26656";
  result.network = "testnet";
  result.version = "1";
  result.channels = {bulk};
  result.moniker = "test";
  return result;
}

quic_talk::session_maker speaker(int number, direction who) {
  return [=](const std::string&) {
    return std::make_unique<troupe1_session>(
        troupe1_options{.ours = talker(number)}, who);
  };
}
mconn_stream_options unlimited() {
  return {.send_rate = {}, .recv_rate = {}};
}

/// Two nodes with limits, of which one sends to the other.
struct limited_pair : talk_pair {
  explicit limited_pair(flow_meter sends = flow_meter{},
                        flow_meter receives = flow_meter{},
                        const mconn_stream_options& receiver = unlimited())
    : talk_pair({.near = speaker(1, direction::outbound),
                 .far = speaker(2, direction::inbound),
                 .near_limits = troupe1_limits(),
                 .far_limits = troupe1_limits(receiver)},
                std::move(sends), std::move(receives)) {
    start({{.id = bulk}});
  }

  void post_all(size_t size) {
    constexpr size_t each = 10'000;
    for (size_t i = 0; i < size / each; ++i)
      post(bulk, bytes(each));
  }

  /// Sends that many bytes. @returns how long they take.
  duration send(size_t size) {
    post_all(size);
    const auto begin = now;
    REQUIRE(run(1min, [&] { return received == size; }));
    return now - begin;
  }
};

} // namespace

TEST_CASE("without limits, the network is the limit") {
  limited_pair world;
  CHECK(world.send(400'000) < 500ms);
}

TEST_CASE("a limit of what is sent holds") {
  limited_pair world{flow_meter{100'000}};
  const auto time = world.send(400'000);
  CHECK(time > 4s);
  CHECK(time < 4500ms);
}

TEST_CASE("a limit of what is received holds, but for what may come at once") {
  auto options = unlimited();
  options.recv_rate = 100'000;
  limited_pair world{flow_meter{}, flow_meter{100'000}, options};
  CHECK(world.setup.far_limits.connection_window < 100'000);
  const auto time = world.send(400'000);
  CHECK(time > 3s);
  CHECK(time < 4500ms);
}

TEST_CASE("a limit of the node is shared by its connections") {
  const auto rate = shared_rate::make(100'000);
  limited_pair one{flow_meter{{}, rate->join()}};
  limited_pair two{flow_meter{{}, rate->join()}};
  one.now = two.now = std::max(one.now, two.now);
  const auto begin = one.now;
  for (auto* world : {&one, &two})
    world->post_all(200'000);
  while (one.received < 200'000 || two.received < 200'000) {
    const auto next = std::min(one.turn(), two.turn());
    for (auto* world : {&one, &two}) {
      world->now = std::max(world->now, next);
      world->deliver();
    }
    REQUIRE(one.now < begin + 1min);
  }
  CHECK(one.now - begin > 4s);
  CHECK(one.now - begin < 5s);
}

TEST_CASE("silence lasts as long as over MConnection, and gateways hear "
          "something before they forget") {
  mconn_stream_options node;
  CHECK(troupe1_limits(node).idle_timeout == node.keepalive.pong_timeout);
  CHECK(troupe1_limits(node).keep_alive == 15s);
  node.keepalive = {.ping_interval = 2s, .pong_timeout = 5s};
  CHECK(troupe1_limits(node).keep_alive == 2s);
  CHECK(troupe1_limits(node).idle_timeout == 5s);
}

TEST_CASE("what may come at once is a part of a second's, of the lower limit") {
  auto node = unlimited();
  const auto most = troupe1_limits().connection_window;
  CHECK(troupe1_limits(node).connection_window == most);
  node.recv_rate = 0;
  CHECK(troupe1_limits(node).connection_window == most);
  node.recv_rate = 8'000'000;
  CHECK(troupe1_limits(node).connection_window == 2'000'000);
  node.node_recv_rate = 4'000'000;
  CHECK(troupe1_limits(node).connection_window == 1'000'000);
  node.recv_rate = 1;
  CHECK(troupe1_limits(node).connection_window == 64 * 1024);
  node.recv_rate = UINT64_MAX;
  node.node_recv_rate = {};
  CHECK(troupe1_limits(node).connection_window == most);
}
