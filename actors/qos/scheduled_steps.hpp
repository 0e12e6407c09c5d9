// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>

#include <caf/abstract_actor.hpp>
#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/actor_control_block.hpp>
#include <caf/config.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/message.hpp>
#include <caf/message_id.hpp>
#include <caf/scheduled_actor.hpp>

#include "troupe/actors/qos/message_meter.hpp"
#include "troupe/actors/qos/step_result.hpp"
#include "troupe/transport/mailbox_entry.hpp"

// What `qos_actor` needs of CAF's inside, for the CAF at hand.
#if CAF_MAJOR_VERSION >= 1
#  include "troupe/actors/qos/scheduled_steps_1.hpp"
#else
#  include "troupe/actors/qos/scheduled_steps_0.hpp"
#endif

namespace troupe {

/// Asks an actor as `request` does, but for the handler of the answer, which
/// would be an allocation and a place in a list for each question.
/// @returns the ID that the answer will have.
template <class Self>
caf::message_id ask_plainly(Self* self, const caf::actor& to,
                            caf::message question) {
  const auto id = self->new_request_id(caf::message_priority::normal);
  caf::actor_cast<caf::abstract_actor*>(to)->enqueue(
      make_entry(caf::strong_actor_ptr{self->ctrl()}, id, std::move(question)),
      self->context());
  return id.response_id();
}

/// The steps of an actor, one by one.
template <class Base>
class scheduled_steps : public ordinary_mailbox<Base> {
public:
  using ordinary_mailbox<Base>::ordinary_mailbox;

protected:
  using activation = caf::scheduled_actor::activation_result;

  /// Handles an answer to `ask_plainly`. @returns whether it was one.
  virtual bool take_answer(const caf::mailbox_element& what) = 0;

  /// Handles a message that was not in the ordinary mailbox.
  /// @returns `skipped` if the actor does not want it yet, and `terminated` if
  ///          it ended the actor.
  activation handle(caf::mailbox_element& what) {
    message_meter meter{*this};
    meter.begin(what);
    const auto outcome = this->reactivate(what);
    waits_ = outcome == activation::skipped;
    if (waits_)
      return outcome;
    meter.handled();
    if (outcome == activation::success)
      this->retry_skipped();
    return outcome;
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
    auto alive = true;
    this->take_ordinary([&](caf::mailbox_element& what) {
      message_meter meter{*this};
      if (what.payload.empty() && !what.mid.is_response()) {
        meter.dropped();
        return step_result::next;
      }
      meter.begin(what);
      if (!(what.mid.is_response() && take_answer(what))) {
        const auto outcome = this->reactivate(what);
        if (outcome == activation::skipped)
          return step_result::skip;
        alive = outcome != activation::terminated;
      }
      ++handled;
      waits_ = false;
      meter.handled_ordinary();
      return alive && handled < max ? step_result::next : step_result::stop;
    });
    return alive;
  }

  /// Whether the last message that was not in the ordinary mailbox was skipped,
  /// and none has been handled since: no other is wanted either.
  [[nodiscard]] bool waits() const noexcept {
    return waits_;
  }

private:
  bool waits_ = false;
};

} // namespace troupe
