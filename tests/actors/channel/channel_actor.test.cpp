// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/channel/channel_actor.hpp"

#include <algorithm>

#include <caf/send.hpp>

#include "../world.hpp"
#include "troupe/proto/pex.pb.h"

using namespace troupe;
using namespace troupe::test;

namespace {

/// A channel between a recording reactor and stand-ins for all others.
struct fixture : world {
  struct way {
    caf::actor sender;
    std::shared_ptr<std::vector<outbound_message>> sent;
  };

  explicit fixture(channel_descriptor what = {.id = echo_channel}) {
    router = spawn_guest([this](caf::event_based_actor*) {
      return caf::behavior{[this](open_channel_atom, const channel_descriptor&,
                                  const payload&) -> caf::result<void> {
                             return as_result(verdict);
                           },
                           [this](errored_atom, const connection_ref& which,
                                  const peer_error& error) {
                             errors.emplace_back(which, error);
                           },
                           [this](caf::publish_atom, const node_event& event) {
                             reported.push_back(event);
                           }};
    });
    receiver = spawn_guest([this](caf::event_based_actor* self) {
      return caf::behavior{
          [this, self](deliver_atom, const inbound_envelope& in, size_t cost) {
            self->send(uut, deliver_atom_v, in, cost);
          },
          [this](credit_atom, size_t cost) { credit += cost; }};
    });
    reactor = spawn_guest([this](caf::event_based_actor* self) {
      return caf::behavior{[this, self](const inbound_envelope& in) {
                             got.push_back(in);
                             if (!patient)
                               return answer;
                             pending.push_back(
                                 self->make_response_promise<void>());
                             return caf::result<void>{pending.back()};
                           },
                           [this](caf::tick_atom) {
                             pending.front().deliver();
                             pending.erase(pending.begin());
                           }};
    });
    uut = guard(spawn_channel(sys(), router, reactor, what,
                              echo::EchoMessage::default_instance()));
    end = watch_end(caf::actor_cast<caf::actor>(uut));
    reactor_end = watch_end(reactor);
  }

  ~fixture() {
    pending.clear();
    stop_all();
  }

  /// Opens the way to a peer; null stands for one that lacks the channel.
  way add_peer(uint8_t number, uint64_t generation = 1,
               errc refuse_with = errc::none) {
    auto sent = std::make_shared<std::vector<outbound_message>>();
    auto sender = spawn_guest([=](caf::event_based_actor*) {
      return caf::behavior{
          [=](send_atom, const outbound_message& x) -> caf::result<void> {
            sent->push_back(x);
            return as_result(refuse_with);
          }};
    });
    ask(uut, add_peer_atom_v, connection_ref{id(number), generation}, sender);
    return {sender, sent};
  }

  void remove_peer(uint8_t number, uint64_t generation) {
    ask(uut, remove_peer_atom_v, connection_ref{id(number), generation});
  }

  errc send(const node_id& to, const google::protobuf::Message& message) {
    return ask(uut, send_atom_v,
               outbound_envelope{to, payload::copy_of(message)})
        ->code();
  }

  errc report(uint8_t number) {
    return ask(uut, errored_atom_v, id(number),
               caf::make_error(blame::unexpected_message, "why"))
        ->code();
  }

  /// A message from a peer that costs `cost`.
  void arrive(uint8_t number, size_t cost = 1, uint64_t generation = 1) {
    caf::anon_send(receiver, deliver_atom_v,
                   inbound_envelope{id(number), echo_channel, generation,
                                    payload::copy_of(ping("x"))},
                   cost);
    settle();
  }

  [[nodiscard]] auto got_from(uint8_t number) const {
    return std::count_if(got.begin(), got.end(), [number](const auto& x) {
      return x.from == id(number);
    });
  }

  void finish_oldest() {
    REQUIRE_FALSE(pending.empty());
    caf::anon_send(reactor, caf::tick_atom_v);
    settle();
  }

