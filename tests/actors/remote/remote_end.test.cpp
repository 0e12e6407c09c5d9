// SPDX-License-Identifier: Apache-2.0
//
// What the node does when the process of a reactor dies. A proxy that the test
// plays stands for the other end: it ends as CAF ends what stands for an actor
// of a process that is gone.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <caf/abstract_actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include "troupe/proto/raw.pb.h"
#include "troupe/tests/actors/remote/far_world.hpp"
#include "troupe/transport/mailbox_entry.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// The other end of a channel, in the hands of the test.
struct far_end {
  std::vector<std::pair<uint64_t, inbound_envelope>> got = {};
  bool patient = false;
  bool alive = true;
  std::optional<caf::error> refused = {};
  std::vector<caf::typed_response_promise<void>> unanswered = {};
  caf::actor keeper = {};
  caf::actor channel = {};
  caf::actor self = {};

  void finish(uint64_t number, caf::error reason = {}) const {
    caf::actor_cast<caf::abstract_actor*>(keeper)->enqueue(
        make_entry(caf::actor_cast<caf::strong_actor_ptr>(self),
                   caf::make_message_id(),
                   caf::make_message(finish_atom_v, number, std::move(reason))),
        nullptr);
  }

  /// Ends in an orderly way, as its reactor does.
  void close() {
    caf::anon_send(self, caf::close_atom_v);
    keeper = {};
    channel = {};
    self = {};
  }
};

using far_end_ptr = std::shared_ptr<far_end>;

struct remote_end_fixture : far_world {
  explicit remote_end_fixture(duration reattach_time = 30s)
    : wanted{.descriptor = {.id = questions, .reattach_time = reattach_time},
             .type = "troupe.test.QuestionsMessage"},
      operators(watch(near)) {}

  far_end_ptr attach(bool talks = true) {
    auto state = std::make_shared<far_end>();
    state->self = spawn_guest([=, this](caf::event_based_actor* self)
                                  -> caf::behavior {
      self->request(gate, caf::infinite, open_channel_atom_v, wanted,
                    caf::actor_cast<caf::actor>(self))
          .then(
              [state](const caf::actor& keeper, const caf::actor& channel) {
                state->keeper = keeper;
                state->channel = channel;
              },
              [state](const caf::error& reason) { state->refused = reason; });
      return {
          [self, state, talks](active_atom) -> caf::result<void> {
            if (!talks) {
              state->unanswered.push_back(self->make_response_promise<void>());
              return state->unanswered.back();
            }
            return as_result(state->alive ? errc::none : errc::invalid_state);
          },
          [state](deliver_atom, uint64_t number, const inbound_envelope& in) {
            state->got.emplace_back(number, in);
            if (!state->patient)
              state->finish(number);
          },
          [self](caf::close_atom) { self->quit(); },
          [self](caf::close_atom, const caf::error& why) { self->quit(why); },
      };
    });
    settle();
    return state;
  }

  /// The process of an end dies.
  void die(const far_end_ptr& who) {
    end_actor(who->self,
              caf::make_error(caf::exit_reason::remote_link_unreachable));
    who->keeper = {};
    who->channel = {};
    who->self = {};
    settle();
    who->unanswered.clear();
  }

  void join_peer() {
    second = join(near, 2, {questions});
  }

  void say(std::string_view text) {
    second->send(questions, from_text(text));
    settle();
  }

  [[nodiscard]] std::vector<errc> closed() const {
    return operators->codes(node_event::kind::channel_closed);
  }

  remote_channel wanted;
  recorder_ptr operators;
};

std::string raw_text(const inbound_envelope& in) {
  const auto* raw = in.message.as<RawMessage>();
  return raw != nullptr ? raw->body() : "decoded";
}

} // namespace

TEST_CASE("messages leave the node as bytes") {
  remote_end_fixture world;
  auto end = world.attach();
  REQUIRE(end->keeper);
  world.join_peer();
  world.say("anything");
  REQUIRE(end->got.size() == 1);
  CHECK(raw_text(end->got[0].second) == "anything");
  end->close();
  world.settle();
  CHECK(world.closed() == std::vector{errc::none});
}

TEST_CASE("the channel of a process that dies stays, sheds and counts, until a "
          "new one comes") {
  remote_end_fixture world;
  auto first = world.attach();
  world.join_peer();
  first->patient = true;
  world.say("one");
  CHECK(first->got.size() == 1);
  world.die(first);
  // What it had is lost, and so is what comes.
  CHECK(world.lost("reactor_away") == 1);
  world.say("two");
  CHECK(world.lost("reactor_away") == 2);
  world.advance(29s);
  CHECK(world.closed().empty());
  CHECK_FALSE(world.second->closed);
  auto next = world.attach();
  REQUIRE(next->keeper);
  world.say("three");
  REQUIRE(next->got.size() == 1);
  CHECK(raw_text(next->got[0].second) == "three");
  world.advance(1h);
  CHECK(world.closed().empty());
  CHECK_FALSE(world.second->closed);
  // An operator has heard of the loss.
  auto& events = world.operators->events;
  CHECK(std::any_of(events.begin(), events.end(), [](const node_event& x) {
    return x.what == node_event::kind::messages_shed
           && x.reason == "reactor_away";
  }));
  next->close();
  world.settle();
}

