// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/peer/peer_sender_actor.hpp"

#include "../world.hpp"
#include "troupe/actors/router/channel_plans.hpp"
#include "troupe/transport/send_window.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

constexpr channel_id narrow = 0x71;
constexpr channel_id wide = 0x72;

struct peer_sender_actor_fixture : world {
  explicit peer_sender_actor_fixture(std::vector<channel_descriptor> channels
                                     = {{.id = narrow,
                                         .send_queue_messages = 2},
                                        {.id = wide, .send_queue_bytes = 1000}},
                                     const std::string& policy = "wdrr") {
    auto connection = spawn_guest([this](caf::event_based_actor*) {
      return caf::behavior{
          [this](start_atom, const std::vector<channel_descriptor>&,
                 const caf::actor&, const caf::actor&) { started = true; },
          [this](send_atom, const outbound_batch& batch) {
            CHECK(started);
            taken.insert(taken.end(), batch.begin(), batch.end());
          },
      };
    });
    auto router = spawn_guest([this](caf::event_based_actor*) {
      return caf::behavior{[this](caf::publish_atom, const node_event& event) {
        reported.push_back(event);
      }};
    });
    const metrics counters{sys(), id(99)};
    channel_plans plans{{}, counters};
    channel_set shared;
    for (const auto& channel : channels)
      shared.set(channel.id);
    uut = guard(spawn_peer_sender(
        sys(), caf::actor_cast<connection_actor>(connection), router,
        plans.plan(channels), shared, qos_options{.policy = policy}, counters));
  }

  void start() {
    ask(uut, start_atom_v, std::vector<channel_descriptor>{}, caf::actor{});
  }

  ~peer_sender_actor_fixture() {
    stop_all();
  }

  errc send(channel_id channel, size_t size) {
    auto body = shared_bytes{bytes(size)};
    sent.push_back(body);
    return ask(uut, send_atom_v,
               outbound_envelope{{}, channel, message_body{body}})
        ->code();
  }

  static message_body body_of(size_t size) {
    return message_body{shared_bytes{bytes(size)}};
  }

  errc send_latest(std::string key, size_t size) {
    auto body = shared_bytes{bytes(size)};
    sent.push_back(body);
    return ask(uut, send_atom_v,
               outbound_envelope{{}, narrow, message_body{body}},
               std::move(key))
        ->code();
  }

  void written(channel_id channel, size_t size) {
    ask(uut, sent_atom_v,
        std::vector<channel_credit>{{channel, message_cost(size)}});
  }

  bool started = false;
  std::vector<shared_bytes> sent;
  std::vector<node_event> reported;
  std::vector<outbound_message> taken;
  peer_sender_actor uut;
};

} // namespace

TEST_CASE("a sender passes on what fits the window, in order, without a copy") {
  peer_sender_actor_fixture world;
  world.start();
  const auto half = connection_window / 2 - message_cost(0);
  CHECK(world.send(narrow, half) == errc::none);
  CHECK(world.send(narrow, half) == errc::none);
  CHECK(world.send(narrow, 1) == errc::none);
  REQUIRE(world.taken.size() == 2);
  CHECK(world.taken[0].body == world.sent[0]);
  CHECK(world.taken[1].body == world.sent[1]);
  world.written(narrow, half);
  REQUIRE(world.taken.size() == 3);
  CHECK(world.taken[2].body == world.sent[2]);
}

TEST_CASE("a message whose fate nobody asks for goes the same way") {
  peer_sender_actor_fixture world;
  world.start();
  auto send = [&](const auto&... key) {
    caf::anon_send(world.uut, send_atom_v,
                   outbound_envelope{{}, narrow, world.body_of(100)}, key...);
  };
  send();
  send(std::string{"key"});
  world.settle();
  REQUIRE(world.taken.size() == 2);
  CHECK(world.taken[0].channel == narrow);
  CHECK(world.taken[1].body.size() == 100);
  auto report
      = world.ask<peer_traffic>(world.uut, caf::get_atom_v, report_atom_v);
  REQUIRE(report->value);
  CHECK(report->value->on(narrow).sent_bytes == 200);
}

