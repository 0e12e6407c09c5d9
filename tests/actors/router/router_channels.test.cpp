// SPDX-License-Identifier: Apache-2.0
//
// Opening and closing the channels of a node.
//
// RT-20 of the checklist needs queue types, which do not exist yet.
#include "troupe/tests/actors/world.hpp"

using namespace troupe;
using namespace troupe::test;

TEST_CASE("RT-03: a node without transports opens each channel once") {
  world world;
  auto options = world.options(1);
  options.memory = nullptr;
  auto where = world.spawn(std::move(options));
  auto first = world.open(where);
  auto again = world.open(where);
  auto other = world.open(where, {.id = 0x71});
  CHECK_FALSE(first->ended);
  CHECK_FALSE(other->ended);
  REQUIRE(again->ended);
  CHECK(*again->ended == errc::duplicate_channel);
  CHECK_FALSE(again->wire.actor());
  CHECK(first->wire.actor());
  CHECK(world.running("troupe.channel") == 2);
}

TEST_CASE("a bad descriptor ends the channel with the name of the field") {
  world world;
  auto where = world.spawn(world.options(1));
  auto state = world.open(where, {.id = 0x70, .delivery_window = 0});
  REQUIRE(state->ended);
  CHECK(*state->ended == errc::invalid_channel);
  CHECK(text_of(*state->ended).find("delivery_window") != std::string::npos);
  CHECK_FALSE(world.open(where)->ended);
}

TEST_CASE("a node has as many channels as a node info may list") {
  world world;
  auto where = world.spawn(world.options(1));
  for (size_t i = 0; i < max_node_info_channels; ++i)
    CHECK_FALSE(world.open(where, {.id = static_cast<channel_id>(i)})->ended);
  auto last = world.open(where, {.id = 0x70});
  REQUIRE(last->ended);
  CHECK(*last->ended == errc::invalid_channel);
}

TEST_CASE("a channel that was closed can be opened again") {
  world world;
  auto where = world.spawn(world.options(1));
  auto first = world.open(where);
  auto old = world.join(where, 2);
  SUBCASE("because its reactor failed") {
    end_actor(caf::actor_cast<caf::actor>(first->self),
              caf::make_error(caf::sec::runtime_error));
  }
  SUBCASE("because its reactor was done") {
    first->on_message = [&](const inbound_envelope&) -> caf::result<void> {
      first->self->quit();
      return caf::unit;
    };
    old->send(world::echo_channel, wire_ping("go"));
  }
  world.settle();
  REQUIRE(first->ended);
  CHECK(world.running("troupe.channel") == 0);
  auto second = world.open(where);
  CHECK_FALSE(second->ended);
  CHECK(second->sees(world.id(2)));
  // The connection has the old channel, which nobody serves any more.
  old->send(world::echo_channel, wire_ping("old"));
  auto fresh = world.join(where, 3);
  fresh->send(world::echo_channel, wire_ping("new"));
  world.settle();
  CHECK(second->text() == "new");
  CHECK_FALSE(old->closed);
}

TEST_CASE("T-46: a channel that opens during a handshake serves the next "
          "connection, and does not break this one") {
  constexpr channel_id late = 0x71;
  world world;
  auto where = world.spawn(world.options(1));
  auto state = world.open(where);
  auto remote = world.knock(where, world.id(2));
  auto second = world.open(where, {.id = late});
  remote->greet(world.id(2), world.info(2, {world::echo_channel, late}));
  world.settle();
  REQUIRE(state->sees(world.id(2)));
  // What it was told is what holds.
  CHECK(remote->info->channels == std::vector{world::echo_channel});
  CHECK(world.deliver(*second, world.id(2), ping("too early"))
        == errc::peer_lacks_channel);
  CHECK(world.deliver(*state, world.id(2), ping("hello")) == errc::none);
  remote->send(world::echo_channel, wire_ping("hello"));
  world.settle();
  CHECK(state->text() == "hello");
  CHECK_FALSE(remote->closed);

  auto next = world.join(where, 3, {world::echo_channel, late});
  CHECK(next->info->channels == std::vector{world::echo_channel, late});
  CHECK(world.deliver(*second, world.id(3), ping("now")) == errc::none);
  next->send(late, wire_ping("now"));
  world.settle();
  CHECK(second->text() == "now");
}

TEST_CASE("T-46: nobody gets in before the channels are open that were "
          "announced") {
  world world;
  auto options = world.options(1);
  options.channels_expected = 2;
  auto where = world.spawn(std::move(options));
  auto first = world.open(where);
  CHECK_FALSE(world.transport_of(where));
  world.open(where, {.id = 0x71});
  CHECK(world.join(where, 2)->info->channels
        == std::vector<channel_id>{world::echo_channel, 0x71});
}
