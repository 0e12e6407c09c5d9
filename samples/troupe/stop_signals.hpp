// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <thread>

namespace troupe::command {

/// Turns SIGINT and SIGTERM into a call on a thread of its own, where, unlike
/// in a signal handler, everything is allowed. A second signal ends the process
/// at once.
class stop_signals {
public:
  /// Keeps both signals from this thread and all that it starts. Comes first,
  /// before there are other threads.
  static void block();

  /// Calls `on_signal` once a signal arrives.
  explicit stop_signals(std::function<void()> on_signal);

  stop_signals(const stop_signals&) = delete;

  stop_signals& operator=(const stop_signals&) = delete;

  /// Stops waiting.
  ~stop_signals();

private:
  std::atomic<bool> done_ = false;
  std::thread thread_;
};

} // namespace troupe::command
