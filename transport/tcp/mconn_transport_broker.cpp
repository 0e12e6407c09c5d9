// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/tcp/mconn_transport_broker.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include <caf/io/broker.hpp>
#include <caf/io/middleman.hpp>

#include "troupe/transport/actor_state.hpp"
#include "troupe/transport/admission/connection_tracker.hpp"
#include "troupe/transport/alarm.hpp"
#include "troupe/transport/tcp/mconn_broker.hpp"
#include "troupe/transport/tcp/socket_watch.hpp"
#include "troupe/transport/tcp/tcp_socket.hpp"

namespace troupe {

namespace {

using namespace std::chrono_literals;

using caf::io::network::operation;

constexpr duration pause_min = 5ms;
constexpr duration pause_max = 1s;

/// Connections that are accepted before others have their turn on the I/O
/// thread, whatever becomes of them.
constexpr size_t accepts_a_turn = 32;
constexpr duration turn_pause = 5ms;

struct mconn_transport_state {
  static inline const char* name = "troupe.mconn-transport";

  using accept_promise = caf::typed_response_promise<caf::actor>;

  /// A socket that is being connected, and who asked for it.
  struct dial {
    socket_watch watch;
    endpoint where;
    time_point deadline;
    accept_promise promise;
  };

  explicit mconn_transport_state(caf::io::broker* ptr) : self(ptr) {}

  caf::behavior start(std::shared_ptr<const mconn_options> shared_options) {
    options = std::move(shared_options);
    tracker.emplace(options->limits);
    self->set_down_handler([this](const caf::down_msg& msg) {
      accepted.erase(msg.source);
      serve();
    });
    return {
        [this](listen_atom, const endpoint& where) { return listen(where); },
        [this](accept_atom) { return accept(); },
        [this](caf::connect_atom, const endpoint& where, caf::timespan limit) {
          return connect(where, limit);
        },
        [this](caf::get_atom) {
          return listening ? std::vector{*listening} : std::vector<endpoint>{};
        },
        [this](limits_atom, inbound_limits& limits) {
          tracker->set_limits(std::move(limits));
          set_expiry_alarm();
        },
        [this](caf::close_atom) { close(); },
    };
  }

  // -- accepting --------------------------------------------------------------

  caf::result<endpoint> listen(const endpoint& where) {
    if (listening || closed)
      return caf::make_error(errc::invalid_state,
                             "the transport listened before");
    auto socket = listen_tcp(where);
    if (!socket)
      return to_error(socket.error());
    listening = local_endpoint_of(socket->get());
    listener.emplace(self, std::move(*socket), [this](operation) { serve(); });
    serve();
    return *listening;
  }

  caf::result<caf::actor> accept() {
    if (closed)
      return caf::make_error(errc::shutting_down);
    if (!listening)
      return caf::make_error(errc::invalid_state,
                             "the transport does not listen");
    auto promise = self->make_response_promise<caf::actor>();
    waiting.push_back(promise);
    serve();
    return promise;
  }

  bool can_accept() const {
    return listener && !waiting.empty() && !pausing
           && accepted.size() < options->max_accepted;
  }

  /// Hands connections to those who wait for one, as long as there are both.
  void serve() {
    for (size_t count = 0; can_accept(); ++count) {
      if (count == accepts_a_turn) {
        rest(turn_pause);
        break;
      }
      auto found = accept_tcp(listener->fd());
      switch (found.status) {
        case accept_status::accepted:
          pause = pause_min;
          consider(std::move(found.socket));
          break;
        case accept_status::aborted:
          break;
        case accept_status::drained:
          listener->watch(operation::read);
          return;
        case accept_status::exhausted:
          take_a_break();
          break;
        case accept_status::closed:
          close();
          return;
      }
    }
    if (listener)
      listener->ignore(operation::read);
  }

  /// Nothing is spent on a remote before this.
  void consider(unique_socket socket) {
    const auto from = remote_endpoint_of(socket.get());
    // Without an address, it is gone already.
    if (!from.ip)
      return;
    if (!options->lists.passes(*from.ip)) {
      refuse(std::move(socket), errc::filtered);
      return;
    }
    auto [code, slot] = tracker->attempt(*from.ip, now());
    set_expiry_alarm();
    if (code != errc::none)
      refuse(std::move(socket), code);
    else
      admit(std::move(socket), std::move(slot));
  }

  void refuse(unique_socket socket, errc code) {
    // Counted by the time at which the remote can know.
    if (options->on_refused)
      options->on_refused(code);
    reset_tcp(std::move(socket));
  }

