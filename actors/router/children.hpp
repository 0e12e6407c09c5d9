// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>
#include <caf/actor_cast.hpp>
#include <caf/error.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <caf/system_messages.hpp>

namespace troupe {

/// The actors that must not outlive their parent. The parent hears of their
/// ends through `monitor`; should it go first, because it was killed, it takes
/// them along.
///
/// `Pointer` points to the parent, whose state holds this.
template <class Pointer>
class children {
public:
  explicit children(Pointer parent) : parent_(parent) {}

  children(const children&) = delete;

  children& operator=(const children&) = delete;

  ~children() {
    end_if(caf::exit_reason::unreachable,
           [](const caf::actor_addr&) { return true; });
  }

  /// Watches over `child`.
  template <class Handle>
  Handle adopt(Handle child) {
    parent_->monitor(child);
    living_.insert(child.address());
    return child;
  }

  /// Notes that an actor ended. @returns whether it was one of ours.
  bool remove(const caf::actor_addr& who) {
    return living_.erase(who) > 0;
  }

  /// Whether the end of `who` was not noted yet.
  [[nodiscard]] bool contains(const caf::actor_addr& who) const {
    return living_.count(who) > 0;
  }

  [[nodiscard]] bool empty() const {
    return living_.empty();
  }

  /// Tells all children to end for which `chosen` holds.
  template <class Predicate>
  void end_if(const caf::error& reason, Predicate chosen) const {
    for (const auto& who : living_)
      if (chosen(who))
        if (auto child = caf::actor_cast<caf::actor>(who))
          caf::anon_send(child, caf::exit_msg{who, reason});
  }

private:
  Pointer parent_;
  std::set<caf::actor_addr> living_;
};

} // namespace troupe
