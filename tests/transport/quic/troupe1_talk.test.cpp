// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/troupe1_talk.hpp"

#include <algorithm>

#include "quic_pair.hpp"
#include "troupe/transport/read_window.hpp"

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

std::unique_ptr<quic_tls> tls_of(int number, direction who) {
  auto made = gnutls_identity::open(quic_identity(number), who, quic_day);
  REQUIRE(made);
  return std::move(*made);
}

/// Two ends with limits, and a network between their lines in which time is
/// ours. One sends to the other.
struct talk_pair {
  explicit talk_pair(flow_meter sends = flow_meter{},
                     flow_meter receives = flow_meter{},
                     const mconn_stream_options& receiver = unlimited())
    : far_limits(troupe1_limits(receiver)),
      near(near_line, std::move(sends)),
      far(far_line, flow_meter{}, std::move(receives)) {
    REQUIRE(near.open(troupe1_limits(), tls_of(1, direction::outbound), {},
                      random, now)
                .code
            == errc::none);
    near.begin({.ours = talker(1)}, quic_pair::anybody(), now);
    REQUIRE(run(10s, [this] { return greeted(near) && greeted(far); }));
    const auto channels = std::vector<channel_descriptor>{{.id = bulk}};
    near.start(channels);
    far.start(channels);
  }

  static mconn_stream_options unlimited() {
    return {.send_rate = {}, .recv_rate = {}};
  }

  static bool greeted(troupe1_talk& of) {
    return of.session() != nullptr && of.session()->greeted();
  }

  /// What one has left on its line is there for the other one a moment later.
  void carry(quic_line& from, bool to_far) {
    for (auto& batch : from.take().batches) {
      batch.each([&](byte_view data) {
        flights.push_back({now + 10ms, to_far, {data.begin(), data.end()}});
      });
      static_cast<void>(from.written(batch.data.size()));
    }
  }

  void deliver() {
    for (auto& what : std::exchange(flights, {}))
      if (what.arrives > now)
        flights.push_back(std::move(what));
      else if (what.to_server)
        arrived(what.data);
      else
        static_cast<void>(near_line->deliver(what.data));
  }

  void arrived(const bytes& data) {
    if (!far.is_open()) {
      auto first = read_initial(data);
      REQUIRE(first);
      REQUIRE(far.open(far_limits, tls_of(2, direction::inbound),
                       quic_arrival{*first, reset_secret{}}, random, now)
                  .code
              == errc::none);
      far.begin({.ours = talker(2)}, quic_pair::anybody(), now);
    }
    static_cast<void>(far_line->deliver(data));
  }

  /// Lets both do what they can. @returns when they want their turn again.
  time_point turn() {
    near.receive(now);
    static_cast<void>(near.pump(now));
    carry(*near_line, true);
    auto next = near.next_wakeup(now);
    if (far.is_open()) {
      far.receive(now);
      if (greeted(far))
        take();
      static_cast<void>(far.pump(now));
      carry(*far_line, false);
      next = std::min(next, far.next_wakeup(now));
    }
    for (const auto& what : flights)
      next = std::min(next, what.arrives);
    return next;
  }

  void take() {
    for (const auto& message : far.take_messages()) {
      received += message.body.size();
      const auto cost = read_cost(message.body.size());
      far.give_back(std::vector<channel_credit>{{message.channel, cost}}, cost);
    }
  }

  bool run(duration time, const std::function<bool()>& done) {
    const auto end = now + time;
    while (now < end) {
      const auto next = turn();
      if (done())
        return true;
      now = std::max(now, next);
      deliver();
    }
    return false;
  }

  /// Sends that many bytes. @returns how long they take.
  duration send(size_t size) {
    constexpr size_t each = 10'000;
    for (size_t i = 0; i < size / each; ++i)
      REQUIRE(near.session()->send({bulk, std::make_shared<const bytes>(each)})
              == errc::none);
    const auto begin = now;
    REQUIRE(run(1min, [&] { return received == size; }));
    return now - begin;
  }

  testing::sim_random random{5};
  time_point now{1h};
  std::vector<quic_pair::flight> flights;
  quic_options far_limits;
  std::shared_ptr<quic_line> near_line = std::make_shared<quic_line>();
  std::shared_ptr<quic_line> far_line = std::make_shared<quic_line>();
  troupe1_talk near;
  troupe1_talk far;
  size_t received = 0;
};

} // namespace

TEST_CASE("without limits, the network is the limit") {
  talk_pair world;
  CHECK(world.send(400'000) < 500ms);
}

TEST_CASE("a limit of what is sent holds") {
  talk_pair world{flow_meter{100'000}};
  const auto time = world.send(400'000);
  CHECK(time > 4s);
  CHECK(time < 4500ms);
}

TEST_CASE("a limit of what is received holds, but for what may come at once") {
  auto options = talk_pair::unlimited();
  options.recv_rate = 100'000;
  talk_pair world{flow_meter{}, flow_meter{100'000}, options};
  CHECK(world.far_limits.connection_window < 100'000);
  const auto time = world.send(400'000);
  CHECK(time > 3s);
  CHECK(time < 4500ms);
}

TEST_CASE("a limit of the node is shared by its connections") {
  const auto rate = shared_rate::make(100'000);
  talk_pair one{flow_meter{{}, rate->join()}};
  talk_pair two{flow_meter{{}, rate->join()}};
  one.now = two.now = std::max(one.now, two.now);
  const auto begin = one.now;
  for (auto* world : {&one, &two})
    for (int i = 0; i < 20; ++i)
      REQUIRE(world->near.session()->send(
                  {bulk, std::make_shared<const bytes>(10'000)})
              == errc::none);
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
  auto node = talk_pair::unlimited();
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
