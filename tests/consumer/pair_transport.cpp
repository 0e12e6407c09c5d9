// SPDX-License-Identifier: Apache-2.0
#include "pair_transport.hpp"

#include <array>
#include <deque>
#include <utility>
#include <vector>

#include <sys/socket.h>

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "troupe/transport/mconn/mconn_connection_actor.hpp"
#include "troupe/transport/tcp/mconn_broker.hpp"
#include "types.hpp"

namespace consumer {

using troupe::errc;

namespace {

/// What the transports of one board say to each other.
using pair_actor = troupe::transport_actor::extend<
    // Offers one end of a socket pair, a `byte_stream_actor`, from a node that
    // is there. Answered once it is accepted.
    caf::result<void>(offer_atom, caf::actor, troupe::endpoint)>;

/// Offers that nobody has accepted yet.
constexpr size_t offers_max = 32;

struct offer {
  caf::actor stream;
  troupe::endpoint from;
  caf::typed_response_promise<void> promise;
};

struct pair_state {
  static inline const char* name = "consumer.pair-transport";

  pair_state(pair_actor::pointer ptr, std::shared_ptr<pair_board> where,
             troupe::added_transport::node_part who)
    : self(ptr),
      board(std::move(where)),
      node(std::move(who)),
      own(pair_endpoint(node->key.id())) {}

  pair_actor::behavior_type make_behavior() {
    return {
        [this](troupe::listen_atom, const troupe::endpoint& where) {
          return listen(where);
        },
        [this](troupe::accept_atom) { return accept(); },
        [this](caf::connect_atom, const troupe::endpoint& where,
               caf::timespan limit) { return connect(where, limit); },
        [this](caf::get_atom) {
          return listening ? std::vector{own} : std::vector<troupe::endpoint>{};
        },
        [](troupe::limits_atom, const troupe::inbound_limits&) {
          // They are about IP addresses.
        },
        [this](caf::close_atom) { close(); },
        [this](offer_atom, const caf::actor& stream,
               const troupe::endpoint& from) { return take(stream, from); },
    };
  }

  // -- accepting --------------------------------------------------------------

  caf::result<troupe::endpoint> listen(const troupe::endpoint& where) {
    if (listening || closed)
      return caf::make_error(errc::invalid_state);
    if (where.protocol != own.protocol)
      return caf::make_error(errc::unsupported_protocol);
    if (where != own)
      return caf::make_error(errc::invalid_endpoint);
    if (!board->add(own.path, self->address()))
      return caf::make_error(errc::cannot_listen);
    listening = true;
    return own;
  }

  caf::result<caf::actor> accept() {
    if (closed)
      return caf::make_error(errc::shutting_down);
    if (!listening)
      return caf::make_error(errc::invalid_state);
    auto promise = self->make_response_promise<caf::actor>();
    waiting.push_back(promise);
    match();
    return promise;
  }

  caf::result<void> take(const caf::actor& stream,
                         const troupe::endpoint& from) {
    if (closed || offers.size() >= offers_max)
      return caf::make_error(errc::connection_refused);
    auto promise = self->make_response_promise<void>();
    offers.push_back({stream, from, promise});
    match();
    return promise;
  }

  void match() {
    while (!waiting.empty() && !offers.empty()) {
      auto next = std::move(offers.front());
      offers.pop_front();
      next.promise.deliver();
      waiting.front().deliver(connection_over(next.stream, next.from));
      waiting.pop_front();
    }
  }

  void close() {
    closed = true;
    listening = false;
    board->remove(own.path, self->address());
    for (auto& promise : std::exchange(waiting, {}))
      promise.deliver(caf::make_error(errc::shutting_down));
    for (auto& entry : std::exchange(offers, {}))
      entry.promise.deliver(caf::make_error(errc::connection_refused));
  }

  // -- dialing ----------------------------------------------------------------

  caf::result<caf::actor> connect(const troupe::endpoint& where,
                                  caf::timespan limit) {
    if (where.protocol != own.protocol)
      return caf::make_error(errc::unsupported_protocol);
    auto to = caf::actor_cast<pair_actor>(board->find(where.path));
    std::array<int, 2> ends{};
    if (!to
        || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
                      ends.data())
               != 0)
      return caf::make_error(errc::connection_refused);
    auto near = stream_over(ends[0]);
    auto far = stream_over(ends[1]);
    auto promise = self->make_response_promise<caf::actor>();
    self->request(to, limit, offer_atom_v, far, own)
        .then(
            [this, promise, near, where]() mutable {
              promise.deliver(connection_over(near, where));
            },
            [promise, near, far](const caf::error& reason) mutable {
              caf::anon_send_exit(near, caf::exit_reason::kill);
              caf::anon_send_exit(far, caf::exit_reason::kill);
              promise.deliver(
                  caf::make_error(reason == caf::sec::request_timeout
                                      ? errc::timeout
                                      : errc::connection_refused));
            });
    return promise;
  }

  // -- connections ------------------------------------------------------------

  caf::actor stream_over(int socket) {
    // Its outlet is for this process only, and offers go anywhere.
    return caf::actor_cast<caf::actor>(
        troupe::spawn_mconn_broker(self->system(),
                                   troupe::unique_socket{socket})
            .actor);
  }

  caf::actor connection_over(const caf::actor& stream,
                             const troupe::endpoint& remote) {
    return caf::actor_cast<caf::actor>(troupe::spawn_mconn_connection(
        self->system(), caf::actor_cast<troupe::byte_stream_actor>(stream),
        {own, remote}, node));
  }

  pair_actor::pointer self;
  std::shared_ptr<pair_board> board;
  troupe::added_transport::node_part node;
  troupe::endpoint own;
  bool listening = false;
  bool closed = false;
  std::deque<caf::typed_response_promise<caf::actor>> waiting;
  std::deque<offer> offers;
};

} // namespace

// -- who is where -------------------------------------------------------------

bool pair_board::add(const std::string& path,
                     const caf::actor_addr& transport) {
  auto guard = std::lock_guard{mutex_};
  return listening_.emplace(path, transport).second;
}

void pair_board::remove(const std::string& path,
                        const caf::actor_addr& transport) {
  auto guard = std::lock_guard{mutex_};
  if (auto i = listening_.find(path);
      i != listening_.end() && i->second == transport)
    listening_.erase(i);
}

caf::actor_addr pair_board::find(const std::string& path) const {
  auto guard = std::lock_guard{mutex_};
  auto i = listening_.find(path);
  return i != listening_.end() ? i->second : caf::actor_addr{};
}

// -- the transport ------------------------------------------------------------

troupe::transport_actor
spawn_pair_transport(caf::actor_system& sys, std::shared_ptr<pair_board> board,
                     troupe::added_transport::node_part node) {
  using impl = caf::stateful_actor<pair_state, pair_actor::impl>;
  return sys.spawn<impl>(std::move(board), std::move(node));
}

troupe::endpoint pair_endpoint(const troupe::node_id& id) {
  return {.protocol = "pair", .path = to_string(id)};
}

troupe::added_transport pair_transport(std::shared_ptr<pair_board> board,
                                       const troupe::node_id& own) {
  auto make = [board = std::move(board)](
                  caf::actor_system& sys,
                  const troupe::added_transport::node_part& node) {
    return spawn_pair_transport(sys, board, node);
  };
  return {.protocols = {"pair"}, .make = make, .listen = pair_endpoint(own)};
}

} // namespace consumer
