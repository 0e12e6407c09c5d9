// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "troupe/peerstore/store/peer_store.hpp"

namespace troupe::test {

/// What the writer of the crash test tells, a byte each, on its standard
/// output.
inline constexpr char about_to_commit = 'B';
inline constexpr char acknowledged = 'A';
inline constexpr char not_synchronized = 'S';
inline constexpr char failed_commit = 'F';

/// Changes that are a function of a seed, so that the writer and the one who
/// checks agree on them without talking. Draws peers out of a few, so that most
/// changes replace something.
class crash_script {
public:
  explicit crash_script(uint64_t seed) : random_(seed) {}

  store_changes next() {
    ++serial_;
    store_changes result;
    // Now and then a big one, so that the log gets copied to the database.
    const auto size = below(16) == 0 ? 200 + below(200) : 1 + below(12);
    std::map<node_id, bool> drawn;
    for (size_t i = 0; i < size; ++i)
      drawn.emplace(draw_id(), below(4) == 0);
    for (const auto& [id, erased] : drawn)
      if (erased)
        result.erase.push_back(id);
      else
        result.put.push_back(draw_peer(id));
    return result;
  }

private:
  uint64_t below(uint64_t bound) {
    return random_() % bound;
  }

  node_id draw_id() {
    std::array<std::byte, node_id::size> raw{};
    raw[0] = std::byte{1};
    raw[1] = static_cast<std::byte>(below(2));
    raw[2] = static_cast<std::byte>(below(256));
    return node_id{raw};
  }

  stored_peer draw_peer(const node_id& id) {
    stored_peer peer{.id = id, .score_milli = serial_};
    const auto count = below(4);
    for (uint16_t port = 1; port <= count; ++port)
      peer.addresses.push_back(
          {.address = {.protocol = "mconn",
                       .id = id,
                       .hostname = "host-" + std::to_string(below(1000)),
                       .port = port},
           .failures = static_cast<uint32_t>(below(100))});
    if (below(2) == 0)
      peer.ban = stored_ban{
          .until = wall_time{std::chrono::milliseconds{below(1'000'000)}},
          .reason = std::string(below(300), 'r')};
    return peer;
  }

  std::mt19937_64 random_;
  int64_t serial_ = 0;
};

/// What a store holds after changes.
class crash_model {
public:
  void apply(const store_changes& changes) {
    for (const auto& peer : changes.put)
      peers_.insert_or_assign(peer.id, peer);
    for (const auto& id : changes.erase)
      peers_.erase(id);
  }

  [[nodiscard]] std::vector<stored_peer> peers() const {
    std::vector<stored_peer> result;
    for (const auto& [id, peer] : peers_)
      result.push_back(peer);
    return result;
  }

private:
  std::map<node_id, stored_peer> peers_;
};

} // namespace troupe::test
