// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "troupe/messages/node_address.hpp"
#include "troupe/messages/node_id.hpp"

namespace troupe {

/// Where an address leads, no matter who is said to answer. Empty if it has no
/// host name: the ID is the location then, and no two peers share it.
std::string location_of(const node_address& address);

/// Who is said to answer where, and where we are connected to or dialing.
///
/// Only one node answers at a location: while it does under one ID, dialing it
/// for another one is bound to fail.
class location_index {
public:
  /// Notes that `address.id` is said to answer there.
  /// @returns `false`, and notes nothing, if `limit` others are said so
  /// already.
  bool claim(const node_address& address, size_t limit);

  void unclaim(const node_address& address);

  /// Who is said to answer where `address` leads.
  [[nodiscard]] std::vector<node_id>
  claimants(const node_address& address) const;

  /// Notes a dial or connection to there. Counts: a dial may overlap with a
  /// connection.
  void occupy(const node_address& address);

  void vacate(const node_address& address);

  [[nodiscard]] bool occupied(const node_address& address) const;

private:
  std::unordered_map<std::string, std::vector<node_id>> claims_;
  std::map<std::string, uint32_t> occupied_;
};

} // namespace troupe
