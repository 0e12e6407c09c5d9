// SPDX-License-Identifier: Apache-2.0
//
// Whoever is slow or sends much costs the others nothing, or their share at
// most. See slow_parts for what becomes of the slow ones.
#include "talk.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Lets the reactor of a node answer the message that it has had for longest.
void answer_one(talking_network& net, size_t number) {
  auto& held = net.board->held[{number, first_channel}];
  REQUIRE_FALSE(held.empty());
  auto promise = held.front();
  held.erase(held.begin());
  promise.deliver();
  net.advance(1ms);
}

} // namespace

TEST_CASE("a dead reactor whose channel has a window left takes nothing from "
          "the other channels of its peers") {
  for (auto how : {fidelity::mconn, fidelity::messages}) {
    CAPTURE(how);
    talking_network net{1, how};
    // More than a connection reads ahead, which both channels share beyond it.
    net.channel_options.recv_window_bytes = 2 * connection_read_window;
    net.channel_options.send_queue_messages = 1000;
    net.add_nodes(2).connect(full_mesh(2));
    REQUIRE(net.mesh());
    net.board->stuck[{1, first_channel}] = true;
    net.say(0, 1, 90, 10'000);
    net.advance(1s);
    for (size_t i = 1; i <= 10; ++i) {
      net.say(0, 1, 50, 10'000, second_channel);
      net.advance(500ms);
      CHECK(net.heard(1, 0, second_channel) == i * 50);
    }
    net.unstick(1);
    net.advance(1s);
    CHECK(net.heard(1, 0) == 90);
    CHECK(net.meshed());
    net.finish();
  }
}

TEST_CASE("peers that flood a reactor leave it to an honest one in its turn") {
  constexpr size_t floods = 8;
  constexpr size_t honest = floods + 1;
  talking_network net{2, fidelity::mconn};
  net.channel_options.send_queue_messages = 1000;
  net.add_nodes(honest + 1).connect(star(honest + 1));
  REQUIRE(net.mesh());
  net.board->stuck[{0, first_channel}] = true;
  for (size_t i = 1; i <= floods; ++i)
    net.say(i, 0, 300, 1000);
  net.advance(500ms);
  auto handled = [&net] {
    size_t sum = 0;
    for (size_t i = 1; i <= floods; ++i)
      sum += net.heard(0, i);
    return sum;
  };
  for (size_t i = 1; i <= 10; ++i) {
    const auto before = handled();
    net.say(honest, 0, 1, 1000);
    net.advance(100ms);
    while (net.heard(0, honest) < i)
      answer_one(net, 0);
    // What the reactor has already, what is left of the run whose turn it was,
    // and two of each: a message is a little larger than what a peer may send
    // in one round.
    constexpr size_t run = size_t{16} * 1024 / message_cost(1000);
    CHECK(handled() - before <= 16 + run + 2 * floods);
  }
  net.unstick(0);
  REQUIRE(net.run_until([&] { return handled() == floods * 300; }, 1min));
  net.finish();
}
