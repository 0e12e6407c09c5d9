// SPDX-License-Identifier: Apache-2.0

// Transports that a program brings along.

#include "troupe/actors/node/added_transport.hpp"

#include <fmt/format.h>

#include <caf/actor_cast.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "../world.hpp"
#include "troupe/transport/actor_state.hpp"
#include "troupe/transport/mconn/mconn_connection_actor.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// What a transport was asked for.
struct diary {
  std::vector<endpoint> listens;
  std::vector<endpoint> dials;
  added_transport::node_part told;
};

/// Reaches nobody.
struct lonely_state {
  static inline const char* name = "troupe.test.lonely-transport";

  lonely_state(transport_actor::pointer, std::shared_ptr<diary> book)
    : notes(std::move(book)) {}

  transport_actor::behavior_type make_behavior() {
    return {
        [this](listen_atom, const endpoint& where) -> caf::result<endpoint> {
          notes->listens.push_back(where);
          return where;
        },
        [](accept_atom) -> caf::result<caf::actor> {
          return caf::make_error(errc::shutting_down);
        },
        [this](caf::connect_atom, const endpoint& where,
               caf::timespan) -> caf::result<caf::actor> {
          notes->dials.push_back(where);
          return caf::make_error(errc::connection_refused);
        },
        [this](caf::get_atom) -> caf::result<std::vector<endpoint>> {
          return notes->listens;
        },
        [](limits_atom, const inbound_limits&) {},
        [](caf::close_atom) {},
    };
  }

  std::shared_ptr<diary> notes;
};

added_transport lonely(std::string protocol, std::shared_ptr<diary> book
                                             = std::make_shared<diary>()) {
  return {.protocols = {std::move(protocol)},
          .make = [book](caf::actor_system& sys,
                         const added_transport::node_part& told) {
            book->told = told;
            return spawn_state<lonely_state, transport_actor>(sys, book);
          }};
}

} // namespace

TEST_CASE("a node speaks the protocols of added transports besides its own") {
  world world;
  auto book = std::make_shared<diary>();
  auto target = world.stand_in(world.id(2));
  auto options = world.options(1, {2});
  const auto far = "toy:" + to_string(world::id(3));
  options.bootstrap_peers.push_back(far);
  options.transports = {lonely("toy", book)};
  options.transports[0].listen
      = endpoint{.protocol = "toy", .path = "anywhere"};
  auto where = world.spawn(options);
  auto reactor = world.open(where);
  world.advance(1s);
  CHECK(book->listens == std::vector{*options.transports[0].listen});
  REQUIRE_FALSE(book->dials.empty());
  CHECK(book->dials[0] == *to_endpoint(*node_address::parse(far)));
  CHECK(target->attempts > 0);
  CHECK(reactor->codes(node_event::kind::listening).size() == 2);
  // It can be who the node is, and count on its memory.
  REQUIRE(book->told);
  CHECK(book->told->key.id() == where.id());
  CHECK(book->told->budget);
}

TEST_CASE("the node listens with an added transport where `listen` says so") {
  world world;
  auto book = std::make_shared<diary>();
  auto options = world.options(1);
  options.listen = {"toy://127.0.0.1:5"};
  options.transports = {lonely("toy", book)};
  auto where = world.spawn(options);
  world.open(where);
  REQUIRE(book->listens.size() == 1);
  CHECK(to_string(book->listens[0]) == options.listen[0]);
  options.transports.clear();
  CHECK(validate(options).code == errc::unsupported_protocol);
}

TEST_CASE("an added transport takes a built-in one's place where that is "
          "said") {
  world world;
  auto book = std::make_shared<diary>();
  auto options = world.options(1, {2});
  options.transports = {lonely("memory", book)};
  options.transports[0].replaces_built_in = true;
  world.open(world.spawn(std::move(options)));
  // What the built-in one would listen at is no concern of it.
  CHECK(book->listens.empty());
  CHECK(book->dials.size() == 1);
}