  /// Lets the reactor answer its oldest message with an error.
  void fail_oldest(const caf::error& reason) {
    REQUIRE_FALSE(pending.empty());
    pending.front().deliver(reason);
    pending.erase(pending.begin());
    settle();
  }

  errc verdict = errc::none;
  bool patient = false;
  caf::result<void> answer = caf::unit;
  std::vector<inbound_envelope> got;
  std::vector<caf::typed_response_promise<void>> pending;
  std::vector<std::pair<connection_ref, peer_error>> errors;
  std::vector<node_event> reported;
  size_t credit = 0;
  std::shared_ptr<std::optional<caf::error>> end;
  std::shared_ptr<std::optional<caf::error>> reactor_end;
  caf::actor router;
  caf::actor receiver;
  caf::actor reactor;
  channel_actor uut;
};

} // namespace

// -- outbound -----------------------------------------------------------------

TEST_CASE("a message for one peer goes to that peer, wrapped") {
  fixture world;
  auto second = world.add_peer(2);
  auto third = world.add_peer(3);
  CHECK(world.send(world.id(2), ping("hello")) == errc::none);
  REQUIRE(second.sent->size() == 1);
  CHECK(second.sent->at(0).channel == world::echo_channel);
  CHECK(*second.sent->at(0).body == wire_ping("hello"));
  CHECK(third.sent->empty());
}

TEST_CASE("a broadcast is marshalled once and shared") {
  fixture world;
  auto second = world.add_peer(2);
  auto third = world.add_peer(3);
  CHECK(world.send({}, ping("all")) == errc::none);
  REQUIRE(second.sent->size() == 1);
  REQUIRE(third.sent->size() == 1);
  CHECK(*second.sent->at(0).body == wire_ping("all"));
  CHECK(second.sent->at(0).body == third.sent->at(0).body);
}

TEST_CASE("a message that cannot be sent says why, and the channel goes "
          "on") {
  fixture world{{.id = world::echo_channel, .recv_message_capacity = 100}};
  auto second = world.add_peer(2);
  auto lost = [&](std::string_view reason) {
    return world.dropped(world::echo_channel, direction::outbound, reason);
  };
  CHECK(world.ask(world.uut, send_atom_v, outbound_envelope{world.id(2), {}})
            ->code()
        == errc::malformed_message);
  CHECK(world.send(world.id(2), p2p::PexRequest{}) == errc::malformed_message);
  CHECK(world.send({}, p2p::PexRequest{}) == errc::malformed_message);
  CHECK(lost("malformed_message") == 3);
  CHECK(world.send(world.id(3), ping("x")) == errc::not_connected);
  CHECK(lost("not_connected") == 1);
  // Two fields with their tags and lengths: 4 bytes.
  CHECK(world.send(world.id(2), ping(std::string(97, 'x')))
        == errc::oversized_message);
  CHECK(lost("oversized_message") == 1);
  CHECK(second.sent->empty());
  CHECK(world.send(world.id(2), ping(std::string(96, 'x'))) == errc::none);
  CHECK(second.sent->size() == 1);
}

TEST_CASE("whoever sends learns what the peer's queue says") {
  fixture world;
  world.add_peer(2, 1, errc::queue_full);
  CHECK(world.send(world.id(2), ping("x")) == errc::queue_full);
}

TEST_CASE("a broadcast that a peer has no room for does not end the channel") {
  fixture world;
  world.add_peer(2, 1, errc::queue_full);
  auto third = world.add_peer(3);
  for (int i = 0; i < 3; ++i)
    CHECK(world.send({}, ping("x")) == errc::none);
  CHECK(third.sent->size() == 3);
  CHECK_FALSE(world.end->has_value());
}

