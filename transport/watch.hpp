// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <caf/actor_addr.hpp>
#include <caf/actor_cast.hpp>
#include <caf/scheduled_actor.hpp>

namespace troupe {

/// Monitors one actor, and takes that back in the end. For whoever may end
/// before the one it watches: CAF keeps the memory of an ended actor for as
/// long as somebody lives whom it monitors.
///
/// A member of the watching actor's state, which ends with the actor.
class watch {
public:
  explicit watch(caf::scheduled_actor* self) : self_(self) {}

  watch(const watch&) = delete;

  watch& operator=(const watch&) = delete;

  ~watch() {
    if (whom_)
      self_->demonitor(whom_);
  }

  /// Starts to watch; null is ignored. @pre it watches nobody yet.
  void set(const caf::strong_actor_ptr& whom) {
    if (!whom)
      return;
    whom_ = caf::actor_cast<caf::actor_addr>(whom);
    self_->monitor(caf::actor_cast<caf::actor>(whom));
  }

  /// Whether `who` is the one.
  [[nodiscard]] bool is(const caf::actor_addr& who) const {
    return whom_ && whom_ == who;
  }

private:
  caf::scheduled_actor* self_;
  caf::actor_addr whom_;
};

} // namespace troupe
