// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>
#include <caf/actor_cast.hpp>
#include <caf/error.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <caf/system_messages.hpp>

namespace troupe {

/// The actors that must not outlive their parent, and what each is to it. The
/// parent hears of their ends through `monitor`; should it go first, because it
/// was killed, it takes them along.
///
/// `Pointer` points to the parent, whose state holds this.
template <class Pointer, class Role>
class children {
public:
  explicit children(Pointer parent) : parent_(parent) {}

  children(const children&) = delete;

  children& operator=(const children&) = delete;

  ~children() {
    end_if(caf::exit_reason::unreachable, [](const Role&) { return true; });
  }

  /// Watches over `child`.
  template <class Handle>
  Handle adopt(Handle child, Role role) {
    parent_->monitor(child);
    living_.insert_or_assign(child.address(), std::move(role));
    return child;
  }

  /// Changes what a child is, if its end was not noted yet.
  void promote(const caf::actor_addr& who, Role role) {
    if (auto i = living_.find(who); i != living_.end())
      i->second = std::move(role);
  }

  /// Notes that an actor ended. @returns what it was, if it was one of ours.
  std::optional<Role> remove(const caf::actor_addr& who) {
    auto node = living_.extract(who);
    if (node.empty())
      return std::nullopt;
    return std::move(node.mapped());
  }

  [[nodiscard]] bool empty() const {
    return living_.empty();
  }

  /// Whether there is a child for which `chosen` holds.
  template <class Predicate>
  [[nodiscard]] bool any(Predicate chosen) const {
    return std::any_of(living_.begin(), living_.end(),
                       [&](const auto& x) { return chosen(x.second); });
  }

  /// Tells all children to end for which `chosen` holds.
  template <class Predicate>
  void end_if(const caf::error& reason, Predicate chosen) const {
    for (const auto& [who, role] : living_)
      if (chosen(role))
        if (auto child = caf::actor_cast<caf::actor>(who))
          caf::anon_send(child, caf::exit_msg{who, reason});
  }

private:
  Pointer parent_;
  std::map<caf::actor_addr, Role> living_;
};

} // namespace troupe