TEST_CASE("nobody waits for a process for longer than the channel says") {
  remote_end_fixture world{10s};
  auto end = world.attach();
  world.join_peer();
  world.die(end);
  world.advance(10s - 1ns);
  CHECK(world.closed().empty());
  world.advance(1ns);
  CHECK(world.closed() == std::vector{errc::node_lost});
  CHECK(world.operators->last(world.id(2)).reason == errc::channels_changed);
  CHECK(world.running("troupe.channel-keeper") == 0);
  // It may come back for a new one.
  auto next = world.attach();
  CHECK(next->keeper);
  next->close();
  world.settle();
}

TEST_CASE("a reattach time of none closes the channel at once") {
  remote_end_fixture world{0s};
  auto end = world.attach();
  world.die(end);
  CHECK(world.closed() == std::vector{errc::node_lost});
}

TEST_CASE("two ends cannot have one channel, unless the first is dead") {
  remote_end_fixture world;
  auto first = world.attach();
  auto second = world.attach();
  REQUIRE(second->refused);
  CHECK(code_of(*second->refused, errc::none) == errc::duplicate_channel);
  // Its reactor has ended, of which the node has not heard yet.
  first->alive = false;
  auto third = world.attach();
  CHECK(third->keeper);
  CHECK(third->channel != first->channel);
  third->close();
  world.settle();
}

TEST_CASE("who comes before it is known that the old process is dead gets the "
          "channel as soon as it is") {
  remote_end_fixture world;
  // It says nothing any more.
  auto first = world.attach(false);
  auto kept = first->keeper;
  REQUIRE(kept);
  auto next = world.attach();
  CHECK_FALSE(next->refused);
  CHECK_FALSE(next->keeper);
  world.die(first);
  CHECK(next->keeper == kept);
  next->close();
  world.settle();
}

TEST_CASE("only so many wait until it is known that the old process is dead") {
  remote_end_fixture world;
  // Its process says nothing any more.
  auto first = world.attach(false);
  auto kept = first->keeper;
  REQUIRE(kept);
  std::vector<far_end_ptr> waiting;
  for (int i = 0; i < 16; ++i)
    waiting.push_back(world.attach());
  for (const auto& each : waiting)
    CHECK_FALSE(each->refused);
  auto late = world.attach();
  REQUIRE(late->refused);
  CHECK(code_of(*late->refused, errc::none) == errc::queue_full);
  CHECK(troupe::text_of(*late->refused)
            .find("16 reactors wait for channel 0x71 to be free")
        != std::string::npos);
  // Of another channel, nobody waits.
  world.wanted.descriptor.id = 0x72;
  auto other = world.attach();
  CHECK(other->keeper);
  world.wanted.descriptor.id = far_world::questions;
  world.die(first);
  const auto has_it = [](const far_end_ptr& x) { return x->keeper != nullptr; };
  const auto next = std::find_if(waiting.begin(), waiting.end(), has_it);
  REQUIRE(next != waiting.end());
  CHECK((*next)->keeper == kept);
  CHECK(std::count_if(waiting.begin(), waiting.end(), has_it) == 1);
  // And there is room again: whoever comes now hears why it is too late.
  late = world.attach();
  REQUIRE(late->refused);
  CHECK(code_of(*late->refused, errc::none) == errc::duplicate_channel);
  kept = {};
  (*next)->close();
  other->close();
  world.settle();
}

TEST_CASE("who comes back for another channel gets a new one") {
  remote_end_fixture world;
  auto first = world.attach();
  auto kept = first->keeper;
  world.die(first);
  world.wanted.descriptor.priority = 7;
  auto next = world.attach();
  CHECK(next->keeper);
  CHECK(next->keeper != kept);
  CHECK(world.closed() == std::vector{errc::channels_changed});
  kept = {};
  next->close();
  world.settle();
}

TEST_CASE("a subscriber whose process dies leaves nothing behind") {
  remote_end_fixture world;
  caf::actor subscriber;
  // It never answers.
  subscriber
      = world.spawn_guest([&](caf::event_based_actor* self) -> caf::behavior {
          world.far.subscribe(self);
          world.far.observe(self);
          return {
              [self](const peer_update&) {
                return self->make_response_promise<void>();
              },
              [self](const node_event&) {
                return self->make_response_promise<void>();
              },
          };
        });
  auto end = world.attach();
  world.join_peer();
  CHECK(world.running("troupe.relay") == 1);
  end_actor(subscriber,
            caf::make_error(caf::exit_reason::remote_link_unreachable));
  subscriber = {};
  world.settle();
  CHECK(world.running("troupe.relay") == 0);
  end->close();
  world.settle();
}
