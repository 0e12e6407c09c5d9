// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <iterator>
#include <mutex>
#include <optional>
#include <utility>

#include "peer_process.hpp"

namespace troupe::test {

/// What actors tell the thread of a test.
template <class T>
class event_queue {
public:
  void push(T event) {
    {
      std::lock_guard guard{mutex_};
      events_.push_back(std::move(event));
    }
    changed_.notify_all();
  }

  /// Removes the first event that `wanted` approves of; waits for it until
  /// patience ends.
  template <class Predicate>
  std::optional<T> take(Predicate wanted) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    std::unique_lock guard{mutex_};
    for (;;) {
      for (auto i = events_.begin(); i != events_.end(); ++i)
        if (wanted(std::as_const(*i))) {
          auto result = std::move(*i);
          events_.erase(i);
          return result;
        }
      if (changed_.wait_until(guard, deadline) == std::cv_status::timeout)
        return std::nullopt;
    }
  }

  /// Whether there is an event that `wanted` approves of.
  template <class Predicate>
  bool contains(Predicate wanted) {
    std::lock_guard guard{mutex_};
    for (const auto& event : events_)
      if (wanted(event))
        return true;
    return false;
  }

  /// Waits until there are that many events, or patience ends, and removes
  /// them.
  std::deque<T> take_first(size_t count) {
    std::unique_lock guard{mutex_};
    changed_.wait_for(guard, patience, [&] { return events_.size() >= count; });
    count = std::min(count, events_.size());
    auto end = events_.begin() + static_cast<std::ptrdiff_t>(count);
    std::deque<T> result{std::make_move_iterator(events_.begin()),
                         std::make_move_iterator(end)};
    events_.erase(events_.begin(), end);
    return result;
  }

  /// Removes and returns all events.
  std::deque<T> take_all() {
    std::lock_guard guard{mutex_};
    return std::exchange(events_, {});
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<T> events_;
};

} // namespace troupe::test
