// SPDX-License-Identifier: Apache-2.0
//
// Questions on channels: who may answer them, and who gets the answers.
#include <string>

#include "troupe/actors/channel/ask_table.hpp"
#include "troupe/actors/channel/channel.hpp"
#include "troupe/actors/peer/decoder_actor.hpp"
#include "troupe/messages/wrapper.hpp"
#include "troupe/tests/actors/channel/questions.hpp"
#include "troupe/tests/actors/world.hpp"

using namespace troupe;
using namespace troupe::test;

using namespace std::chrono_literals;

namespace {

constexpr channel_id questions = 0x71;

/// A node with two peers that the test plays.
struct channel_asks_fixture : world {
  explicit channel_asks_fixture(channel_descriptor what
                                = questions_channel(questions),
                                uint64_t seed = 0)
    : world(seed),
      where(spawn(options(1))),
      state(open<QuestionsMessage>(where, what)),
      second(join(where, 2, {questions})),
      third(join(where, 3, {questions})) {}

  auto ask(uint8_t number, int64_t height, caf::timespan patience = 10s) {
    return ask_with<inbound_envelope>([=, this](caf::event_based_actor* self) {
      return state->wire.ask(self, id(number), block_question(height),
                             patience);
    });
  }

  auto ask_any(int64_t height, caf::timespan patience = 10s,
               uint64_t peers = 3) {
    return ask_with<inbound_envelope>([=, this](caf::event_based_actor* self) {
      return state->wire.ask_any(self, block_question(height), patience, peers);
    });
  }

  template <class T>
  void send(const puppet_ptr& who, const T& message) {
    wrapper codec{QuestionsMessage::default_instance()};
    auto body = codec.marshal(message);
    REQUIRE(body);
    who->send(questions, {body->begin(), body->end()});
  }

  template <class T>
  void say(const puppet_ptr& who, const T& message) {
    send(who, message);
    settle();
  }

  [[nodiscard]] int64_t lost(std::string_view why) {
    return dropped(questions, direction::inbound, why);
  }

  node where;
  recorder_ptr state;
  puppet_ptr second;
  puppet_ptr third;
};

template <class T>
errc code(const std::shared_ptr<answer<T>>& what) {
  REQUIRE(what->error);
  return code_of(*what->error, errc::none);
}

} // namespace

TEST_CASE("an answer goes to who asked, and not to the reactor") {
  channel_asks_fixture world;
  auto asked = world.ask(2, 7);
  REQUIRE(world.second->got.size() == 1);
  CHECK_FALSE(asked->value);
  world.say(world.second, block_answer(7));
  REQUIRE(asked->value);
  CHECK(asked->value->from == world.id(2));
  REQUIRE(asked->value->message.as<BlockAnswer>());
  CHECK(world.state->got.empty());
  // Another kind of answer to the same question.
  asked = world.ask(2, 8);
  world.say(world.second, no_block_answer(8));
  REQUIRE(asked->value);
  CHECK(asked->value->message.as<NoBlockAnswer>());
  // What asks and what neither asks nor answers is the reactor's.
  world.say(world.second, block_question(1));
  world.say(world.second, Gossip{});
  CHECK(world.state->got.size() == 2);
}

TEST_CASE("nobody answers for another, nor another question") {
  channel_asks_fixture world;
  auto asked = world.ask(2, 7);
  world.say(world.third, block_answer(7));
  world.say(world.second, block_answer(8));
  CHECK_FALSE(asked->value);
  CHECK(world.lost("unasked_answer") == 2);
  CHECK(world.state->got.empty());
  CHECK_FALSE(world.third->closed);
  world.say(world.second, block_answer(7));
  CHECK(asked->value);
}

TEST_CASE("an answer that nobody asked for costs its peer the connection, if "
          "the channel says so") {
  auto what = questions_channel(questions);
  what.blame_unasked = true;
  channel_asks_fixture world{what};
  world.advance(unasked_grace);
  auto asked = world.ask(2, 7);
  world.say(world.third, block_answer(7));
  CHECK(world.third->closed);
  CHECK(world.state->last(world.id(3)).reason == errc::unexpected_message);
  CHECK_FALSE(world.second->closed);
  world.say(world.second, block_answer(7));
  CHECK(asked->value);
}

TEST_CASE("whoever answers those who had the channel before is no offender") {
  auto what = questions_channel(questions);
  what.blame_unasked = true;
  channel_asks_fixture world{what};
  world.advance(unasked_grace);
  auto asked = world.ask(2, 7, 1h);
  world.state->wire.close();
  world.settle();
  CHECK(asked->error);
  auto next = world.open<QuestionsMessage>(world.where, what);
  auto again = world.join(world.where, 2, {questions});
  world.say(again, block_answer(7));
  CHECK(world.lost("unasked_answer") == 1);
  CHECK_FALSE(again->closed);
  world.advance(unasked_grace - 1ns);
  world.say(again, block_answer(7));
  CHECK_FALSE(again->closed);
  world.advance(1ns);
  world.say(again, block_answer(7));
  CHECK(again->closed);
  CHECK(next->last(world.id(2)).reason == errc::unexpected_message);
}

