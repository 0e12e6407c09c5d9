// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <utility>

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>
#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include "troupe/actors/qos/shed_tally.hpp"
#include "troupe/messages/type_ids.hpp"

namespace troupe {

/// What a `qos_mailbox` has shed, whoever's thread that was in, until its actor
/// takes it to tell.
class shed_inbox {
public:
  /// @param self gets `caf::publish_atom` once there is something to take; held
  ///             weakly.
  void tell(const caf::actor_addr& self) {
    auto guard = std::unique_lock{mutex_};
    self_ = self;
    // Something may have been shed before the actor ran for the first time.
    const auto is_late = !counts_.empty();
    guard.unlock();
    if (is_late)
      wake(self);
  }

  void add(shed_kind what, uint64_t messages = 1) {
    auto guard = std::unique_lock{mutex_};
    const auto is_first = counts_.empty();
    counts_[std::move(what)] += messages;
    const auto to = self_;
    // The actor may run at once, and take.
    guard.unlock();
    if (is_first)
      wake(to);
  }

  [[nodiscard]] std::map<shed_kind, uint64_t> take() {
    auto guard = std::lock_guard{mutex_};
    return std::exchange(counts_, {});
  }

private:
  static void wake(const caf::actor_addr& who) {
    if (auto to = caf::actor_cast<caf::actor>(who))
      caf::anon_send(to, caf::publish_atom_v);
  }

  std::mutex mutex_;
  caf::actor_addr self_;
  std::map<shed_kind, uint64_t> counts_;
};

} // namespace troupe
