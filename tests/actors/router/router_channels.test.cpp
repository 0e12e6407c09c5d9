// SPDX-License-Identifier: Apache-2.0
//
// Opening and closing the channels of a node.
#include <algorithm>
#include <optional>
#include <stdexcept>

#include "troupe/actors/router/renewals.hpp"
#include "troupe/tests/actors/world.hpp"

using namespace troupe;
using namespace troupe::test;

TEST_CASE("a node without transports opens each channel once") {
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
  CHECK(old->reason() == errc::hung_up);
  auto second = world.open(where);
  CHECK_FALSE(second->ended);
  CHECK_FALSE(second->sees(world.id(2)));
  auto fresh = world.join(where, 2);
  fresh->send(world::echo_channel, wire_ping("new"));
  world.settle();
  CHECK(second->text() == "new");
  CHECK_FALSE(fresh->closed);
}

// -- channels that come and go while there are peers --------------------------

TEST_CASE("a channel whose reactor fails is an event, and what counted on it "
          "ends") {
  constexpr channel_id fragile = 0x71;
  world world;
  auto where = world.spawn(world.options(1));
  auto observer = world.watch(where);
  auto sound = world.open(where);
  auto victim = world.open(where, {.id = fragile});
  auto counting = world.join(where, 2, {world::echo_channel, fragile});
  auto other = world.join(where, 3);
  auto channel = victim->wire.actor();
  victim->on_message = [](const inbound_envelope&) -> caf::result<void> {
    throw std::runtime_error{"a bug"};
  };
  counting->send(fragile, wire_ping("go"));
  world.settle();
  REQUIRE(victim->ended);
  // Who reports that, and where.
  auto is_end = [](const node_event& event) {
    return event.what == node_event::kind::channel_closed;
  };
  const auto& events = observer->events;
  auto i = std::find_if(events.begin(), events.end(), is_end);
  REQUIRE(i != events.end());
  CHECK(i->channel == fragile);
  CHECK(i->reason.find("runtime_error") != std::string::npos);
  CHECK(std::count_if(events.begin(), events.end(), is_end) == 1);
  // Whoever asks it hears that it is gone.
  CHECK(world.ask(channel, send_atom_v, outbound_envelope{world.id(2), 1})
            ->error);
  channel = nullptr;
  // The peer sees it, and comes back to what there still is.
  CHECK(counting->reason() == errc::hung_up);
  CHECK(sound->last(world.id(2)).reason == errc::channels_changed);
  CHECK_FALSE(other->closed);
  auto again = world.join(where, 2, {world::echo_channel, fragile});
  CHECK(again->info->channels == std::vector{world::echo_channel});
  CHECK(world.deliver(*sound, world.id(2), ping("hello")) == errc::none);
  CHECK_FALSE(again->closed);
}

TEST_CASE("a reactor that is replaced the moment it ends leaves its channel to "
          "the next one") {
  bool closes = false;
  SUBCASE("because it closed the channel") {
    closes = true;
  }
  SUBCASE("because it failed") {}
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    world world{seed};
    auto where = world.spawn(world.options(1));
    auto first = world.open(where);
    std::vector<any_channel> wires;
    std::vector<caf::error> ends;
    // Opens the channel as soon as it hears of the end.
    world.spawn_guest([&](caf::event_based_actor* self) {
      self->monitor(first->self);
      self->set_down_handler([&, self](const caf::down_msg& msg) {
        if (!wires.empty()) {
          ends.push_back(msg.reason);
          return;
        }
        self->spawn<caf::monitored>(
            [&](caf::event_based_actor* reactor) -> caf::behavior {
              wires.push_back(where.open_channel<echo::EchoMessage>(
                  reactor, {.id = world::echo_channel}));
              return {[](const inbound_envelope&) {}};
            });
      });
      return caf::behavior{[](caf::unit_t) {}};
    });
    world.settle();
    if (closes) {
      first->wire.close();
      caf::anon_send_exit(caf::actor_cast<caf::actor>(first->self),
                          caf::exit_reason::user_shutdown);
    } else {
      end_actor(caf::actor_cast<caf::actor>(first->self),
                caf::make_error(caf::sec::runtime_error));
    }
    world.settle();
    REQUIRE(wires.size() == 1);
    CHECK(wires[0].actor());
    CHECK(ends.empty());
    CHECK(world.running("troupe.channel") == 1);
    end_actor(caf::actor_cast<caf::actor>(wires[0].actor()),
              caf::make_error(caf::exit_reason::user_shutdown));
    world.settle();
    wires.clear();
  }
}

