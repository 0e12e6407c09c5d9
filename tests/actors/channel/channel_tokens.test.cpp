// SPDX-License-Identifier: Apache-2.0
#include "channel_world.hpp"
#include "troupe/transport/mailbox_entry.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

using echo::PingMessage;

/// Whether a handler is done, and the channel gets no answer from it.
bool says_nothing(const caf::result<void>& outcome) {
  return !holds_alternative<caf::message>(outcome.get_data())
         && !holds_alternative<caf::error>(outcome.get_data());
}

caf::result<void> done(const inbound_envelope& in) {
  return in.match([](const PingMessage&) {});
}

/// A channel with a window of 8, so that messages make groups of 4.
struct token_world : channel_world {
  token_world() : channel_world({.id = echo_channel, .delivery_window = 8}) {}
};

} // namespace

TEST_CASE("a message that its reactor is done with acknowledges itself") {
  token_world world;
  size_t silent = 0;
  world.handler = [&](caf::event_based_actor*, const inbound_envelope& in) {
    auto result = done(in);
    silent += says_nothing(result) ? 1 : 0;
    return result;
  };
  world.arrive_together(20, 2, 100);
  for (int i = 0; i < 5; ++i)
    world.arrive(2, 1);
  CHECK(world.got.size() == 25);
  // Those that came alone are answered.
  CHECK(silent == 20);
  CHECK(world.credit == 105);
}

TEST_CASE("a promise holds back its own message, and none that came with it") {
  token_world world;
  world.handler = [&](caf::event_based_actor* self,
                      const inbound_envelope& in) -> caf::result<void> {
    return in.match([&](const PingMessage&) -> caf::result<void> {
      if (world.got.size() > 7)
        return caf::unit;
      world.pending.push_back(self->make_response_promise<void>());
      return world.pending.back();
    });
  };
  for (int i = 0; i < 8; ++i)
    world.arrive(2, 1);
  CHECK(world.pending.size() == 7);
  CHECK(world.credit == 1);
  // One place of the window is left, and it is enough.
  world.arrive_together(20, 2, 10);
  CHECK(world.got.size() == 28);
  CHECK(world.credit == 11);
  world.fail_oldest(caf::make_error(blame::unexpected_message, "late"));
  CHECK(world.errors.size() == 1);
  CHECK(world.credit == 12);
  while (!world.pending.empty())
    world.finish_oldest();
  CHECK(world.credit == 18);
}

TEST_CASE("what others do with a copy of a message is between them and the "
          "reactor") {
  token_world world;
  auto worker = world.spawn_guest([](caf::event_based_actor*) {
    return caf::behavior{[](const inbound_envelope& in) { return done(in); }};
  });
  SUBCASE("it asks them") {
    world.handler = [&](caf::event_based_actor* self,
                        const inbound_envelope& in) -> caf::result<void> {
      auto promise = self->make_response_promise<void>();
      self->request(worker, caf::infinite, in)
          .then([promise]() mutable { promise.deliver(); },
                [promise](caf::error& why) mutable { promise.deliver(why); });
      return promise;
    };
  }
  SUBCASE("it leaves the message to them") {
    world.handler = [&](caf::event_based_actor* self,
                        const inbound_envelope& in) -> caf::result<void> {
      self->delegate(worker, in);
      return caf::delegated<void>{};
    };
  }
  for (int i = 0; i < 20; ++i)
    world.arrive_together(4, 2, 1);
  CHECK(world.got.size() == 80);
  CHECK(world.credit == 20);
  CHECK(world.errors.empty());
}

TEST_CASE("answers that are there before the handler returns do not count for "
          "the messages behind them") {
  token_world world;
  world.handler = [&](caf::event_based_actor* self,
                      const inbound_envelope& in) -> caf::result<void> {
    return in.match([&](const PingMessage&) -> caf::result<void> {
      auto promise = self->make_response_promise<void>();
      if (world.got.size() <= 4)
        promise.deliver();
      else
        world.pending.push_back(promise);
      return promise;
    });
  };
  world.arrive_together(30, 2, 10);
  CHECK(world.pending.size() == 8);
  CHECK(world.credit == 0);
  while (!world.pending.empty())
    world.finish_oldest();
  CHECK(world.got.size() == 30);
  CHECK(world.credit == 10);
}

