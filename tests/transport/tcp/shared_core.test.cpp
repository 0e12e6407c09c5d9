// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/tcp/shared_core.hpp"

#include <array>
#include <future>
#include <memory>
#include <thread>

#include <sched.h>
#include <sys/socket.h>

#include "troupe/tests/transport/transport_world.hpp"
#include "troupe/transport/tcp/socket_watch.hpp"
#include "troupe/transport/tcp/tcp_socket.hpp"

using namespace troupe;
using namespace troupe::test;

TEST_CASE("a worker looks each time it has written enough") {
  core_offers offers;
  CHECK_FALSE(offers.wrote(core_offered_each - 1));
  CHECK(offers.wrote(1));
  CHECK_FALSE(offers.wrote(core_offered_each / 2));
  CHECK(offers.wrote(core_offered_each));
  CHECK_FALSE(offers.wrote(core_offered_each / 2));
}

TEST_CASE("the core is wanted if there is something to be read") {
  std::array<int, 2> ends{};
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
  const unique_socket ours{ends[0]};
  const unique_socket theirs{ends[1]};
  std::thread{[&] {
    CHECK_FALSE(core_is_wanted(ours.get(), core_offered_each));
    REQUIRE(write_some(theirs.get(), bytes(1)).count == 1);
    CHECK_FALSE(core_is_wanted(ours.get(), core_offered_each - 1));
    CHECK(core_is_wanted(ours.get(), 1));
    CHECK_FALSE(core_is_wanted(theirs.get(), core_offered_each));
  }}.join();
}

#ifdef SCHED_BATCH

TEST_CASE("the I/O thread waits for its turn once a socket is ready") {
  world_config config;
  caf::actor_system sys{config};
  std::promise<int> policy;
  std::promise<endpoint> listening;
  auto owner = sys.middleman().spawn_broker([&](caf::io::broker* me) {
    auto fd = std::move(*listen_tcp(loopback4()));
    listening.set_value(local_endpoint_of(fd.get()));
    auto watched = std::make_shared<std::unique_ptr<socket_watch>>();
    *watched = std::make_unique<socket_watch>(
        me, std::move(fd), [&policy, here = watched.get()](readiness) {
          policy.set_value(sched_getscheduler(0));
          (*here)->ignore(readiness::read);
        });
    (*watched)->watch(readiness::read);
    return caf::behavior{[watched](caf::tick_atom) {}};
  });
  const auto dialing = connect_tcp(listening.get_future().get());
  REQUIRE(dialing);
  CHECK(policy.get_future().get() == SCHED_BATCH);
}

TEST_CASE("a thread keeps a policy that somebody gave it") {
  int found = 0;
  std::thread{[&found] {
    const auto idle = sched_param{};
    REQUIRE(sched_setscheduler(0, SCHED_IDLE, &idle) == 0);
    wait_for_turns();
    found = sched_getscheduler(0);
  }}.join();
  CHECK(found == SCHED_IDLE);
}

#endif
