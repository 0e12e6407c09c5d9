// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <caf/actor_control_block.hpp>
#include <caf/error.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/message.hpp>
#include <caf/sec.hpp>

#include "troupe/actors/qos/qos_queue.hpp"
#include "troupe/messages/result.hpp"
#include "troupe/messages/type_ids.hpp"
#include "troupe/transport/mailbox_entry.hpp"

namespace troupe {

/// Tells the envelopes among an actor's messages, and where they wait. Safe to
/// use from any thread.
template <class Key>
class envelope_rules {
public:
  /// The place of an envelope.
  struct place {
    Key flow;
    qos_flow_options limits;
    size_t cost;
    std::string key = {};
  };

  envelope_rules() = default;

  envelope_rules(const envelope_rules&) = delete;

  envelope_rules& operator=(const envelope_rules&) = delete;

  virtual ~envelope_rules() = default;

  /// Whether a message waits for its turn. All others are control messages,
  /// which never do.
  [[nodiscard]] virtual bool is_envelope(const caf::message& content) const = 0;

  /// Where an envelope waits, or why it is refused.
  [[nodiscard]] virtual result<place>
  sort(const caf::message& content) const = 0;

  /// Whom a control message goes to as it is, past the actor; null if the actor
  /// has to see it.
  [[nodiscard]] virtual caf::strong_actor_ptr
  passes_to(const caf::message&) const {
    return nullptr;
  }

  /// Whether a control message may come in: `none`, or why it is refused.
  [[nodiscard]] virtual errc admit(const caf::message&) const {
    return errc::none;
  }

  /// Learns that a message was refused, or that an envelope was shed.
  virtual void refused(const caf::message& content, errc code) const = 0;
  virtual void shed(const caf::mailbox_element& what, qos_loss why) const = 0;
};

/// Where the envelopes of an actor wait: a `qos_queue` that everybody puts into
/// and the actor alone takes from. Bounds hold when something is put in, so
/// that they hold however slow the actor is. See `qos_actor` for the actor.
///
/// Envelopes that are requests are answered as they leave: by the actor, or,
/// when they are refused or shed, by the mailbox, with the reason.
template <class Key>
class qos_mailbox {
public:
  using rules_ptr = std::unique_ptr<const envelope_rules<Key>>;

  qos_mailbox(rules_ptr rules, const qos_options& options)
    : rules_(std::move(rules)),
      queue_(options) {}

  [[nodiscard]] bool is_envelope(const caf::mailbox_element& x) const {
    return rules_->is_envelope(x.payload);
  }

  // -- for everybody ----------------------------------------------------------

  /// Whom a control message goes to instead; null if it comes in.
  [[nodiscard]] caf::strong_actor_ptr
  passes_to(const caf::mailbox_element& what) const {
    return closed_ ? nullptr : rules_->passes_to(what.payload);
  }

  /// Whether a control message may come in. If not, it has been answered. Once
  /// the actor has ended, that is up to CAF.
  [[nodiscard]] bool admits(const caf::mailbox_element& what) const {
    if (closed_)
      return true;
    auto code = rules_->admit(what.payload);
    if (code == errc::none)
      return true;
    rules_->refused(what.payload, code);
    bounce(what, caf::make_error(code));
    return false;
  }

  /// What `put` did.
  enum class outcome : uint8_t {
    /// The envelope is in, or answered. Nothing else is to be done.
    done,
    /// The same, and the actor may sleep: it has to be woken.
    wake,
    /// The actor has ended, and the envelope is as it was.
    closed,
  };

