// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "troupe/actors/children.hpp"
#include "troupe/actors/event_publisher.hpp"
#include "troupe/actors/metrics.hpp"
#include "troupe/actors/node_options.hpp"
#include "troupe/actors/peer_manager_actor.hpp"
#include "troupe/actors/resolver_actor.hpp"
#include "troupe/actors/router_actor.hpp"
#include "troupe/messages/direction.hpp"
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

  /// Null before the handshake.
  handshake_result remote = {};

  [[nodiscard]] direction way() const {
    return dialed ? direction::outbound : direction::inbound;
  }
};

/// The part of the router that makes connections: it dials whom the peer
/// manager names, accepts who comes, shakes hands, and asks the peer manager
/// for admission.
///
///     dial_next -> dial --+-> handshake -> dialed, accepted -> admitted
///                accept --+
///
/// Each step has its own time limit and many run at once; the options limit
/// how many.
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
            children<router_actor::pointer>& household, event_publisher& events,
            hooks calls);

  /// Starts to dial.
  void start(const peer_manager_actor& manager, const resolver_actor& resolver,
             const std::map<std::string, transport_actor>& transports);

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
  void end_handshake();
  void end_attempt(const candidate& who);

  void greet(connection_actor connection, std::optional<node_address> dialed);
  void ask_for_admission(const candidate_ptr& who);
  void rejected(const candidate& who, const caf::error& reason);
  void refused(const candidate& who, const caf::error& reason);
  void report_refusal(const candidate& who, const caf::error& reason);

  router_actor::pointer self_;
  const node_options& options_;
  children<router_actor::pointer>& household_;
  event_publisher& events_;
  hooks hooks_;
  metrics counters_;

  bool running_ = false;
  peer_manager_actor manager_;
  resolver_actor resolver_;
  std::map<std::string, transport_actor> transports_;

  size_t dials_ = 0;
  bool asked_to_dial_ = false;
  size_t handshakes_ = 0;
  /// Transports that wait for a handshake to end.
  std::vector<transport_actor> deferred_;
};

} // namespace troupe
