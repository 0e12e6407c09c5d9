// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/tcp/mconn_broker.hpp"

#include <memory>
#include <utility>

#include <caf/io/broker.hpp>
#include <caf/io/middleman.hpp>

#include "troupe/transport/actor_state.hpp"
#include "troupe/transport/tcp/byte_stream_state.hpp"
#include "troupe/transport/tcp/socket_watch.hpp"
#include "troupe/transport/tcp/tcp_socket.hpp"

namespace troupe {

namespace {

class tcp_stream_socket final : public stream_socket {
public:
  tcp_stream_socket(caf::io::broker* owner, unique_socket fd, callback ready)
    : watch_(owner, std::move(fd), std::move(ready)) {
    keep_unsent_short(watch_.fd());
  }

  ~tcp_stream_socket() override {
    // A goodbye would wait for a remote that takes nothing.
    if (!abandoned_)
      abort_tcp(watch_.fd());
  }

  void watch(readiness what) override {
    watch_.watch(what);
  }

  void ignore(readiness what) override {
    watch_.ignore(what);
  }

  io_result read(byte_span out) override {
    return read_some(watch_.fd(), out);
  }

  io_result write(byte_view data) override {
    return write_some(watch_.fd(), data);
  }

  void finish() override {
    finish_tcp(watch_.fd());
  }

  void abandon() override {
    abandoned_ = true;
    reset_on_close(watch_.fd());
  }

  [[nodiscard]] hangup hung_up() const override {
    return hangup_of(watch_.fd());
  }

private:
  socket_watch watch_;
  bool abandoned_ = false;
};

struct mconn_broker_state : byte_stream_state {
  static inline const char* name = "troupe.mconn-broker";

  using byte_stream_state::byte_stream_state;
};

} // namespace

byte_stream_actor spawn_mconn_broker(caf::actor_system& sys,
                                     unique_socket socket, duration stall_max) {
  // Spawn arguments must be copyable, and the broker may never start.
  auto shared = std::make_shared<unique_socket>(std::move(socket));
  auto fun = [stall_max](
                 caf::stateful_actor<mconn_broker_state, caf::io::broker>* self,
                 const std::shared_ptr<unique_socket>& fd) {
    auto make = [self, &fd](stream_socket::callback ready) {
      return std::make_unique<tcp_stream_socket>(self, std::move(*fd),
                                                 std::move(ready));
    };
    return state_of(self).start(make, stall_max);
  };
  auto broker = sys.middleman().spawn_broker(fun, std::move(shared));
  return caf::actor_cast<byte_stream_actor>(broker);
}

} // namespace troupe
