// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/tcp/socket_watch.hpp"

#include <functional>
#include <future>
#include <memory>
#include <optional>

#include <caf/stateful_actor.hpp>

#include "troupe/tests/transport/transport_world.hpp"
#include "troupe/transport/actor_state.hpp"
#include "troupe/transport/tcp/tcp_socket.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Has a socket, and says something in the middle of its end.
struct ending_state {
  static inline const char* name = "troupe.test.ending";

  explicit ending_state(caf::io::broker*) {}

  ending_state(const ending_state&) = delete;

  ending_state& operator=(const ending_state&) = delete;

  ~ending_state() {
    if (last)
      last();
  }

  std::optional<socket_watch> watch;
  std::function<void()> last;
};

/// Waits for a turn of the loop.
void turn(caf::io::network::multiplexer& loop) {
  std::promise<void> turned;
  loop.post([&turned] { turned.set_value(); });
  turned.get_future().wait();
}

} // namespace

TEST_CASE("the system counts a socket as running until the loop of the I/O "
          "thread has let go of it") {
  world_config config;
  caf::actor_system sys{config};
  patient_actor self{sys};
  const auto idle = sys.registry().running();
  std::promise<void> listening;
  auto owner = sys.middleman().spawn_broker([&](caf::io::broker* me) {
    auto listener = std::make_shared<socket_watch>(
        me, std::move(*listen_tcp(loopback4())), [](readiness) {});
    listener->watch(readiness::read);
    listening.set_value();
    return caf::behavior{[listener](caf::tick_atom) {}};
  });
  listening.get_future().wait();
  // Nobody lets go of anything while the thread is busy.
  std::promise<void> occupied;
  std::promise<void> release;
  auto busy = sys.middleman().spawn_broker([&](caf::io::broker*) {
    occupied.set_value();
    release.get_future().wait();
  });
  occupied.get_future().wait();
  owner = nullptr;
  CHECK(sys.registry().running() == idle + 2); // The busy one and the socket.
  release.set_value();
  busy = nullptr;
  CHECK(eventually(self, [&] { return sys.registry().running() == idle; }));
}

TEST_CASE("a broker that ends on another thread hears of its sockets no more") {
  world_config config;
  caf::actor_system sys{config};
  std::promise<endpoint> listening;
  size_t heard = 0;
  auto broker = sys.middleman().spawn_broker(
      [&](caf::stateful_actor<ending_state, caf::io::broker>* me) {
        auto fd = std::move(*listen_tcp(loopback4()));
        auto& state = state_of(me);
        const auto where = local_endpoint_of(fd.get());
        state.watch.emplace(me, std::move(fd),
                            [&heard](readiness) { ++heard; });
        state.watch->watch(readiness::read);
        auto* loop = &me->backend();
        state.last = [&heard, where, loop] {
          const auto dialing = connect_tcp(where);
          // The loop looks at all sockets in between.
          for (int i = 0; i < 3; ++i)
            turn(*loop);
          CHECK(heard == 0);
        };
        listening.set_value(where);
        return caf::behavior{[](caf::tick_atom) {}};
      });
  listening.get_future().wait();
  // The loop is done with it, so that it ends on this thread.
  turn(sys.middleman().backend());
  turn(sys.middleman().backend());
  broker = nullptr;
}
