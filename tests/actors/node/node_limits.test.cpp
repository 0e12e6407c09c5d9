// SPDX-License-Identifier: Apache-2.0
//
// Options of a node about peers and times, each by its effect. Those that have
// suites of their own are not here; the table in samples/troupe/README.md
// says where each is.
#include <memory>

#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include "troupe/tests/actors/router/bad_handshakes.hpp"
#include "troupe/tests/actors/router/dialing_node.hpp"
#include "troupe/tests/actors/world.hpp"

using namespace troupe;
using namespace troupe::test;

using mood = decoy::mood;

namespace {

/// Stand-ins for the nodes from 2 on, which a node is told of one by one.
struct strangers {
  strangers(world& where, size_t count, mood with) : w(where) {
    for (size_t i = 0; i < count; ++i) {
      all.push_back(w.stand_in(w.id(static_cast<uint8_t>(2 + i))));
      all.back()->with = with;
    }
  }

  void tell(const node& whom) {
    for (size_t i = 0; i < all.size(); ++i)
      whom.add_peer(
          *node_address::parse(world::address(static_cast<uint8_t>(2 + i))));
    w.settle();
  }

  [[nodiscard]] size_t attempts() const {
    size_t result = 0;
    for (const auto& one : all)
      result += one->attempts;
    return result;
  }

  world& w;
  std::vector<decoy_ptr> all;
};

std::vector<peer_report> list(world& w, const node& where) {
  auto asked = w.ask<std::vector<peer_report>>(where.router(), list_atom_v,
                                               uint64_t{100});
  REQUIRE(asked->value);
  return *asked->value;
}

/// How long a node that nobody answers waits until it dials again.
duration wait_after_failures(world& w, const decoy& target, size_t failures) {
  while (target.attempts < failures)
    w.advance(100ms);
  duration result{};
  while (target.attempts == failures) {
    w.advance(100ms);
    result += 100ms;
  }
  return result;
}

} // namespace

TEST_CASE("max_outgoing counts connections and dials") {
  world world;
  strangers others{world, 4, mood::accept};
  auto options = world.options(1);
  options.max_outgoing = 2;
  dialing_node uut{world, options};
  others.tell(uut.where);
  CHECK(others.attempts() == 2);
  for (uint8_t i = 0; i < 4; ++i)
    if (!others.all[i]->dials.empty())
      others.all[i]->dials[0]->greet(world.id(uint8_t(2 + i)),
                                     world.info(uint8_t(2 + i)));
  world.advance(1min);
  CHECK(others.attempts() == 2);
  CHECK(uut.state->signs() == "++");
  // Those that come in are no concern of it.
  world.join(uut.where, 9);
  CHECK(uut.state->sees(world.id(9)));
}

TEST_CASE("max_incoming counts those that come in") {
  world world;
  strangers others{world, 2, mood::accept};
  auto options = world.options(1);
  options.max_incoming = 1;
  dialing_node uut{world, options};
  auto first = world.join(uut.where, 8);
  CHECK(world.join(uut.where, 9)->reason() == errc::too_many_peers);
  others.tell(uut.where);
  CHECK(others.attempts() == 2);
  first->hang_up();
  world.settle();
  CHECK_FALSE(world.join(uut.where, 9)->closed);
}

TEST_CASE("max_connected_upgrade lets a better peer take the place of a worse "
          "one") {
  for (size_t extra : {0, 1}) {
    CAPTURE(extra);
    world world;
    auto options = world.options(1, {2}); // Persistent, and not there yet.
    options.max_connected = 1;
    options.max_connected_upgrade = extra;
    dialing_node uut{world, options};
    auto stranger = world.join(uut.where, 8);
    auto better = world.join(uut.where, 2);
    if (extra == 0) {
      CHECK(better->reason() == errc::too_many_peers);
      CHECK_FALSE(stranger->closed);
    } else {
      CHECK_FALSE(better->closed);
      CHECK(stranger->reason() == errc::evicted);
    }
  }
}