  /// Puts an envelope in its place.
  /// @param clock returns the actor system's time. It is only asked where
  ///              messages expire.
  template <class Clock>
  outcome put(caf::mailbox_element_ptr& envelope, Clock clock) {
    auto where = rules_->sort(envelope->payload);
    if (!where) {
      rules_->refused(envelope->payload, where.error().code);
      bounce(*envelope, caf::make_error(where.error().code));
      return outcome::done;
    }
    const auto now = where->limits.expires_after ? clock() : time_point{};
    auto guard = std::unique_lock{mutex_};
    if (closed_)
      return outcome::closed;
    auto code = verdict_;
    if (code == errc::none)
      code = queue_.push(where->flow, where->limits, std::move(envelope),
                         where->cost, now, std::move(where->key));
    auto losses = queue_.take_shed();
    const auto wake = !awake_ && !paused_ && queue_.ready();
    awake_ = awake_ || wake;
    guard.unlock();
    if (code != errc::none) {
      rules_->refused(envelope->payload, code);
      bounce(*envelope, caf::make_error(code));
    }
    report(losses);
    return wake ? outcome::wake : outcome::done;
  }

  // -- for the actor ----------------------------------------------------------

  /// Returns the envelope whose turn it is; null if there is none, and then
  /// the next one that comes wakes the actor.
  [[nodiscard]] caf::mailbox_element_ptr take(time_point now) {
    auto guard = std::unique_lock{mutex_};
    auto next = paused_ ? std::nullopt : queue_.take(now);
    auto losses = queue_.take_shed();
    if (!next)
      awake_ = false;
    guard.unlock();
    report(losses);
    return next ? std::move(*next) : nullptr;
  }

  /// Keeps `take` from the envelopes of a flow, until that is undone.
  void hold_back(const Key& flow, bool yes) {
    auto guard = std::unique_lock{mutex_};
    queue_.hold_back(flow, yes);
  }

  /// Keeps `take` from all envelopes, until that is undone.
  void pause(bool yes) {
    auto guard = std::unique_lock{mutex_};
    paused_ = yes;
  }

  /// Takes out the envelopes of a flow for which `chosen` holds, in their
  /// order. They are not answered.
  template <class Predicate>
  [[nodiscard]] std::vector<caf::mailbox_element_ptr>
  take_if(const Key& flow, Predicate chosen) {
    auto guard = std::unique_lock{mutex_};
    return queue_.take_if(flow, [&chosen](const caf::mailbox_element_ptr& x) {
      return chosen(std::as_const(x->payload));
    });
  }

  /// Refuses all envelopes from now on.
  void refuse(errc code) {
    auto guard = std::unique_lock{mutex_};
    verdict_ = code;
  }

  /// Whether an envelope of a flow waits.
  [[nodiscard]] bool holds(const Key& flow) {
    auto guard = std::unique_lock{mutex_};
    return queue_.holds(flow);
  }

  /// Cost of the envelopes of a flow that wait.
  [[nodiscard]] size_t cost(const Key& flow) {
    auto guard = std::unique_lock{mutex_};
    return queue_.bytes(flow);
  }

  /// Number of envelopes that wait.
  [[nodiscard]] size_t size() {
    auto guard = std::unique_lock{mutex_};
    return queue_.messages();
  }

  /// The actor has ended: what waits is answered as CAF answers what comes
  /// later, and nothing comes in any more.
  void close() {
    auto guard = std::unique_lock{mutex_};
    closed_ = true;
    queue_.release_all();
    std::vector<caf::mailbox_element_ptr> rest;
    while (auto next = queue_.take(time_point::min()))
      rest.push_back(std::move(*next));
    guard.unlock();
    for (const auto& envelope : rest)
      bounce(*envelope, caf::make_error(caf::sec::request_receiver_down));
  }

private:
  void
  report(const std::vector<
         typename qos_queue<Key, caf::mailbox_element_ptr>::loss>& losses) {
    for (const auto& x : losses) {
      rules_->shed(*x.element, x.why);
      bounce(*x.element, caf::make_error(errc::queue_full, to_string(x.why)));
    }
  }

  const rules_ptr rules_;
  std::mutex mutex_;
  qos_queue<Key, caf::mailbox_element_ptr> queue_;
  errc verdict_ = errc::none;
  std::atomic<bool> closed_ = false;
  bool paused_ = false;
  /// Whether the actor is going to look again.
  bool awake_ = false;
};

} // namespace troupe
