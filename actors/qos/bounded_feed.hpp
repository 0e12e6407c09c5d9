// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <utility>
#include <vector>

namespace troupe {

/// What is on its way to one subscriber that may be slow.
///
/// Few items are with the subscriber at a time, so that it is never flooded;
/// the others wait here, and when too many wait, the oldest are lost and
/// counted: `lost` of an item says how many were right before it.
///
/// @tparam T has a member `uint64_t lost`.
template <class T>
class bounded_feed {
public:
  /// Most items that a subscriber has to handle at a time.
  static constexpr size_t window = 32;

  /// Most items that wait.
  static constexpr size_t max_waiting = 1024;

  /// Adds an item.
  void push(T item) {
    if (waiting_.size() == max_waiting) {
      // What the lost one knew of losses before it is not lost.
      auto lost = waiting_.front().lost + 1;
      waiting_.pop_front();
      waiting_.front().lost += lost;
    }
    waiting_.push_back(std::move(item));
  }

  /// Takes out what may be sent now.
  std::vector<T> take() {
    std::vector<T> result;
    while (unhandled_ < window && !waiting_.empty()) {
      result.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
      ++unhandled_;
    }
    return result;
  }

  /// Takes out all that waits: nobody will be there to send it later.
  std::vector<T> take_rest() {
    std::vector<T> result{std::make_move_iterator(waiting_.begin()),
                          std::make_move_iterator(waiting_.end())};
    waiting_.clear();
    return result;
  }

  /// The subscriber has handled one.
  void handled() {
    if (unhandled_ > 0)
      --unhandled_;
  }

  /// Forgets what waits: the subscriber gets a snapshot instead.
  void clear() {
    waiting_.clear();
  }

  [[nodiscard]] size_t waiting() const {
    return waiting_.size();
  }

private:
  std::deque<T> waiting_;
  size_t unhandled_ = 0;
};

} // namespace troupe
