// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "troupe/tests/harness/sim_random.hpp"
#include "troupe/transport/quic/gnutls_tls.hpp"
#include "troupe/transport/quic/quic_connection.hpp"
#include "troupe/transport/quic/quic_packet.hpp"
#include "troupe/transport/verify_peer.hpp"

namespace troupe::test {

using namespace std::chrono_literals;

/// A day at which certificates of tests are valid.
inline const auto quic_day
    = wall_time{std::chrono::milliseconds{1'798'761'600'000}};

inline node_key quic_key(int number) {
  std::array<std::byte, 32> seed;
  seed.fill(static_cast<std::byte>(number));
  return node_key::from_seed(seed);
}

/// What a node presents, made once: that takes a while.
inline std::shared_ptr<const gnutls_identity>
quic_identity(int number, std::vector<std::string> protocols = {"troupe/1"}) {
  static std::map<std::pair<int, std::vector<std::string>>,
                  std::shared_ptr<const gnutls_identity>>
      made;
  auto& result = made[{number, protocols}];
  if (!result) {
    testing::sim_random random{7};
    auto outcome = gnutls_identity::make(
        make_certificate(quic_key(number), random, quic_day), protocols);
    REQUIRE(outcome);
    result = *outcome;
  }
  return result;
}

/// What has happened to the streams of one end.
struct stream_record : quic_sink {
  struct stream {
    bytes data;
    bool fin = false;
    bool closed = false;
    std::optional<uint64_t> reset = {};
    bool stopped = false;
    std::optional<uint64_t> code = {};
    uint64_t sent = 0;
  };

  void on_established() override {
    established = true;
  }

  void on_data(stream_id id, byte_view data, bool fin) override {
    auto& what = streams[id];
    what.data.insert(what.data.end(), data.begin(), data.end());
    what.fin = what.fin || fin;
    if (consumes)
      consumes(id, data.size());
  }

  void on_reset(stream_id id, uint64_t code) override {
    streams[id].reset = code;
  }

  void on_stopped(stream_id id) override {
    streams[id].stopped = true;
  }

  void on_sent(stream_id id, uint64_t total) override {
    streams[id].sent = total;
  }

  void on_closed(stream_id id, std::optional<uint64_t> code) override {
    streams[id].closed = true;
    streams[id].code = code;
  }

  bool established = false;
  std::map<stream_id, stream> streams;

  /// Gives windows back as data arrives, if it is there.
  std::function<void(stream_id, size_t)> consumes;
};

/// Two connections, and a network between them in which time is ours.
struct quic_pair {
  /// What is on its way.
  struct flight {
    time_point arrives;
    bool to_server;
    bytes data;
  };

  explicit quic_pair(quic_options both = default_options(), int client_key = 1,
                     int server_key = 2,
                     std::vector<std::string> offered = {"troupe/1"},
                     quic_sink* above_client = nullptr,
                     quic_sink* above_server = nullptr)
    : options(both),
      server_sink(above_server != nullptr ? *above_server : far) {
    auto tls = gnutls_identity::open(quic_identity(client_key, offered),
                                     direction::outbound, quic_day);
    REQUIRE(tls);
    auto made = quic_connection::dial(
        options, std::move(*tls),
        above_client != nullptr ? *above_client : near, random, now);
    REQUIRE(made);
    client = std::move(*made);
    identity = quic_identity(server_key);
    near.consumes
        = [this](stream_id id, size_t size) { client->consume(id, size); };
    far.consumes
        = [this](stream_id id, size_t size) { server->consume(id, size); };
  }

  static quic_options default_options() {
    quic_options result;
    result.streams_bidi = 16;
    result.streams_uni = 16;
    return result;
  }

  /// Lets everybody pass.
  static quic_tls::judge anybody() {
    return [](const certified_node&) { return failure{}; };
  }

  void proceed(const node_id& expected = {}) {
    const auto own = quic_key(1).id();
    client->proceed(
        [=](const certified_node& who) {
          return verify_identity(own, who.id, expected);
        },
        now);
    server_proceeds = true;
    if (server)
      server->proceed(anybody(), now);
  }

  /// Makes the server of the first datagram.
  void accept(byte_view datagram) {
    auto first = read_initial(datagram);
    REQUIRE(first);
    auto tls = gnutls_identity::open(identity, direction::inbound, quic_day);
    REQUIRE(tls);
    auto made = quic_connection::accept(options, std::move(*tls), server_sink,
                                        random, *first, reset_secret{}, now);
    REQUIRE(made);
    server = std::move(*made);
    if (accepted)
      accepted(*server);
    if (server_proceeds)
      server->proceed(anybody(), now);
  }

  void collect(quic_connection& from, bool to_server) {
    while (auto batch = from.produce(now))
      batch->each([&](byte_view data) {
        ++datagrams;
        bytes_sent += data.size();
        if (random.chance(loss))
          return;
        flights.push_back({now + latency + random.between(0ms, jitter),
                           to_server,
                           {data.begin(), data.end()}});
      });
  }

  /// Lets things happen for that long, or until `done`.
  bool run(duration time, const std::function<bool()>& done = {}) {
    const auto end = now + time;
    for (;;) {
      collect(*client, true);
      if (server)
        collect(*server, false);
      if (done && done())
        return true;
      auto next = std::min(end, client->next_wakeup());
      if (server)
        next = std::min(next, server->next_wakeup());
      for (const auto& what : flights)
        next = std::min(next, what.arrives);
      if (next >= end) {
        now = end;
        return false;
      }
      now = std::max(now, next);
      deliver();
      client->tick(now);
      if (server)
        server->tick(now);
    }
  }

  void deliver() {
    auto due = std::exchange(flights, {});
    for (auto& what : due) {
      if (what.arrives > now) {
        flights.push_back(std::move(what));
        continue;
      }
      if (!what.to_server) {
        client->receive(what.data, now);
        continue;
      }
      if (!server)
        accept(what.data);
      server->receive(what.data, now);
    }
  }

  /// Both ends have shaken hands.
  void establish() {
    proceed();
    REQUIRE(run(10s, [this] { return near.established && far.established; }));
  }

  bytes patterned(size_t size, int seed = 1) {
    bytes result(size);
    for (size_t i = 0; i < size; ++i)
      result[i] = static_cast<std::byte>(i * 7 + i / 251 + size_t(seed));
    return result;
  }

  void write(quic_connection& from, stream_id id, bytes data,
             bool fin = false) {
    from.write({.stream = id, .body = shared_bytes{data}, .fin = fin});
  }

  quic_options options;
  quic_sink& server_sink;

  /// Told of the server once it is there.
  std::function<void(quic_connection&)> accepted;
  testing::sim_random random{1};
  time_point now{1h};
  duration latency = 10ms;
  duration jitter = 0ms;
  unsigned loss = 0; // Of a thousand datagrams.
  size_t datagrams = 0;
  size_t bytes_sent = 0;
  std::vector<flight> flights;
  stream_record near;
  stream_record far;
  std::unique_ptr<quic_connection> client;
  std::unique_ptr<quic_connection> server;
  std::shared_ptr<const gnutls_identity> identity;
  bool server_proceeds = false;
};

} // namespace troupe::test
