// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "troupe/actors/channel/passing_ways.hpp"
#include "troupe/actors/peer/peer_sender_actor.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/property.hpp"
#include "troupe/peerstore/rules/connection_ref.hpp"

namespace troupe {

/// The ways of a channel to the peers that are connected, by their newest
/// connection. Keeps what goes past the channel (`passing_ways`) up to date.
class peer_routes {
public:
  /// The way to a peer that is connected.
  struct route {
    uint64_t generation = 0;
    peer_sender_actor sender = {}; // Null if the peer lacks the channel.
    uint64_t newest_heard = 0;
  };

  /// @param ways outlives the routes.
  explicit peer_routes(passing_ways& ways) : ways_(ways) {}

  peer_routes(const peer_routes&) = delete;

  peer_routes& operator=(const peer_routes&) = delete;

  ~peer_routes() {
    ways_.close_all();
  }

  /// @returns whether the peer was away.
  bool add(const connection_ref& which, const peer_sender_actor& sender) {
    const auto [i, fresh] = routes_.try_emplace(which.peer);
    i->second.generation = which.generation;
    i->second.sender = sender;
    ways_.open(which.peer, sender);
    return fresh;
  }

  /// Removes a connection, unless there is a newer one of its peer.
  /// @returns whether the peer had gone before.
  bool remove(const connection_ref& which) {
    auto i = routes_.find(which.peer);
    if (i == routes_.end() || i->second.generation != which.generation) {
      ways_.keep();
      return i == routes_.end();
    }
    routes_.erase(i);
    ways_.close(which.peer);
    return false;
  }

  /// Notes that a message of a connection comes to the reactor.
  /// @returns whether it has had messages of a newer one of the same peer: what
  ///          the old one still had to deliver must not come between them.
  [[nodiscard]] bool is_outdated(const connection_ref& which) {
    auto i = routes_.find(which.peer);
    if (i == routes_.end())
      return false;
    auto& newest = i->second.newest_heard;
    if (which.generation < newest) {
      reachable<"troupe: a message comes behind those of a newer connection">();
      return true;
    }
    newest = which.generation;
    return false;
  }

  /// @returns null if the peer is not connected.
  [[nodiscard]] const route* find(const node_id& peer) const {
    auto i = routes_.find(peer);
    return i != routes_.end() ? &i->second : nullptr;
  }

  [[nodiscard]] size_t size() const noexcept {
    return routes_.size();
  }

  [[nodiscard]] auto begin() const noexcept {
    return routes_.begin();
  }

  [[nodiscard]] auto end() const noexcept {
    return routes_.end();
  }

private:
  passing_ways& ways_;
  std::map<node_id, route> routes_;
};

} // namespace troupe
