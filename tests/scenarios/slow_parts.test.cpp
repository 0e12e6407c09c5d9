// SPDX-License-Identifier: Apache-2.0
#include "talk.hpp"
#include "troupe/transport/mconn/mconn_stream.hpp"
#include "troupe/transport/send_window.hpp"

using namespace troupe;
using namespace troupe::test;

TEST_CASE("a slow reactor holds up its channel only, if it drops") {
  talking_network net{1, fidelity::mconn};
  net.channel_options.on_full = overflow::drop;
  net.channel_options.recv_queue_messages = 8;
  net.channel_options.delivery_window = 4;
  net.add_nodes(2).connect(full_mesh(2));
  REQUIRE(net.mesh());
  net.board->stuck[{1, first_channel}] = true;
  net.say(0, 1, 100, 10'000);
  net.advance(5s);
  // The reactor has its window and answers none of it.
  CHECK(net.heard(1, 0) == 4);
  for (int i = 0; i < 25; ++i) {
    net.say(0, 1, 4, 1000, second_channel);
    net.advance(200ms);
  }
  CHECK(net.heard(1, 0, second_channel) == 100);
  net.unstick(1);
  net.advance(5s);
  // And what had queued up, and not more.
  CHECK(net.heard(1, 0) == 4 + 8);
  CHECK(net.meshed());
  net.finish();
}

TEST_CASE(
    "a slow reactor that drops nothing makes its peer wait, and no other") {
  talking_network net{2, fidelity::mconn};
  net.channel_options.delivery_window = 1;
  net.channel_options.send_queue_messages = 32;
  net.add_nodes(3).connect(full_mesh(3));
  REQUIRE(net.mesh());
  net.board->stuck[{1, first_channel}] = true;
  // For less than the time that it may hold its peer.
  for (int i = 0; i < 20; ++i) {
    net.say(0, 1, 10, 20'000);
    net.advance(100ms);
  }
  CHECK(net.heard(1, 0) == 1);
  // Node 0 has filled node 1's window and its own queue by now.
  CHECK(net.board->refused[errc::queue_full] > 0);
  // Others are heard as if nothing were.
  net.say(2, 1, 10, 1000, second_channel);
  net.say(0, 2, 10, 1000);
  net.advance(1s);
  CHECK(net.heard(1, 2, second_channel) == 10);
  CHECK(net.heard(2, 0) == 10);
  // Nothing that was taken is lost.
  net.unstick(1);
  net.advance(1min);
  CHECK(net.heard(1, 0) + net.heard(1, 2, second_channel) + net.heard(2, 0)
        == net.board->taken);
  CHECK(net.meshed());
  net.finish();
}

TEST_CASE("a stalled reactor that drops nothing costs no other channel more "
          "than its hold, and no peer its connection") {
  for (auto how : {fidelity::mconn, fidelity::messages}) {
    CAPTURE(how);
    talking_network net{5, how};
    net.add_nodes(2, [](size_t number, node_options& options) {
      // Node 0 hears nothing but pongs, and gives up without them sooner than
      // CometBFT does.
      options.stream.keepalive
          = number == 0
                ? keepalive_options{.ping_interval = 10s, .pong_timeout = 20s}
                : keepalive_options{.ping_interval = 24h, .pong_timeout = 48h};
    });
    net.connect(full_mesh(2));
    REQUIRE(net.mesh());
    const auto downs = net.peers(0).downs() + net.peers(1).downs();
    net.board->stuck[{1, first_channel}] = true;
    net.say(0, 1, 200, 10'000);
    net.advance(3s);
    CHECK(net.heard(1, 0) == 16);
    net.say(0, 1, 5, 1000, second_channel);
    net.advance(1s);
    CHECK(net.heard(1, 0, second_channel) == 0);
    // The hold is over, and none follows.
    net.advance(2s);
    CHECK(net.heard(1, 0, second_channel) == 5);
    for (int i = 1; i <= 60; ++i) {
      net.say(0, 1, 50, 10'000);
      net.say(0, 1, 1, 1000, second_channel);
      net.advance(1s);
      CHECK(net.heard(1, 0, second_channel) >= 5 + i - 1);
    }
    CHECK(net.meshed());
    CHECK(net.peers(0).downs() + net.peers(1).downs() == downs);
    // What it was given before is still there, and then all is as it was.
    net.unstick(1);
    net.advance(5s);
    const auto kept = net.heard(1, 0);
    CHECK(kept > 16);
    CHECK(kept < 100);
    net.say(0, 1, 10);
    net.advance(1s);
    CHECK(net.heard(1, 0) == kept + 10);
    net.finish();
  }
}

TEST_CASE("a slow peer does not delay what others get") {
  talking_network net{3, fidelity::mconn};
  net.add_nodes(4).connect(star(4));
  sim_link_options slow;
  slow.bandwidth = 5'000;
  net.relink(0, 3, slow);
  REQUIRE(net.mesh());
  for (size_t i = 1; i <= 20; ++i) {
    net.broadcast(0, 10'000);
    net.advance(500ms);
    CHECK(net.heard(1, 0) == i);
    CHECK(net.heard(2, 0) == i);
  }
  CHECK(net.heard(3, 0) < 10);
  CHECK(net.run_until([&net] { return net.heard(3, 0) == 20; }, 5min));
  net.finish();
}

TEST_CASE("a flood fills queues up to their bounds and no further") {
  talking_network net{4, fidelity::mconn};
  net.channel_options.send_queue_messages = 50;
  // What the connection takes, it takes before the flood is over.
  net.add_nodes(2,
                [](size_t, node_options& options) {
                  options.stream.send_rate.reset();
                })
      .connect(full_mesh(2));
  sim_link_options slow;
  slow.bandwidth = 10'000;
  REQUIRE(net.mesh());
  net.relink(0, 1, slow);
  const auto downs = net.peers(0).downs();
  net.say(0, 1, 2000, 10'000);
  net.advance(1s);
  auto& board = *net.board;
  // Those that wait have no answer yet.
  CHECK(board.taken + board.refused[errc::queue_full] == 2000 - 50);
  // What the connection may hold, the bursts that are under way, and the
  // buffers of both kernels.
  CHECK(board.taken
        <= (connection_window
            + mconn_stream::bursts_in_flight * mconn_stream::burst_bytes
            + slow.send_buffer_max + slow.receive_window_max)
               / 10'000);
  CHECK(net.run_until(
      [&] {
        return board.taken + board.refused[errc::queue_full] == 2000
               && net.heard(1, 0) == board.taken;
      },
      5min));
  // The connection survived, and there is room again.
  CHECK(net.peers(0).downs() == downs);
  net.say(0, 1);
  net.advance(1s);
  CHECK(board.refused[errc::queue_full] + board.taken == 2001);
  CHECK(net.heard(1, 0) == board.taken);
  net.finish();
}