TEST_CASE("max_peers bounds what a node remembers") {
  world world;
  strangers others{world, 5, mood::refuse};
  auto options = world.options(1);
  options.max_connected = 2;
  options.max_connected_upgrade = 0;
  options.max_peers = 3;
  dialing_node uut{world, options};
  others.tell(uut.where);
  CHECK(list(world, uut.where).size() == 3);
}

TEST_CASE("private_peers are known as such, so that nobody is told of them") {
  world world;
  strangers others{world, 2, mood::refuse};
  auto options = world.options(1);
  options.private_peers = {to_string(world.id(3))};
  dialing_node uut{world, options};
  others.tell(uut.where);
  for (const auto& peer : list(world, uut.where))
    CHECK(peer.is_private == (peer.peer == world.id(3)));
}

TEST_CASE("max_retry_time and max_retry_time_persistent end the doubling") {
  world world;
  auto persistent = world.stand_in(world.id(8));
  persistent->with = mood::refuse;
  strangers others{world, 1, mood::refuse};
  auto options = world.options(1, {8});
  options.retry.min_retry_time = 1s;
  options.retry.max_retry_time = 8s;
  options.retry.max_retry_time_persistent = 4s;
  dialing_node uut{world, options};
  SUBCASE("of a persistent peer") {
    CHECK(wait_after_failures(world, *persistent, 2) == 2s);
    CHECK(wait_after_failures(world, *persistent, 3) == 4s);
    CHECK(wait_after_failures(world, *persistent, 4) == 4s);
  }
  SUBCASE("of another one") {
    others.tell(uut.where);
    CHECK(wait_after_failures(world, *others.all[0], 3) == 4s);
    CHECK(wait_after_failures(world, *others.all[0], 4) == 8s);
    CHECK(wait_after_failures(world, *others.all[0], 5) == 8s);
  }
}

TEST_CASE("disconnect_cooldown is the wait after a connection") {
  for (auto cooldown : {1s, 7s}) {
    world world;
    auto target = world.stand_in(world.id(2));
    auto options = world.options(1, {2});
    options.disconnect_cooldown = cooldown;
    dialing_node uut{world, options};
    REQUIRE(target->dials.size() == 1);
    target->dials[0]->greet(world.id(2), world.info(2));
    // Long enough to be no failure.
    world.advance(1min);
    target->dials[0]->hang_up();
    world.advance(cooldown - 1ms);
    CHECK(target->attempts == 1);
    world.advance(1ms);
    CHECK(target->attempts == 2);
  }
}

TEST_CASE("dial_timeout ends a dial that nobody answers") {
  world world;
  auto target = world.stand_in(world.id(2));
  target->with = mood::ignore;
  auto options = world.options(1, {2});
  options.dial_timeout = 700ms;
  dialing_node uut{world, options};
  world.advance(699ms);
  CHECK(dial_failures(*uut.state).empty());
  world.advance(1ms);
  CHECK(dial_failures(*uut.state) == std::vector{errc::timeout});
}

TEST_CASE("resolve_timeout ends a lookup that nobody answers") {
  world world;
  auto options = world.options(1);
  options.resolve_timeout = 700ms;
  options.resolver = [](caf::actor_system& sys) -> resolver_actor {
    return sys.spawn([](resolver_actor::pointer self)
                         -> resolver_actor::behavior_type {
      auto waiting = std::make_shared<
          std::vector<caf::typed_response_promise<std::vector<ip_address>>>>();
      return {
          [self, waiting](caf::resolve_atom, const std::string&) {
            return waiting->emplace_back(
                self->make_response_promise<std::vector<ip_address>>());
          },
      };
    });
  };
  dialing_node uut{world, options};
  uut.where.add_peer(
      *node_address::parse("memory://" + to_string(world.id(2)) + "@name"));
  world.advance(699ms);
  CHECK(dial_failures(*uut.state).empty());
  world.advance(1ms);
  CHECK(dial_failures(*uut.state) == std::vector{errc::timeout});
}
