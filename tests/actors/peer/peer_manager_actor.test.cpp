// SPDX-License-Identifier: Apache-2.0

// The rules are tested in peerstore/; here is what the mailbox adds to them:
// answers that wait, alarms, subscriptions.

#include "troupe/actors/peer/peer_manager_actor.hpp"

#include <caf/send.hpp>

#include "../world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

struct peer_manager_actor_fixture : world {
  explicit peer_manager_actor_fixture(std::vector<uint8_t> persistent = {}) {
    peer_manager_options rules;
    for (auto number : persistent)
      rules.persistent_peers.push_back(at(number));
    rules.retry.retry_time_jitter = 0s;
    auto core = peer_manager::make(id(1), rules, *random);
    uut = guard(spawn_peer_manager(sys(), std::move(*core), random));
  }

  static node_address at(uint8_t number) {
    return *node_address::parse(address(number));
  }

  auto dial_next() {
    return ask<node_address>(uut, dial_next_atom_v);
  }

  auto evict_next() {
    return ask<eviction>(uut, evict_next_atom_v);
  }

  connection_ref accept(uint8_t number) {
    auto verdict = ask<admission>(uut, accepted_atom_v, id(number));
    REQUIRE(verdict->value);
    return {id(number), verdict->value->generation};
  }

  errc ready(const connection_ref& which) {
    return ask(uut, ready_atom_v, which, peer_info{})->code();
  }

  errc errored(const connection_ref& which, errc what) {
    return ask(uut, errored_atom_v, which, caf::make_error(what))->code();
  }

  errc disconnected(const connection_ref& which) {
    return ask(uut, disconnected_atom_v, which,
               caf::make_error(errc::connection_closed))
        ->code();
  }

  std::shared_ptr<std::vector<peer_update>> subscribe(caf::actor& who) {
    auto seen = std::make_shared<std::vector<peer_update>>();
    who = spawn_guest([seen](caf::event_based_actor*) -> caf::behavior {
      return {[seen](const peer_update& x) { seen->push_back(x); }};
    });
    caf::anon_send(uut, caf::subscribe_atom_v, who);
    settle();
    return seen;
  }

  /// Every monitor that it has set counts here, until it takes it back.
  [[nodiscard]] size_t weak_refs() const {
    auto block = caf::actor_cast<caf::strong_actor_ptr>(uut);
    return block ? block->weak_refs.load() : 0;
  }

  std::shared_ptr<entropy> random = options(1).random;
  peer_manager_actor uut;
};

} // namespace

TEST_CASE("whoever asks for an address to dial waits until there "
          "is one") {
  peer_manager_actor_fixture world;
  auto first = world.dial_next();
  auto second = world.dial_next();
  CHECK_FALSE(first->value);
  auto added = world.ask<bool>(world.uut, caf::add_atom_v, world.at(2));
  CHECK(added->value == true);
  REQUIRE(first->value);
  CHECK(first->value->id == world.id(2));
  CHECK_FALSE(second->value);
  added = world.ask<bool>(world.uut, caf::add_atom_v, world.at(2));
  CHECK(added->value == false);
  CHECK_FALSE(second->value);
  world.ask<bool>(world.uut, caf::add_atom_v, world.at(3));
  REQUIRE(second->value);
  CHECK(second->value->id == world.id(3));
}

TEST_CASE("an address that failed is handed out when its wait is over, "
          "and not "
          "before") {
  peer_manager_actor_fixture world{{2}};
  REQUIRE(world.dial_next()->value);
  world.ask(world.uut, dial_failed_atom_v, world.at(2));
  auto again = world.dial_next();
  world.advance(249ms);
  CHECK_FALSE(again->value);
  world.advance(1ms);
  CHECK(again->value);
}

TEST_CASE("a manager that nobody asks sleeps") {
  peer_manager_actor_fixture world{{2, 3, 4}};
  // One address is out and others could be dialed, but nobody wants to.
  REQUIRE(world.dial_next()->value);
  world.advance(1h);
  CHECK(world.dial_next()->value);
}

TEST_CASE("an address without outcome is handed out again after its "
          "deadline") {
  peer_manager_actor_fixture world{{2}};
  REQUIRE(world.dial_next()->value);
  auto again = world.dial_next();
  world.advance(1min);
  CHECK_FALSE(again->value);
  world.advance(2min);
  CHECK(again->value);
}

TEST_CASE("refusals reach the asker with their codes") {
  peer_manager_actor_fixture world;
  auto verdict = world.ask<admission>(world.uut, accepted_atom_v, world.id(1));
  CHECK(verdict->code() == errc::self_connection);
  verdict = world.ask<admission>(world.uut, dialed_atom_v, world.at(2));
  CHECK(verdict->code() == errc::unknown_peer);
  CHECK(world.ask(world.uut, dial_failed_atom_v, world.at(2))->code()
        == errc::unknown_peer);
  CHECK(world.ready({world.id(2), 1}) == errc::not_connected);
  CHECK(world.disconnected({world.id(2), 1}) == errc::not_connected);
  auto which = world.accept(2);
  verdict = world.ask<admission>(world.uut, accepted_atom_v, world.id(2));
  CHECK(verdict->code() == errc::already_connected);
  CHECK(world.ready(which) == errc::none);
  CHECK(world.ready(which) == errc::invalid_state);
}

