// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>

#include <caf/error.hpp>
#include <caf/execution_unit.hpp>
#include <caf/intrusive/task_result.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/scheduled_actor.hpp>

namespace troupe {

/// The steps of an actor of CAF 0.18, one by one.
template <class Base>
class scheduled_steps : public Base {
public:
  using Base::Base;

  bool cleanup(caf::error&& reason, caf::execution_unit* host) override {
    before_cleanup();
    return Base::cleanup(std::move(reason), host);
  }

protected:
  using host_type = caf::execution_unit;

  static caf::mailbox_element_ptr make_element(caf::message content) {
    return caf::make_mailbox_element(nullptr, caf::make_message_id(), {},
                                     std::move(content));
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
    using caf::intrusive::task_result;
    auto alive = true;
    auto step = [&](caf::mailbox_element& what) {
      if (what.payload.empty() && !what.mid.is_response())
        return task_result::resume;
      switch (this->reactivate(what)) {
        case caf::scheduled_actor::activation_result::terminated:
          alive = false;
          return task_result::stop_all;
        case caf::scheduled_actor::activation_result::skipped:
          return task_result::skip;
        case caf::scheduled_actor::activation_result::success:
          ++handled;
          break;
        default:
          break;
      }
      return handled < max ? task_result::resume : task_result::stop_all;
    };
    for (auto before = handled + 1;
         alive && handled != before && handled < max;) {
      before = handled;
      this->mailbox().fetch_more();
      // Urgent ones leave room for others in each round.
      this->get_urgent_queue().new_round(5, step);
      if (alive && handled < max)
        this->get_normal_queue().new_round(3, step);
    }
    return alive;
  }
};

} // namespace troupe
