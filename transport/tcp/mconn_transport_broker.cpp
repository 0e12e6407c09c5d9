// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/tcp/mconn_transport_broker.hpp"

#include <utility>

#include <caf/io/broker.hpp>
#include <caf/io/middleman.hpp>

#include "troupe/transport/actor_state.hpp"
#include "troupe/transport/tcp/mconn_broker.hpp"
#include "troupe/transport/tcp/socket_watch.hpp"
#include "troupe/transport/tcp/stream_transport_state.hpp"
#include "troupe/transport/tcp/tcp_socket.hpp"

namespace troupe {

namespace {

using shared_options = std::shared_ptr<const mconn_options>;

class tcp_open_socket final : public open_socket {
public:
  tcp_open_socket(caf::actor_system& sys, shared_options options,
                  unique_socket fd)
    : sys_(sys),
      options_(std::move(options)),
      fd_(std::move(fd)) {}

  [[nodiscard]] std::optional<ip_address> remote_ip() const override {
    return remote_endpoint_of(fd_.get()).ip;
  }

  void refuse() override {
    reset_on_close(fd_.get());
  }

  connection_actor connect() override {
    auto ends = connection_ends{local_endpoint_of(fd_.get()),
                                remote_endpoint_of(fd_.get())};
    return spawn_mconn_connection(sys_,
                                  spawn_mconn_broker(sys_, std::move(fd_)),
                                  std::move(ends), options_);
  }

private:
  caf::actor_system& sys_;
  shared_options options_;
  unique_socket fd_;
};

class tcp_listening_socket final : public listening_socket {
public:
  tcp_listening_socket(caf::io::broker* self, shared_options options,
                       unique_socket fd, std::function<void()> ready)
    : sys_(self->system()),
      options_(std::move(options)),
      where_(local_endpoint_of(fd.get())),
      watch_(self, std::move(fd),
             [ready = std::move(ready)](readiness) { ready(); }) {}

  [[nodiscard]] endpoint where() const override {
    return where_;
  }

  void watch() override {
    watch_.watch(readiness::read);
  }

  void ignore() override {
    watch_.ignore(readiness::read);
  }

  outcome accept() override {
    auto found = accept_tcp(watch_.fd());
    if (found.status != accept_status::accepted)
      return {found.status};
    return {found.status, std::make_unique<tcp_open_socket>(
                              sys_, options_, std::move(found.socket))};
  }

private:
  caf::actor_system& sys_;
  shared_options options_;
  endpoint where_;
  socket_watch watch_;
};

class tcp_dialing_socket final : public dialing_socket {
public:
  tcp_dialing_socket(caf::io::broker* self, shared_options options,
                     unique_socket fd, callback done)
    : sys_(self->system()),
      options_(std::move(options)),
      done_(std::move(done)),
      watch_(self, std::move(fd), [this](readiness) { finish(); }) {
    watch_.watch(readiness::write);
  }

private:
  void finish() {
    watch_.ignore(readiness::write);
    // This goes away with it.
    auto done = std::move(done_);
    done(outcome());
  }

  result<std::unique_ptr<open_socket>> outcome() {
    if (auto bad = connect_outcome(watch_.fd()); bad.code != errc::none)
      return bad;
    // The watch closes its descriptor when the loop has let go of it.
    auto socket = duplicate(watch_.fd());
    if (!socket)
      return {errc::file_error, "out of descriptors"};
    return std::unique_ptr<open_socket>{
        std::make_unique<tcp_open_socket>(sys_, options_, std::move(socket))};
  }

  caf::actor_system& sys_;
  shared_options options_;
  callback done_;
  socket_watch watch_;
};

class tcp_network final : public stream_network {
public:
  tcp_network(caf::io::broker* self, shared_options options)
    : self_(self),
      options_(std::move(options)) {}

  result<std::unique_ptr<listening_socket>>
  listen(const endpoint& where, std::function<void()> ready) override {
    auto fd = listen_tcp(where);
    if (!fd)
      return fd.error();
    return std::unique_ptr<listening_socket>{
        std::make_unique<tcp_listening_socket>(self_, options_, std::move(*fd),
                                               std::move(ready))};
  }

  result<std::unique_ptr<dialing_socket>>
  dial(const endpoint& where, dialing_socket::callback done) override {
    auto fd = connect_tcp(where);
    if (!fd)
      return fd.error();
    return std::unique_ptr<dialing_socket>{std::make_unique<tcp_dialing_socket>(
        self_, options_, std::move(*fd), std::move(done))};
  }

private:
  caf::io::broker* self_;
  shared_options options_;
};

struct mconn_transport_state : stream_transport_state {
  static inline const char* name = "troupe.mconn-transport";

  using stream_transport_state::stream_transport_state;
};

} // namespace

transport_actor
spawn_mconn_transport(caf::actor_system& sys,
                      std::shared_ptr<const mconn_options> options) {
  auto fun
      = [](caf::stateful_actor<mconn_transport_state, caf::io::broker>* self,
           const shared_options& shared) {
          return state_of(self).start(
              std::make_unique<tcp_network>(self, shared),
              {shared->max_accepted, shared->limits, shared->lists},
              shared->on_refused);
        };
  auto broker = sys.middleman().spawn_broker(fun, std::move(options));
  return caf::actor_cast<transport_actor>(broker);
}

} // namespace troupe
