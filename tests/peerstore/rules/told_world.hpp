// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "world.hpp"

namespace troupe::test {

/// Returns an address of `peer(first)` at that host.
inline node_address at(char first, const char* host) {
  return {
      .protocol = "mconn", .id = peer(first), .hostname = host, .port = 26656};
}

/// Returns a peer and an address of it, another one for each number, in one of
/// a thousand groups.
inline node_address numbered_at(uint32_t number) {
  std::array<std::byte, node_id::size> raw{};
  raw[0] = std::byte{2};
  std::memcpy(raw.data() + 1, &number, sizeof(number));
  const auto group = number % 1000;
  return {.protocol = "mconn",
          .id = node_id{raw},
          .hostname = fmt::format("{}.{}.{}.{}", 20 + group / 200, group % 200,
                                  number / 1000 % 250, number / 250'000 % 250),
          .port = 26656};
}

/// A world whose peers are somewhere and tell of each other.
struct told_world : world {
  explicit told_world(const peer_manager_options& options = roomy(),
                      uint64_t seed = 1)
    : world(options, seed) {}

  /// Slots for everybody who comes, and no waits.
  static peer_manager_options roomy() {
    auto options = plain();
    options.max_connected = 50;
    return options;
  }

  /// A peer dials us from there.
  admission come(char first, const char* ip) {
    auto verdict = core.accepted(
        peer(first), std::nullopt, now,
        endpoint{.protocol = "mconn", .ip = ip_address::parse(ip), .port = 1});
    CHECK(verdict.code == errc::none);
    return verdict;
  }

  /// @returns how much of it is new.
  size_t tell(char who, const std::vector<node_address>& addresses) {
    return core.learn(addresses, peer(who), now);
  }

  /// Dials until it is that peer's turn, whose dial succeeds.
  void dial(char first) {
    while (auto next = core.dial_next(now)) {
      if (next->id == peer(first)) {
        CHECK(core.dialed(*next, now).code == errc::none);
        return;
      }
      CHECK(core.dial_failed(*next, now, {errc::timeout, ""}) == errc::none);
    }
    FAIL("the peer was never dialed");
  }

  [[nodiscard]] const address_book& book() const {
    return core.state().book;
  }
};

} // namespace troupe::test
