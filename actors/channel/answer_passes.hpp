// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <mutex>

#include "troupe/messages/node_id.hpp"

namespace troupe {

/// Lets answers that are waited for pass by what waits for the reactor: it may
/// be the reactor itself that waits, with its window full. Never more of a peer
/// than it has questions. Safe to use from any thread.
class answer_passes {
public:
  /// A question goes to a peer.
  void opened(const node_id& peer) {
    auto guard = std::lock_guard{mutex_};
    auto& of = peers_[peer];
    ++of.open;
    ++of.passes;
  }

  /// A question is over, however that came about.
  void closed(const node_id& peer) {
    auto guard = std::lock_guard{mutex_};
    auto i = peers_.find(peer);
    if (i == peers_.end())
      return;
    auto& of = i->second;
    if (--of.open == 0)
      peers_.erase(i);
    else
      of.passes = std::min(of.passes, of.open);
  }

  /// An answer of a peer comes. @returns whether it passes.
  [[nodiscard]] bool take(const node_id& peer) {
    auto guard = std::lock_guard{mutex_};
    auto i = peers_.find(peer);
    if (i == peers_.end() || i->second.passes == 0)
      return false;
    --i->second.passes;
    return true;
  }

  /// What passed was no answer to a question that waits.
  void give_back(const node_id& peer) {
    auto guard = std::lock_guard{mutex_};
    if (auto i = peers_.find(peer); i != peers_.end())
      i->second.passes = std::min(i->second.passes + 1, i->second.open);
  }

private:
  struct account {
    size_t open = 0;
    size_t passes = 0;
  };

  std::mutex mutex_;
  std::map<node_id, account> peers_;
};

} // namespace troupe
