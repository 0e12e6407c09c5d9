// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/sim_transport_actor.hpp"

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include <caf/actor_cast.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>

#include "troupe/tests/harness/in_own_time.hpp"
#include "troupe/tests/harness/sim_stream_actor.hpp"
#include "troupe/tests/harness/sim_wire.hpp"
#include "troupe/transport/memory/memory_connection_actor.hpp"
#include "troupe/transport/memory/memory_network.hpp"
#include "troupe/transport/tcp/stream_transport_state.hpp"
#include "troupe/transport/tcp/tcp_socket.hpp"

namespace troupe::testing {

namespace {

/// What all sockets of a transport share.
struct sim_surroundings {
  caf::scheduled_actor* self;
  std::shared_ptr<sim_network> network;
  sim_host own;

  /// Makes the connection over one end.
  std::function<connection_actor(sim_socket, connection_ends)> connect;

  /// The node that lives at this host; empty without message mode.
  std::string node;

  [[nodiscard]] time_point now() const {
    return self->system().clock().now();
  }

  /// What the network tells, we do in our own time.
  void later(const std::shared_ptr<void>& whose,
             std::function<void()> what) const {
    in_own_time(self, whose, std::move(what));
  }

  // -- addresses --------------------------------------------------------------

  [[nodiscard]] bool is_by_node(const endpoint& x) const {
    return !node.empty() && x.protocol == memory_protocol;
  }

  /// Of the same family.
  [[nodiscard]] ip_address own_ip(const ip_address& like) const {
    const auto& hosts = network->topology();
    return like.is_v4() ? hosts.ip_of(own) : hosts.ip6_of(own);
  }

  static endpoint mconn_endpoint(const sim_address& x) {
    return {
        .protocol = std::string{mconn_protocol}, .ip = x.ip, .port = x.port};
  }

  static endpoint node_endpoint(std::string id) {
    return {.protocol = memory_protocol, .path = std::move(id)};
  }

  [[nodiscard]] failure validate_listen(const endpoint& where) const {
    if (is_by_node(where)) {
      if (where == node_endpoint(node))
        return {};
      return {errc::invalid_endpoint, fmt::format("endpoint '{}': expected "
                                                  "memory:{}",
                                                  to_string(where), node)};
    }
    if (auto bad = validate_tcp_listen(where); bad.code != errc::none)
      return bad;
    if (where.ip->is_unspecified() || where.ip == own_ip(*where.ip))
      return {};
    return {errc::cannot_listen,
            fmt::format("cannot listen at {}: the host is {}", to_string(where),
                        to_string(own_ip(*where.ip)))};
  }

  /// Where to dial an endpoint.
  [[nodiscard]] result<sim_address> address_of(const endpoint& where) const {
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

  [[nodiscard]] connection_ends ends_of(sim_socket socket, bool by_node) const {
    const auto local = network->local_address(socket);
    const auto remote = network->remote_address(socket);
    if (!by_node)
      return {mconn_endpoint(local), mconn_endpoint(remote)};
    auto at = [this](const sim_address& x) {
      auto host = network->topology().find(x.ip);
      return node_endpoint(host ? network->node_at(*host) : std::string{});
    };
    return {at(local), at(remote)};
  }
};

using surroundings_ptr = std::shared_ptr<const sim_surroundings>;

class sim_open_socket final : public open_socket {
public:
  sim_open_socket(surroundings_ptr world, sim_socket socket, bool by_node)
    : world_(std::move(world)),
      socket_(socket),
      by_node_(by_node) {}

  ~sim_open_socket() override {
    if (socket_)
      world_->network->close(*socket_, world_->now());
  }

  [[nodiscard]] std::optional<ip_address> remote_ip() const override {
    return world_->network->remote_address(*socket_).ip;
  }

  void refuse() override {
    world_->network->abort(*socket_, world_->now());
  }

  connection_actor connect() override {
    const auto socket = *std::exchange(socket_, std::nullopt);
    return world_->connect(socket, world_->ends_of(socket, by_node_));
  }

private:
  surroundings_ptr world_;
  std::optional<sim_socket> socket_;
  bool by_node_;
};

class sim_listening_socket final : public listening_socket {
public:
  sim_listening_socket(surroundings_ptr world, bool by_node,
                       std::function<void()> ready)
    : world_(std::move(world)),
      by_node_(by_node),
      ready_(std::move(ready)) {}

  ~sim_listening_socket() override {
    if (listener_)
      world_->network->close_listener(*listener_, world_->now());
  }

  /// @param port 0 takes a free one.
  /// @param ip absent: that of IPv4.
  failure open(uint16_t port, const std::optional<ip_address>& ip) {
    auto found = world_->network->listen(
        world_->own, port,
        [this] {
          if (watching_)
            world_->later(here_, ready_);
        },
        ip);
    if (!found)
      return found.error();
    listener_ = *found;
    return {};
  }

  [[nodiscard]] endpoint where() const override {
    return by_node_ ? sim_surroundings::node_endpoint(world_->node)
                    : sim_surroundings::mconn_endpoint(listener_->address);
  }

  void watch() override {
    watching_ = true;
  }

  void ignore() override {
    watching_ = false;
  }

