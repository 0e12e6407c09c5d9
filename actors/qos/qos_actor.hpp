// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>

#include <caf/actor_config.hpp>
#include <caf/actor_system.hpp>
#include <caf/error.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/message.hpp>
#include <caf/message_id.hpp>
#include <caf/resumable.hpp>
#include <caf/sec.hpp>
#include <caf/stateful_actor.hpp>

#include "troupe/actors/qos/qos_mailbox.hpp"
#include "troupe/actors/qos/scheduled_steps.hpp"
#include "troupe/transport/actor_state.hpp"
#include "troupe/transport/mailbox_entry.hpp"

namespace troupe {

/// An actor whose envelopes wait in a `qos_mailbox`. Its other messages, the
/// control messages, go first, but no more than `control_run` of them before
/// one envelope, should there be so many; envelopes are handled in the order of
/// the mailbox's policy, and only as far as it hands them out. Behind the last
/// one of a run the actor gets `caf::flush_atom`, and behind answers that its
/// state takes: if it has a member `answered(id, content)`, that gets all
/// answers first, and says whether it had asked for them (`ask_plainly`). One
/// with a member `took(content)` gets the envelopes first whose senders await
/// no answer, and says whether that was all. One with a member `take_effort()`
/// says with it how many messages more than one its last ones were worth, which
/// shortens the actor's turn.
template <class Base, class Key>
class qos_actor : public scheduled_steps<Base> {
public:
  using super = scheduled_steps<Base>;

  static constexpr size_t control_run = 8;

  /// Most messages of a turn. They take little time each, and what they wake
  /// shares work that has to be done for each batch.
  static constexpr size_t turn_max = 4 * turn_default;

  template <class... Ts>
  qos_actor(caf::actor_config& cfg, std::shared_ptr<qos_mailbox<Key>> envelopes,
            Ts&&... xs)
    : super(cfg, envelopes, std::forward<Ts>(xs)...),
      envelopes_(std::move(envelopes)),
      flush_(make_entry(nullptr, caf::make_message_id(),
                        caf::make_message(caf::flush_atom_v))) {}

  using super::enqueue;

  bool enqueue(caf::mailbox_element_ptr what, actor_host* host) override {
    // What was asked for is expected.
    if (what->mid.is_response())
      return super::enqueue(std::move(what), host);
    if (!envelopes_->is_envelope(*what)) {
      if (auto other = envelopes_->passes_to(*what))
        return other->enqueue(std::move(what), host);
      return !envelopes_->admits(*what)
             || super::enqueue(std::move(what), host);
    }
    switch (envelopes_->put(what, [this] { return now(); })) {
      case qos_mailbox<Key>::outcome::done:
        return true;
      case qos_mailbox<Key>::outcome::wake:
        return super::enqueue(make_entry(nullptr, caf::make_message_id(), {}),
                              host);
      default:
        return super::enqueue(std::move(what), host);
    }
  }

  caf::resumable::resume_result resume(actor_host* host, size_t most) override {
    if (!this->activate(host))
      return caf::resumable::done;
    const auto max = std::min(most, turn_max);
    const auto time = now();
    size_t handled = 0;
    while (handled < max) {
      if (controls_ < control_run) {
        const auto before = handled;
        if (!this->handle_ordinary(
                handled, std::min(max, handled + control_run - controls_)))
          return caf::resumable::done;
        controls_ += handled - before;
        handled += take_effort();
        if (handled >= max)
          break;
      }
      controls_ = 0;
      if (auto next = next_envelope(time)) {
        ++handled;
        running_ = true;
        if (take_plainly(*next))
          continue;
        const auto outcome = this->handle(*next);
        if (outcome == activation::terminated)
          return caf::resumable::done;
        if (outcome == activation::skipped)
          skipped_ = std::move(next);
      } else if (!this->waits() && std::exchange(running_, false)) {
        const auto outcome = this->handle(*flush_);
        if (outcome == activation::terminated)
          return caf::resumable::done;
        running_ = outcome == activation::skipped;
      } else if (this->mailbox().try_block()) {
        return caf::resumable::awaiting_message;
      }
    }
    return caf::resumable::resume_later;
  }

protected:
  void before_cleanup() override {
    envelopes_->close();
    if (auto envelope = std::move(skipped_))
      bounce(*envelope, caf::make_error(caf::sec::request_receiver_down));
  }

  bool take_answer([[maybe_unused]] const caf::mailbox_element& what) override {
    if constexpr (requires { state_of(this).answered(what.mid, what.payload); })
      if (state_of(this).answered(what.mid, what.payload)) {
        running_ = true;
        return true;
      }
    return false;
  }

private:
  using typename super::activation;

  /// Whose turn it is, null if there is none: the actor skipped one, and wants
  /// something else first.
  [[nodiscard]] caf::mailbox_element_ptr next_envelope(time_point now) {
    if (this->waits())
      return nullptr;
    return skipped_ ? std::move(skipped_) : envelopes_->take(now);
  }

  /// Spares an envelope whose sender awaits no answer the search for a handler.
  /// @returns `false` if it needs that.
  bool take_plainly([[maybe_unused]] caf::mailbox_element& what) {
    if constexpr (requires { state_of(this).took(what.payload); })
      if (!what.mid.is_request())
        return this->handle_with(what, [this](const caf::message& content) {
          return state_of(this).took(content);
        });
    return false;
  }

  size_t take_effort() {
    if constexpr (requires { state_of(this).take_effort(); })
      return state_of(this).take_effort();
    else
      return 0;
  }

  [[nodiscard]] time_point now() {
    return this->home_system().clock().now();
  }

  std::shared_ptr<qos_mailbox<Key>> envelopes_;
  caf::mailbox_element_ptr flush_;
  /// One that the actor did not want yet. It goes before the others.
  caf::mailbox_element_ptr skipped_;
  /// Control messages since the last look for an envelope.
  size_t controls_ = 0;
  /// Whether an envelope was handled since the last flush.
  bool running_ = false;
};

/// Spawns a `qos_actor` from a state class, as `spawn_state` does for others.
/// The state gets the mailbox as its first argument behind the pointer to its
/// actor. `Handle` knows `caf::flush_atom`.
template <class State, class Handle, class Key, class... Ts>
Handle spawn_qos_state(caf::actor_system& sys,
                       std::shared_ptr<qos_mailbox<Key>> envelopes,
                       Ts&&... xs) {
  using base = caf::stateful_actor<State, typename Handle::impl>;
  return sys.spawn<qos_actor<base, Key>>(std::move(envelopes),
                                         std::forward<Ts>(xs)...);
}

} // namespace troupe
