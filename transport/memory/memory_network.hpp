// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <mutex>
#include <utility>

#include <caf/actor_addr.hpp>

#include "troupe/messages/node_id.hpp"
#include "troupe/transport/memory/memory_options.hpp"

namespace troupe {

/// The protocol name of the memory transport.
inline constexpr const char* memory_protocol = "memory";

/// Who can be reached inside one process, by node ID. Shared by the memory
/// transports of all nodes that may find each other.
class memory_network {
public:
  /// Makes `transport` reachable as `id`. @returns `false` if `id` is taken.
  /// @param options what the connections of that node have in common.
  bool add(const node_id& id, const caf::actor_addr& transport,
           memory_options options = {}) {
    auto guard = std::lock_guard{mutex_};
    return nodes_.emplace(id, entry{transport, std::move(options)}).second;
  }

  /// Makes `id` unreachable, if it still is `transport`.
  void remove(const node_id& id, const caf::actor_addr& transport) {
    auto guard = std::lock_guard{mutex_};
    if (auto i = nodes_.find(id);
        i != nodes_.end() && i->second.transport == transport)
      nodes_.erase(i);
  }

  /// Returns the transport of `id`, or null.
  caf::actor_addr find(const node_id& id) const {
    auto guard = std::lock_guard{mutex_};
    auto i = nodes_.find(id);
    return i != nodes_.end() ? i->second.transport : caf::actor_addr{};
  }

  /// Returns what the connections of `id` have in common; the defaults if it
  /// is not reachable.
  memory_options options_of(const node_id& id) const {
    auto guard = std::lock_guard{mutex_};
    auto i = nodes_.find(id);
    return i != nodes_.end() ? i->second.options : memory_options{};
  }

private:
  struct entry {
    caf::actor_addr transport;
    memory_options options;
  };

  mutable std::mutex mutex_;
  std::map<node_id, entry> nodes_;
};

} // namespace troupe
