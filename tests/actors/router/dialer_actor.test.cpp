// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/router/dialer_actor.hpp"

#include "../world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

using addresses = std::vector<ip_address>;

struct fixture : world {
  fixture() {
    transport = spawn_guest([this](caf::event_based_actor* self) {
      return caf::behavior{
          [this, self](caf::connect_atom, const endpoint& where,
                       caf::timespan limit) -> caf::result<caf::actor> {
            dialed.push_back(to_string(where));
            CHECK(limit == caf::timespan{3s});
            if (where.ip == good)
              return caf::actor_cast<caf::actor>(self);
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

  ~fixture() {
    stop_all();
  }

  std::shared_ptr<answer<caf::actor>> dial(std::string_view address) {
    auto uut = guard(spawn_dialer(
        sys(),
        {.transports = {{"mconn", caf::actor_cast<transport_actor>(transport)}},
         .resolver = caf::actor_cast<resolver_actor>(resolver),
         .resolve_timeout = 5s,
         .dial_timeout = 3s}));
    auto to
        = node_address::parse(to_string(id(2)) + "@" + std::string{address});
    REQUIRE(to);
    return ask<caf::actor>(uut, caf::connect_atom_v, *to);
  }

  const ip_address good = ip_address::v4(10, 0, 0, 1);
  const ip_address bad = ip_address::v4(10, 0, 0, 2);
  bool silent = false;
  addresses found;
  std::vector<std::string> dialed;
  std::vector<std::string> looked_up;
  caf::actor transport;
  caf::actor resolver;
};

} // namespace

TEST_CASE("a dialer asks no one about a number") {
  fixture world;
  auto connection = world.dial("10.0.0.1:1");
  CHECK(connection->value);
  CHECK(world.looked_up.empty());
  CHECK(world.running("troupe.dialer") == 0);
}

TEST_CASE("a dialer tries all endpoints of a name until one answers") {
  fixture world;
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
  fixture world;
  world.found = {world.bad, world.bad};
  CHECK(world.dial("example.org:1")->code() == errc::connection_refused);
  CHECK(world.dialed.size() == 2);
  CHECK(world.running("troupe.dialer") == 0);
}

TEST_CASE("a name without an address fails the dial") {
  fixture world;
  CHECK(world.dial("example.org:1")->code() == errc::unknown_host);
  CHECK(world.dialed.empty());
  CHECK(world.running("troupe.dialer") == 0);
}

TEST_CASE("a lookup that takes too long fails the dial") {
  fixture world;
  world.silent = true;
  auto connection = world.dial("example.org:1");
  world.advance(4999ms);
  CHECK_FALSE(connection->error);
  world.advance(1ms);
  CHECK(connection->code() == errc::timeout);
  CHECK(world.running("troupe.dialer") == 0);
}

TEST_CASE("a protocol without a transport fails the dial") {
  fixture world;
  auto uut
      = spawn_dialer(world.sys(), {.resolve_timeout = 5s, .dial_timeout = 3s});
  auto connection = world.ask<caf::actor>(
      uut, caf::connect_atom_v, *node_address::parse(world.address(2)));
  CHECK(connection->code() == errc::unsupported_protocol);
  CHECK(world.running("troupe.dialer") == 0);
}
