// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/udp_network.hpp"

#include <utility>

#include "troupe/transport/quic/udp_socket.hpp"
#include "troupe/transport/tcp/socket_watch.hpp"

namespace troupe {

namespace {

/// What all sockets of a network share.
struct udp_buffers {
  udp_receiver receiver;
  udp_sender sender;
};

class udp_network_socket final : public datagram_socket {
public:
  udp_network_socket(caf::io::broker* owner, unique_socket fd, callback ready,
                     udp_buffers& buffers)
    : watch_(owner, std::move(fd), std::move(ready)),
      buffers_(buffers) {}

  [[nodiscard]] udp_place local() const override {
    return local_place_of(watch_.fd());
  }

  [[nodiscard]] udp_place remote() const override {
    return remote_place_of(watch_.fd());
  }

  void watch(readiness what) override {
    watch_.watch(what);
  }

  void ignore(readiness what) override {
    watch_.ignore(what);
  }

  udp_receiver::outcome receive() override {
    return buffers_.receiver.receive(watch_.fd());
  }

  udp_sender::outcome send(const udp_route& route, byte_view data,
                           size_t segment) override {
    return buffers_.sender.send(watch_.fd(), route, data, segment);
  }

private:
  socket_watch watch_;
  udp_buffers& buffers_;
};

class udp_network final : public datagram_network {
public:
  explicit udp_network(caf::io::broker* owner) : owner_(owner) {}

  result<std::unique_ptr<datagram_socket>>
  listen(const endpoint& where, datagram_socket::callback ready) override {
    return made_of(listen_udp(where), std::move(ready));
  }

  result<std::unique_ptr<datagram_socket>>
  connect(const endpoint& where, datagram_socket::callback ready) override {
    return made_of(connect_udp(where), std::move(ready));
  }

private:
  result<std::unique_ptr<datagram_socket>>
  made_of(result<unique_socket> fd, datagram_socket::callback ready) {
    if (!fd)
      return fd.error();
    return std::unique_ptr<datagram_socket>{
        std::make_unique<udp_network_socket>(owner_, std::move(*fd),
                                             std::move(ready), buffers_)};
  }

  caf::io::broker* owner_;
  udp_buffers buffers_;
};

} // namespace

std::unique_ptr<datagram_network> make_udp_network(caf::io::broker* owner) {
  return std::make_unique<udp_network>(owner);
}

} // namespace troupe
