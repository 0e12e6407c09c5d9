// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <string_view>
#include <thread>

namespace troupe::command {

/// Turns signals into calls on a thread of its own, where, unlike in a signal
/// handler, everything is allowed. SIGINT and SIGTERM mean to stop; one more
/// ends the process at once, with exit status 1, unless it comes within a
/// second of the first: `timeout` sends each signal twice, and a terminal may,
/// too. SIGHUP changes nothing.
class stop_signals {
public:
  struct handlers {
    /// Once.
    std::function<void()> stop;

    /// Says what became of a signal that did not stop us.
    std::function<void(std::string_view)> say;

    /// Comes before the sudden end. Must not take long.
    std::function<void()> before_end;
  };

  /// Keeps the signals from this thread and all that it starts. Comes first,
  /// before there are other threads.
  static void block();

  explicit stop_signals(handlers what);

  stop_signals(const stop_signals&) = delete;

  stop_signals& operator=(const stop_signals&) = delete;

  /// Stops waiting.
  ~stop_signals();

private:
  void run();

  handlers handlers_;
  std::atomic<bool> done_ = false;
  std::thread thread_;
};

} // namespace troupe::command
