// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <caf/actor_addr.hpp>
#include <caf/actor_system.hpp>

#include "troupe/actors/node/added_transport.hpp"

namespace consumer {

/// Where the transports of one process find each other.
class pair_board {
public:
  /// Makes `transport` reachable at `path`. @returns `false` if that is taken.
  bool add(const std::string& path, const caf::actor_addr& transport);

  /// Makes `path` unreachable, if `transport` is there.
  void remove(const std::string& path, const caf::actor_addr& transport);

  /// Returns who is at `path`, or null.
  [[nodiscard]] caf::actor_addr find(const std::string& path) const;

private:
  mutable std::mutex mutex_;
  std::map<std::string, caf::actor_addr> listening_;
};

/// Spawns a transport that connects nodes of one process through Unix socket
/// pairs, protocol `pair`. A node listens at `pair:ID`. Over the sockets both
/// speak MConnection, so that they prove who they are.
troupe::transport_actor
spawn_pair_transport(caf::actor_system& sys, std::shared_ptr<pair_board> board,
                     troupe::added_transport::node_part node);

/// Where that node listens.
troupe::endpoint pair_endpoint(const troupe::node_id& id);

/// Says to a node's options that it has this transport.
troupe::added_transport pair_transport(std::shared_ptr<pair_board> board,
                                       const troupe::node_id& own);

} // namespace consumer
