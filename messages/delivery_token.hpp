// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace troupe {

/// Messages that a reactor got in a row: which of them it is not done with. One
/// message says that it is done with all of them, and it need not answer each.
///
/// Whoever hands the messages over adds them one by one, and then seals the
/// group. The reactor says of each, from any thread, that it is done or that an
/// answer is going to say so, which may take long and keeps nobody waiting for
/// the others.
class delivery_group {
public:
  static constexpr size_t messages_max = 32;

  delivery_group() = default;

  delivery_group(const delivery_group&) = delete;

  delivery_group& operator=(const delivery_group&) = delete;

  virtual ~delivery_group() = default;

  // -- for who hands over -----------------------------------------------------

  /// Begins anew, as a group of none.
  /// @pre it is known that nothing is pending, and nobody else has it.
  void reset() noexcept {
    answers_.store(0, std::memory_order_relaxed);
    pending_.store(sealed, std::memory_order_relaxed);
  }

  /// Adds a message, before the reactor has it.
  /// @param index counts from 0, below `messages_max`.
  void add(size_t index) noexcept {
    pending_.fetch_or(bit(index), std::memory_order_relaxed);
  }

  /// No more messages come. @returns whether nothing is pending any more; if
  /// not, `finished` is called once that is so.
  [[nodiscard]] bool seal() noexcept {
    return leave(sealed);
  }

  /// An answer came. @returns whether nothing is pending any more because of
  /// that, and `finished` is not called.
  [[nodiscard]] bool answered(size_t index) noexcept {
    return leave(bit(index));
  }

  /// Whether an answer says when the reactor is done.
  [[nodiscard]] bool awaits_answer(size_t index) const noexcept {
    return (answers_.load(std::memory_order_relaxed) & bit(index)) != 0;
  }

  // -- for the reactor, once for each message ---------------------------------

  void acknowledge(size_t index) {
    if (leave(bit(index)))
      finished();
  }

  void leave_to_answer(size_t index) {
    answers_.fetch_or(bit(index), std::memory_order_relaxed);
    acknowledge(index);
  }

private:
  /// Nothing is pending any more, on the thread that found that.
  virtual void finished() = 0;

  static constexpr uint64_t sealed = uint64_t{1} << messages_max;

  static constexpr uint64_t bit(size_t index) noexcept {
    return uint64_t{1} << index;
  }

  /// @returns whether `what` was the last that was pending.
  bool leave(uint64_t what) noexcept {
    return pending_.fetch_and(~what, std::memory_order_acq_rel) == what;
  }

  std::atomic<uint64_t> pending_ = sealed;
  std::atomic<uint64_t> answers_ = 0;
};

/// How a message acknowledges itself, as the reactor has it: part of an
/// `inbound_envelope`. It stays where it is, since a copy goes to others, and
/// what they answer is not for us.
class delivery_token {
public:
  delivery_token() noexcept = default;

  delivery_token(const delivery_token&) noexcept {}

  delivery_token& operator=(const delivery_token& other) noexcept {
    if (this != &other)
      settled_.store(true, std::memory_order_relaxed);
    return *this;
  }

  ~delivery_token() = default;

  /// Comes once, before anybody else has the message.
  void bind(std::shared_ptr<delivery_group> group, size_t index) noexcept {
    group_ = std::move(group);
    index_ = index;
    settled_.store(false, std::memory_order_relaxed);
  }

  /// Settles when the reactor is done with the message: now, or when it
  /// answers. Counts once, from whatever thread: several actors may have the
  /// same message.
  /// @returns whether it must not answer.
  [[nodiscard]] bool settle(bool done) const {
    if (settled_.exchange(true, std::memory_order_relaxed))
      return false;
    if (done)
      group_->acknowledge(index_);
    else
      group_->leave_to_answer(index_);
    return done;
  }

private:
  std::shared_ptr<delivery_group> group_;
  size_t index_ = 0;
  mutable std::atomic<bool> settled_ = true;
};

} // namespace troupe
