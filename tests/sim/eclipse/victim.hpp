// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "troupe/messages/ip_address.hpp"
#include "troupe/messages/node_id.hpp"

namespace troupe::eclipse {

/// A node of the simulated network, by its number.
using node_number = size_t;

/// All that can be known of one.
struct network_node {
  node_id id = {};
  ip_address ip = {};
  bool attacker = false;

  /// Nobody answers there, though others still tell of it.
  bool dead = false;
};

/// What a rule book decides about: whom to dial, whom to let in, whom to send
/// away, whom to ask, and what to make of the answer. Times are in seconds.
class victim {
public:
  virtual ~victim() = default;

  /// Addresses to begin with.
  virtual void begin_with(const std::vector<node_number>& seeds, double now)
      = 0;

  /// Whom to dial now. Each ends with `dialed` or `failed`.
  virtual std::vector<node_number> dial(double now) = 0;

  /// @returns whether the connection may stay.
  virtual bool dialed(node_number whom, double now) = 0;

  virtual void failed(node_number whom, double now) = 0;

  /// Somebody dialed us. @returns whether it may stay.
  virtual bool accepted(node_number who, double now) = 0;

  /// A connection has ended, by whomever.
  virtual void ended(node_number who, double now) = 0;

  /// Whose connections have to end.
  virtual std::vector<node_number> evict(double now) = 0;

  /// Whether it wants to ask that peer for addresses, which it has just dialed
  /// (`fresh`) or has for a while.
  virtual bool wants_addresses(bool fresh) = 0;

  virtual void told(node_number by, const std::vector<node_number>& addresses,
                    double now)
      = 0;

  /// A peer has been there for an hour and did its work.
  virtual void useful(node_number who, double now) = 0;

  /// The process ends, with all connections, and starts anew with what it has
  /// stored.
  virtual void restart(double now) = 0;
};

} // namespace troupe::eclipse
