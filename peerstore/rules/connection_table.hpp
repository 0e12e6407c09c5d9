// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "troupe/messages/direction.hpp"
#include "troupe/messages/endpoint.hpp"
#include "troupe/messages/ip_network.hpp"
#include "troupe/messages/node_address.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/peer_update.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/peerstore/rules/connection_ref.hpp"
#include "troupe/peerstore/rules/slots.hpp"

namespace troupe {

/// One connection from its admission to its end.
struct live_connection {
  uint64_t generation = 0;
  direction way = direction::inbound;

  /// The subnet whose part of the slots it takes, if any.
  std::optional<ip_network> subnet = {};

  /// Whether limits count it.
  bool counted = true;

  time_point since = {};

  /// If the peer only visits: when it has to go.
  std::optional<time_point> visit_ends = {};

  /// The address that was dialed. Null if inbound.
  node_address address = {};

  /// The other end, if that is known.
  std::optional<endpoint> remote = {};

  /// The `address_group` of where the peer is. Empty if nobody knows.
  std::string group = {};

  /// The shortest round trip that was measured.
  std::optional<duration> rtt = {};

  /// Once it is up.
  std::optional<peer_info> info = {};

  /// Whether the configuration says that the peer is to stay.
  bool kept = false;

  /// Why the connection has to end. `none`: it may stay.
  errc evict_reason = errc::none;

  /// What there is to say besides. May be empty.
  std::string evict_text = {};

  /// Whether the peer has paid for an error that was found on it.
  bool blamed = false;

  /// How long what is queued may take to get there before it ends.
  duration linger = duration::zero();

  /// The caller knows that it has to end.
  bool evicting = false;

  /// When the question whether it still lives was handed out, and not answered
  /// since.
  std::optional<time_point> probed_at = {};

  /// When the last such question came up.
  std::optional<time_point> doubted_at = {};

  [[nodiscard]] slot_claim claim() const {
    return {way, subnet};
  }

  /// What it runs over. Empty if nobody knows.
  [[nodiscard]] const std::string& protocol() const {
    return remote ? remote->protocol : address.protocol;
  }

  /// How long the question whether it still lives has been open.
  [[nodiscard]] duration silent_for(time_point now) const {
    return probed_at ? now - *probed_at : duration::zero();
  }

  /// Whether there was no slot for it, so that it ends soon.
  [[nodiscard]] bool visits() const {
    return visit_ends.has_value();
  }

  [[nodiscard]] bool stays() const {
    return evict_reason == errc::none;
  }
};

/// The connections there are, one a peer, and the slots that they take.
class connection_table {
public:
  using map = std::map<node_id, live_connection>;

  [[nodiscard]] const map& all() const {
    return content_;
  }

  [[nodiscard]] const live_connection* to(const node_id& id) const;

  /// Returns the other end of the connection to a peer, or of one that has
  /// ended a short while ago, if that is known: what it said last may be read
  /// behind its end.
  [[nodiscard]] std::optional<endpoint> whereabouts(const node_id& id) const;

  /// Whether there is a connection to that peer that is more than a visit.
  [[nodiscard]] bool holds(const node_id& id) const;

  /// Returns the connection if it still is that one. A late report must not
  /// hit the next connection to the same peer.
  [[nodiscard]] const live_connection* find(const connection_ref& which) const;

  /// Numbers a connection and adds it. There must be none to that peer.
  /// @returns the number.
  uint64_t insert(const node_id& id, live_connection what);

  live_connection erase(const node_id& id);

  /// Calls `change` with a connection that exists.
  template <class F>
  void update(const node_id& id, F change) {
    auto& what = content_.at(id);
    give_back(what);
    change(what);
    take(what);
  }

  /// Decides that a connection has to end. The first reason counts.
  void condemn(const node_id& id, errc reason,
               duration linger = duration::zero(), std::string text = {});

  /// Returns a connection to close, each only once.
  std::optional<eviction> evict_next();

  /// Those that visit, the first to go first, whether or not they were told.
  [[nodiscard]] const std::vector<node_id>& visitors() const {
    return visitors_;
  }

  /// The slots that they take.
  [[nodiscard]] const slot_tally& taken() const {
    return taken_;
  }

private:
  void take(const live_connection& what);
  void give_back(const live_connection& what);

  struct gone {
    node_id id;
    endpoint remote;
  };

  /// How many of those that have ended are remembered.
  static constexpr size_t gone_max = 64;

  map content_;
  std::deque<gone> gone_; // The latest last.
  std::deque<connection_ref> condemned_;
  std::vector<node_id> visitors_;
  slot_tally taken_;
  uint64_t last_generation_ = 0;
};

} // namespace troupe
