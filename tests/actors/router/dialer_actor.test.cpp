// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/router/dialer_actor.hpp"

#include <map>
#include <set>

#include "../world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

using addresses = std::vector<ip_address>;

struct dialer_actor_fixture : world {
  dialer_actor_fixture() {
    transport = spawn_guest([this](caf::event_based_actor* self) {
      return caf::behavior{
          [this, self](caf::connect_atom, const endpoint& where,
                       caf::timespan limit) -> caf::result<caf::actor> {
            dialed.push_back(to_string(where));
            CHECK(limit == caf::timespan{3s});
            if (where.ip == good)
              return caf::actor_cast<caf::actor>(self);
            if (slow.contains(*where.ip)) {
              auto later = self->make_response_promise<caf::actor>();
              attempts.emplace(*where.ip, later);
              return later;
            }
            return caf::make_error(errc::connection_refused, to_string(where));
          }};
    });
    resolver = spawn_guest([this](caf::event_based_actor* self) {
      using promise = caf::typed_response_promise<addresses>;
      auto ignored = std::make_shared<std::vector<promise>>();
      return caf::behavior{
          [this, self,
           ignored](caf::resolve_atom,
                    const std::string& host) -> caf::result<addresses> {
            looked_up.push_back(host);
            if (silent)
              return ignored->emplace_back(
                  self->make_response_promise<addresses>());
            if (found.empty())
              return caf::make_error(errc::unknown_host, host);
            return found;
          }};
    });
  }

  ~dialer_actor_fixture() {
    stop_all();
  }

  std::shared_ptr<answer<caf::actor>> dial(std::string_view address) {
    auto uut = guard(spawn_dialer(
        sys(),
        {.transports = {{"mconn", caf::actor_cast<transport_actor>(transport)}},
         .resolver = caf::actor_cast<resolver_actor>(resolver),
         .resolve_timeout = 5s,
         .dial_timeout = 3s,
         .limits = limits}));
    auto to
        = node_address::parse(to_string(id(2)) + "@" + std::string{address});
    REQUIRE(to);
    return ask<caf::actor>(uut, caf::connect_atom_v, *to);
  }

  /// An actor that stands for a connection.
  caf::actor connection() {
    return spawn_guest([](caf::event_based_actor* self) {
      return caf::behavior{[self](caf::close_atom) { self->quit(); }};
    });
  }

  /// Somebody answers there after all.
  void answer_at(const ip_address& where, const caf::actor& with) {
    attempts.at(where).deliver(with);
    settle();
  }

  /// Nobody does.
  void give_up_at(const ip_address& where) {
    attempts.at(where).deliver(
        caf::make_error(errc::timeout, to_string(where)));
    settle();
  }

  const ip_address good = ip_address::v4(10, 0, 0, 1);
  const ip_address bad = ip_address::v4(10, 0, 0, 2);
  const ip_address first = *ip_address::parse("fd00::1");
  const ip_address second = ip_address::v4(10, 0, 0, 3);
  /// Those that take their time.
  std::set<ip_address> slow{first, second};
  std::map<ip_address, caf::typed_response_promise<caf::actor>> attempts;
  std::optional<name_limits> limits;
  bool silent = false;
  addresses found;
  std::vector<std::string> dialed;
  std::vector<std::string> looked_up;
  caf::actor transport;
  caf::actor resolver;
};

} // namespace

TEST_CASE("a dialer asks no one about a number") {
  dialer_actor_fixture world;
  auto connection = world.dial("10.0.0.1:1");
  CHECK(connection->value);
  CHECK(world.looked_up.empty());
  CHECK(world.running("troupe.dialer") == 0);
}

TEST_CASE("a dialer tries all endpoints of a name until one answers") {
  dialer_actor_fixture world;
  world.found = {world.bad, world.good, world.bad};
  auto connection = world.dial("example.org:1");
  REQUIRE(connection->value);
  CHECK(*connection->value == world.transport);
  CHECK(world.looked_up == std::vector<std::string>{"example.org"});
  REQUIRE(world.dialed.size() == 2);
  CHECK(world.dialed[1].find("10.0.0.1:1") != std::string::npos);
  CHECK(world.running("troupe.dialer") == 0);
}

TEST_CASE("a dialer fails with what the last endpoint failed with") {
  dialer_actor_fixture world;
  world.found = {world.bad, world.bad};
  CHECK(world.dial("example.org:1")->code() == errc::connection_refused);
  CHECK(world.dialed.size() == 2);
  CHECK(world.running("troupe.dialer") == 0);
}

