// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <caf/action.hpp>
#include <caf/actor_cast.hpp>
#include <caf/actor_clock.hpp>
#include <caf/actor_system.hpp>
#include <caf/config.hpp>
#include <caf/disposable.hpp>

#include "troupe/messages/time.hpp"

namespace troupe {

/// The one timer of an actor in front of a core: wakes it at the time that the
/// core's `next_wakeup` names. It may wake too early, never too late; the core
/// then finds nothing due and names a new time.
///
/// Unlike `delayed_send`, a pending alarm does not keep its actor alive.
class alarm {
public:
  alarm() = default;

  alarm(const alarm&) = delete;

  alarm& operator=(const alarm&) = delete;

  ~alarm() {
    cancel();
  }

  /// Calls `what` in the context of `self` at `when`, unless an earlier call
  /// is pending already.
  template <class Self, class F>
  void set(Self* self, time_point when, F what) {
    if (due_ && *due_ <= when)
      return;
    cancel();
    due_ = when;
    auto fire = [this, what = std::move(what)] {
      due_.reset();
      what();
    };
#if CAF_MAJOR_VERSION >= 1
    pending_ = self->run_scheduled_weak(when, std::move(fire));
#else
    pending_ = self->system().clock().schedule(
        when, caf::make_action(std::move(fire), caf::action::state::waiting),
        caf::actor_cast<caf::weak_actor_ptr>(self));
#endif
  }

  void cancel() {
    due_.reset();
    if (pending_)
      pending_.dispose();
    pending_ = {};
  }

private:
  std::optional<time_point> due_;
  caf::disposable pending_;
};

} // namespace troupe
