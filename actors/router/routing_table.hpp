// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "troupe/actors/router/renewals.hpp"
#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/messages/result.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/peerstore/rules/connection_ref.hpp"

namespace troupe {

/// A channel has to hear of a connection.
struct introduction {
  channel_id channel = 0;
  connection_ref which = {};

  /// Whether it gets a way to the peer.
  bool reachable = false;

  friend bool operator==(const introduction&, const introduction&) = default;
};

/// Knows the open channels and the connections of peers, and decides who hears
/// of whom and which connections have to be made anew (ADR-062, "Routers").
///
/// A peer has the channels that were open when its handshake began. A channel
/// that was opened later hears of the peer, too, but gets no way to it: if the
/// peer has that channel, its connection is made anew when its turn comes. Who
/// had counted on a channel that is gone has to go at once.
class routing_table {
public:
  using channel_list = std::vector<channel_descriptor>;

  // -- channels ---------------------------------------------------------------

  /// Adds a channel.
  /// @returns whom to introduce it to; or `invalid_channel` or
  ///          `duplicate_channel`.
  result<std::vector<introduction>>
  add_channel(const channel_descriptor& descriptor, time_point now);

  /// Forgets a channel. @returns the connections that had counted on it.
  std::vector<connection_ref> remove_channel(channel_id id);

  [[nodiscard]] channel_list open_channels() const;

  // -- connections ------------------------------------------------------------

  /// What follows from a new connection.
  struct links {
    /// The channels that both sides had when it was made.
    channel_set shared;

    /// For every open channel.
    std::vector<introduction> introductions;
  };

  /// Adds a connection of a peer that has none.
  /// @param ours the channels we had when its handshake began.
  /// @param theirs those that the peer has.
  links connect(const connection_ref& which, const channel_list& ours,
                const std::vector<channel_id>& theirs);

  /// Forgets a connection. An older or newer one of the same peer stays.
  /// @returns `false` if it is not there.
  bool disconnect(const connection_ref& which);

  /// Notes that the peer erred on a connection, which therefore ends.
  /// @returns `false` if that was noted before, or the connection is gone.
  bool condemn(const connection_ref& which);

  [[nodiscard]] bool is_connected(const connection_ref& which) const {
    return find(which) != nullptr;
  }

  /// How many peers are connected.
  [[nodiscard]] size_t size() const noexcept {
    return peers_.size();
  }

  // -- renewals ---------------------------------------------------------------

  /// Returns a connection that has to end now to be made anew, once.
  [[nodiscard]] std::optional<connection_ref> renew_next(time_point now) {
    return renewals_.next(now);
  }

  /// When `renew_next` may have an answer without a further event.
  [[nodiscard]] std::optional<time_point> next_wakeup() const {
    return renewals_.next_wakeup();
  }

private:
  struct entry {
    uint64_t generation;
    /// Which channels we had when it was made, and those that the peer has.
    channel_set ours;
    channel_set theirs;
    bool condemned = false;
  };

  /// Whether the peer would see other channels of its own with us, if it came
  /// now.
  [[nodiscard]] bool is_outdated(const entry& x) const;

  [[nodiscard]] const entry* find(const connection_ref& which) const;

  std::map<channel_id, channel_descriptor> channels_;
  channel_set open_; // The same.
  std::map<node_id, entry> peers_;
  renewals renewals_;
};

} // namespace troupe
