// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/tcp/mconn_broker.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include <caf/io/broker.hpp>
#include <caf/io/middleman.hpp>
#include <caf/send.hpp>

#include "troupe/transport/actor_state.hpp"
#include "troupe/transport/alarm.hpp"
#include "troupe/transport/tcp/socket_watch.hpp"
#include "troupe/transport/tcp/tcp_socket.hpp"

namespace troupe {

namespace {

using caf::io::network::operation;

/// The first read of an idle connection takes this much.
constexpr size_t read_size_min = 2 * 1024;

/// Reads in one turn of the I/O loop, so that a fast remote does not keep
/// others from their turn.
constexpr size_t reads_a_turn = 8;

/// How often we look for the end of a connection that we may not read. Also how
/// long a remote that hung up meanwhile keeps us waiting with its last bytes.
constexpr auto hangup_interval = std::chrono::seconds{1};

struct mconn_broker_state {
  static inline const char* name = "troupe.mconn-broker";

  explicit mconn_broker_state(caf::io::broker* ptr) : self(ptr) {}

  ~mconn_broker_state() {
    if (socket)
      abort_tcp(socket->fd());
  }

  caf::behavior start(unique_socket fd) {
    socket.emplace(self, std::move(fd), [this](operation what) {
      if (what == operation::read)
        read();
      else
        write();
    });
    self->set_down_handler([this](caf::down_msg& msg) {
      // Urgent messages overtake bytes that still have to be written.
      caf::anon_send(caf::actor{self}, closed_atom_v, std::move(msg.reason));
    });
    return {
        [this](attach_atom) {
          auto who = caf::actor_cast<caf::actor>(self->current_sender());
          owner = who.address();
          self->monitor(who);
          expect_hangup();
        },
        [this](send_atom, raw_bytes& data) {
          pending.push_back(std::move(data));
          // An idle socket takes a burst at once, without a turn of the loop.
          if (pending.size() == 1)
            write();
        },
        [this](credit_atom, size_t reads) {
          credit += reads;
          socket->watch(operation::read);
        },
        [this](closed_atom, caf::error& reason) {
          self->quit(std::move(reason));
        },
    };
  }

  // -- reading ----------------------------------------------------------------

  void read() {
    for (size_t i = 0; i < reads_a_turn && credit > 0; ++i) {
      raw_bytes data(read_size);
      auto result = read_some(socket->fd(), data);
      if (result.ended.code != errc::none) {
        end(result.ended);
        return;
      }
      if (result.count == 0)
        return;
      half_closed = false;
      --credit;
      const auto drained = result.count < data.size();
      data.resize(result.count);
      deliver(std::move(data));
      if (drained)
        break;
    }
    if (credit == 0) {
      socket->ignore(operation::read);
      expect_hangup();
    }
  }

  void deliver(raw_bytes data) {
    adapt_read_size(data.size());
    if (auto to = lock_owner())
      caf::anon_send(to, received_atom_v, std::move(data));
  }

  /// Reads follow the traffic: full ones make the next one larger, nearly empty
  /// ones smaller.
  void adapt_read_size(size_t received) {
    if (received == read_size)
      read_size = std::min(read_size * 4, read_size_max);
    else if (received * 8 < read_size)
      read_size = std::max(read_size / 4, read_size_min);
  }

  /// Without credit the I/O loop does not watch the socket: neither an error
  /// nor a goodbye would reach us before there is something to write.
  void expect_hangup() {
    auto next = self->system().clock().now() + hangup_interval;
    hangup_check.set(self, next, [this] { check_hangup(); });
  }

  void check_hangup() {
    if (credit > 0)
      return;
    auto found = hangup_of(socket->fd());
    // After a mere goodbye there may be something left to read.
    if (found == hangup::full || (found == hangup::half && half_closed)) {
      end({errc::connection_closed, {}});
      return;
    }
    half_closed = found == hangup::half;
    expect_hangup();
  }

  // -- writing ----------------------------------------------------------------

  void write() {
    size_t done = 0;
    while (!pending.empty()) {
      const auto& front = pending.front();
      auto rest = byte_view{front}.subspan(offset);
      auto result = write_some(socket->fd(), rest);
      if (result.ended.code != errc::none) {
        end(result.ended);
        return;
      }
      if (result.count < rest.size()) {
        offset += result.count;
        socket->watch(operation::write);
        acknowledge(done);
        return;
      }
      done += front.size();
      offset = 0;
      pending.pop_front();
    }
    socket->ignore(operation::write);
    acknowledge(done);
  }

  /// Once for several buffers, and not for parts of one: every message wakes
  /// somebody up.
  void acknowledge(size_t count) {
    if (count == 0)
      return;
    if (auto to = lock_owner())
      caf::anon_send(to, written_atom_v, count);
  }

  // -- both -------------------------------------------------------------------

  byte_stream_owner lock_owner() const {
    return caf::actor_cast<byte_stream_owner>(owner);
  }

  /// Called by the I/O loop, outside of any message: the actor has to get one
  /// to notice that it is done.
  void end(const failure& why) {
    socket->ignore(operation::read);
    socket->ignore(operation::write);
    pending.clear();
    caf::anon_send(caf::actor{self}, closed_atom_v, to_error(why));
  }

  caf::io::broker* self;
  std::optional<socket_watch> socket;
  caf::actor_addr owner; // Weak: the owner holds us.
  size_t credit = 0;
  alarm hangup_check;
  bool half_closed = false; // As of the latest check, and nothing read since.
  size_t read_size = read_size_min;
  std::deque<raw_bytes> pending;
  size_t offset = 0; // Bytes of the first buffer that are written.
};

} // namespace

byte_stream_actor spawn_mconn_broker(caf::actor_system& sys,
                                     unique_socket socket) {
  // Spawn arguments must be copyable, and the broker may never start.
  auto shared = std::make_shared<unique_socket>(std::move(socket));
  auto fun = [](caf::stateful_actor<mconn_broker_state, caf::io::broker>* self,
                const std::shared_ptr<unique_socket>& fd) {
    return state_of(self).start(std::move(*fd));
  };
  auto broker = sys.middleman().spawn_broker(fun, std::move(shared));
  return caf::actor_cast<byte_stream_actor>(broker);
}

} // namespace troupe
