// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "troupe/actors/node/node_options.hpp"
#include "troupe/actors/operator/event_publisher.hpp"
#include "troupe/actors/operator/log.hpp"
#include "troupe/actors/operator/metrics.hpp"
#include "troupe/actors/peer/peer_filter_actor.hpp"
#include "troupe/actors/peer/peer_manager_actor.hpp"
#include "troupe/actors/peer/resolver_actor.hpp"
#include "troupe/actors/router/children.hpp"
#include "troupe/actors/router/router_actor.hpp"
#include "troupe/messages/direction.hpp"
#include "troupe/transport/admission/handshake_slots.hpp"
#include "troupe/transport/transport_actor.hpp"

namespace troupe {

/// A connection on its way to become a peer.
struct candidate {
  connection_actor connection;

  /// What was dialed. Absent if the remote dialed us.
  std::optional<node_address> dialed;

  /// The channels that were open when the handshake began: what our node info
  /// said then holds for the life of the connection.
  std::vector<channel_descriptor> channels;

  /// The place of an accepted connection among the `handshake_slots`. Absent if
  /// it was dialed.
  std::optional<uint64_t> slot = {};

  /// The subnet whose part of the slots it takes, if any.
  std::optional<ip_network> subnet = {};

  /// Null before the handshake, except for the ends.
  handshake_result remote = {};

  [[nodiscard]] direction way() const {
    return dialed ? direction::outbound : direction::inbound;
  }
};

/// The part of the router that makes connections: it dials whom the peer
/// manager names, accepts who comes, shakes hands, and asks the peer manager
/// for admission.
///
///     dial_next -> dial ---------+
///                                +-> handshake -> ID filter
///     accept -> slot, IP filter -+        -> dialed, accepted -> admitted
///
/// Each step has its own time limit and many run at once; the options limit
/// how many. Accepting never waits: who finds no slot is turned away at once.
class connector {
public:
  using channel_list = std::vector<channel_descriptor>;

  /// What the connector needs from the rest of the router.
  struct hooks {
    std::function<channel_list()> open_channels;

    /// What we tell a remote about us when these channels are open.
    std::function<node_info(const channel_list&)> own_info;

    /// Takes over a connection that the peer manager has admitted.
    std::function<void(const candidate&, const admission&)> admitted;
  };

  /// All references have to outlive the connector.
  connector(router_actor::pointer self, const node_options& options,
            children<router_actor::pointer>& children, event_log& lines,
            event_publisher& events, hooks calls);

  /// The actors that a connector works with.
  struct helpers {
    peer_manager_actor manager;
    resolver_actor resolver;
    /// Null: there is nothing to filter.
    peer_filter_actor filter;
    /// By protocol.
    std::map<std::string, transport_actor> transports;
  };

  /// Starts to dial.
  void start(helpers with);

  /// Tells the peer manager what we are, when it may have changed. Nothing
  /// happens before the start, which does it by itself.
  void introduce();

  /// Starts to accept from a transport that listens.
  void accept_from(const transport_actor& transport);

  /// Starts nothing new from now on.
  void stop();

private:
  using candidate_ptr = std::shared_ptr<candidate>;

  void dial_next();
  void dial(const node_address& address);
  void dial_failed(const node_address& address, const caf::error& reason);
  void report_failure(const node_address& address, const caf::error& reason);
  void end_dial();

  void turn_away(const connection_actor& connection);
  void arrived(const connection_actor& connection);
  void take_in(const connection_actor& connection, const connection_ends& ends);
  void displace(uint64_t slot);
  void turn_away(const candidate& who, const caf::error& reason);
  bool end_handshake(const candidate& who);
  void end_attempt(const candidate& who);

  candidate_ptr make_candidate(connection_actor connection,
                               std::optional<node_address> dialed);
  void ask_ip_filter(const candidate_ptr& who);
  void greet(const candidate_ptr& who);
  void ask_id_filter(const candidate_ptr& who);
  void ask_for_admission(const candidate_ptr& who);
  void listen_to(const candidate& who);
  [[nodiscard]] std::string profile(const channel_list& open) const;
  [[nodiscard]] bool is_up_to_date(const candidate& who) const;
  void failed(candidate& who, const caf::error& reason);
  void rejected(const candidate& who, const caf::error& reason);
  void refused(const candidate& who, const caf::error& reason);
  void report_refusal(const candidate& who, const caf::error& reason);

  router_actor::pointer self_;
  const node_options& options_;
  children<router_actor::pointer>& children_;
  event_log& lines_;
  event_publisher& events_;
  hooks hooks_;
  metrics counters_;

  bool running_ = false;
  helpers with_;

  size_t dials_ = 0;
  bool asked_to_dial_ = false;
  handshake_slots handshakes_;
  /// Accepted connections by slot.
  std::map<uint64_t, candidate_ptr> accepted_;
};

} // namespace troupe
