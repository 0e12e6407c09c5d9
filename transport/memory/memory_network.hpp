// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <mutex>

#include <caf/actor_addr.hpp>

#include "troupe/messages/node_id.hpp"

namespace troupe {

/// The protocol name of the memory transport.
inline constexpr const char* memory_protocol = "memory";

/// Who can be reached inside one process, by node ID. Shared by the memory
/// transports of all nodes that may find each other.
class memory_network {
public:
  /// Makes `transport` reachable as `id`. @returns `false` if `id` is taken.
  bool add(const node_id& id, const caf::actor_addr& transport) {
    auto guard = std::lock_guard{mutex_};
    return transports_.emplace(id, transport).second;
  }

  /// Makes `id` unreachable, if it still is `transport`.
  void remove(const node_id& id, const caf::actor_addr& transport) {
    auto guard = std::lock_guard{mutex_};
    if (auto i = transports_.find(id);
        i != transports_.end() && i->second == transport)
      transports_.erase(i);
  }

  /// Returns the transport of `id`, or null.
  caf::actor_addr find(const node_id& id) const {
    auto guard = std::lock_guard{mutex_};
    auto i = transports_.find(id);
    return i != transports_.end() ? i->second : caf::actor_addr{};
  }

private:
  mutable std::mutex mutex_;
  std::map<node_id, caf::actor_addr> transports_;
};

} // namespace troupe
