// SPDX-License-Identifier: Apache-2.0
//
// The byte stream over a real socket, in situations that a whole connection
// comes into by luck only.
#include "troupe/transport/tcp/mconn_broker.hpp"

#include <algorithm>
#include <functional>
#include <future>
#include <memory>
#include <vector>

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <caf/io/broker.hpp>

#include "troupe/tests/transport/tcp/raw_peer.hpp"
#include "troupe/tests/transport/transport_world.hpp"
#include "troupe/transport/send_window.hpp"
#include "troupe/transport/tcp/tcp_socket.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// A byte stream, which belongs to the test, and its remote.
struct broker_world {
  explicit broker_world(duration stall_max = write_stall_max) {
    auto accepted = accept_tcp(listener.get());
    REQUIRE(accepted.status == accept_status::accepted);
    auto [its_actor, its_outlet]
        = spawn_mconn_broker(sys, std::move(accepted.socket), stall_max);
    stream = std::move(its_actor);
    outlet = std::move(its_outlet);
    self->monitor(stream);
    self->send(stream, attach_atom_v, size_t{0});
  }

  /// Keeps the I/O thread busy until the result is set.
  std::promise<void> occupy_io_thread() {
    auto occupied = std::make_shared<std::promise<void>>();
    std::promise<void> release;
    auto until = std::make_shared<std::future<void>>(release.get_future());
    auto begun = occupied->get_future();
    self->send(spawn_broker([occupied, until] {
                 occupied->set_value();
                 until->wait();
               }),
               caf::tick_atom_v);
    begun.wait();
    return release;
  }

  caf::actor spawn_broker(std::function<void()> what) {
    auto result = sys.middleman().spawn_broker([what](caf::io::broker* me) {
      return caf::behavior{[what, me](caf::tick_atom) {
        what();
        me->quit();
      }};
    });
    return result;
  }

  /// Bytes that have arrived at the remote and that it has not read.
  int arrived() {
    int result = 0;
    REQUIRE(ioctl(remote.fd(), FIONREAD, &result) == 0);
    return result;
  }

  world_config config;
  caf::actor_system sys{config};
  patient_actor self{sys};
  unique_socket listener = std::move(*listen_tcp(loopback4()));
  raw_peer remote{local_endpoint_of(listener.get())};
  byte_stream_actor stream;
  std::shared_ptr<stream_outlet> outlet;
};

} // namespace

TEST_CASE("what is sent to a byte stream whose remote hung up in the middle of "
          "a burst goes nowhere") {
  broker_world world;
  // More than the buffers of both kernels hold.
  const auto burst = patterned(64 * 1024 * 1024);
  world.self->send(world.stream, credit_atom_v, read_size_max);
  world.self->send(world.stream, send_atom_v,
                   raw_bytes(burst.begin(), burst.end()));
  REQUIRE(eventually(world.self, [&] { return world.arrived() > 0; }));
  auto other = world.spawn_broker([] {});
  auto release = world.occupy_io_thread();
  // What the I/O thread finds when it looks again: a goodbye and room to write,
  // and then a message. (It takes one message between two looks at sockets.)
  auto received = world.remote.read();
  shutdown(world.remote.fd(), SHUT_WR);
  world.self->send(other, caf::tick_atom_v);
  world.self->send(world.stream, send_atom_v, raw_bytes(10));
  release.set_value();
  for (;;) {
    auto more = world.remote.read();
    if (more.empty())
      break;
    received.insert(received.end(), more.begin(), more.end());
  }
  REQUIRE(received.size() < burst.size());
  CHECK(std::equal(received.begin(), received.end(), burst.begin()));
}

TEST_CASE("an outlet writes while the thread of the sockets is busy") {
  broker_world world;
  // It has a socket once it has read from it.
  world.self->send(world.stream, credit_atom_v, read_size_max);
  world.remote.write(bytes(1));
  world.self->receive([](received_atom, const raw_bytes&, size_t) {});
  auto release = world.occupy_io_thread();
  const auto burst = patterned(1000);
  CHECK(world.outlet->write(burst) == burst.size());
  CHECK(world.remote.read() == burst);
  release.set_value();
}

TEST_CASE("an outlet takes no more than the network does, and the stream goes "
          "on from there") {
  broker_world world;
  world.self->send(world.stream, credit_atom_v, read_size_max);
  world.remote.write(bytes(1));
  world.self->receive([](received_atom, const raw_bytes&, size_t) {});
  const auto burst = patterned(64 * 1024 * 1024);
  const auto taken = world.outlet->write(burst);
  REQUIRE(taken > 0);
  REQUIRE(taken < burst.size());
  const auto rest = byte_view{burst}.subspan(taken);
  world.self->send(world.stream, send_atom_v,
                   raw_bytes(rest.begin(), rest.end()));
  bytes received;
  while (received.size() < burst.size()) {
    auto more = world.remote.read();
    REQUIRE_FALSE(more.empty());
    received.insert(received.end(), more.begin(), more.end());
  }
  CHECK(received == burst);
  world.self->receive(
      [&](written_atom, size_t count) { CHECK(count == rest.size()); });
}

TEST_CASE("an outlet takes nothing once the stream has ended") {
  broker_world world;
  world.self->send(world.stream, credit_atom_v, read_size_max);
  shutdown(world.remote.fd(), SHUT_WR);
  world.self->receive([](const caf::down_msg&) {});
  // The socket goes with the last handle to the actor.
  world.stream = nullptr;
  CHECK(eventually(world.self,
                   [&] { return world.outlet->write(bytes(1)) == 0; }));
  // The number of its descriptor may be somebody else's by now.
  std::vector<unique_socket> others;
  for (int i = 0; i < 16; ++i) {
    int ends[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    others.emplace_back(ends[0]);
    others.emplace_back(ends[1]);
  }
  CHECK(world.outlet->write(patterned(1000)) == 0);
}

TEST_CASE("a remote that takes nothing of what is written is given up") {
  broker_world world{10ms};
  world.self->send(world.stream, send_atom_v, raw_bytes(64 * 1024 * 1024));
  auto reason = errc::none;
  world.self->receive(
      [&](const caf::down_msg& msg) { reason = test::code_of(msg.reason); },
      caf::after(patience) >> [] { FAIL("it waits on"); });
  CHECK(reason == errc::timeout);
  // Nor does the kernel try any longer.
  for (;;) {
    std::byte rest[4096];
    const auto count = ::recv(world.remote.fd(), rest, sizeof(rest), 0);
    if (count > 0)
      continue;
    CHECK(count == -1);
    CHECK(errno == ECONNRESET);
    break;
  }
}

TEST_CASE("a socket takes little of what the network does not take yet") {
  auto listener = listen_tcp(loopback4());
  REQUIRE(listener);
  auto socket = connect_tcp(local_endpoint_of(listener->get()));
  REQUIRE(socket);
  auto remote = accept_tcp(listener->get());
  REQUIRE(remote.status == accept_status::accepted);
  keep_unsent_short(socket->get());
  const bytes data(100'000);
  size_t taken = 0;
  while (auto count = write_some(socket->get(), data).count)
    taken += count;
  int unsent = 0;
  REQUIRE(ioctl(socket->get(), SIOCOUTQNSD, &unsent) == 0);
  CHECK(taken > unsent_max);
  // In pieces of at most 64 KiB.
  CHECK(static_cast<size_t>(unsent) <= unsent_max + 65'536);
}
