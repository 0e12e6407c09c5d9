// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "troupe/messages/entropy.hpp"
#include "troupe/peerstore/rules/peer_manager.hpp"
#include "troupe/tests/harness/peer_manager_view.hpp"

namespace troupe::test {

using namespace std::chrono_literals;

/// Random numbers that are a function of the seed.
class seeded_entropy final : public entropy {
public:
  explicit seeded_entropy(uint64_t seed) : generator_(seed) {}

  void fill(byte_span out) override {
    for (auto& x : out)
      x = static_cast<std::byte>(generator_() & 0xff);
  }

private:
  std::mt19937_64 generator_;
};

/// Returns an ID whose first byte is `first`: IDs are ordered like letters.
inline node_id peer(char first) {
  std::array<std::byte, node_id::size> raw{};
  raw.fill(std::byte{1});
  raw[0] = static_cast<std::byte>(first);
  return node_id{raw};
}

/// Returns the address of `peer(first)`, another one for each `port`.
inline node_address address(char first, uint16_t port = 1) {
  return {.protocol = "mconn",
          .id = peer(first),
          .hostname = std::string{"host-"} + first,
          .port = port};
}

/// A manager of the node `m`, so that `a` is smaller and `z` is larger, its
/// clock, and verbs for what happens to it.
struct world {
  static constexpr char own = 'm';

  explicit world(peer_manager_options options = {}, uint64_t seed = 1)
    : random(seed),
      core(*peer_manager::make(peer(own), options, random)) {}

  /// No jitter, no cooldown: what remains is the subject of the test.
  static peer_manager_options plain() {
    peer_manager_options options;
    options.retry.retry_time_jitter = 0s;
    options.disconnect_cooldown = 0s;
    options.max_connected_upgrade = 0;
    return options;
  }

  static peer_manager_options limited(size_t max_connected) {
    auto options = plain();
    options.max_connected = max_connected;
    return options;
  }

  /// No patience for peers that are a point worse.
  static peer_manager_options upgrading(size_t max_connected, size_t upgrade) {
    auto options = limited(max_connected);
    options.max_connected_upgrade = upgrade;
    return options;
  }

  // -- verbs ------------------------------------------------------------------

  void know(std::string_view peers) {
    for (auto first : peers)
      CHECK(*core.add(address(first)));
  }

  /// Whom to dial, as the letter of the peer; 0 if nobody.
  char dial_next() {
    auto next = core.dial_next(now);
    return next ? static_cast<char>(next->id.bytes()[0]) : '\0';
  }

  /// Knows a peer with so many points for its behaviour.
  void know(char first, int points) {
    if (!core.describe(peer(first), now))
      CHECK(*core.add(address(first)));
    give(first, points);
  }

  void give(char first, int points) {
    for (int i = 0; i < std::abs(points); ++i)
      CHECK(report(first, points > 0 ? peer_behaviour::useful_message
                                     : peer_behaviour::useless_message)
            == errc::none);
  }

  errc report(char first, peer_behaviour what) {
    return core.report(peer(first), what, now);
  }

  /// What the behaviour of a peer counts.
  double behaviour(char first) {
    return core.describe(peer(first), now)->score.behaviour;
  }

  peer_report about(char first) {
    auto found = core.describe(peer(first), now);
    REQUIRE(found.has_value());
    return *found;
  }

  /// All peers that may be dialed now, in that order.
  std::string dial_all() {
    std::string result;
    while (auto next = dial_next())
      result += next;
    return result;
  }

  errc fail(char first, uint16_t port = 1) {
    return core.dial_failed(address(first, port), now);
  }

  admission dialed(char first, uint16_t port = 1) {
    return core.dialed(address(first, port), now);
  }

  admission accepted(char first, const std::optional<ip_network>& subnet = {}) {
    return core.accepted(peer(first), subnet, now);
  }

  /// The connection to a peer; fails the test if there is none.
  connection_ref connection(char first) const {
    auto found = connection_to(peer(first));
    REQUIRE(found.has_value());
    return *found;
  }