TEST_CASE("whoever asks whom to evict waits until there is somebody") {
  peer_manager_actor_fixture world;
  auto which = world.accept(2);
  auto order = world.evict_next();
  CHECK_FALSE(order->value);
  CHECK(world.errored(which, errc::malformed_message) == errc::none);
  REQUIRE(order->value);
  CHECK(order->value->connection == which);
  CHECK(order->value->reason == errc::malformed_message);
  CHECK_FALSE(world.evict_next()->value);
}

TEST_CASE("an eviction that was decided before the peer was "
          "announced stops the announcement") {
  peer_manager_actor_fixture world;
  caf::actor subscriber;
  auto seen = world.subscribe(subscriber);
  auto which = world.accept(2);
  world.errored(which, errc::unexpected_message);
  CHECK(world.ready(which) == errc::unexpected_message);
  CHECK(world.disconnected(which) == errc::none);
  CHECK(seen->empty());
}

TEST_CASE("reports about an old connection leave the new one "
          "alone") {
  peer_manager_actor_fixture world;
  caf::actor subscriber;
  auto seen = world.subscribe(subscriber);
  auto old = world.accept(2);
  CHECK(world.ready(old) == errc::none);
  CHECK(world.disconnected(old) == errc::none);
  auto fresh = world.accept(2);
  CHECK(fresh.generation > old.generation);
  CHECK(world.ready(fresh) == errc::none);
  auto order = world.evict_next();
  CHECK(world.errored(old, errc::evicted) == errc::not_connected);
  CHECK(world.disconnected(old) == errc::not_connected);
  CHECK_FALSE(order->value);
  REQUIRE(seen->size() == 3);
  CHECK(seen->back().status == peer_status::up);
  CHECK(seen->back().generation == fresh.generation);
}

TEST_CASE("a subscriber gets a snapshot first, "
          "and then what happens, in order") {
  peer_manager_actor_fixture world;
  auto second = world.accept(2);
  auto third = world.accept(3);
  world.ready(second);
  caf::actor subscriber;
  auto seen = world.subscribe(subscriber);
  REQUIRE(seen->size() == 1);
  CHECK(seen->at(0).peer == world.id(2));
  world.ready(third);
  world.disconnected(second);
  REQUIRE(seen->size() == 3);
  CHECK(seen->at(1).peer == world.id(3));
  CHECK(seen->at(2).status == peer_status::down);

  SUBCASE("until it unsubscribes") {
    caf::anon_send(world.uut, caf::unsubscribe_atom_v, subscriber);
    world.disconnected(third);
    CHECK(seen->size() == 3);
    const auto nobody = world.weak_refs();
    for (int i = 0; i < 10; ++i) {
      caf::anon_send(world.uut, caf::subscribe_atom_v, subscriber);
      caf::anon_send(world.uut, caf::unsubscribe_atom_v, subscriber);
      world.settle();
    }
    CHECK(world.weak_refs() == nobody);
  }
  SUBCASE("once, however often it subscribes") {
    const auto monitors = world.weak_refs();
    caf::anon_send(world.uut, caf::subscribe_atom_v, subscriber);
    world.settle();
    CHECK(seen->size() == 4); // A new snapshot.
    world.disconnected(third);
    CHECK(seen->size() == 5);
    CHECK(world.weak_refs() == monitors);
  }
  SUBCASE("all of it, if it asks for that, good and bad news included") {
    caf::anon_send(world.uut, caf::subscribe_atom_v, report_atom_v, subscriber);
    world.settle();
    caf::anon_send(world.uut, report_atom_v, third.peer,
                   peer_behaviour::useful_message);
    world.settle();
    REQUIRE(seen->size() == 5);
    CHECK(seen->back().status == peer_status::good);
  }
  SUBCASE("until it ends, without harm to others") {
    caf::actor other;
    auto others = world.subscribe(other);
    caf::anon_send_exit(subscriber, caf::exit_reason::user_shutdown);
    world.settle();
    world.disconnected(third);
    CHECK(seen->size() == 3);
    CHECK(others->size() == 2);
  }
}

