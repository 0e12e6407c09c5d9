// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>

#include <caf/actor_cast.hpp>
#include <caf/actor_control_block.hpp>

#include "troupe/actors/peer/peer_sender_actor.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/property.hpp"
#include "troupe/peerstore/rules/connection_ref.hpp"

namespace troupe {

/// The ways of a channel to the peers that are connected, by their newest
/// connection. Others may use them for what the channel would only pass on to
/// the sender of a peer; but not while the channel has yet to hear that a peer
/// comes or goes: who has heard of the new connection of a peer must not reach
/// the old one.
///
/// Only the channel changes them, and only the channel may call what is not
/// said to be for everybody.
class peer_routes {
public:
  /// The way to a peer that is connected.
  struct route {
    uint64_t generation = 0;
    peer_sender_actor sender = {}; // Null if the peer lacks the channel.
    uint64_t newest_heard = 0;
  };

  // -- for everybody, on any thread -------------------------------------------

  /// The channel will hear of a peer that comes or goes, and then call `add` or
  /// `remove`.
  void change_comes() {
    auto guard = std::lock_guard{mutex_};
    ++coming_;
  }

  /// Whom messages for a peer go to past the channel.
  /// @returns null if there is none, and the channel says why; or if that is
  ///          about to change.
  [[nodiscard]] caf::strong_actor_ptr past_channel(const node_id& peer) {
    auto guard = std::lock_guard{mutex_};
    if (coming_ > 0)
      return nullptr;
    const auto* way = find(peer);
    return way != nullptr ? caf::actor_cast<caf::strong_actor_ptr>(way->sender)
                          : nullptr;
  }

  // -- changes ----------------------------------------------------------------

  /// @returns whether the peer was away.
  bool add(const connection_ref& which, const peer_sender_actor& sender) {
    auto guard = std::lock_guard{mutex_};
    --coming_;
    const auto [i, fresh] = routes_.try_emplace(which.peer);
    i->second.generation = which.generation;
    i->second.sender = sender;
    return fresh;
  }

  /// Removes a connection, unless there is a newer one of its peer.
  /// @returns whether the peer had gone before.
  bool remove(const connection_ref& which) {
    auto guard = std::lock_guard{mutex_};
    --coming_;
    auto i = routes_.find(which.peer);
    if (i == routes_.end())
      return true;
    if (i->second.generation == which.generation)
      routes_.erase(i);
    return false;
  }

  /// Removes all: the channel has ended.
  void clear() {
    auto guard = std::lock_guard{mutex_};
    routes_.clear();
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
    // Written only when it changes: who sends reads what is beside it.
    if (which.generation > newest)
      newest = which.generation;
    return false;
  }

  // -- what there is ----------------------------------------------------------

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
  std::mutex mutex_;
  size_t coming_ = 0;
  std::map<node_id, route> routes_;
};

} // namespace troupe
