// SPDX-License-Identifier: Apache-2.0
#include "channel_world.hpp"

using namespace troupe;
using namespace troupe::test;

TEST_CASE("the reactor is at most a window of messages behind, and peers get "
          "their credit as it catches up") {
  channel_world world{{.id = world::echo_channel, .delivery_window = 3}};
  world.patient = true;
  for (size_t i = 1; i <= 5; ++i)
    world.arrive(2, i);
  CHECK(world.got.size() == 3);
  CHECK(world.credit == 0);
  world.finish_oldest();
  CHECK(world.got.size() == 4);
  CHECK(world.credit == 1);
  world.finish_oldest();
  CHECK(world.got.size() == 5);
  CHECK(world.credit == 3);
  while (!world.pending.empty())
    world.finish_oldest();
  CHECK(world.credit == 15);
}

TEST_CASE("a channel that drops gives nothing back, since the peer does not "
          "wait for it") {
  channel_world world{{.id = world::echo_channel,
                       .recv_queue_messages = 2,
                       .delivery_window = 1,
                       .on_full = overflow::drop}};
  world.patient = true;
  for (size_t i = 0; i < 10; ++i)
    world.arrive(2, 5);
  CHECK(world.dropped(world::echo_channel, direction::inbound, "queue_full")
        == 7);
  while (!world.pending.empty())
    world.finish_oldest();
  CHECK(world.got.size() == 3);
  CHECK(world.credit == 0);
}

TEST_CASE("peers take turns at the reactor, however much one of them sends") {
  channel_world world{{.id = world::echo_channel, .delivery_window = 1}};
  world.patient = true;
  for (int i = 0; i < 1000; ++i)
    world.arrive(2, 100);
  for (int i = 0; i < 3; ++i)
    world.arrive(3, 100);
  world.arrive(4, 100);
  // What a peer may send in one round, and another of which a part is over.
  for (int i = 0; i < 2 * 11; ++i)
    world.finish_oldest();
  CHECK(world.got_from(3) == 3);
  CHECK(world.got_from(4) == 1);
}

TEST_CASE("a peer with four times the weight gets four times as much through "
          "while others wait, and no more") {
  channel_world world{{.id = world::echo_channel, .delivery_window = 1}};
  world.patient = true;
  world.favoured = world::id(3);
  for (int i = 0; i < 500; ++i)
    for (uint8_t peer : {2, 3, 4})
      world.arrive(peer, 100);
  // Ten rounds.
  for (int i = 0; i < 10 * 6 * 10; ++i)
    world.finish_oldest();
  CHECK(world.got_from(2) == doctest::Approx(100).epsilon(0.15));
  CHECK(world.got_from(3) == doctest::Approx(400).epsilon(0.15));
  CHECK(world.got_from(4) == doctest::Approx(100).epsilon(0.15));
}

TEST_CASE("with a queue type of fifo peers have no turns") {
  channel_world world{{.id = world::echo_channel, .delivery_window = 1},
                      "fifo"};
  world.patient = true;
  for (int i = 0; i < 100; ++i)
    world.arrive(2, 100);
  world.arrive(3, 100);
  for (int i = 0; i < 99; ++i)
    world.finish_oldest();
  CHECK(world.got_from(3) == 0);
  world.finish_oldest();
  CHECK(world.got_from(3) == 1);
}

TEST_CASE("turns are counted in bytes, not in messages") {
  channel_world world{{.id = world::echo_channel, .delivery_window = 1}};
  world.patient = true;
  for (int i = 0; i < 500; ++i) {
    world.arrive(2, 1000);
    world.arrive(3, 100);
  }
  for (int i = 0; i < 220; ++i)
    world.finish_oldest();
  CHECK(world.got_from(2) >= 19);
  CHECK(world.got_from(2) <= 21);
}

TEST_CASE("what an old connection still delivers does not come between the "
          "messages of a new one") {
  channel_world world{{.id = world::echo_channel, .delivery_window = 1}};
  world.patient = true;
  world.add_peer(2, 1);
  for (int i = 0; i < 3; ++i)
    world.arrive(2, 10, 1);
  world.add_peer(2, 2);
  world.arrive(2, 10, 2);
  world.arrive(2, 10, 1);
  world.arrive(2, 10, 2);
  while (!world.pending.empty())
    world.finish_oldest();
  std::vector<uint64_t> order;
  for (const auto& in : world.got)
    order.push_back(in.generation);
  CHECK(order == std::vector<uint64_t>{1, 1, 1, 2, 2});
  CHECK(world.dropped(world::echo_channel, direction::inbound, "outdated")
        == 1);
  CHECK(world.credit == 60);
}

