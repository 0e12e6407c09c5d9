// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace troupe::testing {

/// Keeps account of numbered messages between nodes: none arrives twice or
/// without having been sent, none overtakes another on the same connection, and
/// none is lost on a connection that lives on.
///
/// Messages on different connections of one pair may come in any order: the two
/// ends need not agree which of them was first.
///
/// The sender numbers its messages per receiver, from 1. A node that starts
/// again is somebody else: `party` names one life of one node.
class delivery_ledger {
public:
  using party = std::pair<size_t, uint64_t>; // Node and life.

  /// Numbers a message.
  uint64_t send(party from, party to);

  /// The message was taken: it will arrive if connection `generation` of the
  /// sender lives on, and before any that is taken for it later.
  void taken(party from, party to, uint64_t number, uint64_t generation);

  /// The message arrived on connection `generation` of the receiver.
  /// @returns what is wrong, if anything.
  std::optional<std::string> arrived(party from, party to, uint64_t number,
                                     uint64_t generation);

  /// Looks for messages that were taken for a connection and did not arrive,
  /// although it is still there and had the time to deliver them.
  /// @returns what is wrong, if anything.
  [[nodiscard]] std::optional<std::string> missing(party from, party to,
                                                   uint64_t generation) const;

  [[nodiscard]] uint64_t count_sent() const {
    return sent_;
  }

  [[nodiscard]] uint64_t count_arrived() const {
    return arrived_;
  }

private:
  struct line {
    uint64_t last_sent = 0;
    std::set<uint64_t> arrived;
    /// The last that arrived, and on which connection.
    uint64_t last = 0;
    uint64_t generation = 0;
    /// Taken and not arrived: number and generation.
    std::map<uint64_t, uint64_t> pending;
  };

  std::map<std::pair<party, party>, line> lines_;
  uint64_t sent_ = 0;
  uint64_t arrived_ = 0;
};

} // namespace troupe::testing
