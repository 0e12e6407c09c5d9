// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/sim_transport_actor.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include <caf/action.hpp>
#include <caf/actor_cast.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "troupe/tests/harness/sim_stream_actor.hpp"
#include "troupe/tests/harness/sim_wire.hpp"
#include "troupe/transport/actor_state.hpp"
#include "troupe/transport/alarm.hpp"
#include "troupe/transport/memory/memory_connection_actor.hpp"
#include "troupe/transport/memory/memory_network.hpp"
#include "troupe/transport/tcp/tcp_socket.hpp"

namespace troupe::testing {

namespace {

/// What makes the difference between the transports.
struct sim_transport_options {
  /// Makes the connection over one end.
  std::function<connection_actor(sim_socket, connection_ends)> connect;
  size_t max_accepted;

  /// The node that lives at this host; empty without message mode.
  std::string node;
};

struct sim_transport_state {
  static inline const char* name = "troupe.sim-transport";

  using connection_promise = caf::typed_response_promise<caf::actor>;

  struct attempt {
    endpoint where;
    time_point deadline;
    connection_promise promise;
    /// Set by the network.
    std::optional<result<sim_socket>> outcome = {};
  };

  sim_transport_state(transport_actor::pointer ptr,
                      std::shared_ptr<sim_network> shared_network,
                      sim_host host, sim_transport_options made_of)
    : self(ptr),
      network(std::move(shared_network)),
      own(host),
      options(std::move(made_of)) {}

  ~sim_transport_state() {
    for (const auto& [id, dial] : dials)
      if (!dial.outcome)
        network->cancel(id);
      else if (*dial.outcome)
        network->close(**dial.outcome, now());
    if (listener)
      network->close_listener(*listener, now());
  }

  transport_actor::behavior_type make_behavior() {
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
          return listener ? std::vector{listening} : std::vector<endpoint>{};
        },
        [](limits_atom, const inbound_limits&) {
          // A simulated kernel turns nobody away for where he comes from.
        },
        [this](caf::close_atom) { close(); },
    };
  }

  // -- addresses --------------------------------------------------------------

  [[nodiscard]] bool is_by_node(const endpoint& x) const {
    return !options.node.empty() && x.protocol == memory_protocol;
  }

  [[nodiscard]] ip_address own_ip() const {
    return network->topology().ip_of(own);
  }

  static endpoint mconn_endpoint(const sim_address& x) {
    return {
        .protocol = std::string{mconn_protocol}, .ip = x.ip, .port = x.port};
  }

  static endpoint node_endpoint(std::string id) {
    return {.protocol = memory_protocol, .path = std::move(id)};
  }

  failure validate_listen(const endpoint& where) const {
    if (is_by_node(where)) {
      if (where == node_endpoint(options.node))
        return {};
      return {errc::invalid_endpoint,
              fmt::format("endpoint '{}': expected memory:{}", to_string(where),
                          options.node)};
    }
    if (auto bad = validate_tcp_listen(where); bad.code != errc::none)
      return bad;
    if (where.ip->is_unspecified() || where.ip == own_ip())
      return {};
    return {errc::cannot_listen,
            fmt::format("cannot listen at {}: the host is {}", to_string(where),
                        to_string(own_ip()))};
  }

  /// Where to dial an endpoint.
  result<sim_address> address_of(const endpoint& where) const {
    if (!is_by_node(where)) {
      if (auto bad = validate_tcp_dial(where); bad.code != errc::none)
        return bad;
      return sim_address{*where.ip,
                         where.port != 0 ? where.port : default_port};
    }
    if (where.ip || !node_id::parse(where.path))
      return {
          errc::invalid_endpoint,
          fmt::format("endpoint '{}': expected memory:ID", to_string(where))};
    auto host = network->host_of(where.path);
    if (!host)
      return {errc::connection_refused,
              fmt::format("nobody is at {}", to_string(where))};
    return sim_address{network->topology().ip_of(*host), default_port};
  }

  connection_ends ends_of(sim_socket socket, bool by_node) const {
    const auto local = network->local_address(socket);
    const auto remote = network->remote_address(socket);
    if (!by_node)
      return {mconn_endpoint(local), mconn_endpoint(remote)};
    auto node = [this](const sim_address& x) {
      auto host = network->topology().find(x.ip);
      return node_endpoint(host ? network->node_at(*host) : std::string{});
    };
    return {node(local), node(remote)};
  }

  // -- accepting --------------------------------------------------------------

  caf::result<endpoint> listen(const endpoint& where) {
    if (listener || closed)
      return caf::make_error(errc::invalid_state,
                             "the transport listened before");
    if (auto bad = validate_listen(where); bad.code != errc::none)
      return to_error(bad);
    const auto port = is_by_node(where) ? default_port : where.port;
    auto result
        = network->listen(own, port, [this] { later([this] { serve(); }); });
    if (!result)
      return to_error(result.error());
    listener = *result;
    listening = is_by_node(where) ? where : mconn_endpoint(listener->address);
    return listening;
  }