TEST_CASE("who does not answer in time is late, and no offender") {
  auto what = questions_channel(questions);
  what.blame_unasked = true;
  channel_asks_fixture world{what};
  world.advance(unasked_grace);
  auto asked = world.ask(2, 7, 2s);
  world.advance(2s - 1ms);
  CHECK_FALSE(asked->error);
  world.advance(1ms);
  CHECK(code(asked) == errc::timeout);
  world.say(world.second, block_answer(7));
  CHECK(world.lost("late_answer") == 1);
  CHECK_FALSE(world.second->closed);
  // Once is enough.
  world.say(world.second, block_answer(7));
  CHECK(world.second->closed);
}

TEST_CASE("a question fails with the connection of whom it went to") {
  channel_asks_fixture world;
  auto asked = world.ask(2, 7);
  auto other = world.ask(3, 7);
  world.second->hang_up();
  world.settle();
  CHECK(code(asked) == errc::not_connected);
  CHECK_FALSE(other->error);
  CHECK(code(world.ask(2, 8)) == errc::not_connected);
  world.say(world.third, block_answer(7));
  CHECK(other->value);
}

TEST_CASE("what a peer answers before it hangs up is an answer, in whatever "
          "order actors run") {
  auto answer = block_answer(7);
  SUBCASE("a small one") {}
  SUBCASE("one for the decoder") {
    answer.set_data(std::string(2 * decoded_in_place_max, 'x'));
  }
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    channel_asks_fixture world{questions_channel(questions), seed};
    auto asked = world.ask(2, 7);
    auto other = world.ask(2, 8);
    world.send(world.second, answer);
    world.second->hang_up();
    world.settle();
    CHECK(asked->value);
    CHECK(code(other) == errc::not_connected);
    CHECK(world.lost("late_answer") == 0);
  }
}

TEST_CASE("an answer that comes on the connection behind the one it was asked "
          "on is late, and no offence") {
  auto what = questions_channel(questions);
  what.blame_unasked = true;
  channel_asks_fixture world{what};
  world.advance(unasked_grace);
  auto asked = world.ask(2, 7, 1h);
  SUBCASE("which took the place of a silent one") {
    // The old connection is silent, so that the new one takes its place.
    world.second->reads = false;
    world.advance(10s);
    CHECK(world.join(world.where, 2, {questions})->closed);
    world.advance(10s);
    auto newest = world.join(world.where, 2, {questions});
    REQUIRE_FALSE(newest->closed);
    CHECK(code(asked) == errc::not_connected);
    world.say(newest, block_answer(7));
    CHECK(world.lost("late_answer") == 1);
    CHECK_FALSE(newest->closed);
  }
  SUBCASE("though the peer was away in between") {
    world.second->hang_up();
    world.settle();
    CHECK(code(asked) == errc::not_connected);
    auto again = world.join(world.where, 2, {questions});
    world.say(again, block_answer(7));
    CHECK(world.lost("late_answer") == 1);
    CHECK_FALSE(again->closed);
  }
}

TEST_CASE("a peer is asked so many questions at once, and none of them twice") {
  auto what = questions_channel(questions);
  what.asks_per_peer = 2;
  channel_asks_fixture world{what};
  auto first = world.ask(2, 1);
  CHECK(code(world.ask(2, 1)) == errc::queue_full);
  auto second = world.ask(2, 2);
  CHECK(code(world.ask(2, 3)) == errc::queue_full);
  CHECK(world.second->got.size() == 2);
  world.say(world.second, block_answer(2));
  CHECK(second->value);
  auto third = world.ask(2, 3);
  CHECK_FALSE(third->error);
}

TEST_CASE("a reactor whose window is full gets the answers it waits for") {
  auto what = questions_channel(questions);
  what.delivery_window = 1;
  channel_asks_fixture world{what};
  std::vector<int64_t> heights;
  // Is done with a message once it has an answer from its sender.
  world.state->on_message = [&](const inbound_envelope& in) {
    auto* self = world.state->self;
    auto promise = self->make_response_promise<void>();
    world.state->wire.ask(self, in.from, block_question(5), 10s)
        .then(
            [&heights, promise](const inbound_envelope& answer) mutable {
              heights.push_back(
                  answer.message.as<BlockAnswer>()->head().height());
              promise.deliver();
            },
            [promise](const caf::error& reason) mutable {
              promise.deliver(reason);
            });
    return caf::result<void>{promise};
  };
  for (int i = 0; i < 3; ++i)
    world.say(world.second, Gossip{});
  CHECK(world.state->got.size() == 1);
  world.say(world.second, block_answer(5));
  CHECK(heights == std::vector<int64_t>{5});
  CHECK(world.state->got.size() == 2);
  CHECK(world.lost("reactor_failed") == 0);
}

