// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>

#include <caf/error.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/scheduler.hpp>

namespace troupe {

/// The steps of an actor of CAF 1.x, one by one.
template <class Base>
class scheduled_steps : public Base {
public:
  using Base::Base;

protected:
  using host_type = caf::scheduler;

  static caf::mailbox_element_ptr make_element(caf::message content) {
    return caf::make_mailbox_element(nullptr, caf::make_message_id(),
                                     std::move(content));
  }

  void on_cleanup(const caf::error& reason) override {
    before_cleanup();
    Base::on_cleanup(reason);
  }

  /// The actor is about to end.
  virtual void before_cleanup() = 0;

  /// Handles a message. @returns `false` if that ended the actor.
  bool handle(caf::mailbox_element& what) {
    return this->reactivate(what)
           != caf::scheduled_actor::activation_result::terminated;
  }

  /// Handles messages of the ordinary mailbox until there are none, or `max` in
  /// all. Empty ones are only there to wake us, but for answers.
  /// @returns `false` if that ended the actor.
  bool handle_ordinary(size_t& handled, size_t max) {
    while (handled < max) {
      auto next = this->mailbox().pop_front();
      if (!next)
        break;
      if (next->payload.empty() && !next->mid.is_response())
        continue;
      ++handled;
      if (!handle(*next))
        return false;
    }
    return true;
  }
};

} // namespace troupe
