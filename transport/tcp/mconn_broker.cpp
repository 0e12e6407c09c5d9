// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/tcp/mconn_broker.hpp"

#include <memory>
#include <mutex>
#include <utility>

#include <caf/io/broker.hpp>
#include <caf/io/middleman.hpp>

#include "troupe/transport/actor_state.hpp"
#include "troupe/transport/tcp/byte_stream_state.hpp"
#include "troupe/transport/tcp/shared_core.hpp"
#include "troupe/transport/tcp/socket_watch.hpp"
#include "troupe/transport/tcp/tcp_socket.hpp"

namespace troupe {

namespace {

class tcp_outlet final : public stream_outlet {
public:
  size_t write(byte_view data) override {
    auto lock = std::unique_lock{mutex_};
    if (fd_ == none)
      return 0;
    const auto count = write_some(fd_, data).count;
    const auto wanted = core_is_wanted(fd_, count);
    lock.unlock();
    if (wanted)
      offer_core();
    return count;
  }

  void open(int fd) {
    const auto guard = std::lock_guard{mutex_};
    fd_ = fd;
  }

  /// Nothing is written any more once this has returned: the descriptor may be
  /// somebody else's soon.
  void close() {
    open(none);
  }

private:
  static constexpr int none = -1;

  std::mutex mutex_;
  int fd_ = none;
};

class tcp_stream_socket final : public stream_socket {
public:
  tcp_stream_socket(caf::io::broker* owner, unique_socket fd,
                    std::shared_ptr<tcp_outlet> outlet, callback ready)
    : watch_(owner, std::move(fd), std::move(ready)),
      outlet_(std::move(outlet)) {
    keep_unsent_short(watch_.fd());
    outlet_->open(watch_.fd());
  }

  ~tcp_stream_socket() override {
    outlet_->close();
    // A goodbye would wait for a remote that takes nothing.
    if (!abandoned_)
      watch_.at_end(abort_tcp);
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
  std::shared_ptr<tcp_outlet> outlet_;
  bool abandoned_ = false;
};

struct mconn_broker_state : byte_stream_state {
  static inline const char* name = "troupe.mconn-broker";

  using byte_stream_state::byte_stream_state;
};

} // namespace

byte_stream spawn_mconn_broker(caf::actor_system& sys, unique_socket socket,
                               duration stall_max) {
  // Spawn arguments must be copyable, and the broker may never start.
  auto shared = std::make_shared<unique_socket>(std::move(socket));
  auto outlet = std::make_shared<tcp_outlet>();
  auto fun = [stall_max, outlet](
                 caf::stateful_actor<mconn_broker_state, caf::io::broker>* self,
                 const std::shared_ptr<unique_socket>& fd) {
    auto make = [self, &fd, &outlet](stream_socket::callback ready) {
      return std::make_unique<tcp_stream_socket>(self, std::move(*fd), outlet,
                                                 std::move(ready));
    };
    return state_of(self).start(make, stall_max);
  };
  auto broker = sys.middleman().spawn_broker(fun, std::move(shared));
  return {caf::actor_cast<byte_stream_actor>(broker), std::move(outlet)};
}

} // namespace troupe