  caf::result<caf::actor> accept() {
    if (closed)
      return caf::make_error(errc::shutting_down);
    if (!listener)
      return caf::make_error(errc::invalid_state,
                             "the transport does not listen");
    auto promise = self->make_response_promise<caf::actor>();
    waiting.push_back(promise);
    serve();
    return promise;
  }

  /// Hands connections to those who wait for one, as long as there are both.
  void serve() {
    while (listener && !waiting.empty()
           && accepted.size() < options.max_accepted) {
      auto socket = network->accept(*listener);
      if (!socket)
        return;
      auto connection
          = options.connect(*socket, ends_of(*socket, is_by_node(listening)));
      self->monitor(connection);
      accepted.insert(connection->address());
      auto promise = std::move(waiting.front());
      waiting.pop_front();
      promise.deliver(caf::actor_cast<caf::actor>(connection));
    }
  }

  void close() {
    closed = true;
    if (listener)
      network->close_listener(*listener, now());
    listener.reset();
    for (auto& promise : std::exchange(waiting, {}))
      promise.deliver(caf::make_error(errc::shutting_down));
  }

  // -- dialing ----------------------------------------------------------------

  caf::result<caf::actor> connect(const endpoint& where, caf::timespan limit) {
    auto to = address_of(where);
    if (!to)
      return to_error(to.error());
    auto promise = self->make_response_promise<caf::actor>();
    // The network tells which dial it was once it has an outcome.
    auto id = std::make_shared<sim_network::dial_id>();
    *id = network->dial(own, *to, now(), [this, id](result<sim_socket> socket) {
      dials.at(*id).outcome = std::move(socket);
      later([this] { finish_dials(); });
    });
    dials.emplace(*id, attempt{where, now() + limit, promise});
    set_dial_alarm();
    return promise;
  }

  void finish_dials() {
    for (auto i = dials.begin(); i != dials.end();) {
      if (!i->second.outcome) {
        ++i;
        continue;
      }
      auto& [where, deadline, promise, socket] = i->second;
      if (*socket)
        promise.deliver(caf::actor_cast<caf::actor>(
            options.connect(**socket, ends_of(**socket, is_by_node(where)))));
      else
        promise.deliver(to_error(socket->error()));
      i = dials.erase(i);
    }
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
      auto& [where, deadline, promise, outcome] = i->second;
      if (deadline > time || outcome) {
        ++i;
        continue;
      }
      network->cancel(i->first);
      promise.deliver(caf::make_error(
          errc::timeout, fmt::format("{}: no answer to the connection request",
                                     to_string(where))));
      i = dials.erase(i);
    }
    set_dial_alarm();
  }

  /// The network calls in the middle of its own work. What we do about it is
  /// our own, in our own time.
  template <class F>
  void later(F what) {
    caf::anon_send(caf::actor_cast<caf::actor>(self),
                   caf::make_action(std::move(what)));
  }

  time_point now() const {
    return self->system().clock().now();
  }

  transport_actor::pointer self;
  std::shared_ptr<sim_network> network;
  sim_host own;
  sim_transport_options options;

  std::optional<sim_listener> listener;
  endpoint listening;
  bool closed = false;
  std::deque<connection_promise> waiting;
  // Only asked for members: its order, which is not the seed's, shows nowhere.
  std::set<caf::actor_addr> accepted;

  std::map<sim_network::dial_id, attempt> dials;
  alarm dial_alarm;
};

} // namespace

transport_actor
spawn_sim_transport(caf::actor_system& sys,
                    std::shared_ptr<sim_network> network, sim_host host,
                    std::shared_ptr<const mconn_options> options) {
  const auto max_accepted = options->max_accepted;
  auto connect = [&sys, network, options = std::move(options)](
                     sim_socket socket, connection_ends ends) {
    return spawn_mconn_connection(sys, spawn_sim_stream(sys, network, socket),
                                  std::move(ends), options);
  };
  return spawn_state<sim_transport_state, transport_actor>(
      sys, network, host,
      sim_transport_options{std::move(connect), max_accepted, {}});
}

transport_actor
spawn_sim_message_transport(caf::actor_system& sys,
                            std::shared_ptr<sim_network> network, sim_host host,
                            const node_id& own, size_t max_accepted) {
  auto connect = [&sys, network, own](sim_socket socket, connection_ends ends) {
    return spawn_memory_connection(sys, own, std::move(ends),
                                   make_sim_wire(sys, network, socket));
  };
  network->set_node(host, to_string(own));
  return spawn_state<sim_transport_state, transport_actor>(
      sys, network, host,
      sim_transport_options{std::move(connect), max_accepted, to_string(own)});
}

} // namespace troupe::testing