  outcome accept() override {
    auto socket = world_->network->accept(*listener_);
    if (!socket)
      return {accept_status::drained};
    return {accept_status::accepted,
            std::make_unique<sim_open_socket>(world_, *socket, by_node_)};
  }

private:
  surroundings_ptr world_;
  bool by_node_;
  std::function<void()> ready_;
  std::optional<sim_listener> listener_;
  bool watching_ = false;
  std::shared_ptr<void> here_ = std::make_shared<char>();
};

class sim_dialing_socket final : public dialing_socket {
public:
  sim_dialing_socket(surroundings_ptr world, const sim_address& to,
                     bool by_node, callback done)
    : world_(std::move(world)),
      by_node_(by_node),
      done_(std::move(done)),
      id_(world_->network->dial(world_->own, to, world_->now(),
                                [this](result<sim_socket> socket) {
                                  answered(std::move(socket));
                                })) {}

  ~sim_dialing_socket() override {
    if (!outcome_)
      world_->network->cancel(id_);
  }

private:
  void answered(result<sim_socket> socket) {
    if (socket)
      outcome_ = std::unique_ptr<open_socket>{
          std::make_unique<sim_open_socket>(world_, *socket, by_node_)};
    else
      outcome_ = socket.error();
    world_->later(here_, [this] {
      // This goes away with it.
      auto done = std::move(done_);
      done(std::move(*outcome_));
    });
  }

  surroundings_ptr world_;
  bool by_node_;
  callback done_;
  std::optional<result<std::unique_ptr<open_socket>>> outcome_;
  std::shared_ptr<void> here_ = std::make_shared<char>();
  sim_network::dial_id id_;
};

class sim_transport_network final : public stream_network {
public:
  explicit sim_transport_network(sim_surroundings world)
    : world_(std::make_shared<const sim_surroundings>(std::move(world))) {}

  result<std::unique_ptr<listening_socket>>
  listen(const endpoint& where, std::function<void()> ready) override {
    if (auto bad = world_->validate_listen(where); bad.code != errc::none)
      return bad;
    const auto by_node = world_->is_by_node(where);
    auto socket = std::make_unique<sim_listening_socket>(world_, by_node,
                                                         std::move(ready));
    auto bad = by_node ? socket->open(default_port, std::nullopt)
                       : socket->open(where.port, world_->own_ip(*where.ip));
    if (bad.code != errc::none)
      return bad;
    return std::unique_ptr<listening_socket>{std::move(socket)};
  }

  result<std::unique_ptr<dialing_socket>>
  dial(const endpoint& where, dialing_socket::callback done) override {
    auto to = world_->address_of(where);
    if (!to)
      return to.error();
    return std::unique_ptr<dialing_socket>{std::make_unique<sim_dialing_socket>(
        world_, *to, world_->is_by_node(where), std::move(done))};
  }

private:
  surroundings_ptr world_;
};

struct sim_transport_state : stream_transport_state {
  static inline const char* name = "troupe.sim-transport";

  sim_transport_state(caf::event_based_actor* self, sim_surroundings made_of,
                      accept_options whom, std::function<void(errc)> refused)
    : stream_transport_state(self),
      world(std::move(made_of)),
      accepting(std::move(whom)),
      on_refused(std::move(refused)) {
    world.self = self;
  }

  caf::behavior make_behavior() {
    return start(std::make_unique<sim_transport_network>(std::move(world)),
                 std::move(accepting), std::move(on_refused));
  }

  // Until it begins.
  sim_surroundings world;
  accept_options accepting;
  std::function<void(errc)> on_refused;
};

transport_actor spawn(caf::actor_system& sys, sim_surroundings world,
                      accept_options accepting,
                      std::function<void(errc)> on_refused) {
  auto transport = sys.spawn<caf::stateful_actor<sim_transport_state>>(
      std::move(world), std::move(accepting), std::move(on_refused));
  return caf::actor_cast<transport_actor>(transport);
}

} // namespace

transport_actor
spawn_sim_transport(caf::actor_system& sys,
                    std::shared_ptr<sim_network> network, sim_host host,
                    std::shared_ptr<const mconn_options> options) {
  auto accepting
      = accept_options{options->max_accepted, options->limits, options->lists};
  auto on_refused = options->on_refused;
  auto connect = [&sys, network, options = std::move(options)](
                     sim_socket socket, connection_ends ends) {
    return spawn_mconn_connection(sys, spawn_sim_stream(sys, network, socket),
                                  std::move(ends), options);
  };
  return spawn(sys, {nullptr, network, host, std::move(connect), {}},
               std::move(accepting), std::move(on_refused));
}

transport_actor spawn_sim_message_transport(
    caf::actor_system& sys, std::shared_ptr<sim_network> network, sim_host host,
    const node_id& own, accept_options accepting,
    std::function<void(errc)> on_refused, const memory_options& options) {
  auto connect
      = [&sys, network, own, options](sim_socket socket, connection_ends ends) {
          return spawn_memory_connection(sys, own, std::move(ends), options,
                                         make_sim_wire(sys, network, socket));
        };
  network->set_node(host, to_string(own));
  return spawn(sys,
               {nullptr, network, host, std::move(connect), to_string(own)},
               std::move(accepting), std::move(on_refused));
}

} // namespace troupe::testing
