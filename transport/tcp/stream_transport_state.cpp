// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/tcp/stream_transport_state.hpp"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>

#include "troupe/transport/tcp/tcp_socket.hpp"
#include "troupe/transport/transport_actor.hpp"

namespace troupe {

caf::behavior
stream_transport_state::start(std::unique_ptr<stream_network> network,
                              accept_options options,
                              std::function<void(errc)> on_refused) {
  network_ = std::move(network);
  on_refused_ = std::move(on_refused);
  loop_.emplace(std::move(options));
  self_->set_down_handler([this](const caf::down_msg& msg) {
    accepted_.erase(msg.source);
    serve();
  });
  return {
      [this](listen_atom, const endpoint& where) { return listen(where); },
      [this](accept_atom) { return accept(); },
      [this](caf::connect_atom, const endpoint& where, caf::timespan limit) {
        return connect(where, limit);
      },
      [this](caf::get_atom) {
        std::vector<endpoint> result;
        result.reserve(listeners_.size());
        for (const auto& listener : listeners_)
          result.push_back(listener->where());
        return result;
      },
      [this](limits_atom, inbound_limits& limits) {
        loop_->set_limits(std::move(limits));
        serve();
      },
      [this](caf::close_atom) { close(); },
  };
}

// -- accepting ----------------------------------------------------------------

caf::result<endpoint> stream_transport_state::listen(const endpoint& where) {
  if (closed_)
    return caf::make_error(errc::invalid_state, "the transport is closed");
  auto socket = network_->listen(where, [this] { serve(); });
  if (!socket)
    return to_error(socket.error());
  auto found = (*socket)->where();
  listeners_.push_back(std::move(*socket));
  serve();
  return found;
}

caf::result<caf::actor> stream_transport_state::accept() {
  if (closed_)
    return caf::make_error(errc::shutting_down);
  if (listeners_.empty())
    return caf::make_error(errc::invalid_state,
                           "the transport does not listen");
  auto promise = self_->make_response_promise<caf::actor>();
  waiting_.push_back(promise);
  serve();
  return promise;
}

bool stream_transport_state::may_take() const {
  return !waiting_.empty() && loop_->may_take(now());
}

/// Hands connections to those who wait for one, as long as there are both. The
/// listeners have their turns, so that a flood at one leaves the others theirs.
void stream_transport_state::serve() {
  size_t drained = 0;
  while (drained < listeners_.size() && may_take()) {
    next_listener_ = (next_listener_ + 1) % listeners_.size();
    auto& listener = *listeners_[next_listener_];
    auto found = listener.accept();
    loop_->found(found.status, now());
    if (found.status == accept_status::drained) {
      listener.watch();
      ++drained;
      continue;
    }
    drained = 0;
    if (found.status == accept_status::closed) {
      close();
      return;
    }
    if (found.socket)
      consider(std::move(found.socket));
  }
  if (!may_take())
    for (auto& listener : listeners_)
      listener->ignore();
  set_alarm();
}

void stream_transport_state::consider(std::unique_ptr<open_socket> socket) {
  const auto from = socket->remote_ip();
  if (!from)
    return;
  auto [code, slot] = loop_->arrived(*from, now());
  if (code == errc::none) {
    admit(*socket, std::move(slot));
    return;
  }
  // Counted by the time at which the remote can know.
  if (on_refused_)
    on_refused_(code);
  socket->refuse();
}

void stream_transport_state::admit(open_socket& socket, connection_slot slot) {
  auto connection = socket.connect();
  self_->monitor(connection);
  accepted_.emplace(connection->address(), std::move(slot));
  auto promise = std::move(waiting_.front());
  waiting_.pop_front();
  promise.deliver(caf::actor_cast<caf::actor>(connection));
}

void stream_transport_state::wake_up() {
  loop_->expire(now());
  serve();
}

void stream_transport_state::set_alarm() {
  if (auto when = loop_->next_wakeup(now()))
    wakeup_.set(self_, *when, [this] { wake_up(); });
}

void stream_transport_state::close() {
  closed_ = true;
  listeners_.clear();
  for (auto& promise : std::exchange(waiting_, {}))
    promise.deliver(caf::make_error(errc::shutting_down));
}

// -- dialing ------------------------------------------------------------------

caf::result<caf::actor> stream_transport_state::connect(const endpoint& where,
                                                        caf::timespan limit) {
  auto promise = self_->make_response_promise<caf::actor>();
  // Only the network knows which port that is, but people have to see it, too.
  auto shown = where;
  if (shown.port == 0)
    shown.port = default_port;
  const auto id = dials_.add({shown, promise}, now() + limit);
  auto socket = network_->dial(
      where, [this, id](result<std::unique_ptr<open_socket>> outcome) {
        connected(id, std::move(outcome));
      });
  if (!socket) {
    dials_.take(id);
    promise.deliver(to_error(socket.error()));
    return promise;
  }
  dials_.find(id)->socket = std::move(*socket);
  set_dial_alarm();
  return promise;
}

void stream_transport_state::connected(
    uint64_t id, result<std::unique_ptr<open_socket>> outcome) {
  auto attempt = dials_.take(id);
  if (!attempt)
    return;
  if (outcome)
    attempt->promise.deliver(
        caf::actor_cast<caf::actor>((*outcome)->connect()));
  else
    attempt->promise.deliver(caf::make_error(
        outcome.error().code, fmt::format("{}: {}", to_string(attempt->where),
                                          outcome.error().context)));
}

void stream_transport_state::set_dial_alarm() {
  if (auto when = dials_.next_wakeup())
    dial_alarm_.set(self_, *when, [this] { expire_dials(); });
}

void stream_transport_state::expire_dials() {
  for (auto& attempt : dials_.take_expired(now()))
    attempt.promise.deliver(caf::make_error(
        errc::timeout, fmt::format("{}: no answer to the connection request",
                                   to_string(attempt.where))));
  set_dial_alarm();
}

time_point stream_transport_state::now() const {
  return self_->system().clock().now();
}

} // namespace troupe