TEST_CASE("a full queue refuses, counts, and takes no other channel along") {
  peer_sender_actor_fixture world;
  world.start();
  const auto all = connection_window;
  CHECK(world.send(narrow, all) == errc::none);
  CHECK(world.send(narrow, 1) == errc::none);
  CHECK(world.send(narrow, 1) == errc::none);
  CHECK(world.send(narrow, 1) == errc::queue_full);
  CHECK(world.dropped(narrow, direction::outbound, "queue_full") == 1);
  REQUIRE(world.reported.size() == 1);
  CHECK(world.reported[0].what == node_event::kind::messages_shed);
  CHECK(world.reported[0].channel == narrow);
  CHECK(world.reported[0].way == direction::outbound);
  CHECK(world.reported[0].count == 1);
  CHECK(world.send(wide, 1) == errc::none);
  CHECK(world.taken.size() == 2);
  world.written(narrow, all);
  CHECK(world.taken.size() == 4);
  CHECK(world.send(narrow, 1) == errc::none);
}

TEST_CASE("a queue is bounded in bytes, but a large message may have it to "
          "itself") {
  peer_sender_actor_fixture world;
  world.start();
  CHECK(world.send(wide, connection_window) == errc::none);
  CHECK(world.send(wide, 5000) == errc::none);
  CHECK(world.send(wide, 1) == errc::queue_full);
  world.written(wide, connection_window);
  CHECK(world.send(wide, 1) == errc::none);
}

TEST_CASE("a channel that the peer lacks is refused") {
  peer_sender_actor_fixture world;
  world.start();
  CHECK(world.send(0x70, 1) == errc::peer_lacks_channel);
  CHECK(world.dropped(0x70, direction::outbound, "peer_lacks_channel") == 1);
  CHECK(world.taken.empty());
}

TEST_CASE(
    "the node's policy decides about what waits, and about nothing else") {
  const std::pair<std::string, std::string> rows[]
      = {{"fifo", "llllhhhh"}, {"priority", "hhhhllll"}, {"wdrr", "lhhhlhll"}};
  for (const auto& [policy, expected] : rows) {
    CAPTURE(policy);
    peer_sender_actor_fixture world{
        {{.id = narrow, .priority = 1}, {.id = wide, .priority = 3}}, policy};
    // All wait until the connection starts. Each costs what a channel of
    // priority 1 may spend in a round.
    const auto size = qos_options{}.quantum - message_cost(0);
    for (int i = 0; i < 4; ++i)
      CHECK(world.send(narrow, size) == errc::none);
    for (int i = 0; i < 4; ++i)
      CHECK(world.send(wide, size) == errc::none);
    world.start();
    std::string order;
    for (const auto& message : world.taken)
      order += message.channel == wide ? 'h' : 'l';
    CHECK(order == expected);
  }
}

TEST_CASE("a message that takes long leaves the other channels half of the "
          "window, unless all go in the order of arrival") {
  constexpr size_t small = 1000;
  constexpr auto half = connection_window / 2 / message_cost(small);
  for (const std::string policy : {"fifo", "priority", "wdrr"}) {
    CAPTURE(policy);
    peer_sender_actor_fixture world{
        {{.id = narrow}, {.id = wide, .send_queue_messages = 1000}}, policy};
    world.start();
    CHECK(world.send(narrow, 20'000'000) == errc::none);
    CHECK(world.taken.size() == 1);
    for (size_t i = 0; i < 2 * half; ++i)
      CHECK(world.send(wide, small) == errc::none);
    if (policy == "fifo") {
      CHECK(world.taken.size() == 1);
    } else {
      CHECK(world.taken.size() > half);
      CHECK(world.taken.size() < half + 3);
    }
    world.written(narrow, 20'000'000);
    CHECK(world.taken.size() > half + 3);
  }
}

TEST_CASE("two messages that take long leave every channel a part of the "
          "window") {
  peer_sender_actor_fixture world{{{.id = narrow}, {.id = wide}, {.id = 0x73}}};
  world.start();
  CHECK(world.send(narrow, connection_window) == errc::none);
  CHECK(world.send(wide, connection_window) == errc::none);
  CHECK(world.taken.size() == 2);
  constexpr size_t small = 1000;
  for (size_t i = 0; i < 200; ++i)
    CHECK(world.send(0x73, small) == errc::none);
  const auto part = connection_window / 6 / message_cost(small);
  CHECK(world.taken.size() >= 2 + part);
  CHECK(world.taken.size() <= 2 + part + 1);
}