TEST_CASE("transports whose names do not fit are refused, in words") {
  auto changed = [](added_transport what, auto change) {
    change(what);
    return what;
  };
  const std::pair<std::vector<added_transport>, std::string_view> rows[] = {
      {{lonely("tcp")}, "\"tcp\" is built in; replaces_built_in puts"},
      {{lonely("memory")}, "\"memory\" is built in"},
      {{lonely("toy"), lonely("toy")}, "\"toy\" is given twice"},
      {{changed(lonely("toy"), [](auto& x) { x.protocols.push_back("toy"); })},
       "\"toy\" is given twice"},
      {{changed(lonely("toy"), [](auto& x) { x.replaces_built_in = true; })},
       "\"toy\" is not built in, so that it replaces nothing"},
      {{changed(lonely("toy"), [](auto& x) { x.make = nullptr; })},
       "\"toy\" has no function that makes it"},
      {{changed(lonely("toy"), [](auto& x) { x.protocols.clear(); })},
       "one has no name"},
      {{changed(lonely("toy"),
                [](auto& x) {
                  x.listen = endpoint{.protocol = "joy", .path = "x"};
                })},
       "\"toy\" is to listen at \"joy:///x\", of another protocol"},
      {{lonely("Toy")}, "\"Toy\" is no name of a protocol"},
      {{lonely("")}, "\"\" is no name of a protocol"},
      {{lonely("2y")}, "\"2y\" is no name of a protocol"},
  };
  world world;
  for (const auto& [transports, words] : rows) {
    CAPTURE(words);
    auto options = world.options(1);
    options.transports = transports;
    auto found = validate(options);
    CAPTURE(found.context);
    CHECK(found.code == errc::invalid_option);
    CHECK(found.context.find("transports: ") == 0);
    CHECK(found.context.find(words) != std::string::npos);
  }
}

TEST_CASE("an option with a protocol that nobody speaks ends the node, with an "
          "error that names both") {
  world world;
  using list = std::vector<std::string> node_options::*;
  const std::tuple<std::string_view, list, std::string_view> rows[] = {
      {"persistent_peers", &node_options::persistent_peers, "foo"},
      {"persistent_peers", &node_options::persistent_peers, "memory"},
      {"bootstrap_peers", &node_options::bootstrap_peers, "foo"},
      {"bootstrap_peers", &node_options::bootstrap_peers, "memory"},
  };
  for (const auto& [option, peers, protocol] : rows) {
    CAPTURE(option);
    CAPTURE(protocol);
    auto options = world.options(1);
    options.memory = nullptr;
    options.*peers = {fmt::format("{}:{}", protocol, world::id(2))};
    auto end = world.watch_end(router_of(world.spawn(options)));
    world.settle();
    REQUIRE(end->has_value());
    CHECK(**end == errc::invalid_option);
    CHECK(text_of(**end).find(option) != std::string::npos);
    CHECK(text_of(**end).find(protocol) != std::string::npos);
  }
}

TEST_CASE("a transport that is not made ends the node, and leaves no other") {
  world world;
  auto options = world.options(1);
  options.transports = {lonely("joy"), lonely("toy")};
  options.transports[1].make
      = [](caf::actor_system&, const auto&) { return transport_actor{}; };
  auto where = world.spawn(std::move(options));
  auto end = world.watch_end(router_of(where));
  world.open(where);
  REQUIRE(end->has_value());
  CHECK(**end == errc::invalid_option);
  CHECK(text_of(**end).find("\"toy\"") != std::string::npos);
}

TEST_CASE("other nodes are told no address of a protocol they cannot know") {
  world world;
  auto options = world.options(1);
  options.listen = {"toy://127.0.0.1:5"};
  options.transports = {lonely("toy")};
  auto where = world.spawn(std::move(options));
  world.open(where);
  auto peer = world.join(where, 2);
  REQUIRE(peer->info);
  CHECK(peer->info->listen_addr == "tcp://0.0.0.0:0");
}