TEST_CASE("the end of a node is no news about its channels") {
  world world;
  auto where = world.spawn(world.options(1));
  auto observer = world.watch(where);
  auto state = world.open(where);
  where.stop();
  world.settle();
  CHECK(state->ended);
  CHECK(observer->codes(node_event::kind::channel_closed).empty());
}

TEST_CASE("a reactor that nobody but its channel refers to is told when the "
          "channel ends") {
  world world;
  auto where = world.spawn(world.options(1));
  std::optional<caf::error> told;
  world.sys().spawn(
      [&told, where](caf::event_based_actor* self) -> caf::behavior {
        auto wire = where.open_channel<echo::EchoMessage>(
            self, {.id = world::echo_channel});
        self->set_exit_handler([&told, self](caf::exit_msg& msg) {
          told = msg.reason;
          self->quit(std::move(msg.reason));
        });
        return {[wire](const inbound_envelope&) {}};
      });
  world.settle();
  CHECK(world.running("troupe.channel") == 1);
  where.stop();
  world.settle();
  REQUIRE(told.has_value());
  CHECK(world.running("troupe.channel") == 0);
}

TEST_CASE("a channel that is not opened is an event") {
  world world;
  auto where = world.spawn(world.options(1));
  auto observer = world.watch(where);
  world.open(where);
  world.open(where);
  world.open(where, {.id = 0x71, .delivery_window = 0});
  CHECK(observer->codes(node_event::kind::channel_refused)
        == std::vector{errc::duplicate_channel, errc::invalid_channel});
  CHECK(observer->codes(node_event::kind::channel_closed).empty());
}

TEST_CASE("a node that waits for channels says so, once") {
  world world;
  auto options = world.options(1);
  options.channels_expected = 2;
  auto where = world.spawn(std::move(options));
  auto observer = world.watch(where);
  world.open(where);
  world.advance(1999ms);
  CHECK(observer->events.empty());
  world.advance(1ms);
  REQUIRE(observer->events.size() == 1);
  CHECK(observer->events[0].what == node_event::kind::waiting_for_channels);
  CHECK(observer->events[0].reason.find("1 of 2") != std::string::npos);
  world.advance(1min);
  CHECK(observer->events.size() == 1);
  world.open(where, {.id = 0x71});
  CHECK(world.join(where, 2)->info);
}

TEST_CASE("a channel that opens late reaches peers that have it, one after the "
          "other") {
  constexpr channel_id late = 0x71;
  const auto both = std::vector{world::echo_channel, late};
  world world;
  auto where = world.spawn(world.options(1));
  auto state = world.open(where);
  auto one = world.join(where, 2, both);
  auto two = world.join(where, 3, both);
  auto without = world.join(where, 4);
  auto second = world.open(where, {.id = late});
  world.advance(renewals::calm - 1ms);
  CHECK_FALSE(one->closed);
  CHECK_FALSE(two->closed);
  world.advance(1ms);
  CHECK(one->reason() == errc::hung_up);
  CHECK_FALSE(two->closed);
  world.advance(1s);
  CHECK_FALSE(two->closed);
  // It comes back with the channel, which is the next one's turn.
  auto back = world.join(where, 2, both);
  CHECK(back->info->channels == both);
  CHECK(world.deliver(*second, world.id(2), ping("now")) == errc::none);
  CHECK(two->reason() == errc::hung_up);
  world.join(where, 3, both);
  world.advance(1min);
  CHECK_FALSE(without->closed);
  CHECK_FALSE(back->closed);
  CHECK(state->sees(world.id(3)));
}

// -- announcements ------------------------------------------------------------

TEST_CASE("a channel that opens during a handshake serves the next "
          "connection, and does not break this one at once") {
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
  world.advance(renewals::calm);
  CHECK(remote->reason() == errc::hung_up);
  CHECK_FALSE(next->closed);
}

TEST_CASE("nobody gets in before the channels are open that were "
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
