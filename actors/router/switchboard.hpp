// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "troupe/actors/channel/channel_actor.hpp"
#include "troupe/actors/operator/metrics.hpp"
#include "troupe/actors/peer/peer_receiver_actor.hpp"
#include "troupe/actors/peer/peer_sender_actor.hpp"
#include "troupe/actors/router/children.hpp"
#include "troupe/actors/router/connector.hpp"
#include "troupe/actors/router/renewals.hpp"
#include "troupe/actors/router/router_actor.hpp"
#include "troupe/transport/alarm.hpp"

namespace troupe {

/// The part of the router that knows the open channels and the connected
/// peers, and introduces them to each other.
///
/// A peer has the channels that were open when its handshake began. A channel
/// that was opened later hears of the peer, too, but gets no way to it: if the
/// peer has that channel, its connection is made anew when its turn comes. Who
/// had counted on a channel that is gone is told to go at once.
class switchboard {
public:
  using channel_list = std::vector<channel_descriptor>;

  /// @param children has to outlive the switchboard.
  /// @param queue_type the node's QoS policy.
  /// @param message_memory most bytes that a message may take when it is
  ///                       decoded.
  switchboard(router_actor::pointer self,
              children<router_actor::pointer>& children, std::string queue_type,
              size_t message_memory);

  // -- channels ---------------------------------------------------------------

  /// Adds a channel for messages of the type of `type`.
  /// @returns `invalid_channel` or `duplicate_channel`, or no error.
  caf::error add_channel(const channel_descriptor& descriptor,
                         const payload& type, const channel_actor& channel);

  /// Forgets the channel behind `who`, which has ended, and ends the
  /// connections of peers that had counted on it.
  /// @returns its number, if it was one.
  std::optional<channel_id> remove_channel(const caf::actor_addr& who);

  [[nodiscard]] channel_list open_channels() const;

  [[nodiscard]] bool is_channel(const caf::actor_addr& who) const;

  // -- peers ------------------------------------------------------------------

  /// Opens the way between a peer and the channels and starts its connection.
  void connect(const candidate& who, const connection_ref& which);

  /// Forgets a connection and ends all of its parts. An older or newer one of
  /// the same peer is left alone.
  void disconnect(const connection_ref& which, const caf::error& reason);

  /// Notes that a peer erred on a connection, which therefore ends: its
  /// receiver takes nothing more from it, and channels drop what waits.
  /// @returns `false` if that was noted before, or the connection is gone.
  bool condemn(const connection_ref& which);

  /// Lets channels drop what waits of a connection, whether it is gone or not.
  void discard(const connection_ref& which);

  /// Whether that connection is there.
  [[nodiscard]] bool is_connected(const connection_ref& which) const {
    return find(which) != nullptr;
  }

  /// Tells a connection to end; the rest follows when it has.
  void evict(const eviction& order);

  /// Asks a connection for a sign of life, and tells `judge` if there is one.
  void probe(const connection_ref& which, const peer_manager_actor& judge);

  /// Returns the connection that an actor is a part of.
  [[nodiscard]] std::optional<connection_ref>
  connection_of(const caf::actor_addr& part) const;

  /// Whether no message could be decoded without that actor.
  [[nodiscard]] bool needs(const caf::actor_addr& who) const {
    return decoder_ == who;
  }

  /// Whether an actor sends or receives for a peer.
  [[nodiscard]] bool is_carrier(const caf::actor_addr& who) const;

  [[nodiscard]] bool has_peers() const {
    return !peers_.empty();
  }

private:
  struct channel_entry {
    channel_descriptor descriptor;
    channel_actor channel;
    std::shared_ptr<const wrapper> codec;
  };

  using channel_map = std::map<channel_id, channel_entry>;

  struct peer_entry {
    uint64_t generation;
    connection_actor connection;
    peer_sender_actor sender;
    peer_receiver_actor receiver;

    /// Which channels we had when it was made, and those that the peer has.
    std::set<channel_id> ours;
    std::set<channel_id> theirs;

    bool condemned = false;

    [[nodiscard]] std::array<caf::actor_addr, 3> parts() const {
      return {connection.address(), sender.address(), receiver.address()};
    }
  };

  [[nodiscard]] channel_map::const_iterator
  find_channel(const caf::actor_addr& who) const;

  /// Whether the peer would see other channels of its own with us, if it came
  /// now.
  [[nodiscard]] bool is_outdated(const peer_entry& entry) const;

  void renew_next();

  [[nodiscard]] time_point now() const;

  /// Returns the peer's entry if it has this connection, otherwise null.
  [[nodiscard]] const peer_entry* find(const connection_ref& which) const;

  [[nodiscard]] std::map<channel_id, inbound_route>
  routes_for(const channel_list& channels) const;

  router_actor::pointer self_;
  children<router_actor::pointer>& children_;
  decode_limits limits_;
  metrics counters_;
  qos_options queueing_;
  decoder_actor decoder_;
  channel_map channels_;
  std::map<node_id, peer_entry> peers_;
  renewals renewals_;
  alarm renewal_alarm_;
  /// Which connection an actor belongs to.
  std::map<caf::actor_addr, connection_ref> owners_;
};

} // namespace troupe