TEST_CASE("a subscriber that does not read costs nobody else "
          "anything, and can ask for a snapshot") {
  peer_manager_actor_fixture world;
  // It takes updates and never answers.
  auto stuck = world.spawn_guest([](caf::event_based_actor* self) {
    return caf::behavior{[self, held = std::vector<caf::response_promise>{}](
                             const peer_update&) mutable {
      held.push_back(self->make_response_promise());
      return held.back();
    }};
  });
  caf::anon_send(world.uut, caf::subscribe_atom_v, stuck);
  caf::actor other;
  auto seen = world.subscribe(other);
  size_t expected = 0;
  for (int i = 0; i < 1000; ++i) {
    auto which = world.accept(2);
    CHECK(world.ready(which) == errc::none);
    CHECK(world.disconnected(which) == errc::none);
    expected += 2;
  }
  CHECK(seen->size() == expected);
  CHECK(world.ready(world.accept(3)) == errc::none);
  auto all = world.ask<std::vector<peer_update>>(world.uut, caf::get_atom_v,
                                                 caf::update_atom_v);
  REQUIRE(all->value);
  REQUIRE(all->value->size() == 1);
  CHECK(all->value->front().peer == world.id(3));
}

TEST_CASE("reports, operators' wishes and lists go through") {
  peer_manager_actor_fixture world{{2}};
  CHECK(world
            .ask(world.uut, report_atom_v, world.id(9),
                 peer_behaviour::useful_block)
            ->code()
        == errc::unknown_peer);
  CHECK(world
            .ask(world.uut, report_atom_v, world.id(2),
                 peer_behaviour::useful_block)
            ->code()
        == errc::none);
  auto which = world.accept(3);
  auto evict = world.evict_next();
  CHECK(world
            .ask(world.uut, ban_atom_v, world.id(3), caf::timespan{1h},
                 std::string{"why not"})
            ->code()
        == errc::none);
  REQUIRE(evict->value);
  CHECK(evict->value->connection == which);
  CHECK(evict->value->reason == errc::banned);
  CHECK(world.disconnected(which) == errc::none);
  auto verdict = world.ask<admission>(world.uut, accepted_atom_v, world.id(3));
  CHECK(verdict->code() == errc::banned);
  auto all = world.ask<std::vector<peer_report>>(world.uut, list_atom_v,
                                                 uint64_t{10});
  REQUIRE(all->value);
  REQUIRE(all->value->size() == 2);
  CHECK(all->value->back().explanation
        == "banned for 1h more by an operator: why not");
  CHECK(world.ask(world.uut, unban_atom_v, world.id(3))->code() == errc::none);
  CHECK(world.ask(world.uut, disconnect_atom_v, world.id(3))->code()
        == errc::not_connected);
  CHECK(world.ask(world.uut, dial_atom_v, world.at(4))->code() == errc::none);
  auto next = world.dial_next();
  REQUIRE(next->value);
  CHECK(next->value->id == world.id(4));
  CHECK(world
            .ask(world.uut, dial_failed_atom_v, world.at(4),
                 caf::make_error(errc::wrong_network))
            ->code()
        == errc::none);
  // Whoever is of that protocol knows what such addresses mean.
  CHECK(world
            .ask<admission>(world.uut, accepted_atom_v, world.id(9),
                            endpoint{.protocol = "memory", .path = "x"})
            ->value);
  auto told = world.ask<std::vector<node_address>>(world.uut, advertise_atom_v,
                                                   world.id(9), uint64_t{10});
  REQUIRE(told->value);
  CHECK(told->value->size() == 1); // Node 4 is in another network.
  CHECK(
      world
          .ask(world.uut, limits_atom_v, connection_limits{.max_connected = 0})
          ->code()
      == errc::invalid_option);
  CHECK(
      world
          .ask(world.uut, limits_atom_v, connection_limits{.max_connected = 7})
          ->code()
      == errc::none);
  auto limits
      = world.ask<connection_limits>(world.uut, caf::get_atom_v, limits_atom_v);
  REQUIRE(limits->value);
  CHECK(limits->value->max_connected == 7);
}

TEST_CASE("whoever asks which connections may be dead waits until one "
          "is") {
  peer_manager_actor_fixture world;
  auto which = world.accept(2);
  auto question = world.ask<connection_ref>(world.uut, probe_next_atom_v);
  world.advance(10s);
  auto again = world.ask<admission>(world.uut, accepted_atom_v, world.id(2));
  CHECK(again->code() == errc::already_connected);
  REQUIRE(question->value);
  CHECK(*question->value == which);
  world.advance(10s);
  CHECK(world.accept(2).generation > which.generation);
}

TEST_CASE("a manager ends with questions and alarms pending, behind "
          "what was sent before") {
  peer_manager_actor_fixture world{{2}};
  REQUIRE(world.dial_next()->value);
  world.ask(world.uut, dial_failed_atom_v, world.at(2));
  auto dial = world.dial_next();
  auto evict = world.evict_next();
  auto which = world.accept(3);
  caf::actor subscriber;
  auto seen = world.subscribe(subscriber);
  auto end = world.watch_end(caf::actor_cast<caf::actor>(world.uut));
  caf::anon_send(world.uut, ready_atom_v, which, peer_info{});
  caf::anon_send(world.uut, caf::close_atom_v);
  world.settle();
  CHECK(end->has_value());
  CHECK(seen->size() == 1);
  CHECK(dial->error);
  CHECK(evict->error);
}
