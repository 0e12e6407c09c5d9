// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/channel/channel_actor.hpp"

#include <algorithm>
#include <cstddef>
#include <set>

#include <caf/send.hpp>

#include "../world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// A channel between a recording reactor and stand-ins for all others.
struct fixture : world {
  struct way {
    caf::actor sender;
    std::shared_ptr<std::vector<outbound_message>> sent;
  };

  fixture(channel_descriptor what, const std::string& queue_type)
    : fixture(std::move(what), delivery::one_by_one, queue_type) {}

  explicit fixture(channel_descriptor what = {.id = echo_channel},
                   delivery how = delivery::one_by_one,
                   const std::string& queue_type = "wdrr") {
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
          [this](credit_atom, channel_id, size_t cost) { credit += cost; }};
    });
    reactor = spawn_guest([this](caf::event_based_actor* self) {
      // It would go with anybody it is linked to, whatever the reason.
      self->set_exit_handler(
          [self](caf::exit_msg& msg) { self->quit(std::move(msg.reason)); });
      return caf::behavior{
          [this, self](const inbound_envelope& in) {
            got.push_back(in);
            if (!patient)
              return answer;
            pending.push_back(self->make_response_promise<void>());
            return caf::result<void>{pending.back()};
          },
          [this, self](std::vector<inbound_envelope>& batch) {
            batches.push_back(batch.size());
            for (auto& in : batch)
              got.push_back(std::move(in));
            if (!patient)
              return answer;
            pending.push_back(self->make_response_promise<void>());
            return caf::result<void>{pending.back()};
          },
          [this](caf::tick_atom) {
            pending.front().deliver();
            pending.erase(pending.begin());
          }};
    });
    uut = guard(spawn_channel(sys(), router, reactor, what,
                              echo::EchoMessage::default_instance(), queue_type,
                              how));
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
          [](writable_atom, channel_id) {},
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

  errc send(const node_id& to, std::string_view text) {
    return ask(uut, send_atom_v,
               outbound_envelope{to, message_body{shared_ping(text)}})
        ->code();
  }

  void broadcast(std::string_view text) {
    caf::anon_send(uut, broadcast_atom_v, message_body{shared_ping(text)});
    settle();
  }

  broadcast_report ask_all(std::string_view text) {
    auto result = ask<broadcast_report>(uut, broadcast_atom_v,
                                        message_body{shared_ping(text)});
    REQUIRE(result->value);
    return *result->value;
  }

  static shared_bytes shared_ping(std::string_view text) {
    return std::make_shared<const bytes>(wire_ping(text));
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
  std::vector<size_t> batches; // Their sizes.
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

TEST_CASE("a message for one peer goes to that peer, as it is") {
  fixture world;
  auto second = world.add_peer(2);
  auto third = world.add_peer(3);
  CHECK(world.send(world.id(2), "hello") == errc::none);
  REQUIRE(second.sent->size() == 1);
  CHECK(second.sent->at(0).channel == world::echo_channel);
  CHECK(*second.sent->at(0).body == wire_ping("hello"));
  CHECK(third.sent->empty());
}

TEST_CASE("peers share the bytes of a broadcast") {
  fixture world;
  auto second = world.add_peer(2);
  auto third = world.add_peer(3);
  world.broadcast("all");
  REQUIRE(second.sent->size() == 1);
  REQUIRE(third.sent->size() == 1);
  CHECK(*second.sent->at(0).body == wire_ping("all"));
  CHECK(second.sent->at(0).body == third.sent->at(0).body);
}

TEST_CASE("no peer is nobody, and not all of them") {
  fixture world;
  auto second = world.add_peer(2);
  CHECK(world.send({}, "x") == errc::not_connected);
  CHECK(world.dropped(world::echo_channel, direction::outbound, "not_connected")
        == 1);
  CHECK(second.sent->empty());
}

TEST_CASE("what was not sent is counted, and answered with the reason") {
  fixture world;
  world.add_peer(2);
  const auto reason = caf::make_error(errc::oversized_message, "by far");
  auto one = world.ask(world.uut, send_atom_v, reason);
  REQUIRE(one->error);
  CHECK(*one->error == reason);
  auto all = world.ask<broadcast_report>(world.uut, broadcast_atom_v, reason);
  REQUIRE(all->error);
  CHECK(*all->error == reason);
  CHECK(world.dropped(world::echo_channel, direction::outbound,
                      "oversized_message")
        == 2);
}

TEST_CASE("whoever sends learns what the peer's queue says") {
  fixture world;
  world.add_peer(2, 1, errc::queue_full);
  CHECK(world.send(world.id(2), "x") == errc::queue_full);
}

TEST_CASE("a broadcast that a peer has no room for does not end the channel") {
  fixture world;
  world.add_peer(2, 1, errc::queue_full);
  auto third = world.add_peer(3);
  for (int i = 0; i < 3; ++i)
    world.broadcast("x");
  CHECK(third.sent->size() == 3);
  CHECK_FALSE(world.end->has_value());
}

TEST_CASE("whoever asks about a broadcast learns who took it, and why others "
          "did not") {
  fixture world;
  CHECK(world.ask_all("nobody is there") == broadcast_report{});
  world.add_peer(2);
  world.add_peer(3);
  world.add_peer(4, 1, errc::queue_full);
  world.add_peer(5, 1, errc::queue_full);
  auto gone = world.add_peer(6);
  caf::anon_send_exit(gone.sender, caf::exit_reason::kill);
  world.ask(world.uut, add_peer_atom_v, connection_ref{world.id(7), 1},
            caf::actor{}); // Lacks the channel.
  const broadcast_report expected{
      .taken = 2, .refused = {{errc::queue_full, 2}, {errc::not_connected, 1}}};
  CHECK(world.ask_all("x") == expected);
  CHECK_FALSE(world.end->has_value());
}

TEST_CASE("the answer to a broadcast waits for the slowest peer") {
  fixture world;
  world.add_peer(2);
  auto promise = std::make_shared<caf::typed_response_promise<void>>();
  auto slow = world.spawn_guest([promise](caf::event_based_actor* self) {
    return caf::behavior{[=](send_atom, const outbound_message&) {
      *promise = self->make_response_promise<void>();
      return *promise;
    }};
  });
  world.ask(world.uut, add_peer_atom_v, connection_ref{world.id(3), 1}, slow);
  auto answer = world.ask<broadcast_report>(
      world.uut, broadcast_atom_v, message_body{world.shared_ping("x")});
  CHECK_FALSE(answer->value);
  // Meanwhile the channel goes on.
  CHECK(world.send(world.id(2), "y") == errc::none);
  SUBCASE("that takes it") {
    promise->deliver();
    world.settle();
    CHECK(answer->value == broadcast_report{.taken = 2});
  }
  SUBCASE("that goes") {
    promise->deliver(caf::make_error(caf::exit_reason::kill));
    world.settle();
    CHECK(
        answer->value
        == broadcast_report{.taken = 1, .refused = {{errc::not_connected, 1}}});
  }
  *promise = {};
}

TEST_CASE("a peer that lacks the channel is told apart from one that is "
          "not there") {
  fixture world;
  auto second = world.add_peer(2);
  world.ask(world.uut, add_peer_atom_v, connection_ref{world.id(3), 2},
            caf::actor{});
  CHECK(world.send(world.id(3), "x") == errc::peer_lacks_channel);
  CHECK(world.dropped(world::echo_channel, direction::outbound,
                      "peer_lacks_channel")
        == 1);
  world.broadcast("x");
  CHECK(second.sent->size() == 1);
  world.remove_peer(3, 2);
  CHECK(world.send(world.id(3), "x") == errc::not_connected);
}

TEST_CASE(
    "a reactor that was refused by its channel can ask for room, and what "
    "it could not send has its own reason") {
  fixture world{{.id = world::echo_channel, .send_total_messages = 1}};
  auto second = world.add_peer(2);
  for (int i = 0; i < 2; ++i)
    caf::anon_send(
        world.uut, send_atom_v,
        outbound_envelope{world.id(2), message_body{world.shared_ping("x")}});
  SUBCASE("the question") {
    CHECK(world.ask(world.uut, writable_atom_v, world.id(2))->value);
  }
  SUBCASE("the reason") {
    CHECK(world
              .ask(world.uut, send_atom_v,
                   caf::make_error(errc::oversized_message))
              ->code()
          == errc::oversized_message);
  }
  CHECK(second.sent->size() == 1);
}

TEST_CASE("a reactor that answers with no error after all has not failed") {
  fixture world;
  world.answer = caf::error{};
  world.arrive(2);
  CHECK(world.errors.empty());
  CHECK(world.dropped(world::echo_channel, direction::inbound, "reactor_failed")
        == 0);
  CHECK(world.credit == 1);
}

TEST_CASE("what is refused before a channel has run is told as well") {
  fixture world{{.id = world::echo_channel, .send_total_messages = 1}};
  for (int i = 0; i < 3; ++i)
    caf::anon_send(
        world.uut, send_atom_v,
        outbound_envelope{world.id(2), message_body{world.shared_ping("x")}});
  world.settle();
  REQUIRE(world.reported.size() == 1);
  CHECK(world.reported[0].reason == "queue_full");
  CHECK(world.reported[0].count >= 1);
}

TEST_CASE("a reactor that sends faster than its channel passes on is refused "
          "what is beyond the bound") {
  auto what = channel_descriptor{.id = world::echo_channel};
  auto expected = size_t{0};
  SUBCASE("in messages") {
    what.send_total_messages = expected = 3;
  }
  SUBCASE("in bytes") {
    what.send_total_bytes = 3 * message_cost(wire_ping("x").size());
    expected = 3;
  }
  SUBCASE("but for one that is alone") {
    what.send_total_bytes = 1;
    expected = 1;
  }
  fixture world{what};
  auto second = world.add_peer(2);
  auto lost = [&] {
    return world.dropped(world::echo_channel, direction::outbound,
                         "queue_full");
  };
  auto flood = [&](int count) {
    for (int i = 0; i < count; ++i)
      caf::anon_send(
          world.uut, send_atom_v,
          outbound_envelope{world.id(2), message_body{world.shared_ping("x")}});
    world.settle();
  };
  flood(5);
  CHECK(second.sent->size() == expected);
  CHECK(lost() == 5 - expected);
  REQUIRE(world.reported.size() == 1);
  CHECK(world.reported[0].what == node_event::kind::messages_shed);
  CHECK(world.reported[0].way == direction::outbound);
  CHECK(world.reported[0].reason == "queue_full");
  // There is room again once the channel has passed them on.
  flood(1);
  CHECK(second.sent->size() == expected + 1);
  CHECK(lost() == 5 - expected);
}

TEST_CASE("the end of an old connection leaves the way to the new one "
          "open") {
  fixture world;
  world.add_peer(2, 1);
  auto fresh = world.add_peer(2, 2);
  world.remove_peer(2, 1);
  CHECK(world.send(world.id(2), "x") == errc::none);
  CHECK(fresh.sent->size() == 1);
  world.remove_peer(2, 2);
  CHECK(world.send(world.id(2), "x") == errc::not_connected);
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

TEST_CASE("a channel that drops gives nothing back, since the peer does not "
          "wait for it") {
  fixture world{{.id = world::echo_channel,
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

TEST_CASE("with a queue type of fifo peers have no turns") {
  fixture world{{.id = world::echo_channel, .delivery_window = 1}, "fifo"};
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

TEST_CASE("what an old connection still delivers does not come between the "
          "messages of a new one") {
  fixture world{{.id = world::echo_channel, .delivery_window = 1}};
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

TEST_CASE("a reactor that takes batches gets what is there, one batch at a "
          "time") {
  fixture world{{.id = world::echo_channel, .delivery_window = 4},
                delivery::in_batches};
  world.patient = true;
  world.arrive(2, 10);
  for (int i = 0; i < 6; ++i)
    world.arrive(3, 10);
  CHECK(world.batches == std::vector<size_t>{1});
  CHECK(world.credit == 0);
  world.finish_oldest();
  CHECK(world.batches == std::vector<size_t>{1, 4});
  CHECK(world.credit == 10);
  world.finish_oldest();
  CHECK(world.batches == std::vector<size_t>{1, 4, 2});
  CHECK(world.credit == 50);
  world.finish_oldest();
  CHECK(world.credit == 70);
  world.arrive(2, 10);
  CHECK(world.batches == std::vector<size_t>{1, 4, 2, 1});
}

TEST_CASE("peers take turns in batches, too") {
  fixture world{{.id = world::echo_channel, .delivery_window = 4},
                delivery::in_batches};
  world.patient = true;
  for (int i = 0; i < 100; ++i)
    world.arrive(2, 1000);
  world.arrive(3, 1000);
  world.finish_oldest();
  CHECK(world.got_from(3) == 1);
}

TEST_CASE("an error that answers a batch blames nobody, as it names nobody") {
  fixture world{{.id = world::echo_channel}, delivery::in_batches};
  world.answer = caf::make_error(blame::misbehaved, "one of them");
  world.arrive(2);
  CHECK(world.errors.empty());
  CHECK(world.dropped(world::echo_channel, direction::inbound, "reactor_failed")
        == 1);
  CHECK(world.credit == 1);
  world.arrive(2);
  CHECK(world.batches.size() == 2);
}

TEST_CASE("a peer that erred is in no batch any more") {
  fixture world{{.id = world::echo_channel, .delivery_window = 4},
                delivery::in_batches};
  world.patient = true;
  world.arrive(3);
  for (int i = 0; i < 4; ++i)
    world.arrive(2);
  world.arrive(3);
  world.ask(world.uut, errored_atom_v, connection_ref{world.id(2), 1},
            caf::make_error(blame::misbehaved));
  CHECK(world.errors.size() == 1);
  world.finish_oldest();
  CHECK(world.got_from(2) == 0);
  CHECK(world.got_from(3) == 2);
}

TEST_CASE("a peer that errs while a batch is made is not in it") {
  std::set<ptrdiff_t> seen;
  // Before the batch is begun, while it is made, and when it is handed over.
  for (size_t steps : {1, 5, 50, 300, 5000}) {
    fixture world{{.id = world::echo_channel, .delivery_window = 1000},
                  delivery::in_batches};
    world.patient = true;
    world.arrive(3);
    for (int i = 0; i < 500; ++i)
      world.arrive(2);
    caf::anon_send(world.reactor, caf::tick_atom_v);
    world.step(steps);
    caf::anon_send(world.uut, errored_atom_v, connection_ref{world.id(2), 1});
    world.settle();
    seen.insert(world.got_from(2));
  }
  CHECK(seen == std::set<ptrdiff_t>{0, 500});
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

TEST_CASE("a channel that its reactor closes ends alone") {
  fixture world;
  world.add_peer(2);
  caf::anon_send(world.uut, caf::close_atom_v);
  world.settle();
  REQUIRE(world.end->has_value());
  CHECK_FALSE(**world.end);
  CHECK_FALSE(world.reactor_end->has_value());
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
