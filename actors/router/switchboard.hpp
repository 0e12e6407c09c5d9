// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <vector>

#include <caf/typed_response_promise.hpp>

#include "troupe/actors/channel/channel_actor.hpp"
#include "troupe/actors/node/node_options.hpp"
#include "troupe/actors/operator/event_publisher.hpp"
#include "troupe/actors/operator/log.hpp"
#include "troupe/actors/operator/metrics.hpp"
#include "troupe/actors/peer/peer_manager_actor.hpp"
#include "troupe/actors/peer/peer_receiver_actor.hpp"
#include "troupe/actors/peer/peer_sender_actor.hpp"
#include "troupe/actors/router/channel_plans.hpp"
#include "troupe/actors/router/join_flow.hpp"
#include "troupe/actors/router/router_actor.hpp"
#include "troupe/actors/router/router_child.hpp"
#include "troupe/actors/router/routing_table.hpp"
#include "troupe/transport/alarm.hpp"

namespace troupe {

/// The part of the router that has the channels and the connections of peers:
/// it starts and ends what belongs to them, introduces them to each other as
/// the `routing_table` says, and tells the peer manager what became of them.
class switchboard {
public:
  /// All references have to outlive the switchboard.
  switchboard(router_actor::pointer self, const node_options& options,
              metrics counters, router_children& children, event_log& lines,
              event_publisher& events);

  /// Does from now on what the peer manager decides about connections.
  void start(peer_manager_actor manager);

  // -- channels ---------------------------------------------------------------

  /// Adds a channel for messages of the type of `type`.
  /// @returns `invalid_channel` or `duplicate_channel`, or no error.
  caf::error add_channel(const channel_descriptor& descriptor,
                         const payload& type, const channel_actor& channel);

  /// Forgets a channel that has ended.
  void remove_channel(channel_id id);

  /// The channel of that number, null if there is none.
  [[nodiscard]] channel_actor channel(channel_id id) const {
    return channels_.channel(id);
  }

  [[nodiscard]] routing_table::channel_list open_channels() const {
    return table_.open_channels();
  }

  // -- peers ------------------------------------------------------------------

  /// Opens the way between a peer and the channels, starts its connection and
  /// announces it.
  /// @param windows those of the connection.
  void connect(const join_attempt& who, const admission& verdict,
               const connection_actor& connection, window_scope windows,
               const node_info& info);

  /// Ends a connection in favour of a newer one, of which the peer manager
  /// knows.
  void replace(const connection_ref& which);

  /// A part of a connection ended, and so does the rest.
  void ended(const connection_ref& which, const caf::error& how);

  /// A peer misbehaved. Only the first error of a connection counts, for that
  /// one ends it: its receiver takes nothing more from it, and channels drop
  /// what waits.
  void errored(const connection_ref& which, const peer_error& error);

  /// A peer sends on a channel that is not open. Says it once a channel,
  /// however many peers do.
  void skipped(const connection_ref& which, channel_id channel);

  /// Adds to reports what the parts of connections know, and delivers them.
  void
  add_traffic(std::vector<peer_report> reports,
              caf::typed_response_promise<std::vector<peer_report>> to) const;

  [[nodiscard]] bool has_peers() const {
    return table_.size() > 0;
  }

private:
  /// The parts of a connection.
  struct line {
    uint64_t generation;
    connection_actor connection;
    peer_sender_actor sender;
    peer_receiver_actor receiver;
    direction way;
    errc leaving = errc::none; // Why, if it ends behind what is queued.
  };

  void evict_next();
  void probe_next();
  void evict(const eviction& order);
  void probe(const connection_ref& which);
  void renew_next();
  void introduce(const std::vector<introduction>& all);
  void announce(const join_attempt& who, const connection_ref& which,
                const node_info& info);
  void measure_some();
  bool disconnect(const connection_ref& which, const caf::error& reason);
  [[nodiscard]] caf::error why_ended(const connection_ref& which,
                                     const caf::error& reason) const;
  void discard(const connection_ref& which);
  void count(direction way, int change);
  void note(const connection_ref& which, const peer_error& error);

  router_actor::pointer self_;
  router_children& children_;
  event_log& lines_;
  event_publisher& events_;
  metrics counters_;
  qos_options queueing_;
  uint32_t preferred_weight_;
  decoder_actor decoder_;
  peer_manager_actor manager_;
  routing_table table_;
  channel_plans channels_;
  std::map<node_id, line> peers_; // Those in the table.
  size_t inbound_ = 0;            // Those of them that dialed us.
  node_id last_measured_;
  alarm renewal_alarm_;
  channel_set unknown_channels_; // Those that were named in the log.
};

} // namespace troupe