TEST_CASE("a peer that lacks the channel is told apart from one that is "
          "not there") {
  fixture world;
  auto second = world.add_peer(2);
  world.ask(world.uut, add_peer_atom_v, connection_ref{world.id(3), 2},
            caf::actor{});
  CHECK(world.send(world.id(3), ping("x")) == errc::peer_lacks_channel);
  CHECK(world.dropped(world::echo_channel, direction::outbound,
                      "peer_lacks_channel")
        == 1);
  CHECK(world.send({}, ping("x")) == errc::none);
  CHECK(second.sent->size() == 1);
  world.remove_peer(3, 2);
  CHECK(world.send(world.id(3), ping("x")) == errc::not_connected);
}

TEST_CASE("the end of an old connection leaves the way to the new one "
          "open") {
  fixture world;
  world.add_peer(2, 1);
  auto fresh = world.add_peer(2, 2);
  world.remove_peer(2, 1);
  CHECK(world.send(world.id(2), ping("x")) == errc::none);
  CHECK(fresh.sent->size() == 1);
  world.remove_peer(2, 2);
  CHECK(world.send(world.id(2), ping("x")) == errc::not_connected);
}

// -- inbound ------------------------------------------------------------------

TEST_CASE("the reactor is at most a window of messages behind, and peers get "
          "their credit as it catches up") {
  fixture world{{.id = world::echo_channel, .delivery_window = 3}};
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

TEST_CASE("a channel that drops never lets a peer wait") {
  fixture world{{.id = world::echo_channel,
                 .recv_queue_messages = 2,
                 .delivery_window = 1,
                 .on_full = overflow::drop}};
  world.patient = true;
  for (size_t i = 0; i < 10; ++i)
    world.arrive(2, 5);
  CHECK(world.credit == 50);
  CHECK(world.dropped(world::echo_channel, direction::inbound, "queue_full")
        == 7);
  while (!world.pending.empty())
    world.finish_oldest();
  CHECK(world.got.size() == 3);
  CHECK(world.credit == 50);
}

TEST_CASE("peers take turns at the reactor, however much one of them sends") {
  fixture world{{.id = world::echo_channel, .delivery_window = 1}};
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

TEST_CASE("turns are counted in bytes, not in messages") {
  fixture world{{.id = world::echo_channel, .delivery_window = 1}};
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

TEST_CASE("a channel that drops: a fast peer fills its own queue only") {
  fixture world{{.id = world::echo_channel,
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
  fixture world{{.id = world::echo_channel,
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

TEST_CASE("a reactor that answers with a blame blames the peer, in its words") {
  fixture world;
  auto text = std::string{"what is this?"};
  SUBCASE("that it has chosen") {
    world.answer = caf::make_error(blame::rate_limited, text);
  }
  SUBCASE("that it did not choose") {
    text = "rate_limited";
    world.answer = blame::rate_limited;
  }
  world.arrive(2);
  REQUIRE(world.errors.size() == 1);
  const auto& [which, error] = world.errors[0];
  CHECK(which == connection_ref{world.id(2), 1});
  CHECK(error == peer_error{world.id(2), errc::rate_limited, text});
  CHECK(world.credit == 1);
}

TEST_CASE("any other error of a reactor is the reactor's, whatever it says") {
  const caf::error answers[] = {
      caf::make_error(caf::sec::runtime_error),
      caf::make_error(errc::queue_full),
      // What a peer can cause, too, but nobody has said that this one did.
      caf::make_error(errc::malformed_message, "of somebody else"),
      caf::make_error(errc::misbehaved),
  };
  for (const auto& answer : answers) {
    CAPTURE(to_string(answer));
    fixture world;
    world.answer = answer;
    world.arrive(2);
    CHECK(world.errors.empty());
    CHECK(
        world.dropped(world::echo_channel, direction::inbound, "reactor_failed")
        == 1);
    REQUIRE(world.reported.size() == 1);
    CHECK(world.reported[0].reason == "reactor_failed");
    CHECK(world.credit == 1);
  }
}

TEST_CASE("behind the first error of a peer nothing of its connection reaches "
          "the reactor") {
  fixture world{{.id = world::echo_channel, .delivery_window = 1}};
  world.patient = true;
  for (int i = 0; i < 3; ++i)
    world.arrive(2);
  world.arrive(3);
  REQUIRE(world.got_from(2) == 1);
  SUBCASE("that others found") {
    world.ask(world.uut, errored_atom_v, connection_ref{world.id(2), 1});
    CHECK(world.errors.empty());
  }
  SUBCASE("that the reactor finds") {
    world.fail_oldest(blame::unexpected_message);
    CHECK(world.errors.size() == 1);
  }
  SUBCASE("that the reactor reports") {
    world.add_peer(2);
    CHECK(world.report(2) == errc::none);
    CHECK(world.report(2) == errc::none);
    CHECK(world.errors.size() == 1);
  }
  world.arrive(2);
  while (!world.pending.empty())
    world.finish_oldest();
  CHECK(world.got_from(2) == 1);
  CHECK(world.got_from(3) == 1);
  CHECK(world.dropped(world::echo_channel, direction::inbound, "peer_erred")
        == 3);
  // It may come back, and begins anew.
  world.arrive(2, 1, 2);
  CHECK(world.got_from(2) == 2);
}

TEST_CASE("a reactor that finds many messages of a connection bad says so "
          "once") {
  fixture world{{.id = world::echo_channel, .delivery_window = 8}};
  world.patient = true;
  for (int i = 0; i < 8; ++i)
    world.arrive(2);
  while (!world.pending.empty())
    world.fail_oldest(blame::unexpected_message);
  CHECK(world.errors.size() == 1);
}

TEST_CASE("a report names the connection that the peer has now") {
  fixture world;
  CHECK(world.report(2) == errc::not_connected);
  world.add_peer(2, 1);
  world.add_peer(2, 5);
  CHECK(world.report(2) == errc::none);
  REQUIRE(world.errors.size() == 1);
  CHECK(world.errors[0].first == connection_ref{world.id(2), 5});
  CHECK(world.errors[0].second
        == peer_error{world.id(2), errc::unexpected_message, "why"});
  // A peer that lacks the channel can misbehave elsewhere.
  world.ask(world.uut, add_peer_atom_v, connection_ref{world.id(3), 6},
            caf::actor{});
  CHECK(world.report(3) == errc::none);
  REQUIRE(world.errors.size() == 2);
  CHECK(world.errors[1].first == connection_ref{world.id(3), 6});
}

// -- the end ------------------------------------------------------------------

TEST_CASE("a channel that the router refuses ends with the reason, and its "
          "reactor with it") {
  fixture world;
  world.verdict = errc::duplicate_channel;
  world.settle();
  REQUIRE(world.end->has_value());
  CHECK(**world.end == errc::duplicate_channel);
  REQUIRE(world.reactor_end->has_value());
  CHECK(**world.reactor_end == errc::duplicate_channel);
}

TEST_CASE("a channel of a router that is gone says that the node stops") {
  fixture world;
  caf::anon_send_exit(world.router, caf::exit_reason::kill);
  world.settle();
  REQUIRE(world.end->has_value());
  CHECK(**world.end == errc::shutting_down);
  CHECK(**world.reactor_end == errc::shutting_down);
}

TEST_CASE("a channel ends with its reactor") {
  fixture world;
  world.settle();
  REQUIRE_FALSE(world.end->has_value());
  SUBCASE("that fails") {
    end_actor(world.reactor, caf::make_error(caf::sec::runtime_error));
  }
  SUBCASE("that is killed") {
    caf::anon_send_exit(world.reactor, caf::exit_reason::kill);
  }
  SUBCASE("that has finished") {
    caf::anon_send_exit(world.reactor, caf::exit_reason::user_shutdown);
  }
  world.settle();
  CHECK(world.reactor_end->has_value());
  CHECK(world.end->has_value());
}
