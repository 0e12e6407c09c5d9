// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <caf/actor_system.hpp>
#include <caf/telemetry/counter.hpp>

#include "troupe/messages/channel_descriptor.hpp"
#include "troupe/messages/direction.hpp"
#include "troupe/messages/node_id.hpp"

namespace troupe {

/// How the names of metrics begin unless an option says something else: those
/// of CometBFT, so that what operators have for it works with us.
inline constexpr std::string_view default_metrics_namespace = "cometbft";

/// Whether metrics can have names that begin so: letters, digits and `_`, a
/// letter first, and not `caf`, as CAF's own do.
bool is_metrics_namespace(std::string_view text);

/// Counters of what one channel carries, one way. They live as long as the
/// actor system.
struct traffic_counters {
  caf::telemetry::int_counter* bytes = nullptr;
  caf::telemetry::int_counter* messages = nullptr;
};

/// What a node counts, in CAF's metric registry and under the names by which
/// CometBFT operators know it; README.md of this folder has the table. Each
/// has the ID of the node as the label `node`, as an actor system may hold
/// several. Nothing can be taken out of the registry again, which is why there
/// are no labels but `channel`, `direction` and `reason` besides.
///
/// A small value that is made once for a node: copies count together, and may
/// do so from any thread.
class metrics {
public:
  /// Counts nothing; only there to be assigned to.
  metrics() = default;

  /// @param name_space how all names begin; the default if it is none.
  metrics(caf::actor_system& sys, const node_id& node,
          std::string_view name_space = default_metrics_namespace);

  /// What all names begin with, `cometbft_p2p`.
  [[nodiscard]] const std::string& prefix() const;

  /// Shows everything that has no label for a reason from now on, be it 0.
  void show();

  // -- messages ---------------------------------------------------------------

  /// Counts messages that were shed.
  /// @param way which way they were going.
  void dropped(channel_id channel, direction way, std::string_view reason,
               uint32_t count = 1);

  /// Returns the counter that `dropped` counts with, for those who shed much.
  /// It lives as long as the actor system.
  [[nodiscard]] caf::telemetry::int_counter*
  drops(channel_id channel, direction way, std::string_view reason);

  /// Returns the counters of messages that were received or sent. Finding them
  /// takes long, counting does not.
  [[nodiscard]] traffic_counters traffic(channel_id channel, direction way);

  // -- connections ------------------------------------------------------------

  /// Counts a connection before its handshake.
  void connecting(direction way);

  /// Counts a dial or a handshake that failed.
  void refused(direction way, std::string_view reason);

  /// Counts what became of a dial, as the peer manager hears it.
  void dialed();
  void dial_failed();

  /// Counts the end of a peer's connection.
  void disconnected(std::string_view reason);

  /// Counts the decision to end one.
  void evicted(std::string_view reason);

  // -- peers ------------------------------------------------------------------

  /// Sets the number of connected peers, by who dialed.
  void peers(size_t inbound, size_t outbound);

  /// Sets the number of peers that are known and not banned.
  void peers_known(size_t count);

private:
  class node_counters;

  std::shared_ptr<node_counters> of_node_;
};

} // namespace troupe
