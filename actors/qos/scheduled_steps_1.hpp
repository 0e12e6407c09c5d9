// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>

#include <caf/abstract_actor.hpp>
#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/actor_control_block.hpp>
#include <caf/error.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/message.hpp>
#include <caf/message_id.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/scheduler.hpp>

#include "troupe/actors/qos/message_meter.hpp"

namespace troupe {

/// Asks an actor as `request` does, but for the handler of the answer, which
/// would be an allocation and a place in a list for each question.
/// @returns the ID that the answer will have.
template <class Self, class... Ts>
caf::message_id ask_plainly(Self* self, const caf::actor& to, Ts&&... xs) {
  const auto id = self->new_request_id(caf::message_priority::normal);
  caf::actor_cast<caf::abstract_actor*>(to)->enqueue(
      caf::make_mailbox_element(caf::strong_actor_ptr{self->ctrl()}, id,
                                caf::make_message(std::forward<Ts>(xs)...)),
      self->context());
  return id.response_id();
}

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
    while (handled < max) {
      auto next = this->mailbox().pop_front();
      if (!next)
        break;
      message_meter meter{*this};
      if (next->payload.empty() && !next->mid.is_response()) {
        meter.dropped();
        continue;
      }
      ++handled;
      meter.begin(*next);
      if (next->mid.is_response() && take_answer(*next)) {
        meter.handled_ordinary();
        continue;
      }
      const auto outcome = this->reactivate(*next);
      if (outcome != caf::scheduled_actor::activation_result::skipped)
        meter.handled_ordinary();
      if (outcome == caf::scheduled_actor::activation_result::terminated)
        return false;
    }
    return true;
  }
};

} // namespace troupe
