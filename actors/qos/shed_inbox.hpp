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
    auto guard = std::lock_guard{mutex_};
    self_ = self;
  }

  void add(shed_kind what) {
    auto guard = std::unique_lock{mutex_};
    const auto is_first = counts_.empty();
    ++counts_[std::move(what)];
    auto to = is_first ? caf::actor_cast<caf::actor>(self_) : caf::actor{};
    // The actor may run at once, and take.
    guard.unlock();
    if (to)
      caf::anon_send(to, caf::publish_atom_v);
  }

  [[nodiscard]] std::map<shed_kind, uint64_t> take() {
    auto guard = std::lock_guard{mutex_};
    return std::exchange(counts_, {});
  }

private:
  std::mutex mutex_;
  caf::actor_addr self_;
  std::map<shed_kind, uint64_t> counts_;
};

} // namespace troupe