TEST_CASE("a channel that drops: a fast peer fills its own queue only") {
  channel_world world{{.id = world::echo_channel,
                       .recv_queue_messages = 4,
                       .recv_queue_bytes = 1000,
                       .delivery_window = 1,
                       .on_full = overflow::drop}};
  world.patient = true;
  for (int i = 0; i < 1000; ++i)
    world.arrive(2, 1);
  CHECK(world.dropped(world::echo_channel, direction::inbound, "queue_full")
        == 1000 - 5);
  for (int i = 0; i < 3; ++i)
    world.arrive(3, 400);
  // Two of the other peer fit in bytes.
  CHECK(world.dropped(world::echo_channel, direction::inbound, "queue_full")
        == 1000 - 5 + 1);
  while (!world.pending.empty())
    world.finish_oldest();
  CHECK(world.got_from(2) == 5);
  CHECK(world.got_from(3) == 2);
}

TEST_CASE("a channel is bounded over all peers: the one of whom most waits "
          "loses what it sent last, and gets its credit back") {
  channel_world world{{.id = world::echo_channel,
                       .recv_total_bytes = 1000,
                       .delivery_window = 1}};
  world.patient = true;
  world.arrive(9, 1); // At the reactor.
  for (int i = 0; i < 5; ++i)
    world.arrive(2, 200);
  CHECK(world.credit == 0);
  for (uint8_t peer = 3; peer <= 5; ++peer)
    world.arrive(peer, 100);
  CHECK(world.credit == 2 * 200);
  CHECK(world.dropped(world::echo_channel, direction::inbound, "queue_full")
        == 2);
  while (!world.pending.empty())
    world.finish_oldest();
  CHECK(world.got_from(2) == 3);
  for (uint8_t peer = 3; peer <= 5; ++peer)
    CHECK(world.got_from(peer) == 1);
}

TEST_CASE("messages that came together go to the reactor as its window lets "
          "them, and give their credit back together") {
  channel_world world{{.id = world::echo_channel, .delivery_window = 3}};
  world.patient = true;
  world.arrive_together(5, 2, 50);
  world.arrive(3, 7);
  CHECK(world.got.size() == 3);
  for (size_t i = 0; i < 3; ++i)
    world.finish_oldest();
  // The other peer has its turn behind them.
  CHECK(world.got_from(2) == 5);
  CHECK(world.got_from(3) == 1);
  world.finish_oldest();
  CHECK(world.credit == 0);
  world.finish_oldest();
  CHECK(world.credit == 50);
  world.finish_oldest();
  CHECK(world.credit == 57);
}

TEST_CASE("of messages that came together, those that the reactor does not "
          "have are dropped when their peer errs") {
  channel_world world{{.id = world::echo_channel, .delivery_window = 2}};
  world.patient = true;
  world.add_peer(2);
  world.arrive_together(5, 2, 50);
  world.arrive_together(4, 2, 40);
  REQUIRE(world.got.size() == 2);
  world.fail_oldest(caf::make_error(blame::malformed_message, "why"));
  CHECK(world.errors.size() == 1);
  CHECK(world.dropped(world::echo_channel, direction::inbound, "peer_erred")
        == 3 + 4);
  world.finish_oldest();
  CHECK(world.got.size() == 2);
  // There is room for others.
  world.arrive(3);
  CHECK(world.got_from(3) == 1);
}

TEST_CASE("messages that came together are counted one by one when they are "
          "shed") {
  channel_world world{{.id = world::echo_channel,
                       .recv_total_bytes = 100,
                       .delivery_window = 1}};
  world.patient = true;
  world.arrive(9, 1); // At the reactor.
  world.arrive_together(4, 2, 60);
  world.arrive_together(3, 2, 60);
  CHECK(world.dropped(world::echo_channel, direction::inbound, "queue_full")
        == 3);
  CHECK(world.credit == 60);
}
