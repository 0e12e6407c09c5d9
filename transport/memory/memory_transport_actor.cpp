// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/memory/memory_transport_actor.hpp"

#include <deque>
#include <utility>

#include <fmt/format.h>

#include <caf/typed_event_based_actor.hpp>

#include "troupe/transport/actor_state.hpp"
#include "troupe/transport/memory/memory_connection_actor.hpp"

namespace troupe {

namespace {

/// What transports of one network say to each other.
using memory_transport_actor = transport_actor::extend<
    // Offers a connection; answered when it is accepted.
    caf::result<void>(attach_atom, caf::actor)>;

/// Connections that nobody accepts.
constexpr size_t offers_max = 64;

struct memory_transport_state {
  static inline const char* name = "troupe.memory-transport";

  struct offer {
    caf::actor connection;
    caf::typed_response_promise<void> promise;
  };

  memory_transport_state(memory_transport_actor::pointer ptr, const node_id& id,
                         std::shared_ptr<memory_network> shared_network,
                         memory_options opts)
    : self(ptr),
      own(id),
      network(std::move(shared_network)),
      options(std::move(opts)) {}

  ~memory_transport_state() {
    network->remove(own, self->address());
  }

  memory_transport_actor::behavior_type make_behavior() {
    return {
        [this](listen_atom, const endpoint& where) { return listen(where); },
        [this](accept_atom) { return accept(); },
        [this](caf::connect_atom, const endpoint& where, caf::timespan limit) {
          return connect(where, limit);
        },
        [this](caf::get_atom) {
          return listening ? std::vector{own_endpoint()}
                           : std::vector<endpoint>{};
        },
        [](limits_atom, const inbound_limits&) {
          // Nobody here has an IP address.
        },
        [this](caf::close_atom) { close(); },
        [this](attach_atom, const caf::actor& connection) {
          return take(connection);
        },
    };
  }

  endpoint own_endpoint() const {
    return {.protocol = memory_protocol, .path = to_string(own)};
  }

  // -- accepting --------------------------------------------------------------

  caf::result<endpoint> listen(const endpoint& where) {
    if (listening || closed)
      return caf::make_error(errc::invalid_state,
                             "the transport listened before");
    if (where.protocol != memory_protocol)
      return caf::make_error(errc::unsupported_protocol, to_string(where));
    if (where != own_endpoint())
      return caf::make_error(errc::invalid_endpoint,
                             fmt::format("endpoint '{}': expected memory:{}",
                                         to_string(where), own));
    if (!network->add(own, self->address(), options))
      return caf::make_error(errc::cannot_listen,
                             fmt::format("{} is in use", to_string(where)));
    listening = true;
    return own_endpoint();
  }

  caf::result<caf::actor> accept() {
    if (closed)
      return caf::make_error(errc::shutting_down);
    if (!listening)
      return caf::make_error(errc::invalid_state,
                             "the transport does not listen");
    auto promise = self->make_response_promise<caf::actor>();
    waiting.push_back(promise);
    match();
    return promise;
  }

  caf::result<void> take(const caf::actor& connection) {
    if (closed || offers.size() >= offers_max)
      return caf::make_error(errc::connection_refused);
    auto promise = self->make_response_promise<void>();
    offers.push_back({connection, promise});
    match();
    return promise;
  }

  void match() {
    while (!waiting.empty() && !offers.empty()) {
      offers.front().promise.deliver();
      waiting.front().deliver(std::move(offers.front().connection));
      offers.pop_front();
      waiting.pop_front();
    }
  }

  void close() {
    closed = true;
    listening = false;
    network->remove(own, self->address());
    for (auto& promise : std::exchange(waiting, {}))
      promise.deliver(caf::make_error(errc::shutting_down));
    for (auto& entry : std::exchange(offers, {}))
      entry.promise.deliver(caf::make_error(errc::connection_refused));
  }

  // -- dialing ----------------------------------------------------------------

  caf::result<caf::actor> connect(const endpoint& where, caf::timespan limit) {
    if (where.protocol != memory_protocol)
      return caf::make_error(errc::unsupported_protocol, to_string(where));
    auto id = node_id::parse(where.path);
    if (!id || where.ip)
      return caf::make_error(
          errc::invalid_endpoint,
          fmt::format("endpoint '{}': expected memory:ID", to_string(where)));
    auto to = caf::actor_cast<memory_transport_actor>(network->find(*id));
    if (!to)
      return caf::make_error(errc::connection_refused,
                             fmt::format("nobody is at {}", to_string(where)));
    auto [near, far] = spawn_memory_connection(
        self->system(), own, *id, options, network->options_of(*id));
    auto promise = self->make_response_promise<caf::actor>();
    self->request(to, limit, attach_atom_v, caf::actor_cast<caf::actor>(far))
        .then(
            [promise, connection = near]() mutable {
              promise.deliver(caf::actor_cast<caf::actor>(connection));
            },
            [promise, where](const caf::error& reason) mutable {
              auto code = reason == caf::sec::request_timeout
                              ? errc::timeout
                              : errc::connection_refused;
              promise.deliver(caf::make_error(code, to_string(where)));
            });
    return promise;
  }

  memory_transport_actor::pointer self;
  node_id own;
  std::shared_ptr<memory_network> network;
  memory_options options;
  bool listening = false;
  bool closed = false;
  std::deque<caf::typed_response_promise<caf::actor>> waiting;
  std::deque<offer> offers;
};

} // namespace

transport_actor spawn_memory_transport(caf::actor_system& sys,
                                       const node_id& own,
                                       std::shared_ptr<memory_network> network,
                                       memory_options options) {
  return spawn_state<memory_transport_state, memory_transport_actor>(
      sys, own, std::move(network), std::move(options));
}

} // namespace troupe