  errc ready(char first, peer_info info = {}) {
    return core.ready(connection(first), std::move(info));
  }

  errc errored(char first, errc reason = errc::malformed_message) {
    return core.errored(connection(first), reason, now);
  }

  errc disconnected(char first, errc reason = errc::connection_closed) {
    return core.disconnected(connection(first), reason, now);
  }

  char evict_next() {
    auto next = core.evict_next();
    return next ? static_cast<char>(next->connection.peer.bytes()[0]) : '\0';
  }

  /// Lets time pass to the next wake-up. @returns how long that took.
  duration sleep() {
    auto when = core.next_wakeup();
    REQUIRE(when.has_value());
    REQUIRE(*when > now);
    return *when - std::exchange(now, *when);
  }

  /// The updates since the last call, "+a" for up and "-a" for down.
  std::string updates() {
    std::string result;
    for (const auto& update : core.take_updates()) {
      if (!is_connectivity(update.status))
        continue;
      result += update.status == peer_status::up ? '+' : '-';
      result += static_cast<char>(update.peer.bytes()[0]);
    }
    return result;
  }

  // -- questions --------------------------------------------------------------

  [[nodiscard]] testing::peer_manager_view view() const {
    return testing::view_of(core);
  }

  /// Number of connections.
  [[nodiscard]] size_t connected() const {
    return core.state().connections.all().size();
  }

  /// Number of connections that we dialed and limits count.
  [[nodiscard]] size_t outgoing() const {
    return core.state().connections.taken().present(direction::outbound);
  }

  /// Number of dials without outcome yet.
  [[nodiscard]] size_t dialing() const {
    return core.state().dials.all().size();
  }

  /// Number of peers that are known.
  [[nodiscard]] size_t size() const {
    return core.state().peers.records().size();
  }

  /// All peers, ordered by ID.
  [[nodiscard]] std::vector<node_id> peers() const {
    std::vector<node_id> result;
    for (const auto& [id, known] : core.state().peers.records())
      result.push_back(id);
    return result;
  }

  /// The addresses of a peer in the order in which they became known.
  [[nodiscard]] std::vector<node_address> addresses(const node_id& id) const {
    std::vector<node_address> result;
    if (const auto* known = core.state().peers.find(id))
      for (const auto& x : known->addresses)
        result.push_back(x.address);
    return result;
  }

  [[nodiscard]] bool is_banned(const node_id& id) const {
    const auto* known = core.state().peers.find(id);
    return known != nullptr && known->ban.has_value();
  }

  /// *Up* from `ready` to `disconnected`, *down* otherwise.
  [[nodiscard]] peer_status status(const node_id& id) const {
    const auto* which = core.state().connections.to(id);
    return which != nullptr && which->info ? peer_status::up
                                           : peer_status::down;
  }

  [[nodiscard]] std::optional<connection_ref>
  connection_to(const node_id& id) const {
    const auto* which = core.state().connections.to(id);
    if (which == nullptr)
      return std::nullopt;
    return connection_ref{id, which->generation};
  }

  /// The address that was dialed for that connection, if it is outbound.
  [[nodiscard]] std::optional<node_address>
  dialed_address(const node_id& id) const {
    const auto* which = core.state().connections.to(id);
    if (which == nullptr || which->way == direction::inbound)
      return std::nullopt;
    return which->address;
  }

  // -- state ------------------------------------------------------------------

  seeded_entropy random;
  peer_manager core;
  time_point now{1h};
};

/// Prints all that can be seen of a manager from outside.
inline std::string picture(const world& w) {
  auto result
      = fmt::format("{} {} {}", w.connected(), w.outgoing(), w.dialing());
  for (const auto& id : w.peers()) {
    result += fmt::format("\n{} {}", id, to_string(w.status(id)));
    if (auto which = w.connection_to(id))
      result += fmt::format(" {}", which->generation);
    for (const auto& known : w.addresses(id))
      result += fmt::format(" {}", known);
  }
  if (auto when = w.core.next_wakeup())
    result += fmt::format("\n{}", when->time_since_epoch().count());
  return result;
}

} // namespace troupe::test
