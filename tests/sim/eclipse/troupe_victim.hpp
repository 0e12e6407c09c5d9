// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "cometbft_victim.hpp"
#include "troupe/messages/entropy.hpp"
#include "troupe/peerstore/rules/peer_manager.hpp"

namespace troupe::eclipse {

/// Chance that is a function of a seed.
class seeded_chance final : public entropy {
public:
  explicit seeded_chance(uint64_t seed) : generator_(seed) {}

  void fill(byte_span out) override;

private:
  std::mt19937_64 generator_;
};

/// Our peer manager and its book, with the limits that CometBFT has, and a
/// store that outlives restarts.
class troupe_victim final : public victim {
public:
  troupe_victim(const std::vector<network_node>& network,
                const victim_limits& limits, uint64_t seed);

  void begin_with(const std::vector<node_number>& seeds, double now) override;
  std::vector<node_number> dial(double now) override;
  bool dialed(node_number whom, double now) override;
  void failed(node_number whom, double now) override;
  bool accepted(node_number who, double now) override;
  void ended(node_number who, double now) override;
  std::vector<node_number> evict(double now) override;
  bool wants_addresses(bool fresh) override;
  void told(node_number by, const std::vector<node_number>& addresses,
            double now) override;
  void useful(node_number who, double now) override;
  void restart(double now) override;

  [[nodiscard]] const peer_manager& manager() const {
    return *core_;
  }

private:
  [[nodiscard]] node_address address_of(node_number x) const;
  [[nodiscard]] endpoint endpoint_of(node_number x) const;
  void store(double now);
  void make();

  const std::vector<network_node>& network_;
  victim_limits limits_;
  seeded_chance random_;
  std::map<node_id, node_number> by_id_;
  std::vector<node_number> seeds_;
  std::optional<peer_manager> core_;
  std::map<node_id, stored_peer> stored_;
  std::string secret_;
};

} // namespace troupe::eclipse
