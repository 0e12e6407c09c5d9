// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "troupe/messages/entropy.hpp"
#include "troupe/messages/node_address.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/peerstore/peer_manager_options.hpp"
#include "troupe/peerstore/peer_record.hpp"

namespace troupe {

/// All that is known about peers, whether connected or not: their addresses,
/// and how dials and connections went. Knows nothing about what goes on now.
///
/// What happens to a peer changes its record and never makes one, except when
/// it dials us: then its ID is all we know.
class peer_table {
public:
  /// @param random draws jitter and has to outlive the table.
  peer_table(const peer_manager_options& options, entropy& random);

  /// Learns an address.
  /// @returns whether it is new.
  bool add(const node_address& address, peer_class kind);

  /// A dial failed: `address` has to wait. Ignored if it is not known.
  void dial_failed(const node_address& address, time_point now);

  /// A dial succeeded: `address` is as good as new. Ignored if it is not known.
  void dial_succeeded(const node_address& address);

  /// The peer dialed us: it is alive, so whatever kept us from reaching it may
  /// be over.
  void came_in(const node_id& id);

  /// A connection to the peer ended. A peer without any address is forgotten:
  /// strangers come and go with fresh IDs as they like, and must not fill our
  /// memory with them.
  void left(const node_id& id, duration lasted, time_point now);

  [[nodiscard]] bool contains(const node_id& id) const {
    return records_.count(id) != 0;
  }

  /// Everything, ordered by ID.
  [[nodiscard]] const std::map<node_id, peer_record>& records() const {
    return records_;
  }

private:
  address_record* find(const node_address& address);

  retry_options retry_;
  duration disconnect_cooldown_;
  duration stable_after_;
  entropy* random_;
  std::map<node_id, peer_record> records_;
};

} // namespace troupe