TEST_CASE("where one family is silent, the other one is tried a quarter of a "
          "second later") {
  dialer_actor_fixture world;
  world.found = {world.first, *ip_address::parse("fd00::2"), world.good};
  auto connection = world.dial("example.org:1");
  world.advance(249ms);
  CHECK(world.dialed.size() == 1);
  CHECK_FALSE(connection->value);
  world.advance(1ms);
  REQUIRE(world.dialed.size() == 2);
  CHECK(world.dialed[1].find("10.0.0.1:1") != std::string::npos);
  REQUIRE(connection->value);
  CHECK(*connection->value == world.transport);
  // Nothing further begins; what goes on has to end.
  world.advance(1s);
  CHECK(world.dialed.size() == 2);
  CHECK(world.running("troupe.dialer") == 1);
  world.give_up_at(world.first);
  CHECK(world.running("troupe.dialer") == 0);
}

TEST_CASE("who answers later than another is hung up on") {
  dialer_actor_fixture world;
  world.found = {world.first, world.second};
  auto taken = world.dial("example.org:1");
  world.advance(250ms);
  REQUIRE(world.attempts.size() == 2);
  auto winner = world.connection();
  auto loser = world.connection();
  auto end = world.watch_end(loser);
  world.answer_at(world.second, winner);
  REQUIRE(taken->value);
  CHECK(*taken->value == winner);
  CHECK_FALSE(end->has_value());
  world.answer_at(world.first, loser);
  REQUIRE(end->has_value());
  CHECK(world.running("troupe.dialer") == 0);
  caf::anon_send_exit(winner, caf::exit_reason::kill);
}

TEST_CASE("a dial fails when all attempts have, with what the last one says") {
  dialer_actor_fixture world;
  world.found = {world.first, world.bad};
  auto connection = world.dial("example.org:1");
  world.advance(250ms);
  CHECK(world.dialed.size() == 2);
  CHECK_FALSE(connection->error);
  world.give_up_at(world.first);
  CHECK(connection->code() == errc::connection_refused);
  CHECK(world.running("troupe.dialer") == 0);
}

TEST_CASE("a stranger's name that leads to private networks alone is not "
          "dialed") {
  dialer_actor_fixture world;
  world.limits.emplace();
  world.found = {world.good, world.first};
  auto connection = world.dial("example.org:1");
  CHECK(connection->code() == errc::invalid_endpoint);
  CHECK(text_of(*connection->error).find("\"example.org\" leads to 10.0.0.1")
        != std::string::npos);
  CHECK(world.dialed.empty());
  CHECK(world.running("troupe.dialer") == 0);
}

TEST_CASE("where a stranger's name leads elsewhere besides, only that is "
          "dialed") {
  dialer_actor_fixture world;
  world.limits.emplace();
  world.found = {world.good, ip_address::v4(1, 2, 3, 4)};
  CHECK(world.dial("example.org:1")->code() == errc::connection_refused);
  REQUIRE(world.dialed.size() == 1);
  CHECK(world.dialed[0].find("1.2.3.4:1") != std::string::npos);
  // A number was judged by whoever learned it.
  CHECK(world.dial("10.0.0.1:1")->value);
}

TEST_CASE("a name without an address fails the dial") {
  dialer_actor_fixture world;
  CHECK(world.dial("example.org:1")->code() == errc::unknown_host);
  CHECK(world.dialed.empty());
  CHECK(world.running("troupe.dialer") == 0);
}

TEST_CASE("a lookup that takes too long fails the dial") {
  dialer_actor_fixture world;
  world.silent = true;
  auto connection = world.dial("example.org:1");
  world.advance(4999ms);
  CHECK_FALSE(connection->error);
  world.advance(1ms);
  CHECK(connection->code() == errc::timeout);
  CHECK(world.running("troupe.dialer") == 0);
}

TEST_CASE("a protocol without a transport fails the dial") {
  dialer_actor_fixture world;
  auto uut
      = spawn_dialer(world.sys(), {.resolve_timeout = 5s, .dial_timeout = 3s});
  auto connection = world.ask<caf::actor>(
      uut, caf::connect_atom_v, *node_address::parse(world.address(2)));
  CHECK(connection->code() == errc::unsupported_protocol);
  CHECK(world.running("troupe.dialer") == 0);
}
