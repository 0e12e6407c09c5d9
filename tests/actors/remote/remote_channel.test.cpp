// SPDX-License-Identifier: Apache-2.0
//
// What a reactor of another process does with the channel of a node.
#include <optional>
#include <string>
#include <vector>

#include "troupe/actors/remote/remote_channel_actor.hpp"
#include "troupe/messages/wrapper.hpp"
#include "troupe/tests/actors/remote/far_world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

Gossip gossip(std::string text) {
  Gossip result;
  result.set_text(std::move(text));
  return result;
}

std::string gossip_text(const inbound_envelope& in) {
  const auto* message = in.message.as<Gossip>();
  return message != nullptr ? message->text() : "no gossip";
}

} // namespace

TEST_CASE("a reactor elsewhere gets messages of its types, and sends them") {
  far_world world;
  auto state = world.open_far();
  world.say(world.second, gossip("hello"));
  REQUIRE(state->got.size() == 1);
  CHECK(gossip_text(state->got[0]) == "hello");
  CHECK(state->got[0].from == world.id(2));
  CHECK(state->wire.send(world.id(2), gossip("you")).code == errc::none);
  CHECK(state->wire.broadcast(gossip("all")).code == errc::none);
  world.settle();
  REQUIRE(world.second->got.size() == 2);
  CHECK(far_world::got(world.second, 0).as<Gossip>()->text() == "you");
  CHECK(far_world::got(world.third, 0).as<Gossip>()->text() == "all");
  // What is none of its messages goes no further.
  CHECK(state->wire.send(world.id(2), ping("no")).code
        == errc::malformed_message);
}

TEST_CASE("who sends from elsewhere hears what becomes of it") {
  far_world world;
  auto state = world.open_far();
  CHECK(world.deliver(*state, world.id(2), gossip("a")) == errc::none);
  CHECK(world.deliver(*state, world.id(9), gossip("a")) == errc::not_connected);
  auto report = world.ask_with<broadcast_report>(
      [&](auto* self) { return state->wire.broadcast(self, gossip("b")); });
  REQUIRE(report->value);
  CHECK(report->value->taken == 2);
  auto room = world.ask_with(
      [&](auto* self) { return state->wire.writable(self, world.id(2)); });
  CHECK(room->value);
}

TEST_CASE("what is said before the channel is open waits for that") {
  far_world world;
  std::optional<errc> code;
  std::optional<uint64_t> taken;
  world.spawn_guest([&](caf::event_based_actor* self) -> caf::behavior {
    auto wire = world.far.open_channel<QuestionsMessage>(
        self, questions_channel(far_world::questions));
    wire.broadcast(gossip("early"));
    wire.send(self, world.id(2), gossip("early"))
        .then([] {},
              [&](const caf::error& why) { code = code_of(why, errc::none); });
    wire.broadcast(self, gossip("early"))
        .then([&](const broadcast_report& report) { taken = report.taken; });
    return {[](const inbound_envelope&) {}};
  });
  world.settle();
  CHECK(code == errc::not_connected);
  CHECK(taken == 0);
}

TEST_CASE("a reactor elsewhere asks, and only the answer to its question is "
          "one") {
  far_world world;
  auto state = world.open_far();
  auto asked = world.ask_with<inbound_envelope>([&](auto* self) {
    return state->wire.ask(self, world.id(2), block_question(7), 10s);
  });
  REQUIRE(world.second->got.size() == 1);
  world.say(world.third, block_answer(7));
  world.say(world.second, block_answer(8));
  CHECK(world.lost("unasked_answer") == 2);
  CHECK_FALSE(asked->value);
  world.say(world.second, block_answer(7));
  REQUIRE(asked->value);
  REQUIRE(asked->value->message.as<BlockAnswer>());
  CHECK(asked->value->message.as<BlockAnswer>()->head().height() == 7);
  CHECK(state->got.empty());
  // Of several peers, and one without a key.
  auto any = world.ask_with<inbound_envelope>([&](auto* self) {
    return state->wire.ask_any(self, StatusQuestion{}, 1s, 2);
  });
  world.advance(1500ms);
  CHECK_FALSE(any->value);
  world.say(world.second, StatusAnswer{});
  world.say(world.third, StatusAnswer{});
  CHECK(any->value);
  auto late = world.ask_with<inbound_envelope>([&](auto* self) {
    return state->wire.ask(self, world.id(2), block_question(9), 1s);
  });
  world.advance(1s);
  CHECK(late->code() == errc::timeout);
}

TEST_CASE("an answer passes messages that wait for a reactor elsewhere") {
  far_world world;
  auto what = questions_channel(far_world::questions);
  what.delivery_window = 1;
  auto state = world.open_far(what);
  state->patient = true;
  for (int i = 0; i < 5; ++i)
    world.say(world.second, gossip("x"));
  CHECK(state->got.size() == 1);
  auto asked = world.ask_with<inbound_envelope>([&](auto* self) {
    return state->wire.ask(self, world.id(2), block_question(7), 10s);
  });
  world.say(world.second, block_answer(7));
  CHECK(asked->value);
  world.release(*state);
  world.release(*state);
  CHECK(state->got.size() == 3);
}

