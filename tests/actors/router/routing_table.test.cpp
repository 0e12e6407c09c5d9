// SPDX-License-Identifier: Apache-2.0

// The peer manager tells the router about connections in the order in which it
// decides on them, so that no order of a whole node gets an old generation as
// far as here. What the switchboard does with one is its own promise all the
// same, and nobody but this test asks for it.

#include "troupe/actors/router/switchboard.hpp"

#include <caf/typed_event_based_actor.hpp>

#include "../world.hpp"
#include "troupe/transport/actor_state.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Refuses what it is asked, as a handler of that signature.
template <class Signature>
struct refusal;

template <class Result, class... Ts>
struct refusal<Result(Ts...)> {
  Result operator()(Ts...) const {
    return caf::make_error(errc::invalid_state);
  }
};

/// A behaviour that refuses everything in an interface.
template <class Interface>
struct refusals;

template <class... Signatures>
struct refusals<caf::typed_actor<Signatures...>> {
  static auto make() {
    return typename caf::typed_actor<Signatures...>::behavior_type{
        refusal<Signatures>{}...};
  }
};

/// A connection that does nothing but be there.
struct idle_connection {
  static inline const char* name = "troupe.test.connection";

  explicit idle_connection(connection_actor::pointer) {}

  static connection_actor::behavior_type make_behavior() {
    return refusals<connection_actor>::make();
  }
};

/// Stands in for the router, around a switchboard.
struct desk {
  static inline const char* name = "troupe.test.desk";

  desk(router_actor::pointer self, desk** here)
    : children(self),
      board(self, children, "wdrr", SIZE_MAX) {
    self->set_down_handler([](const caf::down_msg&) {});
    *here = this;
  }

  static router_actor::behavior_type make_behavior() {
    return refusals<router_actor>::make();
  }

  troupe::children<router_actor::pointer> children;
  switchboard board;
};

struct fixture : world {
  fixture() {
    guard(spawn_state<desk, router_actor>(sys(), &at_desk));
    settle();
  }

  ~fixture() {
    stop_all();
  }

  /// A connection to the peer, and why it ended.
  struct line {
    connection_actor connection;
    std::shared_ptr<std::optional<caf::error>> end;
  };

  line connect(uint64_t generation) {
    auto connection
        = guard(spawn_state<idle_connection, connection_actor>(sys()));
    auto end = watch_end(caf::actor_cast<caf::actor>(connection));
    uut().connect({.connection = connection, .channels = {}},
                  which(generation));
    settle();
    return {connection, end};
  }

  connection_ref which(uint64_t generation) const {
    return {id(2), generation};
  }

  switchboard& uut() {
    return at_desk->board;
  }

  desk* at_desk = nullptr;
};

} // namespace

TEST_CASE_FIXTURE(fixture, "an eviction ends the connection that it names") {
  auto peer = connect(1);
  uut().evict({which(1), errc::banned});
  settle();
  REQUIRE(peer.end->has_value());
  CHECK(code_of(**peer.end, errc::none) == errc::banned);
}

TEST_CASE_FIXTURE(fixture, "a late eviction leaves a newer connection alone") {
  connect(1);
  uut().disconnect(which(1), caf::make_error(errc::connection_closed));
  auto peer = connect(2);
  uut().evict({which(1), errc::banned});
  settle();
  CHECK_FALSE(peer.end->has_value());
  CHECK(uut().connection_of(peer.connection.address()) == which(2));
  uut().disconnect(which(2), caf::make_error(errc::connection_closed));
  settle();
  CHECK(peer.end->has_value());
}

TEST_CASE_FIXTURE(fixture, "a late end leaves a newer connection alone") {
  auto old = connect(1);
  uut().disconnect(which(1), caf::make_error(errc::already_connected));
  settle();
  CHECK(old.end->has_value());
  CHECK_FALSE(uut().has_peers());
  auto peer = connect(2);
  uut().disconnect(which(1), caf::make_error(errc::connection_closed));
  settle();
  CHECK_FALSE(peer.end->has_value());
  CHECK(uut().has_peers());
  CHECK(uut().connection_of(peer.connection.address()) == which(2));
  uut().disconnect(which(2), caf::make_error(errc::connection_closed));
  settle();
  CHECK(peer.end->has_value());
  CHECK_FALSE(uut().has_peers());
}

TEST_CASE_FIXTURE(fixture, "what nobody has heard of changes nothing") {
  uut().evict({which(1), errc::banned});
  uut().disconnect(which(1), caf::make_error(errc::connection_closed));
  CHECK_FALSE(uut().has_peers());
}
