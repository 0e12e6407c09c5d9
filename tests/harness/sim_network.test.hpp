// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "troupe/tests/harness/fnv_hash.hpp"
#include "troupe/tests/harness/sim_network.hpp"

namespace troupe::test {

using namespace std::chrono_literals;
using namespace troupe::testing;

inline bytes text(std::string_view x) {
  auto data = std::as_bytes(std::span{x.data(), x.size()});
  return {data.begin(), data.end()};
}

/// Remembers and hashes what happens.
struct sim_recorder : sim_observer {
  void note(const sim_event& x) override {
    events.push_back(x);
    hash.add(static_cast<uint64_t>(x.when.time_since_epoch().count()))
        .add(static_cast<uint64_t>(x.what))
        .add(static_cast<uint64_t>(x.from))
        .add(static_cast<uint64_t>(x.to))
        .add(x.subject)
        .add(uint64_t{x.size})
        .add(x.hash);
  }

  [[nodiscard]] size_t count(sim_event::kind what) const {
    return static_cast<size_t>(
        std::count_if(events.begin(), events.end(),
                      [what](const auto& x) { return x.what == what; }));
  }

  std::vector<sim_event> events;
  fnv_hash hash;
};

/// Reads everything as it comes.
struct sim_user : sim_socket_owner {
  sim_user(sim_network& net, sim_socket end, const time_point& time)
    : network(net),
      socket(end),
      now(time) {
    network.set_owner(socket, this);
    on_readable();
  }

  ~sim_user() override {
    network.set_owner(socket, nullptr);
  }

  void on_readable() override {
    while (reads && ended.code == errc::none) {
      auto result = network.read(socket, 100, now);
      got.insert(got.end(), result.data.begin(), result.data.end());
      ended = result.ended;
      if (result.data.empty())
        break;
    }
  }

  void on_writable() override {
    ++spaces;
  }

  void on_cargo(sim_cargo cargo) override {
    cargos.push_back(cargo.size);
  }

  size_t say(std::string_view what) {
    return network.write(socket, text(what), now);
  }

  sim_network& network;
  sim_socket socket;
  const time_point& now;
  bool reads = true;
  bytes got;
  failure ended;
  size_t spaces = 0;
  std::vector<size_t> cargos;
};

/// A simulated network in the hands of a test.
struct sim_world {
  explicit sim_world(uint64_t seed = 1, sim_network_options options = plain())
    : network(seed, options) {
    network.set_observer(&seen);
  }

  static sim_network_options plain() {
    return {.link = {.latency = sim_latency::fixed(10ms), .cut_per_mille = 0}};
  }

  void run_for(duration span) {
    const auto end = now + span;
    for (auto next = network.next_event(); next && *next <= end;
         next = network.next_event()) {
      now = *next;
      network.run(now);
    }
    now = end;
  }

  /// Dials, and remembers what became of it.
  std::shared_ptr<std::optional<result<sim_socket>>>
  dial(sim_host from, const sim_address& to) {
    auto outcome = std::make_shared<std::optional<result<sim_socket>>>();
    last_dial
        = network.dial(from, to, now, [outcome](auto x) { *outcome = x; });
    return outcome;
  }

  sim_listener listen(sim_host host, uint16_t port = 1000) {
    auto result = network.listen(host, port, [this] { ++incoming; });
    REQUIRE(result);
    return *result;
  }

  /// Connects a to b.
  void connect() {
    where = listen(b);
    auto dialed = dial(a, where.address);
    run_for(1s);
    REQUIRE(dialed->has_value());
    REQUIRE(dialed->value());
    auto accepted = network.accept(where);
    REQUIRE(accepted);
    near = std::make_unique<sim_user>(network, *dialed->value(), now);
    far = std::make_unique<sim_user>(network, *accepted, now);
  }

  /// One message each way.
  void check_alive() {
    near->say("ping");
    far->say("pong");
    run_for(5s);
    CHECK(far->got == text("ping"));
    CHECK(near->got == text("pong"));
    far->got.clear();
    near->got.clear();
  }

  sim_recorder seen;
  sim_network network;
  time_point now = time_point{} + 1h;
  sim_host a = network.add_host("a");
  sim_host b = network.add_host("b");
  sim_host c = network.add_host("c");
  int incoming = 0;
  sim_network::dial_id last_dial = {};
  sim_listener where;
  std::unique_ptr<sim_user> near;
  std::unique_ptr<sim_user> far;
};

} // namespace troupe::test
