// SPDX-License-Identifier: Apache-2.0

// Filters of the user, and the actor that asks them.

#include "troupe/actors/peer/peer_filter_actor.hpp"

#include <algorithm>

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include "../world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

const endpoint somewhere{
    .protocol = "mconn", .ip = ip_address::v4(10, 1, 2, 3), .port = 26656};

/// A filter that counts its questions and answers when the test says so.
ip_filter_actor spawn_slow_filter(world& w, size_t& asked) {
  using promises = std::vector<caf::typed_response_promise<void>>;
  auto behave = [&asked](caf::event_based_actor* self) -> caf::behavior {
    auto held = std::make_shared<promises>();
    return {
        [&asked, held, self](filter_atom,
                             const endpoint&) -> caf::result<void> {
          ++asked;
          return held->emplace_back(self->make_response_promise<void>());
        },
        [held](caf::ok_atom, size_t index) { (*held)[index].deliver(); },
        [held](caf::tick_atom, size_t index) {
          (*held)[index].deliver(caf::make_error(errc::filtered));
        },
        [held](caf::delete_atom) { held->clear(); },
    };
  };
  return caf::actor_cast<ip_filter_actor>(w.spawn_guest(behave));
}

struct peer_filter_actor_fixture {
  ~peer_filter_actor_fixture() {
    uut = peer_filter_actor{};
    world.stop_all();
  }

  void start(peer_filter_options options) {
    uut = world.guard(spawn_peer_filter(world.sys(), std::move(options)));
  }

  std::shared_ptr<answer<caf::unit_t>> ask(const endpoint& where = somewhere) {
    return world.ask(uut, filter_atom_v, where);
  }

  std::shared_ptr<answer<caf::unit_t>> ask(const node_id& id) {
    return world.ask(uut, filter_atom_v, id, somewhere);
  }

  /// Tells the slow filter what to answer.
  template <class... Ts>
  void tell(const ip_filter_actor& filter, Ts... xs) {
    caf::anon_send(caf::actor_cast<caf::actor>(filter), xs...);
    world.settle();
  }

  size_t asked = 0;
  troupe::test::world world;
  peer_filter_actor uut;
};

} // namespace

TEST_CASE_FIXTURE(peer_filter_actor_fixture,
                  "without filters everybody passes") {
  start({});
  CHECK(ask()->value);
  CHECK(ask(world.id(2))->value);
}

TEST_CASE_FIXTURE(peer_filter_actor_fixture,
                  "lists and filters both have to say yes") {
  auto calls = std::make_shared<size_t>(0);
  auto decide = [calls](const endpoint& where) -> failure {
    ++*calls;
    if (where.port == 1)
      return {errc::banned, "port 1 is not for us"};
    return {};
  };
  start({.lists = {{}, {*ip_network::parse("10.0.0.0/8")}},
         .by_ip = spawn_ip_filter(world.sys(), decide)});
  CHECK(ask()->code() == errc::filtered);
  CHECK(*calls == 0);
  auto other = somewhere;
  other.ip = ip_address::v4(11, 1, 2, 3);
  CHECK(ask(other)->value);
  CHECK(*calls == 1);
  other.port = 1;
  auto refused = ask(other);
  CHECK(refused->code() == errc::filtered);
  CHECK(text_of(*refused->error) == "ip_filter: port 1 is not for us");
  // A place without an IP address is for the user to judge.
  CHECK(ask({.protocol = "memory", .path = "x"})->value);
}

TEST_CASE_FIXTURE(peer_filter_actor_fixture,
                  "a filter for peers learns the ID and from where") {
  start({.by_id = spawn_id_filter(
             world.sys(),
             [](const node_id& id, const endpoint& where) -> failure {
               if (id == world::id(2) && where == somewhere)
                 return {errc::filtered, "not you"};
               return {};
             })});
  CHECK(ask(world.id(2))->code() == errc::filtered);
  CHECK(ask(world.id(3))->value);
  CHECK(ask()->value);
}

TEST_CASE_FIXTURE(peer_filter_actor_fixture,
                  "a filter that does not answer in time says no, and "
                  "its late answer changes nothing") {
  auto filter = spawn_slow_filter(world, asked);
  start({.by_ip = filter, .timeout = 5s});
  auto first = ask();
  world.advance(3s);
  auto second = ask();
  REQUIRE(asked == 2);
  world.advance(1999ms);
  CHECK_FALSE(first->error);
  world.advance(1ms);
  CHECK(first->code() == errc::timeout);
  CHECK(text_of(*first->error).find("ip_filter") != std::string::npos);
  CHECK_FALSE(second->error);
  tell(filter, caf::ok_atom_v, size_t{0});
  tell(filter, caf::ok_atom_v, size_t{1});
  CHECK_FALSE(first->value);
  CHECK(second->value);
}

TEST_CASE_FIXTURE(peer_filter_actor_fixture,
                  "questions that a filter does not answer are "
                  "bounded, also after their time") {
  auto filter = spawn_slow_filter(world, asked);
  start({.by_ip = filter, .timeout = 5s, .questions_max = 3});
  for (int i = 0; i < 3; ++i)
    CHECK_FALSE(ask()->error);
  CHECK(ask()->code() == errc::rate_limited);
  world.advance(5s);
  // The askers know, but the filter still has its work before it.
  CHECK(ask()->code() == errc::rate_limited);
  CHECK(asked == 3);
  tell(filter, caf::ok_atom_v, size_t{0});
  auto next = ask();
  CHECK(asked == 4);
  tell(filter, caf::tick_atom_v, size_t{3});
  CHECK(next->code() == errc::filtered);
  // Peers are asked about by another filter.
  CHECK(ask(world.id(2))->value);
}

TEST_CASE_FIXTURE(peer_filter_actor_fixture,
                  "a filter that has ended says no") {
  auto filter = spawn_slow_filter(world, asked);
  start({.by_ip = filter});
  auto pending = ask();
  end_actor(caf::actor_cast<caf::actor>(filter),
            caf::make_error(caf::sec::runtime_error));
  world.settle();
  CHECK(pending->code() == errc::filtered);
  CHECK(ask()->code() == errc::filtered);
}

TEST_CASE_FIXTURE(peer_filter_actor_fixture,
                  "a filter that forgets a question says no") {
  auto filter = spawn_slow_filter(world, asked);
  start({.by_ip = filter});
  auto pending = ask();
  tell(filter, caf::delete_atom_v);
  CHECK(pending->code() == errc::filtered);
}
