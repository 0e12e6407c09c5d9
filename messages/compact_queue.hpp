// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace troupe {

/// A queue, first in, first out, for places that are empty nearly all the time:
/// it takes no memory before something waits there, and gives back what much
/// took. A `std::deque` takes 576 bytes at once, and a peer has dozens.
template <class T>
class compact_queue {
public:
  /// Elements for which an empty queue keeps its room.
  static constexpr size_t kept_max = 4;

  using const_iterator = typename std::vector<T>::const_iterator;

  [[nodiscard]] bool empty() const noexcept {
    return head_ == items_.size();
  }

  [[nodiscard]] size_t size() const noexcept {
    return items_.size() - head_;
  }

  /// Elements for which there is room without taking more memory.
  [[nodiscard]] size_t capacity() const noexcept {
    return items_.capacity();
  }

  /// The oldest first.
  [[nodiscard]] const_iterator begin() const noexcept {
    return items_.begin() + static_cast<std::ptrdiff_t>(head_);
  }

  [[nodiscard]] const_iterator end() const noexcept {
    return items_.end();
  }

  /// @pre `!empty()`, as for all that follows but `push_back` and `clear`.
  [[nodiscard]] T& front() {
    return items_[head_];
  }

  [[nodiscard]] T& back() {
    return items_.back();
  }

  void push_back(T x) {
    items_.push_back(std::move(x));
  }

  /// Takes the oldest element out.
  T take_front() {
    auto result = std::move(items_[head_]);
    pop_front();
    return result;
  }

  /// What the element holds may go a little later than the element.
  void pop_front() {
    ++head_;
    if (empty())
      clear();
    else if (head_ > size())
      // As many have been taken since this was done last.
      items_.erase(items_.begin(),
                   items_.begin()
                       + static_cast<std::ptrdiff_t>(std::exchange(head_, 0)));
  }

  void clear() {
    head_ = 0;
    // A mere `{}` would be a list of nothing, for which a vector keeps its
    // room.
    if (items_.capacity() > kept_max)
      items_ = std::vector<T>{};
    else
      items_.clear();
  }

private:
  std::vector<T> items_;
  size_t head_ = 0; // Where the oldest is; what is before it was taken.
};

} // namespace troupe