TEST_CASE("answers beyond the questions wait as all messages do") {
  auto what = questions_channel(questions);
  what.delivery_window = 1;
  channel_asks_fixture world{what};
  world.state->patient = true;
  world.say(world.second, Gossip{}); // The window is full.
  auto asked = world.ask(2, 7);
  world.say(world.second, block_answer(1)); // Takes the pass, in vain.
  CHECK(world.lost("unasked_answer") == 1);
  world.say(world.second, block_answer(7));
  CHECK(asked->value);
  world.say(world.second, block_answer(2));
  CHECK(world.lost("unasked_answer") == 1);
  world.release(*world.state);
  CHECK(world.lost("unasked_answer") == 2);
}

TEST_CASE("whoever asks anybody gets the answer of the first who has one") {
  channel_asks_fixture world;
  SUBCASE("the first is silent") {
    auto asked = world.ask_any(7, 2s);
    CHECK(world.second->got.size() + world.third->got.size() == 1);
    const auto first_is_second = !world.second->got.empty();
    world.advance(2s);
    REQUIRE(world.second->got.size() + world.third->got.size() == 2);
    REQUIRE_FALSE(asked->error);
    auto next = first_is_second ? world.third : world.second;
    world.say(next, block_answer(7));
    REQUIRE(asked->value);
    CHECK(asked->value->from == world.id(first_is_second ? 3 : 2));
  }
  SUBCASE("the first goes") {
    auto asked = world.ask_any(7);
    const auto first_is_second = !world.second->got.empty();
    (first_is_second ? world.second : world.third)->hang_up();
    world.settle();
    world.say(first_is_second ? world.third : world.second, block_answer(7));
    CHECK(asked->value);
  }
  SUBCASE("all are silent") {
    auto asked = world.ask_any(7, 1s);
    world.advance(1s);
    CHECK_FALSE(asked->error);
    world.advance(1s);
    CHECK(code(asked) == errc::timeout);
  }
  SUBCASE("one is enough") {
    auto asked = world.ask_any(7, 1s, 1);
    world.advance(1s);
    CHECK(code(asked) == errc::timeout);
    CHECK(world.second->got.size() + world.third->got.size() == 1);
  }
  SUBCASE("nobody is there") {
    world.second->hang_up();
    world.third->hang_up();
    world.settle();
    CHECK(code(world.ask_any(7)) == errc::not_connected);
  }
  SUBCASE("each has the question already") {
    auto one = world.ask(2, 7);
    auto other = world.ask(3, 7);
    CHECK(code(world.ask_any(7)) == errc::queue_full);
  }
}

TEST_CASE("what asks nothing is refused by name, and so is what no peer would "
          "take") {
  channel_asks_fixture world;
  const auto& wire = world.state->wire;
  auto asked = world.ask_with<inbound_envelope>(
      [&](auto* self) { return wire.ask(self, world.id(2), Gossip{}, 1s); });
  CHECK(code(asked) == errc::malformed_message);
  CHECK(text_of(*asked->error)
        == "troupe.test.Gossip asks nothing: no exchange of its channel has it "
           "as a request");
  asked = world.ask_with<inbound_envelope>([&](auto* self) {
    return wire.ask(self, node_id{}, block_question(1), 1s);
  });
  CHECK(code(asked) == errc::invalid_node_id);
  asked = world.ask_with<inbound_envelope>(
      [&](auto* self) { return wire.ask_any(self, Gossip{}, 1s); });
  CHECK(code(asked) == errc::malformed_message);
  CHECK(world.second->got.empty());
}

TEST_CASE("a channel whose exchanges make no sense cannot be opened") {
  world world;
  auto where = world.spawn(world.options(1));
  auto state = world.open<QuestionsMessage>(
      where,
      {.id = questions,
       .exchanges = {{.request = "BlockQuestion", .answer = "Nothing"}}});
  REQUIRE(state->ended);
  CHECK(code_of(*state->ended, errc::none) == errc::invalid_channel);
  CHECK(text_of(*state->ended)
        == "channel 0x71: exchanges: no message 'Nothing' travels here");
}

TEST_CASE("nothing remains of a channel that ends with questions open") {
  channel_asks_fixture world;
  auto asked = world.ask(2, 7);
  world.state->wire.close();
  world.settle();
  REQUIRE(asked->error);
  CHECK(world.running("troupe.channel") == 0);
}