  void admit(unique_socket socket, connection_slot slot) {
    auto connection = spawn_connection(std::move(socket));
    self->monitor(connection);
    accepted.emplace(connection->address(), std::move(slot));
    auto promise = std::move(waiting.front());
    waiting.pop_front();
    promise.deliver(caf::actor_cast<caf::actor>(connection));
  }

  void take_a_break() {
    rest(pause);
    pause = std::min(pause * 2, pause_max);
  }

  /// Accepts nothing for a while.
  void rest(duration span) {
    pausing = true;
    resume_alarm.set(self, now() + span, [this] {
      pausing = false;
      serve();
    });
  }

  void set_expiry_alarm() {
    if (auto when = tracker->next_wakeup())
      expiry_alarm.set(self, *when, [this] {
        tracker->expire(now());
        set_expiry_alarm();
      });
  }

  void close() {
    closed = true;
    listening.reset();
    listener.reset();
    for (auto& promise : std::exchange(waiting, {}))
      promise.deliver(caf::make_error(errc::shutting_down));
  }

  // -- dialing ----------------------------------------------------------------

  caf::result<caf::actor> connect(const endpoint& where, caf::timespan limit) {
    auto socket = connect_tcp(where);
    if (!socket)
      return to_error(socket.error());
    auto promise = self->make_response_promise<caf::actor>();
    auto id = next_dial++;
    auto watch = socket_watch{self, std::move(*socket),
                              [this, id](operation) { connected(id); }};
    watch.watch(operation::write);
    dials.emplace(id, dial{std::move(watch), where, now() + limit, promise});
    set_dial_alarm();
    return promise;
  }

  void connected(uint64_t id) {
    auto node = dials.extract(id);
    if (node.empty())
      return;
    auto& attempt = node.mapped();
    auto outcome = connect_outcome(attempt.watch.fd());
    // The watch closes its descriptor when the loop has let go of it.
    auto socket = duplicate(attempt.watch.fd());
    if (outcome.code == errc::none && !socket)
      outcome = {errc::connection_refused, "out of descriptors"};
    if (outcome.code != errc::none) {
      attempt.promise.deliver(caf::make_error(
          outcome.code,
          fmt::format("{}: {}", to_string(attempt.where), outcome.context)));
      return;
    }
    attempt.promise.deliver(
        caf::actor_cast<caf::actor>(spawn_connection(std::move(socket))));
  }

  void set_dial_alarm() {
    auto first = std::min_element(
        dials.begin(), dials.end(), [](const auto& x, const auto& y) {
          return x.second.deadline < y.second.deadline;
        });
    if (first != dials.end())
      dial_alarm.set(self, first->second.deadline, [this] { expire_dials(); });
  }

  void expire_dials() {
    const auto time = now();
    for (auto i = dials.begin(); i != dials.end();) {
      auto& attempt = i->second;
      if (attempt.deadline > time) {
        ++i;
        continue;
      }
      attempt.promise.deliver(caf::make_error(
          errc::timeout, fmt::format("{}: no answer to the connection request",
                                     to_string(attempt.where))));
      i = dials.erase(i);
    }
    set_dial_alarm();
  }

  // -- both -------------------------------------------------------------------

  connection_actor spawn_connection(unique_socket socket) {
    auto ends = connection_ends{local_endpoint_of(socket.get()),
                                remote_endpoint_of(socket.get())};
    auto stream = spawn_mconn_broker(self->system(), std::move(socket));
    return spawn_mconn_connection(self->system(), std::move(stream),
                                  std::move(ends), options);
  }

  time_point now() const {
    return self->system().clock().now();
  }

  caf::io::broker* self;
  std::shared_ptr<const mconn_options> options;

  std::optional<socket_watch> listener;
  std::optional<endpoint> listening;
  bool closed = false;
  std::deque<accept_promise> waiting;
  std::optional<connection_tracker> tracker;
  std::map<caf::actor_addr, connection_slot> accepted; // Dies before `tracker`.
  duration pause = pause_min;
  bool pausing = false;
  alarm resume_alarm;
  alarm expiry_alarm;

  uint64_t next_dial = 0;
  std::map<uint64_t, dial> dials;
  alarm dial_alarm;
};

} // namespace

transport_actor
spawn_mconn_transport(caf::actor_system& sys,
                      std::shared_ptr<const mconn_options> options) {
  auto fun
      = [](caf::stateful_actor<mconn_transport_state, caf::io::broker>* self,
           std::shared_ptr<const mconn_options> shared_options) {
          return state_of(self).start(std::move(shared_options));
        };
  auto broker = sys.middleman().spawn_broker(fun, std::move(options));
  return caf::actor_cast<transport_actor>(broker);
}

} // namespace troupe