TEST_CASE("a channel may shed its oldest messages, or those that have waited "
          "too long, and their senders learn it") {
  peer_sender_actor_fixture world{{{.id = narrow,
                                    .send_queue_messages = 2,
                                    .on_send_full = qos_shed::oldest},
                                   {.id = wide, .send_expires_after = 1s}}};
  auto late = world.ask(world.uut, send_atom_v,
                        outbound_envelope{{}, wide, world.body_of(1)});
  auto oldest = world.ask(world.uut, send_atom_v,
                          outbound_envelope{{}, narrow, world.body_of(1)});
  CHECK(world.send(narrow, 2) == errc::none);
  CHECK(oldest->code() == errc::none);
  CHECK(world.send(narrow, 3) == errc::none);
  CHECK(oldest->code() == errc::queue_full);
  CHECK(world.dropped(narrow, direction::outbound, "queue_full") == 1);
  world.advance(2s);
  world.start();
  CHECK(late->code() == errc::queue_full);
  CHECK(world.dropped(wide, direction::outbound, "expired") == 1);
  REQUIRE(world.taken.size() == 2);
  CHECK(world.taken[0].body.size() == 2);
  CHECK(world.taken[1].body.size() == 3);
}

TEST_CASE("what comes before the connection has started waits") {
  peer_sender_actor_fixture world;
  CHECK(world.send(narrow, 1) == errc::none);
  CHECK(world.taken.empty());
  world.start();
  CHECK(world.started);
  REQUIRE(world.taken.size() == 1);
}

TEST_CASE("who was refused hears when there is room, and not before") {
  peer_sender_actor_fixture world;
  auto room = [&](channel_id channel) {
    return world.ask(world.uut, writable_atom_v, channel);
  };
  CHECK(room(0x70)->code() == errc::peer_lacks_channel);
  world.start();
  CHECK(room(narrow)->value);
  const auto all = connection_window;
  CHECK(world.send(narrow, all) == errc::none);
  CHECK(world.send(narrow, 1) == errc::none);
  CHECK(world.send(narrow, 1) == errc::none);
  CHECK(world.send(narrow, 1) == errc::queue_full);
  auto first = room(narrow);
  auto second = room(narrow);
  CHECK_FALSE(first->value);
  // Another channel has room.
  CHECK(room(wide)->value);
  SUBCASE("the connection takes what waits") {
    world.written(narrow, all);
    CHECK(first->value);
    CHECK(second->value);
    CHECK(world.send(narrow, 1) == errc::none);
  }
  SUBCASE("the connection is about to end") {
    caf::anon_send(world.uut, caf::close_atom_v, caf::timespan{1min});
    world.settle();
    CHECK(first->code() == errc::not_connected);
    CHECK(room(narrow)->code() == errc::not_connected);
  }
  SUBCASE("the connection ends") {
    caf::anon_send_exit(world.uut, caf::exit_reason::kill);
    world.settle();
    CHECK(first->error);
  }
  SUBCASE("too many ask") {
    for (int i = 0; i < 100; ++i)
      first = room(narrow);
    CHECK(first->code() == errc::queue_full);
    CHECK_FALSE(second->error);
  }
}

TEST_CASE("room is there when what waited has expired") {
  peer_sender_actor_fixture world{{{.id = narrow, .send_expires_after = 1s}}};
  CHECK(world.send(narrow, 1) == errc::none);
  auto room = world.ask(world.uut, writable_atom_v, narrow);
  CHECK_FALSE(room->value);
  world.advance(2s);
  world.start();
  CHECK(room->value);
}

TEST_CASE("the latest message of a key has the place of the one before, and "
          "needs no room") {
  peer_sender_actor_fixture world;
  world.start();
  CHECK(world.send(narrow, connection_window) == errc::none); // 0, taken.
  CHECK(world.send_latest("height", 10) == errc::none);       // 1
  CHECK(world.send_latest("round", 20) == errc::none);        // 2
  CHECK(world.send_latest("step", 30) == errc::queue_full);   // 3
  CHECK(world.send_latest("height", 40) == errc::none);       // 4
  CHECK(world.dropped(narrow, direction::outbound, "replaced") == 1);
  world.written(narrow, connection_window);
  REQUIRE(world.taken.size() == 3);
  CHECK(world.taken[1].body == world.sent[4]);
  CHECK(world.taken[2].body == world.sent[2]);
  // What is taken is out of reach.
  CHECK(world.send_latest("height", 50) == errc::none);
  CHECK(world.taken.size() == 4);
}