TEST_CASE("what cannot be decoded elsewhere costs its sender the connection") {
  far_world world;
  auto state = world.open_far();
  SUBCASE("a message") {
    world.second->send(far_world::questions, from_text("\xff\xff"));
  }
  SUBCASE("an answer that comes behind something else") {
    QuestionsMessage both;
    both.mutable_gossip()->set_text("hi");
    auto body = both.SerializeAsString();
    QuestionsMessage answer;
    answer.mutable_block_answer();
    world.second->send(far_world::questions,
                       from_text(body + answer.SerializeAsString()));
  }
  SUBCASE("an answer that only looks like one") {
    auto asked = world.ask_with<inbound_envelope>([&](auto* self) {
      return state->wire.ask(self, world.id(2), block_question(7), 10s);
    });
    QuestionsMessage answer;
    answer.mutable_block_answer()->mutable_head()->set_height(7);
    auto body = answer.SerializeAsString();
    QuestionsMessage other;
    other.mutable_gossip();
    world.second->send(far_world::questions,
                       from_text(body + other.SerializeAsString()));
    world.settle();
    CHECK(asked->code() == errc::malformed_message);
  }
  world.settle();
  CHECK(world.second->closed);
  CHECK(state->last(world.id(2)).reason == errc::malformed_message);
  CHECK(state->got.empty());
  CHECK_FALSE(world.third->closed);
}

TEST_CASE("a reactor elsewhere blames peers, and its own errors are its own") {
  far_world world;
  auto state = world.open_far();
  SUBCASE("as an answer") {
    state->on_message = [](const inbound_envelope&) -> caf::result<void> {
      return caf::make_error(blame::rate_limited, "enough");
    };
    world.say(world.second, gossip("x"));
    CHECK(state->last(world.id(2)).reason == errc::rate_limited);
  }
  SUBCASE("by itself") {
    state->wire.report(world.id(2), blame::misbehaved, "oh");
    world.settle();
    CHECK(state->last(world.id(2)).reason == errc::misbehaved);
  }
  SUBCASE("an error of its own") {
    state->on_message = [](const inbound_envelope&) -> caf::result<void> {
      return caf::make_error(caf::sec::runtime_error, "mine");
    };
    world.say(world.second, gossip("x"));
    CHECK_FALSE(world.second->closed);
    CHECK(world.lost("reactor_failed") == 1);
  }
}

TEST_CASE("no more messages are at a reactor elsewhere than its window") {
  far_world world;
  auto what = questions_channel(far_world::questions);
  what.delivery_window = 3;
  auto state = world.open_far(what);
  state->patient = true;
  for (int i = 0; i < 10; ++i)
    world.say(world.second, gossip(std::to_string(i)));
  CHECK(state->got.size() == 3);
  world.release(*state, 1);
  CHECK(state->got.size() == 4);
  while (!state->held.empty())
    world.release(*state);
  REQUIRE(state->got.size() == 10);
  CHECK(gossip_text(state->got[9]) == "9");
}

TEST_CASE("batches go elsewhere, without what cannot be decoded") {
  far_world world;
  std::vector<size_t> batches;
  auto what = questions_channel(far_world::questions);
  world.spawn_guest([&](caf::event_based_actor* self) -> caf::behavior {
    world.far.open_channel<QuestionsMessage>(self, what, delivery::in_batches);
    return {[&](const std::vector<inbound_envelope>& all) {
      for (const auto& in : all)
        CHECK(in.message.as<Gossip>());
      batches.push_back(all.size());
    }};
  });
  world.settle();
  auto second = world.join(world.near, 2, {what.id});
  auto third = world.join(world.near, 3, {what.id});
  world.say(second, gossip("a"));
  third->send(far_world::questions, from_text("\xff"));
  world.settle();
  CHECK(third->closed);
  world.say(second, gossip("b"));
  CHECK(batches == std::vector<size_t>{1, 1});
}

TEST_CASE("a flood of a reactor elsewhere meets the bound of its channel") {
  far_world world;
  auto what = questions_channel(far_world::questions);
  what.send_total_messages = 10;
  auto state = world.open_far(what);
  for (int i = 0; i < 100; ++i)
    state->wire.broadcast(gossip("x"));
  world.settle();
  CHECK(world.second->got.size() == 10);
  CHECK(world.dropped(far_world::questions, direction::outbound, "queue_full")
        == 90);
  // And there is room again.
  for (int i = 0; i < 10; ++i)
    CHECK(world.deliver(*state, world.id(2), gossip("y")) == errc::none);
}

TEST_CASE("a reactor elsewhere hears of peers and events") {
  far_world world;
  auto state = world.open_far();
  CHECK(state->signs() == "++");
  world.second->hang_up();
  world.settle();
  CHECK(state->signs() == "++-");
  auto peers = world.ask_with<std::vector<peer_report>>(
      [&](auto* self) { return world.far.peers(self); });
  CHECK(peers->value);
  world.far.unsubscribe(state->self);
  world.settle();
  world.third->hang_up();
  world.settle();
  CHECK(state->signs() == "++-");
  world.far.disconnect(world.id(3));
  world.far.ban(world.id(4), 1h, "test");
  world.settle();
}

