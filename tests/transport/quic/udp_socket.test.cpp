// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/udp_socket.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <poll.h>

using namespace troupe;

namespace {

endpoint loopback(const char* ip = "127.0.0.1", uint16_t port = 0) {
  return {.protocol = std::string{quic_protocol},
          .ip = ip_address::parse(ip),
          .port = port};
}

bytes test_bytes(size_t size) {
  bytes result(size);
  for (size_t i = 0; i < size; ++i)
    result[i] = static_cast<std::byte>(i * 7 + i / 251);
  return result;
}

/// Two sockets, of which the second takes what anybody sends.
struct socket_pair {
  explicit socket_pair(const char* ip = "127.0.0.1") {
    auto open = listen_udp(loopback(ip));
    REQUIRE(open);
    far = std::move(*open);
    auto where = loopback(ip, local_place_of(far.get()).port);
    auto connected = connect_udp(where);
    REQUIRE(connected);
    near = std::move(*connected);
  }

  /// Waits for that many bytes.
  void receive(const unique_socket& at, size_t size) {
    data.clear();
    sizes.clear();
    while (data.size() < size) {
      auto state = pollfd{.fd = at.get(), .events = POLLIN, .revents = 0};
      REQUIRE(poll(&state, 1, 10'000) == 1);
      const auto found = receiver.receive(at.get());
      REQUIRE_FALSE(found.refused);
      for (const auto& what : found.arrivals) {
        from = what.from;
        to = what.to;
        what.each([&](byte_view datagram) {
          data.insert(data.end(), datagram.begin(), datagram.end());
          sizes.push_back(datagram.size());
        });
      }
    }
  }

  unique_socket near;
  unique_socket far;
  udp_sender sender;
  udp_receiver receiver;
  bytes data;
  std::vector<size_t> sizes;
  udp_place from;
  std::optional<ip_address> to;
};

} // namespace

TEST_CASE("datagrams that leave together arrive one by one, there and back") {
  for (const auto* ip : {"127.0.0.1", "::1"}) {
    CAPTURE(ip);
    socket_pair world{ip};
    const auto sent = test_bytes(10 * 1400 + 300);
    auto outcome = world.sender.send(world.near.get(), {}, sent, 1400);
    CHECK(outcome.done == sent.size());
    CHECK_FALSE(outcome.busy);
    world.receive(world.far, sent.size());
    CHECK(world.data == sent);
    CHECK(world.sizes.size() == 11);
    CHECK(world.sizes.front() == 1400);
    CHECK(world.sizes.back() == 300);
    CHECK(world.from == local_place_of(world.near.get()));
    CHECK(world.to == ip_address::parse(ip));
    const auto route = udp_route{world.from, world.to};
    CHECK(world.sender.send(world.far.get(), route, sent, 1400).done
          == sent.size());
    world.receive(world.near, sent.size());
    CHECK(world.data == sent);
    CHECK(world.from == local_place_of(world.far.get()));
  }
}

TEST_CASE("more datagrams than the kernel cuts leave nevertheless") {
  socket_pair world;
  const auto sent = test_bytes(200 * 100);
  CHECK(world.sender.send(world.near.get(), {}, sent, 100).done == sent.size());
  world.receive(world.far, sent.size());
  CHECK(world.data == sent);
  CHECK(world.sizes == std::vector<size_t>(200, 100));
  CHECK(world.sender.send(world.near.get(), {}, sent, 100).done == sent.size());
  world.receive(world.far, sent.size());
  CHECK(world.data == sent);
}

TEST_CASE("whoever sends to a place where nobody listens hears of it") {
  socket_pair world;
  world.far.reset();
  CHECK(world.sender.send(world.near.get(), {}, bytes(10), 10).done == 10);
  auto state = pollfd{.fd = world.near.get(), .events = POLLIN, .revents = 0};
  REQUIRE(poll(&state, 1, 10'000) == 1);
  const auto found = world.receiver.receive(world.near.get());
  CHECK(found.refused);
  CHECK(found.arrivals.empty());
  // That is said once.
  CHECK_FALSE(world.receiver.receive(world.near.get()).refused);
}

TEST_CASE("a socket that has nothing says so") {
  socket_pair world;
  const auto found = world.receiver.receive(world.far.get());
  CHECK(found.arrivals.empty());
  CHECK_FALSE(found.refused);
}

TEST_CASE("an endpoint that is none of QUIC is refused") {
  auto where = loopback();
  CHECK(validate_quic_listen(where).code == errc::none);
  where.protocol = "mconn";
  CHECK(listen_udp(where).error().code == errc::unsupported_protocol);
  CHECK(connect_udp(where).error().code == errc::unsupported_protocol);
  where = loopback("224.0.0.1");
  CHECK(connect_udp(where).error().code == errc::invalid_endpoint);
  where = loopback();
  where.path = "x";
  CHECK(connect_udp(where).error().code == errc::invalid_endpoint);
  where = {.protocol = std::string{quic_protocol}, .path = "x"};
  CHECK(listen_udp(where).error().code == errc::invalid_endpoint);
}

TEST_CASE("a place has one socket that listens") {
  socket_pair world;
  const auto port = local_place_of(world.far.get()).port;
  CHECK(listen_udp(loopback("127.0.0.1", port)).error().code
        == errc::cannot_listen);
}
