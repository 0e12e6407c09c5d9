// SPDX-License-Identifier: Apache-2.0
//
// What those that do not read cost the others: nothing.
#include <caf/send.hpp>

#include "troupe/tests/actors/world.hpp"
#include "troupe/transport/send_window.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// What a node says that it has shed: how many events, and messages in all.
struct shed_news {
  shed_news(const recorder& observer, channel_id channel, direction way,
            const std::string& reason) {
    for (const auto& event : observer.events)
      if (event.what == node_event::kind::messages_shed
          && event.channel == channel && event.way == way
          && event.reason == reason) {
        ++events;
        messages += event.count;
      }
  }

  size_t events = 0;
  uint64_t messages = 0;
};

} // namespace

TEST_CASE("a reactor that stops reading does not stop the other "
          "channels of its peers") {
  world world;
  auto options = world.options(1);
  options.channels_expected = 2;
  auto where = world.spawn(std::move(options));
  auto [echoes, slow] = std::pair{
      world.open(where), world.open(where, {.id = world::other_channel,
                                            .recv_queue_messages = 100,
                                            .delivery_window = 16,
                                            .on_full = overflow::drop})};
  slow->patient = true;
  auto observer = world.watch(where);
  auto peer = world.join(where, 2, {world::echo_channel, world::other_channel});
  for (int i = 0; i < 10; ++i)
    for (int j = 0; j < 200; ++j)
      peer->send(world::other_channel, wire_ping(std::string(1000, 'x')));
  world.settle();
  CHECK(slow->got.size() == 16);
  CHECK(world.dropped(world::other_channel, direction::inbound, "queue_full")
        == 2000 - 116);
  auto told = [&, way = direction::inbound] {
    return shed_news{*observer, world::other_channel, way, "queue_full"};
  };
  CHECK(told().events == 1);
  peer->send(world::echo_channel, wire_ping("quick"));
  world.settle();
  CHECK(echoes->text() == "quick");
  // It wakes up and gets what was kept.
  slow->patient = false;
  world.release(*slow);
  CHECK(slow->got.size() == 116);
  CHECK_FALSE(peer->closed);
  // Whoever watches the node hears how much it was, and not too often.
  world.advance(1min);
  CHECK(told().events == 2);
  CHECK(told().messages == 2000 - 116);
}

TEST_CASE("a reactor that stops reading makes its peers wait, and nothing is "
          "lost or unbounded") {
  world world;
  auto a = world.spawn(world.options(1, {2}));
  auto b = world.spawn(world.options(2));
  auto near
      = world.open(a, {.id = world::echo_channel, .send_queue_messages = 100});
  auto far = world.open(b);
  world.advance(1s);
  far->patient = true;
  const auto large = std::string(10'000, 'x');
  size_t taken = 0;
  auto last = errc::none;
  for (; taken < 1000 && last == errc::none; ++taken)
    last = world.deliver(*near, b.id(), ping(large));
  CHECK(last == errc::queue_full);
  --taken;
  // The window of the reader, that of the writer, and the queue.
  CHECK(taken * 10'000
        < connection_read_window + connection_window + 1'100'000);
  CHECK(far->got.size() == 16);
  far->patient = false;
  world.release(*far);
  CHECK(far->got.size() == taken);
  CHECK(world.deliver(*near, b.id(), ping(large)) == errc::none);
}

TEST_CASE("a reactor that ends with messages in its hands does not stop the "
          "other channels of its peers") {
  world world;
  std::vector<recorder_ptr> reactors;
  std::vector<node> nodes;
  for (uint8_t i = 1; i <= 2; ++i) {
    auto options = world.options(i, {1, 2});
    options.channels_expected = 2;
    nodes.push_back(world.spawn(std::move(options)));
    reactors.push_back(world.open(nodes.back()));
    reactors.push_back(world.open(nodes.back(), {.id = world::other_channel}));
  }
  world.advance(10s);
  auto& slow = *reactors[3];
  slow.patient = true;
  // Beyond the read window: the connection has stopped reading.
  for (int i = 0; i < 70; ++i)
    reactors[1]->say(nodes[1].id(), std::string(10'000, 'x'));
  world.settle();
  reactors[0]->say(nodes[1].id(), "waits");
  world.settle();
  CHECK(reactors[2]->text() == "");
  caf::anon_send_exit(caf::actor_cast<caf::actor>(slow.self),
                      caf::exit_reason::user_shutdown);
  // The connection had counted on that channel, and is made anew without it.
  // What waited may still get there before.
  world.advance(10s);
  reactors[0]->say(nodes[1].id(), "goes on");
  world.settle();
  CHECK(reactors[2]->text().ends_with("goes on"));
}

TEST_CASE("a peer that stops reading does not delay broadcasts to "
          "others") {
  world world;
  auto where = world.spawn(world.options(1));
  auto state = world.open(where);
  auto observer = world.watch(where);
  auto deaf = world.join(where, 2);
  auto keen = world.join(where, 3);
  deaf->reads = false;
  const auto large = std::string(64 * 1024, 'x');
  for (size_t i = 1; i <= 100; ++i) {
    state->shout(large);
    world.settle();
    REQUIRE(keen->got.size() == i);
  }
  CHECK(deaf->got.size() < 20);
  CHECK(world.dropped(world::echo_channel, direction::outbound, "queue_full")
        > 0);
  CHECK(world.deliver(*state, world.id(2), ping(large)) == errc::queue_full);
  CHECK_FALSE(deaf->closed);
  world.advance(30s);
  const auto told = shed_news{*observer, world::echo_channel,
                              direction::outbound, "queue_full"};
  CHECK(told.events == 2);
  CHECK(
      static_cast<int64_t>(told.messages)
      == world.dropped(world::echo_channel, direction::outbound, "queue_full"));
}

TEST_CASE("a reactor that is behind gets four times as much of a preferred "
          "peer as of others, or as the node's options have it") {
  for (auto unconditional : {false, true})
    for (size_t weight : {1, 4, 10}) {
      CAPTURE(weight);
      world world;
      auto options = world.options(1);
      options.preferred_peers = {to_string(world.id(3))};
      if (unconditional)
        options.unconditional_peers = options.preferred_peers;
      options.preferred_weight = weight;
      auto where = world.spawn(std::move(options));
      auto slow = world.open(where,
                             {.id = world::echo_channel, .delivery_window = 1});
      slow->patient = true;
      puppet_ptr peers[] = {world.join(where, 2), world.join(where, 3)};
      for (int i = 0; i < 400; ++i)
        for (const auto& peer : peers)
          peer->send(world::echo_channel, wire_ping(std::string(1000, 'x')));
      world.settle();
      size_t count[2] = {};
      for (int i = 0; i < 200; ++i)
        world.release(*slow, 1);
      for (const auto& in : slow->got)
        ++count[in.from == world.id(3) ? 1 : 0];
      CHECK(count[1]
            == doctest::Approx(static_cast<double>(count[0] * weight))
                   .epsilon(0.2));
      slow->patient = false;
      world.release(*slow);
      CHECK(slow->got.size() == 800);
    }
}
