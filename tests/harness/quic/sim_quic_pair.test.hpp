// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "troupe/tests/harness/quic/sim_credentials.hpp"
#include "troupe/tests/harness/sim_network.test.hpp"
#include "troupe/tests/transport/quic/quic_pair.hpp"
#include "troupe/transport/quic/quic_door.hpp"

namespace troupe::test {

/// One end: a connection, and what happens to it.
struct sim_quic_end {
  stream_record seen;
  std::unique_ptr<quic_connection> connection;

  void set(std::unique_ptr<quic_connection> made) {
    connection = std::move(made);
    seen.consumes
        = [this](stream_id id, size_t size) { connection->consume(id, size); };
  }

  [[nodiscard]] bool is_up() const {
    return seen.established && !connection->ended();
  }
};

/// A port of a host: its datagrams, in their order.
struct sim_quic_port : sim_port_owner {
  void on_datagram(const sim_address& from, bytes data) override {
    arrived.emplace_back(from, std::move(data));
  }

  void on_refused() override {
    ++refusals;
  }

  void on_writable() override {}

  sim_port port{};
  std::vector<std::pair<sim_address, bytes>> arrived;
  size_t refusals = 0;
};

/// A client and a server, over the datagrams of a simulated network, and with
/// the handshake that simulations have. A function of its seed.
struct sim_quic_pair {
  explicit sim_quic_pair(uint64_t seed = 1,
                         const sim_link_options& link
                         = {.latency = sim_latency::fixed(10ms)})
    : random(seed),
      network(random.split(), {.link = link}),
      client_identity(identity_of(1)),
      server_identity(identity_of(2)) {
    network.set_observer(&events);
    server_port.port = *network.open_port(b, 4000, &server_port);
    where = *network.address_of(server_port.port);
    door.set_mode(quic_door::mode::open);
  }

  ~sim_quic_pair() {
    network.set_observer(nullptr);
  }

  std::shared_ptr<const quic_credentials>
  identity_of(int number, std::vector<std::string> protocols = {"troupe/1"}) {
    return *make_sim_credentials(quic_key(number), std::move(protocols), random,
                                 quic_day);
  }

  void dial(quic_tls::judge decides = quic_pair::anybody()) {
    client_port.port = network.dial_port(a, where, now, &client_port);
    auto tls = client_identity->open(direction::outbound, quic_day);
    REQUIRE(tls);
    auto made = quic_connection::dial(options, std::move(*tls), client.seen,
                                      random, now);
    REQUIRE(made);
    client.set(std::move(*made));
    client.connection->proceed(std::move(decides), now);
  }

  // -- the server's port ------------------------------------------------------

  void arrived_at_server(const sim_address& from, const bytes& data) {
    const auto place = udp_place{from.ip, from.port};
    auto found = door.arrived(data, place, now);
    if (found.what == quic_door::action::answer) {
      network.send(server_port.port, from, found.answer, now);
      return;
    }
    if (found.what == quic_door::action::accept) {
      auto* made = ends.emplace_back(std::make_unique<sim_quic_end>()).get();
      servers.emplace(found.connection, made);
      auto tls = server_identity->open(direction::inbound, quic_day);
      REQUIRE(tls);
      auto outcome
          = quic_connection::accept(options, std::move(*tls), made->seen,
                                    random, *found.first, door.resets(), now);
      REQUIRE(outcome);
      made->set(std::move(*outcome));
      made->connection->proceed(server_decides, now);
    } else if (found.what != quic_door::action::deliver) {
      return;
    }
    if (auto i = servers.find(found.connection); i != servers.end())
      i->second->connection->receive(data, now);
  }

  /// The end of the client's connection; there may be others of packets that
  /// came garbled.
  sim_quic_end* server() {
    for (const auto& end : ends)
      if (end->seen.established)
        return end.get();
    return nullptr;
  }

  /// The end that came first.
  sim_quic_end& first_server() {
    REQUIRE_FALSE(ends.empty());
    return *ends.front();
  }

  // -- time -------------------------------------------------------------------

  void send_all(quic_connection& from, sim_port port, const sim_address& to) {
    while (auto batch = from.produce(now))
      batch->each([&](byte_view data) { network.send(port, to, data, now); });
  }

  /// Everybody does what there is to do. @returns when there is more.
  time_point turn() {
    for (auto& [from, data] : std::exchange(client_port.arrived, {}))
      client.connection->receive(data, now);
    for (auto& [from, data] : std::exchange(server_port.arrived, {}))
      arrived_at_server(from, data);
    auto next = time_point::max();
    auto serve
        = [&](quic_connection& each, sim_port port, const sim_address& to) {
            each.tick(now);
            send_all(each, port, to);
            next = std::min(next, std::max(each.next_wakeup(), now + 1ms));
          };
    serve(*client.connection, client_port.port, where);
    for (auto i = servers.begin(); i != servers.end();) {
      const auto [number, end] = *i++;
      const auto to = *door.place_of(number);
      door.learn(number, end->connection->take_ids());
      if (end->seen.established)
        door.validated(number);
      serve(*end->connection, server_port.port, {to.ip, to.port});
      door.learn(number, end->connection->take_ids());
      // Whoever comes then is new.
      if (end->connection->ended()) {
        door.ended(number);
        servers.erase(number);
      }
    }
    if (auto when = network.next_event())
      next = std::min(next, *when);
    return next;
  }

  /// @returns whether `done` came about in that time.
  bool run(duration limit, const std::function<bool()>& done) {
    const auto end = now + limit;
    while (now < end) {
      const auto next = turn();
      if (done())
        return true;
      now = std::clamp(next, now, end);
      network.run(now);
    }
    return false;
  }

  bool establish(duration limit = 20s) {
    return run(limit, [this] { return client.is_up() && server() != nullptr; });
  }

  quic_options options = quic_pair::default_options();
  sim_random random;
  sim_network network;
  sim_recorder events;
  time_point now{1h};
  sim_host a = network.add_host("a");
  sim_host b = network.add_host("b");
  sim_address where;

  std::shared_ptr<const quic_credentials> client_identity;
  std::shared_ptr<const quic_credentials> server_identity;
  quic_tls::judge server_decides = quic_pair::anybody();
  quic_door door = quic_door{{}, random, now};

  sim_quic_port client_port;
  sim_quic_port server_port;
  sim_quic_end client;
  std::vector<std::unique_ptr<sim_quic_end>> ends; // Of all that there were.
  std::map<uint64_t, sim_quic_end*> servers;
};

} // namespace troupe::test
