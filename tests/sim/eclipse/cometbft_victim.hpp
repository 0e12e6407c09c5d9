// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>

#include "cometbft_book.hpp"
#include "victim.hpp"

namespace troupe::eclipse {

/// How many connections a victim has.
struct victim_limits {
  size_t outgoing = 10;
  size_t incoming = 40;
};

/// CometBFT's switch and its peer exchange, as far as they decide who is a
/// peer: a look every 30 seconds at how many outgoing peers are missing, picks
/// from the book for them, whoever comes first has the incoming slots.
class cometbft_victim final : public victim {
public:
  cometbft_victim(const std::vector<network_node>& network,
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

private:
  struct wait {
    int attempts = 0;
    double last = 0;
  };

  [[nodiscard]] book_address address_of(node_number x) const;
  [[nodiscard]] bool may_dial(node_number x, double now) const;

  const std::vector<network_node>& network_;
  victim_limits limits_;
  std::map<std::string, node_number> by_id_;
  cometbft_book book_;
  std::vector<node_number> seeds_;
  std::set<node_number> outgoing_;
  std::set<node_number> incoming_;
  std::set<node_number> dialing_;
  std::map<node_number, wait> waits_;
  double next_look_ = 0;
};

} // namespace troupe::eclipse