TEST_CASE("the channel ends with its reactor elsewhere") {
  far_world world;
  auto other = world.watch(world.near);
  auto state = world.open_far();
  SUBCASE("as it ends") {
    caf::anon_send_exit(caf::actor_cast<caf::actor>(state->self),
                        caf::exit_reason::user_shutdown);
    world.settle();
  }
  SUBCASE("as it closes the channel, and lives on") {
    state->wire.broadcast(gossip("bye"));
    state->wire.close();
    world.settle();
    CHECK_FALSE(state->ended);
    CHECK(world.second->got.size() == 1);
  }
  CHECK(other->codes(node_event::kind::channel_closed).size() == 1);
  CHECK(world.running("troupe.channel") == 0);
  CHECK(world.running("troupe.channel-keeper") == 0);
  CHECK(world.running("troupe.remote-channel") == 0);
}

TEST_CASE("what a reactor elsewhere sends before it ends arrives, in whatever "
          "order actors run") {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    far_world world{seed};
    auto state = world.open_far();
    state->on_message = [&](const inbound_envelope&) {
      state->wire.broadcast(gossip("bye"));
      state->self->quit();
      return caf::unit;
    };
    world.say(world.second, gossip("go"));
    CHECK(state->ended);
    CHECK(world.second->got.size() == 1);
    CHECK(world.third->got.size() == 1);
    CHECK(world.running("troupe.channel") == 0);
    CHECK(world.running("troupe.channel-keeper") == 0);
    CHECK(world.running("troupe.remote-channel") == 0);
    CHECK(world.lost("reactor_failed") == 0);
  }
}

TEST_CASE("what a reactor elsewhere sends before it closes its channel "
          "arrives, in whatever order actors run") {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    far_world world{seed};
    auto state = world.open_far();
    state->wire.broadcast(gossip("bye"));
    state->wire.close();
    world.settle();
    CHECK(world.second->got.size() == 1);
    CHECK(world.third->got.size() == 1);
  }
}

TEST_CASE("a reactor elsewhere ends with its channel, and hears why") {
  far_world world;
  SUBCASE("it cannot be opened") {
    auto taken = world.open<QuestionsMessage>(world.near,
                                              {.id = far_world::questions});
    auto state = world.open<QuestionsMessage>(
        world.far, questions_channel(far_world::questions));
    world.settle();
    REQUIRE(state->ended);
    CHECK(code_of(*state->ended, errc::none) == errc::duplicate_channel);
  }
  SUBCASE("it makes no sense") {
    auto what = questions_channel(far_world::questions);
    what.exchanges[0].request = "NoSuchMessage";
    auto state = world.open<QuestionsMessage>(world.far, what);
    world.settle();
    REQUIRE(state->ended);
    CHECK(code_of(*state->ended, errc::none) == errc::invalid_channel);
    state = world.open<QuestionsMessage>(world.far, {.id = 1, .priority = 0});
    world.settle();
    REQUIRE(state->ended);
    CHECK(code_of(*state->ended, errc::none) == errc::invalid_channel);
  }
  SUBCASE("the node stops") {
    auto state = world.open_far();
    world.far.stop();
    world.settle();
    REQUIRE(state->ended);
    CHECK(*state->ended == caf::exit_reason::user_shutdown);
  }
  SUBCASE("its node had gone before anybody could watch it") {
    auto state = world.open_far();
    caf::anon_send_exit(world.gate, caf::exit_reason::unknown);
    world.settle();
    REQUIRE(state->ended);
    CHECK(code_of(*state->ended, errc::none) == errc::node_lost);
  }
  SUBCASE("its gate is closed") {
    auto state = world.open_far();
    caf::anon_send_exit(world.gate, caf::exit_reason::user_shutdown);
    world.settle();
    CHECK(state->ended);
    CHECK(world.running("troupe.channel") == 0);
  }
}

TEST_CASE("whoever sees a reactor elsewhere go can open its channel at once") {
  far_world world;
  auto state = world.open_far();
  size_t heard = 0;
  world.spawn_guest([&](caf::event_based_actor* self) -> caf::behavior {
    self->monitor(caf::actor_cast<caf::actor>(state->self));
    self->set_down_handler([&, self](const caf::down_msg&) {
      world.far.open_channel<QuestionsMessage>(
          self, questions_channel(far_world::questions));
    });
    return {[&heard](const inbound_envelope&) { ++heard; }};
  });
  world.settle();
  caf::anon_send_exit(caf::actor_cast<caf::actor>(state->self),
                      caf::exit_reason::user_shutdown);
  world.settle();
  auto peer = world.join(world.near, 5, {far_world::questions});
  world.say(peer, gossip("hello"));
  CHECK(heard == 1);
  // But not that of one who is there.
  auto third = world.open<QuestionsMessage>(
      world.far, questions_channel(far_world::questions));
  world.settle();
  REQUIRE(third->ended);
  CHECK(code_of(*third->ended, errc::none) == errc::duplicate_channel);
  world.say(peer, gossip("hello"));
  CHECK(heard == 2);
}
