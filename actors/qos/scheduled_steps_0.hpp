// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>

#include <caf/abstract_actor.hpp>
#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/actor_control_block.hpp>
#include <caf/error.hpp>
#include <caf/execution_unit.hpp>
#include <caf/intrusive/task_result.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/message_id.hpp>
#include <caf/scheduled_actor.hpp>

#include "troupe/actors/qos/message_meter.hpp"

namespace troupe {

/// Asks an actor as `request` does, but for the handler of the answer, which
/// would be an allocation and a place in a list for each question.
/// @returns the ID that the answer will have.
template <class Self, class... Ts>
caf::message_id ask_plainly(Self* self, const caf::actor& to, Ts&&... xs) {
  const auto id = self->new_request_id(caf::message_priority::normal);
  caf::actor_cast<caf::abstract_actor*>(to)->enqueue(
      caf::make_mailbox_element(caf::strong_actor_ptr{self->ctrl()}, id, {},
                                std::forward<Ts>(xs)...),
      self->context());
  return id.response_id();
}

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

  /// Handles an answer to `ask_plainly`. @returns whether it was one.
  virtual bool take_answer(const caf::mailbox_element& what) = 0;

  /// Handles a message that was not in the ordinary mailbox. @returns `false`
  /// if that ended the actor.
  bool handle(caf::mailbox_element& what) {
    message_meter meter{*this};
    meter.begin(what);
    const auto alive = this->reactivate(what)
                       != caf::scheduled_actor::activation_result::terminated;
    meter.handled();
    return alive;
  }

  /// Handles a message by a function of its content, if that returns `true`.
  template <class Function>
  bool handle_with(const caf::mailbox_element& what, Function handler) {
    message_meter meter{*this};
    meter.begin(what);
    if (!handler(what.payload))
      return false;
    meter.handled();
    return true;
  }

  /// Handles messages of the ordinary mailbox until there are none, or `max` in
  /// all. Empty ones are only there to wake us, but for answers.
  /// @returns `false` if that ended the actor.
  bool handle_ordinary(size_t& handled, size_t max) {
    using caf::intrusive::task_result;
    auto alive = true;
    auto step = [&](caf::mailbox_element& what) {
      message_meter meter{*this};
      if (what.payload.empty() && !what.mid.is_response()) {
        meter.dropped();
        return task_result::resume;
      }
      meter.begin(what);
      if (what.mid.is_response() && take_answer(what)) {
        meter.handled_ordinary();
        return ++handled < max ? task_result::resume : task_result::stop_all;
      }
      const auto outcome = this->reactivate(what);
      if (outcome != caf::scheduled_actor::activation_result::skipped)
        meter.handled_ordinary();
      switch (outcome) {
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