TEST_CASE("a message that several actors have counts once") {
  token_world world;
  std::vector<caf::actor> workers;
  for (int i = 0; i < 2; ++i)
    workers.push_back(world.spawn_guest([&](caf::event_based_actor*) {
      return caf::behavior{[&](const inbound_envelope& in) {
        world.got.push_back(in);
        return done(in);
      }};
    }));
  world.handler = [&](caf::event_based_actor* self,
                      const inbound_envelope& in) {
    // The same content, as an actor pool passes it on.
    auto* what = self->current_mailbox_element();
    for (const auto& worker : workers)
      caf::actor_cast<caf::abstract_actor*>(worker)->enqueue(
          make_entry(what->sender, what->mid, what->payload), self->context());
    return done(in);
  };
  world.arrive_together(20, 2, 10);
  world.arrive(2, 1);
  CHECK(world.got.size() == 3 * 21);
  CHECK(world.credit == 11);
  CHECK(world.errors.empty());
}

TEST_CASE("blame for one message ends what is left of its run, and nothing "
          "else") {
  token_world world;
  world.handler = [&](caf::event_based_actor*,
                      const inbound_envelope& in) -> caf::result<void> {
    return in.match([&](const PingMessage&) -> caf::result<void> {
      if (world.got.size() == 2)
        return caf::make_error(blame::unexpected_message, "theirs");
      return caf::unit;
    });
  };
  world.add_peer(2);
  world.arrive_together(30, 2, 10);
  world.arrive_together(30, 3, 10);
  CHECK(world.errors.size() == 1);
  CHECK(world.got_from(2) < 30);
  CHECK(world.got_from(3) == 30);
  CHECK(world.credit >= 10);
}

TEST_CASE("a reactor that answers besides is not counted twice") {
  token_world world;
  SUBCASE("with nothing") {
    world.handler = [](caf::event_based_actor*, const inbound_envelope& in) {
      static_cast<void>(done(in));
      return caf::result<void>{caf::unit};
    };
  }
  SUBCASE("with what it did the second time") {
    world.handler = [](caf::event_based_actor*, const inbound_envelope& in) {
      static_cast<void>(done(in));
      return done(in);
    };
  }
  world.arrive_together(30, 2, 7);
  world.arrive(2, 1);
  CHECK(world.got.size() == 31);
  CHECK(world.credit == 8);
  // The window is what it was.
  world.handler = nullptr;
  world.patient = true;
  world.arrive_together(30, 2, 7);
  CHECK(world.pending.size() == 8);
}

TEST_CASE(
    "an error is its peer's or the reactor's, whoever else it came with") {
  token_world world;
  world.handler = [&](caf::event_based_actor*,
                      const inbound_envelope& in) -> caf::result<void> {
    return in.match([&](const PingMessage&) -> caf::result<void> {
      if (world.got.size() == 2)
        return caf::make_error(caf::sec::runtime_error, "ours");
      if (world.got.size() == 4)
        return caf::make_error(blame::unexpected_message, "theirs");
      return caf::unit;
    });
  };
  world.add_peer(2);
  world.arrive_together(4, 2, 10);
  world.arrive(3, 1);
  CHECK(world.dropped(world::echo_channel, direction::inbound, "reactor_failed")
        == 1);
  REQUIRE(world.errors.size() == 1);
  CHECK(world.errors[0].second.what == "theirs");
  CHECK(world.credit == 11);
}

TEST_CASE("messages may be done with when their channel is closed") {
  token_world world;
  world.handler = [&](caf::event_based_actor*, const inbound_envelope& in) {
    if (world.got.size() == 1)
      caf::anon_send(world.uut, caf::close_atom_v);
    return done(in);
  };
  world.arrive_together(8, 2, 1);
  CHECK(world.got.size() == 8);
  CHECK(world.end->has_value());
  CHECK_FALSE(world.reactor_end->has_value());
}
