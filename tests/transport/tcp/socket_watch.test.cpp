// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/tcp/socket_watch.hpp"

#include <future>
#include <memory>

#include "troupe/tests/transport/transport_world.hpp"
#include "troupe/transport/tcp/tcp_socket.hpp"

using namespace troupe;
using namespace troupe::test;

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
