// SPDX-License-Identifier: Apache-2.0

// What connections leave behind in a node that lives on: nothing.

#include <cstddef>
#include <deque>
#include <memory>

#include <malloc.h>

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "../world.hpp"
#include "troupe/transport/actor_state.hpp"
#include "troupe/transport/mconn/mconn_connection_actor.hpp"
#include "troupe/transport/memory/memory_connection_actor.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

constexpr size_t connections = 10'000;

/// What a connection may leave of itself, for the rounding of tables.
constexpr double bytes_left_max = 200;

size_t heap_in_use() {
  auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

/// Lets connections come and go, and looks at the memory of the last three
/// quarters, when caches are warm.
template <class Visit>
void check_that_nothing_stays(world& world, Visit visit) {
  size_t before = 0;
  for (size_t i = 0; i < connections; ++i) {
    if (i == connections / 4) {
      CHECK(world.remains() == std::vector<std::string>{});
      before = heap_in_use();
    }
    visit();
  }
  CHECK(world.remains() == std::vector<std::string>{});
  const auto grown
      = static_cast<double>(heap_in_use()) - static_cast<double>(before);
  CHECK(grown / (connections * 3 / 4) < bytes_left_max);
}

/// Shakes hands, and stays.
caf::behavior visitor(caf::event_based_actor* self,
                      const connection_actor& connection, const node_info& info,
                      const node_id& whom) {
  self->request(connection, caf::infinite, handshake_atom_v, info, whom,
                caf::timespan{1s})
      .then([](const handshake_result&) {});
  // Nobody else holds the connection.
  return {[connection](caf::ok_atom) {}};
}

/// The network's side of a remote that talks nonsense and hangs up.
struct babbler {
  static inline const char* name = "troupe.test.babbler";

  explicit babbler(byte_stream_actor::pointer ptr) : self(ptr) {}

  byte_stream_actor::behavior_type make_behavior() const {
    return {
        [](attach_atom, size_t) {},
        [](credit_atom, size_t) {},
        // The opening.
        [this](send_atom, const raw_bytes&) {
          auto to = caf::actor_cast<byte_stream_owner>(self->current_sender());
          self->send(to, received_atom_v, raw_bytes(100, std::byte{0xff}),
                     size_t{100});
          self->quit(caf::make_error(errc::connection_closed));
        },
        [](finish_atom) {},
    };
  }

  byte_stream_actor::pointer self;
};

/// A transport at which connections arrive as the test says.
struct door {
  static inline const char* name = "troupe.test.door";

  explicit door(transport_actor::pointer ptr, door** here) : self(ptr) {
    *here = this;
  }

  transport_actor::behavior_type make_behavior() {
    return {
        [](listen_atom, const endpoint& where) { return where; },
        [this](accept_atom) {
          waiting.push_back(self->make_response_promise<caf::actor>());
          return waiting.back();
        },
        [](caf::connect_atom, const endpoint&,
           caf::timespan) -> caf::result<caf::actor> {
          return caf::make_error(errc::connection_refused);
        },
        [](caf::get_atom) { return std::vector<endpoint>{}; },
        [](limits_atom, const inbound_limits&) {},
        [](caf::close_atom) {},
    };
  }

  void arrive(const connection_actor& who) {
    REQUIRE_FALSE(waiting.empty());
    waiting.front().deliver(caf::actor_cast<caf::actor>(who));
    waiting.pop_front();
  }

  transport_actor::pointer self;
  std::deque<caf::typed_response_promise<caf::actor>> waiting;
};

} // namespace

TEST_CASE("ten thousand peers that come and go leave nothing") {
  world world;
  auto where = world.spawn(world.options(1));
  auto reactor = world.open(where);
  auto hall = world.transport_of(where);
  size_t seen = 0;
  reactor->on_update = [&](const peer_update& update) {
    seen += update.status == peer_status::up ? 1 : 0;
    reactor->updates.clear();
  };
  check_that_nothing_stays(world, [&] {
    auto [near, far]
        = spawn_memory_connection(world.sys(), world.id(2), where.id());
    caf::anon_send(hall, attach_atom_v, caf::actor_cast<caf::actor>(far));
    auto guest = world.sys().spawn(visitor, near, world.info(2), where.id());
    near = nullptr;
    far = nullptr;
    world.settle();
    caf::anon_send_exit(guest, caf::exit_reason::user_shutdown);
    guest = nullptr;
    world.settle();
    reactor->updates.clear();
    reactor->events.clear();
  });
  CHECK(seen == connections);
}

TEST_CASE("ten thousand remotes that talk nonsense leave nothing") {
  world world;
  door* entrance = nullptr;
  auto options = world.options(1);
  options.memory = nullptr;
  options.listen = {"mconn://127.0.0.1:0"};
  options.transports
      = {{.protocols = {"mconn"},
          .make =
              [&entrance](caf::actor_system& sys, const auto&) {
                return spawn_state<door, transport_actor>(sys, &entrance);
              },
          .replaces_built_in = true}};
  auto shared = std::make_shared<const mconn_options>(
      mconn_options{.key = options.key, .random = options.random});
  auto where = world.spawn(options);
  auto reactor = world.open(where);
  size_t refused = 0;
  check_that_nothing_stays(world, [&] {
    entrance->arrive(spawn_mconn_connection(
        world.sys(), spawn_state<babbler, byte_stream_actor>(world.sys()), {},
        shared));
    world.settle();
    refused += reactor->events.size();
    reactor->events.clear();
  });
  CHECK(refused >= connections);
}
