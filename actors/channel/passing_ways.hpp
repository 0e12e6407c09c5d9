// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <mutex>

#include <caf/actor_cast.hpp>
#include <caf/actor_control_block.hpp>

#include "troupe/actors/peer/peer_sender_actor.hpp"
#include "troupe/messages/node_id.hpp"

namespace troupe {

/// Whom messages of a reactor go to that a channel would only pass on: the
/// sender of their peer. Not while the channel has yet to hear that a peer
/// comes or goes: who has heard of the new connection of a peer must not reach
/// the old one. Safe to use from any thread.
class passing_ways {
public:
  /// The channel will hear of a peer that comes or goes, and then call one of
  /// the next three.
  void change_comes() {
    auto guard = std::lock_guard{mutex_};
    ++coming_;
  }

  void open(const node_id& peer, const peer_sender_actor& sender) {
    auto guard = std::lock_guard{mutex_};
    --coming_;
    if (sender)
      senders_[peer] = caf::actor_cast<caf::strong_actor_ptr>(sender);
    else
      senders_.erase(peer);
  }

  void close(const node_id& peer) {
    auto guard = std::lock_guard{mutex_};
    --coming_;
    senders_.erase(peer);
  }

  /// What it heard makes no difference.
  void keep() {
    auto guard = std::lock_guard{mutex_};
    --coming_;
  }

  void close_all() {
    auto guard = std::lock_guard{mutex_};
    senders_.clear();
  }

  /// @returns null if there is none, and the channel says why; or if that is
  ///          about to change.
  [[nodiscard]] caf::strong_actor_ptr find(const node_id& peer) {
    auto guard = std::lock_guard{mutex_};
    if (coming_ > 0)
      return nullptr;
    auto i = senders_.find(peer);
    return i == senders_.end() ? nullptr : i->second;
  }

private:
  std::mutex mutex_;
  size_t coming_ = 0;
  std::map<node_id, caf::strong_actor_ptr> senders_;
};

} // namespace troupe
